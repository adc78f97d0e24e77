"""Apps whose owner is suspended or gone."""

from __future__ import annotations

from postways.db import db
from postways.models import Client, User
from tests.api.client import Client as Program
from tests.oauth.flow import Prints, words


def test_while_its_owner_is_away_an_app_rests_and_nobody_is_named(app, ada, ben, as_ada):
    prints = Prints(app, ben)
    held = prints.tokens(as_ada)["access_token"]
    site, mine = (Prints(app, None), Prints(app, ada))
    others = [(one, one.tokens(as_ada)["access_token"]) for one in (site, mine)]
    log_in = Program.bearer(app, ada)
    assert "by @ben" in words(as_ada.get("/settings/apps/"))

    with app.app_context():
        User.find(ben.id).suspend(None, "Spam.")
        db.session.commit()
    assert prints.works(held) == 401
    assert [one.works(token) for one, token in others] == [200, 200]
    assert log_in.get("users/me/").status_code == 200
    shown = words(as_ada.get("/settings/apps/"))
    assert "@ben" not in shown and "somebody who is not here now" in shown

    with app.app_context():
        User.find(ben.id).restore(None, "A mistake.")
        db.session.commit()
    assert prints.works(held) == 200
    assert "by @ben" in words(as_ada.get("/settings/apps/"))

    with app.app_context():
        User.find(ben.id).leave()
        db.session.commit()
    assert prints.works(held) == 401
    with app.app_context():
        assert db.session.query(Client).filter_by(owner_id=ben.id).count() == 0
    assert "not here now" not in words(as_ada.get("/settings/apps/"))
