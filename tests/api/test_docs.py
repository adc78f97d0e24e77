"""The page on which people read the description."""

import json
import re
import shlex
from html import unescape

import pytest

from postways.api import description, reading


@pytest.fixture
def page(guest):
    return guest.get("/api/v1/docs/").text


@pytest.fixture
def operations(app):
    with app.app_context():
        spec = json.loads(description.as_json(app))
    return [one for group in reading.groups_of(spec) for one in group.operations]


def test_every_operation_can_be_linked_to_and_tried(page, operations):
    for one in operations:
        assert page.count(f'id="{one.id}"') == 1
        assert f'href="#{one.id}"' in page
        assert one.curl in unescape(page)


def test_a_command_is_one_that_a_shell_understands(operations):
    for one in operations:
        words = shlex.split(one.curl.replace("\\\n", " "))
        address = next(word for word in words if word.startswith("http://localhost/api/v1/"))
        assert words[0] == "curl"
        assert "{" not in address
        assert ("-X" in words) == (one.method != "GET")
        assert ("Authorization: Bearer $TOKEN" in words) == bool(one.scope or one.recovery or one.any_token)
        if "-d" in words:
            json.loads(words[words.index("-d") + 1])


def test_a_body_is_told_field_by_field(operations):
    sign_up = next(one for one in operations if one.id == "sign_up")
    introduce = next(one for one in operations if one.id == "introduce_me")

    assert [(field.name, field.kind, field.needed) for field in sign_up.fields] == [
        ("username", "text", True),
        ("email", "text or null", False),
        ("password", "text", True),
        ("password2", "text or null", False),
    ]
    assert ("avatar", "file") in {(field.name, field.kind) for field in introduce.fields}
    assert "-F avatar=@photograph.jpg" in introduce.curl


def test_a_command_can_be_run_as_it_stands(operations):
    commands = {one.id: one.curl for one in operations}

    assert "-F 'alt=Two boats in the fog'" in commands["create_post"]
    assert [word for word in shlex.split(commands["create_post"]) if word.startswith("tags=")] == [
        "tags=harbour",
        "tags=morning",
    ]
    for name in ("create_post", "replace_post", "change_post"):
        assert "=[" not in commands[name]
    assert "?ids=1,2,3" in commands["count_likes"]
    assert "?q=boats+fog" in commands["search_everything"]


def test_it_says_which_token_is_needed_where_no_scope_is(page):
    def needed(name):
        return page.partition(f'id="{name}"')[2].partition("Link to this")[0]

    assert "Needs a token, whatever its scopes." in needed("log_out")
    assert "Needs a token, whatever its scopes." in needed("log_out_everywhere")
    assert "Needs the recovery token of a mail." in needed("reset_password")
    assert "For anyone." in needed("log_in")


def test_no_backtick_is_left(page):
    assert "`" not in page
    assert "You have it already: it is still as <code>If-None-Match</code> names it." in page


def test_nothing_of_it_comes_from_elsewhere(page):
    assert not re.search(r'(src|rel="stylesheet" href)="(https?:)?//', page)


def test_the_site_leads_to_it(guest, as_ben):
    assert 'href="/api/v1/docs/"' in guest.get("/").text
    assert 'href="/api/v1/docs/"' in as_ben.get("/settings/apps/").text


def test_a_list_is_sent_piece_by_piece_in_a_form(operations):
    create = next(one for one in operations if one.id == "create_post")

    assert "-F tags=harbour \\\n  -F tags=morning" in create.curl
