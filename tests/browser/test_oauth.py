"""An app of somebody else asks a person for leave, in a real browser, with a client library of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import expect

from tests.browser.site import ROOT
from tests.browser.test_every_page import check
from tests.cast import PASSWORD
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
