"""Logging out: the session is over on the server too."""

from __future__ import annotations

from postways.db import db
from postways.models import Session
from tests.cast import make_post
from tests.together import second_tab


def test_logging_out_leads_home_and_ends_the_session(app, as_ada):
    answer = as_ada.post("/logout/")

    assert (answer.status_code, answer.location) == (303, "/")
    assert answer.headers["Clear-Site-Data"] == '"cache"'
    with app.app_context():
        assert db.session.query(Session).count() == 0


def test_a_kept_cookie_opens_nothing_any_more(app, as_ada, ada):
    draft = make_post(app, ada, pictures=1, published=False)
    thief = second_tab(as_ada)
    as_ada.post("/logout/")

    assert "/logout/" not in thief.get("/").text
    assert thief.get(f"/posts/{draft.id}/").status_code == 404
    assert thief.get(f"/photos/{draft.photos[0].id}/", HX_Request="true").status_code == 404
    assert thief.get(f"/media/{draft.photos[0].key}/square.jpg").status_code == 404
    assert thief.click(f"/posts/{draft.id}/like/").status_code == 401


def test_a_link_does_not_log_out(as_ada):
    assert as_ada.get("/logout/").status_code == 405
    assert "/logout/" in as_ada.get("/").text


def test_every_page_of_a_member_holds_the_form(app, as_ada, ada):
    post = make_post(app, ada)

    pages = ["/", "/popular/", "/tags/x/", "/@ada/", "/posts/add/", "/theme/", "/nowhere/"]
    for path in [*pages, f"/posts/{post.id}/", f"/posts/{post.id}/edit/", f"/posts/{post.id}/delete/"]:
        assert 'action="/logout/"' in as_ada.get(path).text, path
