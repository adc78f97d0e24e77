"""A feed in a real browser: what others share and repost gathers in a button, and nothing moves meanwhile."""

from playwright.sync_api import expect

from tests.browser.site import like, share
from tests.browser.test_every_page import check


def test_what_the_followed_share_and_repost_gathers_in_a_button(open_page):
    ada, ben, eva = (open_page(name) for name in ("ada", "ben", "eva"))
    for name in ("ada", "eva"):
        ben.goto(f"/@{name}/")
        ben.get_by_role("button", name=f"Follow {name}").click()
        expect(ben.get_by_role("button", name=f"Following {name}; stop")).to_be_visible()
    first = share(ada.context, "Seen by followers", pictures=1)
    ben.goto("/feed/")
    expect(ben.locator(f"#post-{first}")).to_be_visible()
    place = ben.locator(f"#post-{first}").bounding_box()["y"]

    second = share(ada.context, "One more")
    expect(ben.locator("#pill a")).to_have_text("1 new post")
    like(eva.context, share(open_page("mod").context, "Of somebody else"), "repost")
    expect(ben.locator("#pill a")).to_have_text("2 new posts")
    assert ben.locator(f"#post-{first}").bounding_box()["y"] == place

    ben.locator("#pill a").click()
    expect(ben.locator(".card").nth(1)).to_have_id(f"post-{second}")
    expect(ben.locator(".card").first.locator(".brought")).to_contain_text("eva reposted")
    check(ben)

    ben.get_by_role("button", name="Ranked").click()
    why = ben.locator(f"#post-{first} .why summary")
    why.click()
    expect(ben.locator(f"#post-{first} .why")).to_contain_text("Each day halves its weight.")
    check(ben)

    ben.locator(f"#repost-button-{first}").click()
    expect(ben.locator(f"#repost-button-{first}")).to_have_attribute("aria-pressed", "true")
    expect(ben.locator(f"#repost-count-{first}")).to_have_text("1")

    for name in ("ada", "eva"):  # other tests begin there
        ben.goto(f"/@{name}/")
        ben.get_by_role("button", name=f"Following {name}; stop").click()
        expect(ben.get_by_role("button", name=f"Follow {name}")).to_be_visible()
