"""Who to follow: beside the lists where there is room, by itself; a no moves on to the next and is for good."""

from playwright.sync_api import expect

from tests.browser.site import until
from tests.browser.test_every_page import check


def test_people_come_beside_the_list_and_can_be_followed_and_waved_away(site, open_page):
    for name in ("kim", "lea"):
        site.create(name)
    ida, jon = open_page("ida"), open_page("jon")
    for page, names in ((jon, ("kim", "lea")), (ida, ("jon",))):
        for name in names:
            page.goto(f"/@{name}/")
            page.get_by_role("button", name=f"Follow {name}").click()
            expect(page.get_by_role("button", name=f"Following {name}; stop")).to_be_visible()
    ida.set_viewport_size({"width": 1280, "height": 900})

    def both_came() -> bool:
        ida.goto("/")
        expect(ida.locator(".meet h2")).to_be_visible()
        return ida.locator(".suggested").get_by_text("Followed by jon").count() == 2

    until(ida, both_came)  # a worker is at it
    check(ida)

    ida.get_by_role("button", name="Not interested in kim").click()
    expect(ida.get_by_text("kim is not suggested to you any more.")).to_be_focused()
    ida.get_by_role("button", name="Follow lea").click()
    expect(ida.get_by_role("button", name="Following lea; stop")).to_be_visible()
    ida.goto("/people/suggested/")
    expect(ida.get_by_role("heading", level=1)).to_have_text("Who to follow")
    assert not {"kim", "lea"} & set(ida.locator(".suggested .who").all_inner_texts())
    check(ida)
