"""A feed in a real browser: what others share and repost gathers in a button, and nothing moves meanwhile."""

from playwright.sync_api import expect

from tests.browser.site import like, share
from tests.browser.test_every_page import check


def test_what_the_followed_share_and_repost_gathers_in_a_button(open_page):
    fred, hugo, gina = (open_page(name) for name in ("fred", "hugo", "gina"))  # of whom no other test knows
    for name in ("fred", "gina"):
        hugo.goto(f"/@{name}/")
        hugo.get_by_role("button", name=f"Follow {name}").click()
        expect(hugo.get_by_role("button", name=f"Following {name}; stop")).to_be_visible()
    first = share(fred.context, "Seen by followers", pictures=1)
    hugo.goto("/feed/")
    expect(hugo.locator(f"#post-{first}")).to_be_visible()
    place = hugo.locator(f"#post-{first}").bounding_box()["y"]

    second = share(fred.context, "One more")
    expect(hugo.locator("#pill a")).to_have_text("1 new post")
    like(gina.context, share(open_page("mod").context, "Of somebody else"), "repost")
    expect(hugo.locator("#pill a")).to_have_text("2 new posts")
    assert hugo.locator(f"#post-{first}").bounding_box()["y"] == place

    hugo.locator("#pill a").click()
    expect(hugo.locator(".card").nth(1)).to_have_id(f"post-{second}")
    expect(hugo.locator(".card").first.locator(".brought")).to_contain_text("gina reposted")
    check(hugo)

    hugo.get_by_role("button", name="Ranked").click()
    why = hugo.locator(f"#post-{first} .why summary")
    why.click()
    expect(hugo.locator(f"#post-{first} .why")).to_contain_text("Each day halves its weight.")
    check(hugo)

    hugo.locator(f"#repost-button-{first}").click()
    expect(hugo.locator(f"#repost-button-{first}")).to_have_attribute("aria-pressed", "true")
    expect(hugo.locator(f"#repost-count-{first}")).to_have_text("1")
