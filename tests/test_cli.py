"""The command line: what it prints and how it ends."""

import pytest

from postways.db import db
from postways.models import Client, User
from tests.cast import PASSWORD, Browser, letters, make_post


@pytest.fixture
def run(app):
    """Run a command; the answer has `exit_code` and `output`."""

    def command(*words: str, typed: str | None = None):
        return app.test_cli_runner().invoke(args=words, input=typed)

    return command


def test_an_account_made_here_can_log_in(app, crowd, run):
    made = run("users", "create", "root-ada", "ada@example.org", "--role", "admin", typed=f"{PASSWORD}\n{PASSWORD}\n")

    assert (made.exit_code, made.output.splitlines()[-1]) == (0, "root-ada is here, as admin.")
    assert PASSWORD not in made.output
    Browser(app).log_in("root-ada")


def test_a_password_comes_from_standard_input_whole(app, crowd, run):
    made = run("users", "create", "ada", "ada@example.org", "--password-stdin", typed=f"  {PASSWORD}  \n")

    assert made.exit_code == 0
    Browser(app).log_in("ada", f"  {PASSWORD}  ")


@pytest.mark.parametrize(
    ("account", "said"),
    [
        (("zoe", "other@example.org", PASSWORD), "That username is taken."),
        (("ZOE", "other@example.org", PASSWORD), "That username is taken."),
        (("other", "zoe@example.org", PASSWORD), "An account with that address exists already."),
        (("admin", "other@example.org", PASSWORD), "That name is kept for the site itself."),
        (("a b", "other@example.org", PASSWORD), "A username has only letters"),
        (("other", "no address", PASSWORD), "That is not an email address"),
        (("other", "other@example.org", "short"), "A password has at least 8 characters."),
        (("other", "other@example.org", "password123"), "That password is on the lists"),
    ],
)
def test_what_can_not_be_is_one_sentence_and_makes_nobody(app, crowd, run, account, said):
    name, email, password = account

    made = run("users", "create", name, email, "--password-stdin", typed=f"{password}\n")

    assert made.exit_code == 1
    assert said in made.output
    assert "Traceback" not in made.output
    with app.app_context():
        assert User.count() == 1


def test_a_role_is_given_and_taken(app, ada, run):
    given = run("users", "role", "Ada", "moderator")

    assert (given.exit_code, given.output.splitlines()[-1]) == (0, "ada is moderator now.")
    with app.app_context():
        assert User.named("ada").is_staff
    assert run("users", "role", "ada", "member").exit_code == 0
    with app.app_context():
        assert not User.named("ada").is_staff


@pytest.mark.parametrize(("whom", "code"), [(("nobody", "admin"), 1), (("ada", "emperor"), 2)])
def test_a_role_for_nobody_or_that_does_not_exist_changes_nothing(app, ada, run, whom, code):
    given = run("users", "role", *whom)

    assert given.exit_code == code
    assert "There is nobody with that name." in given.output or "'emperor' is not one of" in given.output
    with app.app_context():
        assert not User.named("ada").is_staff


def test_the_check_of_the_media_is_content_with_a_sound_site(app, ada, run):
    make_post(app, ada, pictures=1)

    checked = run("media", "check")

    assert (checked.exit_code, checked.output.splitlines()) == (
        0,
        ["0 files without rows", "0 originals that are gone", "0 pictures without derivatives"],
    )


def test_the_check_of_the_media_names_what_is_wrong_and_touches_nothing(app, ada, run):
    photo = make_post(app, ada, pictures=1).photos[0]
    storage = app.extensions["storage"]
    storage.put("photos/0f/640.webp", b"nobody's", "image/webp")
    storage.delete(f"{photo.folder}square.webp")
    before = set(storage.keys())

    checked = run("media", "check")

    assert checked.exit_code == 1
    assert checked.output.splitlines() == [
        "1 files without rows",
        "  photos/0f/640.webp",
        "0 originals that are gone",
        "1 pictures without derivatives",
        f"  {photo.folder}",
    ]
    assert set(storage.keys()) == before


