"""Who is in the demo and what they shared. The photographs are other people's: `photos/credits.json` names them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

PHOTOS = Path(__file__).parent / "photos"


class Cut(NamedTuple):
    """A square of a photograph, in pixels."""

    file: str
    left: int
    top: int
    side: int


@dataclass(frozen=True)
class Person:
    """Somebody to meet in the demo, with a piece of a photograph for a picture."""

    username: str
    name: str
    bio: str
    role: str = "member"
    premium: bool = False
    face: Cut = field(kw_only=True)


@dataclass(frozen=True)
class Entry:
    """A post of the demo: its photographs by file name, its age, how many of the others like, repost and keep it."""

    author: str
    title: str
    text: str
    files: tuple[str, ...]
    days_ago: float
    likes: int = 0
    reposts: int = 0
    saves: int = 0
    published: bool = True
    warning: str = ""
    audience: str = "public"


@dataclass(frozen=True)
class Remark:
    """What somebody says under a post, how many like that, and what others answer."""

    author: str
    text: str
    likes: int = 0
    replies: tuple[Remark, ...] = ()


class Letter(NamedTuple):
    """What somebody writes to somebody, and how long ago."""

    sender: str
    receiver: str
    hours_ago: float
    text: str
    read: bool = True


@dataclass(frozen=True)
class Credit:
    """Whose photograph a file is, under which licence, and what can be seen in it."""

    author: str
    licence: str
    alt: str


@lru_cache(maxsize=1)
def credits_by_file() -> dict[str, Credit]:
    """Every photograph of the demo by its file name."""
    rows = json.loads((PHOTOS / "credits.json").read_text("utf-8"))
    return {row["file"]: Credit(row["author"], row["licence"], row["alt"]) for row in rows}


def credit_of(files: tuple[str, ...]) -> Credit | None:
    """Whom a post with these photographs names: one photographer and one licence; nobody where there are none."""
    return credits_by_file()[files[0]] if files else None


PEOPLE = (
    Person(
        "ada",
        "Ada Lindqvist",
        "Gothenburg. Early trains, bridges, and whatever the light does to water.",
        face=Cut("bridge.jpg", 760, 180, 800),
    ),
    Person(
        "mod",
        "Noor Haddad",
        "Beirut. I look after this place. If something is wrong here, tell me.",
        "moderator",
        face=Cut("brushes.jpg", 390, 150, 560),
    ),
    Person(
        "ben",
        "Ben Okafor",
        "Lagos. Plays percussion, photographs the parts between the songs.",
        premium=True,
        face=Cut("drum.jpg", 40, 900, 800),
    ),
    Person(
        "zofia",
        "Zofia Wiśniewska",
        "Białystok. Birds before breakfast, still lifes when it rains.",
        face=Cut("nuthatch.jpg", 560, 270, 560),
    ),
    Person(
        "kenji", "Kenji Morita", "Sapporo. I like rooms after everybody has left.", face=Cut("clock.jpg", 900, 300, 760)
    ),
    Person(
        "amara",
        "Amara Diallo",
        "Dakar. Teaches geography, walks uphill whenever there is a hill.",
        face=Cut("bird-lamp.jpg", 480, 760, 680),
    ),
    Person("tane", "Tāne Parata", "Nelson, Aotearoa. Slow trips, heavy boots.", face=Cut("picos.jpg", 900, 300, 800)),
    Person(
        "priya",
        "Priya Raman",
        "Chennai. Botanist. Mostly on my knees with a hand lens.",
        face=Cut("dandelion.jpg", 220, 20, 680),
    ),
    Person(
        "rosa",
        "Rosa Duarte",
        "Recife. Two dogs of my own and an eye for everybody else's.",
        face=Cut("friends.jpg", 330, 400, 800),
    ),
    Person(
        "thao", "Thảo Nguyễn", "Huế. Cooks, then lets it get cold for a picture.", face=Cut("fig.jpg", 740, 400, 660)
    ),
    Person("yulia", "Юлія Коваль", "Lviv. Small animals, long waits.", face=Cut("dragonfly.jpg", 850, 380, 640)),
    Person(
        "mateo",
        "Mateo Ibarra",
        "Valparaíso. Mountains, maps, and the bus that gets you there.",
        face=Cut("sunset.jpg", 600, 150, 800),
    ),
)

POSTS = (  # oldest first
    Entry(
        "tane",
        "Four from above the tree line",
        "Four days, one change of socks. The stream is where we filled the bottles every evening, the ridge is where "
        "nobody said anything for an hour. #mountains #walking #album",
        ("picos.jpg", "aitzgorri.jpg", "stream.jpg", "sunset.jpg"),
        74.3,
        likes=11,
        reposts=3,
        saves=5,
    ),
    Entry(
        "zofia",
        "Kitchen and workshop",
        "Rain since Thursday, so: things that hold still. The fig lasted about a minute longer than the picture.\n\n"
        "#stilllife #colour",
        ("fig.jpg", "brushes.jpg"),
        47.6,
        likes=4,
        saves=1,
    ),
    Entry(
        "kenji",
        "Eight minutes past",
        "A station clock that has been right every time I looked, which is more than I can say for myself. #detail",
        ("clock.jpg",),
        33.2,
        audience="premium",
    ),
    Entry(
        "amara",
        "It only flies when the door opens",
        "It hangs above the reading corner. The little ones say good morning to it. #detail #light",
        ("bird-lamp.jpg",),
        26.8,
        likes=5,
        reposts=1,
        saves=2,
    ),
    Entry(
        "ben",
        "Between two songs",
        "The drum had the evening off before any of us did. What was in the bottle I don't remember, and that is "
        "probably the answer. #music #evening",
        ("drum.jpg",),
        21.1,
        likes=6,
        reposts=1,
    ),
    Entry(
        "ada",
        "A bridge is mostly air",
        "I went for the estuary and came back with cables. Stand right under them and the whole thing looks like "
        "somebody tuning a harp. @ben, you would have tried. #bridge #architecture #sky",
        ("bridge.jpg",),
        18.4,
        likes=10,
        reposts=2,
        saves=4,
    ),
    Entry(
        "priya",
        "Ready to go",
        "About a hundred and fifty seeds on this head, each with its own parachute. One good breath of wind and the "
        "meadow is somebody else's problem. #meadow #macro #light",
        ("dandelion.jpg",),
        15.2,
        likes=7,
        reposts=2,
        saves=3,
    ),
    Entry(
        "mod",
        "After the children's workshop",
        "Nobody painted inside the lines, nobody cried, and only one chair is blue now. I call that a success. "
        "#colour #workshop",
        ("brushes.jpg",),
        12.5,
        likes=3,
    ),
    Entry(
        "rosa",
        "They heard the fridge",
        "Never have two heads turned faster. The one on the right has had lunch already and will deny it. #dogs",
        ("friends.jpg",),
        10.1,
        likes=9,
        reposts=4,
        saves=1,
    ),
    Entry(
        "kenji",
        "Things that hang on walls",
        "The waiting room at half past six: a clock nobody needs any more today, and a bird that isn't going anywhere. "
        "#detail #album",
        ("clock.jpg", "bird-lamp.jpg"),
        8.3,
        likes=4,
        saves=2,
    ),
    Entry(
        "thao",
        "Half a fig",
        "The other half is the reason why there is only one. @zofia, yours made me buy a whole crate. #stilllife #food",
        ("fig.jpg",),
        6.2,
        likes=5,
        reposts=1,
        saves=1,
    ),
    Entry(
        "ada",
        "A day without the camera",
        "I left it at home on purpose. Of course the ferry came out of the fog exactly as the sun got through, and "
        "of course there was a heron on the last pole.\n\nI stood there with my hands in my pockets and looked at it "
        "for as long as it lasted, which was longer than I ever look when I have a shutter to press. No picture. I can "
        "still see it, though, and this page is here so that I remember to do it again.\n\n#diary #fog",
        (),
        5.1,
        likes=1,
        reposts=1,
        saves=2,
    ),
    Entry(
        "yulia",
        "Dragonfly on watch",
        "Forty minutes on a wet plank. It left twice and came back to the same twig both times, so the third time I "
        "was ready. #macro #insects #summer",
        ("dragonfly.jpg",),
        4.2,
        likes=8,
        reposts=2,
        saves=3,
        warning="An insect, very close",
    ),
    Entry(
        "ada",
        "Last light at the summit stone",
        "We counted seven ridges, then argued about the eighth. Going down in the dark was the price, and worth it. "
        "#mountains #sunset #sky",
        ("sunset.jpg",),
        3.1,
        likes=6,
        reposts=2,
        saves=4,
    ),
    Entry(
        "mateo",
        "The path doesn't say how far",
        "Snow in the shade, sunburn in the sun. Every bend shows you the next one and nothing else. @tane, this is "
        "the one I told you about. #mountains #walking",
        ("picos.jpg",),
        2.2,
        likes=7,
        reposts=1,
        saves=3,
    ),
    Entry(
        "amara",
        "Where the water comes from",
        "First the larches, then you hear it, then you are standing in it. My class will get this as a lesson about "
        "catchment areas. I got it as a Sunday. #walking #forest #autumn #album",
        ("aitzgorri.jpg", "stream.jpg"),
        1.2,
        likes=3,
        reposts=1,
        saves=1,
    ),
    Entry(
        "zofia",
        "Head down, as usual",
        "Nuthatches are the only birds here that walk down a trunk head first. This one stopped to check "
        "whether I had anything better than bark. #birds #forest",
        ("nuthatch.jpg",),
        0.2,
        likes=2,
        reposts=1,
        saves=1,
    ),
    Entry(
        "ada",
        "Evening meadow",
        "Not finished. Wants a better title, and I should ask @priya what else grows here. #meadow #light",
        ("dandelion.jpg",),
        0.9,
        published=False,
    ),
)

TALK: dict[str, tuple[Remark, ...]] = {  # by the title of the post, oldest first
    "Head down, as usual": (
        Remark(
            "yulia",
            "How close were you? Mine leave as soon as I lift the camera.",
            2,
            (
                Remark("zofia", "Four metres, behind the bin. Not my most elegant hide.", 4),
                Remark("yulia", "@zofia, the bin! I have been doing this wrong for years.", 1),
                Remark("rosa", "Please post the picture of you behind the bin."),
            ),
        ),
        Remark("kenji", "The bark is as good as the bird.", 3),
        Remark("priya", "That is hornbeam, if anybody keeps a list. #trees"),
    ),
    "Where the water comes from": (
        Remark("tane", "You can hear the second one."),
        Remark(
            "mateo",
            "Which valley is this? It looks like a week's walk with the wrong shoes.",
            1,
            (Remark("amara", "Above Aránzazu, @mateo, and yes: the wrong shoes.", 2),),
        ),
    ),
    "The path doesn't say how far": (
        Remark("tane", "You undersold it. When do we go?", 2, (Remark("mateo", "When the bus runs again. May?", 1),)),
        Remark("ada", "The light in the shade is what I would have walked up for."),
    ),
    "Last light at the summit stone": (
        Remark("kenji", "I make it eight.", 3, (Remark("ada", "See? *Eight.*", 1),)),
        Remark(
            "mod", "Beautiful. Did you have a torch on the way down?", 0, (Remark("ada", "We had one. Between four."),)
        ),
    ),
    "Dragonfly on watch": (
        Remark(
            "priya",
            "The same twig! They do that. You can set a watch by it.",
            3,
            (Remark("yulia", "I set mine by my cold feet, @priya.", 5),),
        ),
        Remark("amara", "Showed this to class 4b. Eleven of them want to be dragonflies now.", 6),
    ),
    "A day without the camera": (
        Remark("kenji", "I read this twice. Then I went for a walk without mine.", 5),
        Remark(
            "tane",
            "The best ones are never on the card.",
            2,
            (Remark("ada", "Or you tell yourself that. But yes.", 2),),
        ),
    ),
    "Things that hang on walls": (
        Remark(
            "amara", "Wait, is that *our* bird?", 1, (Remark("kenji", "A cousin, @amara. Yours looks better fed.", 4),)
        ),
    ),
    "After the children's workshop": (
        Remark(
            "rosa",
            "And the chair? Is the chair all right?",
            2,
            (Remark("mod", "The chair has never looked better.", 4),),
        ),
        Remark("zofia", "Those brushes have seen things."),
    ),
    "Ready to go": (
        Remark(
            "mateo", "Please tell me you didn't blow.", 1, (Remark("priya", "I am a scientist. Of course I blew.", 7),)
        ),
        Remark("thao", "What did you use? I can count the hairs."),
    ),
    "Between two songs": (
        Remark("ada", "You can hear that somebody is about to come back.", 3),
        Remark("mateo", "It was ginger beer, @ben. I was there. You were very brave.", 4, (Remark("ben", "Lies.", 2),)),
    ),
    "It only flies when the door opens": (
        Remark("yulia", "The little ones are right. One should say good morning to birds.", 4),
    ),
    "Eight minutes past": (Remark("ben", "Past what, though?", 2, (Remark("kenji", "Exactly.", 3),)),),
    "Kitchen and workshop": (
        Remark("thao", "Now I want figs. It is eleven at night.", 3, (Remark("zofia", "My work here is done.", 2),)),
    ),
    "Four from above the tree line": (
        Remark(
            "mateo",
            "ONE change of socks?",
            5,
            (Remark("tane", "It was a good one.", 6), Remark("rosa", "The dogs would have found you.", 3)),
        ),
        Remark("ada", "The third one. I keep coming back to the third one.", 2),
        Remark("amara", "How cold is that stream?", 0, (Remark("tane", "Honest, @amara. It is an honest stream.", 2),)),
    ),
    "Half a fig": (Remark("zofia", "A whole crate! You are welcome, and I am sorry.", 5),),
    "They heard the fridge": (
        Remark("ben", "The one on the right denies everything.", 4),
        Remark("thao", "I need to know what was in the fridge.", 2, (Remark("rosa", "Half a fig.", 6),)),
    ),
    "A bridge is mostly air": (Remark("ben", "Standing under it must sound like something."),),
}

LETTERS = (  # oldest first
    Letter(
        "zofia",
        "ada",
        51.4,
        "Was the fog on the river this morning on your side too? Here you could not see the swans.",
    ),
    Letter("ada", "zofia", 51.1, "All the way to the bridge. I walked into a jogger. He apologised to me."),
    Letter(
        "zofia", "ada", 50.9, "Of course he did. Bring the long lens on Sunday, the waxwings are back in the rowans."
    ),
    Letter("ada", "zofia", 50.2, "Sunday, seven o'clock, by the bakery. I bring the buns."),
    Letter("ben", "ada", 27.3, "I showed your bridge to our bass player. He wants to know which string is the G."),
    Letter("ada", "ben", 26.8, "Third cable from the left. It is a little flat when the wind is from the west."),
    Letter("ben", "ada", 26.7, "Ha. May I print it for the rehearsal room? Your name underneath, of course."),
    Letter("ada", "ben", 26.1, "Please do! The large file is better, I'll dig it out tonight."),
    Letter("mod", "ada", 8.5, "Thank you for the report yesterday. It was spam from start to end, all of it is gone."),
    Letter("ada", "mod", 8.1, "That was quick. Thank you for looking after this place."),
    Letter("ben", "ada", 3.2, "It hangs! Between the fire extinguisher and the setlist from Abeokuta.", read=False),
    Letter(
        "ben",
        "ada",
        3.1,
        "We play on Friday at nine. Come, and bring the camera for the parts between the songs.",
        read=False,
    ),
)
