"""An app of somebody else asks a person for leave, in a real browser, with a client library of its own."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, urlencode, urlsplit

from playwright.sync_api import expect

from tests.browser.site import ROOT
from tests.browser.test_every_page import check
from tests.cast import PASSWORD
from tests.oauth.flow import PKCE, VERIFIER
from tests.servers import free_port


def test_another_app_gets_leave_and_acts_with_it_and_the_person_takes_it_back(site, chromium):
    port = free_port()
    ids = site.command(
        *("oauth", "client", "create", "--name", "Print shop", "--confidential"),
        *("--redirect-uri", f"http://127.0.0.1:{port}/back"),
    )
    given = dict(line.split("=") for line in ids.splitlines() if line.startswith("client_"))
    program = [sys.executable, str(ROOT / "tests/browser/another_app.py"), site.url, str(port), *given.values()]
    other = subprocess.Popen(program, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": ""})
    try:
        seen = walk(site, chromium, other)
    finally:
        if other.poll() is None:
            other.send_signal(signal.SIGTERM)
        other.wait(timeout=60)

    assert parse_qs(urlsplit(seen["refusal"]).query)["error"] == ["access_denied"]
    assert parse_qs(urlsplit(seen["came"]).query)["iss"] == [seen["issuer"]] == [site.url]
    assert (seen["scope"], seen["me"], seen["made"], seen["changed"]) == ("read create", "olga", 201, 403)
    assert (seen["new"], seen["asked"]["active"], seen["asked"]["username"]) == (True, True, "olga")
    assert (seen["let_go"], seen["after"]) == (200, 401)


APP = """async ({site, client, code, verifier, back}) => {
  const asked = (path, more) => fetch(site + path, more);
  const form = (fields) => ({method: "POST", body: new URLSearchParams(fields)});
  const told = await (await asked("/.well-known/oauth-authorization-server")).json();
  const given = await (await fetch(told.token_endpoint, form({grant_type: "authorization_code", client_id: client, code,
    redirect_uri: back, code_verifier: verifier}))).json();
  const bearer = {Authorization: `Bearer ${given.access_token}`, "Content-Type": "application/json"};
  const me = await asked("/api/v1/users/me/", {headers: bearer});
  const made = await asked("/api/v1/posts/", {method: "POST", headers: {...bearer, "Idempotency-Key": "one"},
    body: JSON.stringify({title: "From elsewhere", content: "Words"})});
  const nobody = await asked("/api/v1/users/me/");
  const let_go = await asked("/o/revoke_token/", form({client_id: client, token: given.refresh_token}));
  const closed = (path, more) => asked(path, more).then(() => false, () => true);
  return {me: (await me.json()).username, made: made.status, nobody: nobody.status, let_go: let_go.status,
    etag: me.headers.has("ETag"), id: made.headers.has("X-Request-ID"),
    closed: [await closed("/"), await closed("/o/authorize/"), await closed("/api/v1/auth/mylogin/", form({})),
      await closed("/api/v1/users/me/", {credentials: "include"})]};
}"""


class Back(BaseHTTPRequestHandler):
    """A page of another site, on which an app runs in the browser."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><html lang=en><title>Prints</title><h1>Thank you</h1></html>")

    def log_message(self, *_: object) -> None:
        """Be quiet."""


def test_an_app_in_a_browser_acts_from_its_own_address_with_its_token_alone(site, chromium):
    with ThreadingHTTPServer(("127.0.0.1", 0), Back) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            back = f"http://127.0.0.1:{server.server_port}/back"
            seen = in_its_browser(site, chromium, back)
        finally:
            server.shutdown()

    assert (seen["me"], seen["made"], seen["nobody"], seen["let_go"]) == ("petra", 201, 401, 200)
    assert seen["etag"] and seen["id"]
    assert seen["closed"] == [True, True, True, True]


def in_its_browser(site, chromium, back: str) -> dict:
    """The person allows it, and what the app is then told."""
    site.create("petra")
    words = ("oauth", "client", "create", "--name", "Print page", "--public", "--redirect-uri", back)
    (client,) = re.findall(r"client_id=(\w+)", site.command(*words))
    asked = {"response_type": "code", "client_id": client, "redirect_uri": back, "scope": "read create", **PKCE}
    page = chromium.new_context(base_url=site.url).new_page()
    page.goto(f"/o/authorize/?{urlencode(asked)}")
    page.get_by_label("Username or email").fill("petra")
    page.get_by_label("Password").fill(PASSWORD)
    page.locator("main").get_by_role("button", name="Log in", exact=True).click()
    page.get_by_role("button", name="Allow").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    (code,) = parse_qs(urlsplit(page.url).query)["code"]
    facts = {"site": site.url, "client": client, "code": code, "verifier": VERIFIER, "back": back}
    answer: dict = page.evaluate(APP, facts)
    return answer


def walk(site, chromium, other) -> dict:
    """What the person does; answers with what the app saw."""
    site.create("olga")
    context = chromium.new_context(base_url=site.url, java_script_enabled=False)
    page = context.new_page()
    page.goto(other.stdout.readline().strip())
    expect(page.get_by_role("heading", level=1, name="Log in")).to_be_visible()
    page.get_by_label("Username or email").fill("olga")
    page.get_by_label("Password").fill(PASSWORD)
    page.locator("main").get_by_role("button", name="Log in", exact=True).click()
    expect(page.get_by_role("heading", level=1, name="Let “Print shop” act for you?")).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()

    scripted = chromium.new_context(base_url=site.url, storage_state=context.storage_state()).new_page()
    scripted.goto(other.stdout.readline().strip())
    check(scripted)
    scripted.get_by_role("button", name="Allow").click()
    expect(scripted.get_by_role("heading", name="Thank you")).to_be_visible()
    seen = json.loads(other.stdout.readline())

    page.goto("/settings/apps/")
    expect(page.get_by_text("Print shop", exact=True)).to_be_visible()
    page.get_by_role("button", name="Remove (Print shop)").click()
    expect(page.get_by_text("You let no app act for you.")).to_be_visible()
    return seen
