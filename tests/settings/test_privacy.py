"""What others get to know: the camera, if its owner likes."""

from __future__ import annotations

from postways.db import db
from postways.models import Photo
from tests.cast import make_post

PRIVACY = "/settings/privacy/"


def test_the_camera_is_shown_until_its_owner_says_no(app, ada, as_ada, guest, ben):
    posts = {name: make_post(app, user, pictures=1) for name, user in (("ada", ada), ("ben", ben))}
    with app.app_context():
        db.session.query(Photo).update({"camera": "Box Brownie"})
        db.session.commit()
    assert "Box Brownie" in guest.get(f"/posts/{posts['ada'].id}/").text
    assert 'camera-help" checked' in as_ada.get(PRIVACY).text

    assert as_ada.post(PRIVACY).location == f"{PRIVACY}?notice=saved"

    assert 'camera-help" checked' not in as_ada.get(PRIVACY).text
    assert "Box Brownie" not in guest.get(f"/posts/{posts['ada'].id}/").text
    assert "Box Brownie" in guest.get(f"/posts/{posts['ben'].id}/").text

    as_ada.post(PRIVACY, {"shows_camera": "on"})
    assert "Box Brownie" in guest.get(f"/posts/{posts['ada'].id}/").text
