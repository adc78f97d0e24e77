"""Passkeys, with an authenticator that the browser plays."""

from uuid import uuid4

from playwright.sync_api import expect

from tests.cast import PASSWORD


def test_a_passkey_is_made_and_then_opens_the_account_alone(open_page, site):
    page, name = open_page(), f"key{uuid4().hex[:8]}"
    here = site.url.replace("127.0.0.1", "localhost")  # passkeys belong to a name
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    devtools.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
            }
        },
    )
    page.goto(f"{here}/signup/")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Email").fill(f"{name}@example.org")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("The password again").fill(PASSWORD)
    page.locator("main").get_by_role("button", name="Sign up").click()
    expect(page.get_by_role("heading", level=1, name=name)).to_be_visible()

    page.goto(f"{here}/settings/security/")
    page.get_by_label("What to call it").fill("Desk")
    page.locator("#password-new").fill(PASSWORD)
    page.get_by_role("button", name="Make a passkey").click()
    expect(page.get_by_text("Desk", exact=True)).to_be_visible()
    page.get_by_role("button", name="Log out").first.click()
    page.goto(f"{here}/login/")
    page.get_by_role("button", name="Log in with a passkey").click()

    expect(page.get_by_role("heading", level=1, name=name)).to_be_visible()
    expect(page.get_by_role("button", name="Log out").first).to_be_visible()

    page.goto(f"{here}/settings/prove/?next=/settings/account/")
    page.get_by_role("button", name="Use your passkey").click()
    expect(page.get_by_text("Your passkey was accepted; now the password.")).to_be_visible()
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("heading", level=1, name="Account")).to_be_visible()
