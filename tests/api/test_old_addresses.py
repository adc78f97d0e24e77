"""The addresses of the systems of before: with and without the slash, the same doors, and no redirects."""

from __future__ import annotations

import pytest

from postways.api.old_addresses import OLD
from tests.api.client import Client
from tests.cast import PASSWORD, make_user


@pytest.mark.parametrize("slash", ["", "/"])
def test_every_old_address_does_what_the_new_one_does(app, ada, ben, mod, slash):
    guest, as_ada, as_mod = Client(app), Client.token(app, ada), Client.bearer(app, mod)
    new = {"username": "grace", "password": PASSWORD}
    tried = {
        "/api/auth/register": [(guest, "POST", new, 201)],
        "/api/auth/login": [(guest, "POST", {"username": "ada", "password": PASSWORD}, 200)],
        "/api/message": [(as_ada, "POST", {"receiver": "ben", "content": "Hello"}, 201), (as_ada, "GET", None, 200)],
        "/api/message/sent": [(as_ada, "GET", None, 200)],
        "/api/message/received": [(as_ada, "GET", None, 200)],
        "/api/block": [(as_ada, "POST", {"blocked": "ben"}, 201), (as_ada, "GET", None, 200)],
        "/users/create": [
            (guest, "POST", new | {"username": "hopper", "email": "hopper@example.org"}, 201),
            (as_mod, "GET", None, 200),
        ],
        "/api/auth/logout": [(as_ada, "POST", None, 204)],
    }

    assert set(tried) == set(OLD)
    for path, requests in tried.items():
        for client, method, body, status in requests:
            answer = client.ask(method, path + slash, body)
            assert answer.status_code == status, (method, path + slash, answer.text)
    assert as_ada.ask("GET", f"/api/message{slash}").status_code == 401  # logged out


def test_the_address_of_the_staffs_posts_takes_posts_of_programs(app, ada):
    make_user(app, "cleo")
    as_ada = Client.token(app, ada)

    made = as_ada.ask("POST", "/posts/", {"title": "Boats"})

    assert made.status_code == 201
    assert as_ada.ask("GET", "/posts/").get_json()["results"][0]["id"] == made.get_json()["id"]