def test_repairing_the_media_ends_well_and_asks_for_what_is_missing(app, ada, run):
    photo = make_post(app, ada, pictures=1).photos[0]
    app.extensions["storage"].delete(f"{photo.folder}square.webp")

    assert run("media", "check", "--repair").exit_code == 0

    with app.app_context():
        assert db.session.get(type(photo), photo.id).waiting


def test_a_new_address_is_asked_for_confirmation_unless_it_is_known(app, crowd, run):
    for name, words in (("una", ["--verified"]), ("ada", [])):
        made = run("users", "create", name, f"{name}@example.org", "--password-stdin", *words, typed=f"{PASSWORD}\n")
        assert made.exit_code == 0

    assert [letter["To"] for letter in letters(app)] == ["ada@example.org"]
    with app.app_context():
        assert User.named("una").verified_at is not None


def test_an_app_is_registered_listed_and_removed(app, crowd, run):
    back = "https://prints.example/back"
    words = ("oauth", "client", "create", "--name", "Prints", "--redirect-uri", back, "--redirect-uri", f"{back}/2")
    secret, public = run(*words, "--confidential"), run(*words, "--public", "--scope", "read")

    assert (secret.exit_code, public.exit_code) == (0, 0)
    said = dict(line.split("=") for line in secret.output.splitlines() if line.startswith("client_"))
    assert set(said) == {"client_id", "client_secret"}
    assert "\nclient_id=" in f"\n{public.output}"
    assert "client_secret" not in public.output
    with app.app_context():
        client = Client.named(said["client_id"])
        assert (client.scope, client.redirect_uris, client.owner_id) == ("read write", [back, f"{back}/2"], None)
        assert client.has_secret(said["client_secret"])
    listed = run("oauth", "client", "list").output
    assert said["client_id"] in listed
    assert said["client_secret"] not in listed

    assert run("oauth", "client", "remove", said["client_id"]).output.endswith("Prints is gone.\n")
    gone = run("oauth", "client", "remove", said["client_id"])
    assert (gone.exit_code, gone.output) == (1, "Error: There is no app with that id.\n")


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (("--name", "Prints", "--redirect-uri", "https://a.example/"), 2),  # neither public nor confidential
        (("--name", "Prints", "--redirect-uri", "https://a.example/", "--public", "--confidential"), 2),
        (("--name", "Prints", "--public"), 2),
        (("--public", "--redirect-uri", "https://a.example/"), 2),
        (("--name", "Prints", "--public", "--redirect-uri", "http://a.example/"), 1),
        (("--name", " ", "--public", "--redirect-uri", "https://a.example/"), 1),
        (("--name", "P", "--public", "--redirect-uri", "https://a.example/", "--scope", "x"), 1),
    ],
    ids=str,
)
def test_an_app_that_can_not_be_is_refused_in_a_sentence(app, crowd, run, words, status):
    answer = run("oauth", "client", "create", *words)

    assert answer.exit_code == status, answer.output
    assert "Error: " in answer.output
    assert "Traceback" not in answer.output


def test_what_a_command_answers_can_be_piped_on_and_what_is_logged_stands_beside(app, crowd, run):
    made = run("oauth", "client", "create", "--name", "P", "--confidential", "--redirect-uri", "https://a.example/")

    assert [line.partition("=")[0] for line in made.stdout.splitlines()] == ["client_id", "client_secret"]
    assert "app-made" in made.stderr


def test_somebody_is_suspended_and_restored_without_a_terminal(app, ada, run):
    assert run("users", "suspend", "ada", typed="").stdout == "ada is suspended now.\n"
    assert run("users", "restore", "ada", typed="").stdout == "ada is active now.\n"
    assert ["decided so" in letter.get_body().get_content() for letter in letters(app)] == [True, True]


def test_without_a_terminal_it_is_said_which_option_is_missing(app, crowd, run):
    made = run("users", "create", "eve", "eve@example.org", typed="")

    assert made.exit_code == 2
    assert "--password-stdin" in made.stderr and made.stdout.strip() in ("", "Password:")
