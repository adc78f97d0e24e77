"""Every route, and what it answers to a visitor, to another member and to the owner. A new route needs a line here."""

from dataclasses import dataclass, field, replace

import pytest

from postways.db import db
from postways.models import Block, Client, Conversation, Follow, Post, User
from tests.auth.test_csrf import rows
from tests.cast import Browser, make_comment, make_photo, make_post, make_user

TO_LOGIN = DONE = SENT_HOME = 303  # all lead on; where to is checked below


@dataclass(frozen=True)
class Door:
    """One address and method, with the status for a visitor, for another member and for the owner."""

    endpoint: str
    method: str
    path: str
    visitor: int
    member: int
    owner: int

    def __str__(self) -> str:
        return f"{self.method} {self.endpoint} {self.path}"


@dataclass(frozen=True)
class StaffDoor(Door):
    """The same of a door of the staff, with the status for a moderator and for an admin."""

    visitor: int = field(default=SENT_HOME, init=False)
    member: int = field(default=SENT_HOME, init=False)
    owner: int = field(default=SENT_HOME, init=False)
    moderator: int
    admin: int


# {post}: published, {draft}: not, {picture}: of the post, {hidden}: of the draft, {upload}: pending,
# {message}: to zoe, in the conversation {side}, {app}: registered, {comment}: under the post,
# {unseen}: a comment under another draft; all are ada's
DOORS = [
    Door("static", "GET", "/static/app.css", 200, 200, 200),
    Door("health.healthz", "GET", "/healthz", 200, 200, 200),
    Door("wellknown.security", "GET", "/.well-known/security.txt", 200, 200, 200),
    Door("health.readyz", "GET", "/readyz", 200, 200, 200),
    Door("dev.mails", "GET", "/dev/mail/", 200, 200, 200),  # the tests run in development, on this machine
    Door("dev.mail", "GET", "/dev/mail/none.eml/", 404, 404, 404),
    Door("live.stream", "GET", "/live/?posts={post},{draft}", 200, 200, 200),
    Door("live.gone", "GET", "/live/gone/?posts={post},{draft}", 200, 200, 200),
    Door("auth.login", "GET", "/login/", 200, 303, 303),
    Door("auth.login", "POST", "/login/", 422, 303, 303),
    Door("auth.signup", "GET", "/signup/", 200, 303, 303),
    Door("auth.signup", "POST", "/signup/", 422, 303, 303),
    Door("auth.send_again", "POST", "/email_verify/", TO_LOGIN, DONE, DONE),
    Door("auth.verify", "GET", "/email_verify/never-made/", 410, 410, 410),
    Door("auth.verify", "POST", "/email_verify/never-made/", 410, 410, 410),
    Door("auth.take_back", "GET", "/email_revert/never-made/", 410, 410, 410),
    Door("auth.take_back", "POST", "/email_revert/never-made/", 410, 410, 410),
    Door("auth.password_reset", "GET", "/password_reset/", 200, 303, 303),
    Door("auth.password_reset", "POST", "/password_reset/", 422, 303, 303),
    Door("auth.new_password", "GET", "/password_reset/never-made/", 410, 410, 410),
    Door("auth.new_password", "POST", "/password_reset/never-made/", 410, 410, 410),
    Door("auth.delete_account", "GET", "/authors/{ada}/delete/", TO_LOGIN, 403, 200),
    Door("auth.delete_account", "POST", "/authors/{ada}/delete/", TO_LOGIN, 403, 422),
    Door("auth.logout", "POST", "/logout/", TO_LOGIN, DONE, DONE),
    Door("auth.password_change", "GET", "/password_change/", TO_LOGIN, 200, 200),
    Door("auth.password_change", "POST", "/password_change/", TO_LOGIN, 422, 422),
    Door("auth.username_change", "GET", "/username_change/", TO_LOGIN, 200, 200),
    Door("auth.username_change", "POST", "/username_change/", TO_LOGIN, 422, 422),
    Door("auth.email_change", "GET", "/email_change/", TO_LOGIN, 200, 200),
    Door("auth.email_change", "POST", "/email_change/", TO_LOGIN, 422, 422),
    Door("auth.second_step", "GET", "/login/second/", 303, 303, 303),  # nobody is half way in
    Door("auth.second_step", "POST", "/login/second/", 303, 303, 303),
    Door("auth.passkey_options", "POST", "/login/passkey/options/", 200, 200, 200),
    Door("auth.passkey_login", "POST", "/login/passkey/", 422, 422, 422),
    Door("messages.inbox", "GET", "/messages/", TO_LOGIN, 200, 200),
    Door("messages.conversation", "GET", "/messages/ada/", TO_LOGIN, 200, 302),
    Door("messages.conversation", "POST", "/messages/ada/", TO_LOGIN, 422, 422),
    Door("messages.by_id", "GET", "/messages/with/{side}/", TO_LOGIN, 404, 302),
    Door("messages.accept", "POST", "/messages/with/{side}/accept/", TO_LOGIN, 404, DONE),
    Door("messages.empty", "GET", "/messages/with/{side}/empty/", TO_LOGIN, 404, 200),
    Door("messages.empty", "POST", "/messages/with/{side}/empty/", TO_LOGIN, 404, DONE),
    Door("messages.delete", "GET", "/messages/{message}/delete/", TO_LOGIN, 404, 200),
    Door("messages.delete", "POST", "/messages/{message}/delete/", TO_LOGIN, 404, DONE),
    Door("moderation.report_something", "GET", "/report/?message={message}", TO_LOGIN, 404, 403),
    Door("membership.show", "GET", "/membership/", TO_LOGIN, 200, 200),
    Door("membership_hook.receive", "POST", "/membership/webhook/", 404, 404, 404),  # until a secret is set
    Door("notifications.show", "GET", "/notifications/", TO_LOGIN, 200, 200),
    Door("notifications.read", "POST", "/notifications/read/", TO_LOGIN, DONE, DONE),
    Door("notifications.wishes", "GET", "/settings/notifications/", TO_LOGIN, 200, 200),
    Door("notifications.wishes", "POST", "/settings/notifications/", TO_LOGIN, 422, 422),
    Door("notifications.unsubscribe", "GET", "/unsubscribe/never-made/", 410, 410, 410),
    Door("notifications.unsubscribe", "POST", "/unsubscribe/never-made/", 410, 410, 410),
    Door("settings.security", "GET", "/settings/security/", TO_LOGIN, 200, 200),
    Door("settings.app_codes", "GET", "/settings/security/app/", TO_LOGIN, 200, 200),
    Door("settings.app_codes", "POST", "/settings/security/app/", TO_LOGIN, DONE, DONE),
    Door("settings.remove_app", "POST", "/settings/security/app/remove/", TO_LOGIN, 422, 422),
    Door("settings.new_codes", "POST", "/settings/security/codes/", TO_LOGIN, 422, 422),
    Door("settings.passkey_options", "POST", "/settings/security/passkeys/options/", TO_LOGIN, 422, 422),
    Door("settings.add_passkey", "POST", "/settings/security/passkeys/", TO_LOGIN, 422, 422),
    Door("settings.remove_passkey", "POST", "/settings/security/passkeys/999999/remove/", TO_LOGIN, 422, 422),
    Door("auth.proof_options", "POST", "/settings/prove/passkey/options/", TO_LOGIN, 200, 200),
    Door("auth.prove_by_passkey", "POST", "/settings/prove/passkey/", TO_LOGIN, 422, 422),
    Door("auth.prove", "GET", "/settings/prove/", TO_LOGIN, 200, 200),
    Door("auth.prove", "POST", "/settings/prove/", TO_LOGIN, 422, 422),
    Door("posts.home", "GET", "/", 200, 200, 200),
    Door("posts.feed", "GET", "/feed/", TO_LOGIN, 200, 200),
    Door("posts.rank_feed", "POST", "/feed/", TO_LOGIN, 422, 422),
    Door("posts.popular", "GET", "/popular/", 200, 200, 200),
    Door("posts.explore", "GET", "/explore/", 200, 200, 200),
    Door("posts.search", "GET", "/search/?q=harbour", 200, 200, 200),
    Door("posts.likers", "GET", "/posts/{post}/likes/", 200, 200, 200),
    Door("posts.likers", "GET", "/posts/{draft}/likes/", 404, 404, 200),
    Door("posts.reposters", "GET", "/posts/{post}/reposts/", 200, 200, 200),
    Door("posts.reposters", "GET", "/posts/{draft}/reposts/", 404, 404, 200),
    Door("posts.liked", "GET", "/likes/", TO_LOGIN, 200, 200),
    Door("posts.saved", "GET", "/saved/", TO_LOGIN, 200, 200),
    Door("posts.tag", "GET", "/tags/harbour/", 200, 200, 200),
    Door("posts.show", "GET", "/posts/{post}/", 200, 200, 200),
    Door("posts.show", "GET", "/posts/{draft}/", 404, 404, 200),
    Door("posts.photo", "GET", "/posts/{post}/photos/1/", 200, 200, 200),
    Door("posts.photo", "GET", "/posts/{draft}/photos/1/", 404, 404, 200),
    Door("posts.new", "GET", "/posts/add/", TO_LOGIN, 200, 200),
    Door("posts.new", "POST", "/posts/add/", TO_LOGIN, 422, 422),
    Door("posts.edit", "GET", "/posts/{post}/edit/", TO_LOGIN, 403, 200),
    Door("posts.edit", "GET", "/posts/{draft}/edit/", TO_LOGIN, 404, 200),
    Door("posts.edit", "POST", "/posts/{post}/edit/", TO_LOGIN, 403, 422),
    Door("posts.edit", "POST", "/posts/{draft}/edit/", TO_LOGIN, 404, 422),
    Door("posts.publish", "POST", "/posts/{post}/publish/", TO_LOGIN, 403, DONE),
    Door("posts.publish", "POST", "/posts/{draft}/publish/", TO_LOGIN, 404, DONE),
    Door("posts.withdraw", "POST", "/posts/{post}/withdraw/", TO_LOGIN, 403, DONE),
    Door("posts.withdraw", "POST", "/posts/{draft}/withdraw/", TO_LOGIN, 404, DONE),
    Door("posts.delete", "GET", "/posts/{post}/delete/", TO_LOGIN, 403, 200),
    Door("posts.delete", "GET", "/posts/{draft}/delete/", TO_LOGIN, 404, 200),
    Door("posts.delete", "POST", "/posts/{post}/delete/", TO_LOGIN, 403, DONE),
    Door("posts.delete", "POST", "/posts/{draft}/delete/", TO_LOGIN, 404, DONE),
    Door("posts.like", "POST", "/posts/{post}/like/", TO_LOGIN, DONE, DONE),
    Door("posts.like", "POST", "/posts/{draft}/like/", TO_LOGIN, 404, 422),
    Door("posts.unlike", "POST", "/posts/{post}/unlike/", TO_LOGIN, DONE, DONE),
    Door("posts.unlike", "POST", "/posts/{draft}/unlike/", TO_LOGIN, 404, 422),
    Door("posts.repost", "POST", "/posts/{post}/repost/", TO_LOGIN, DONE, DONE),
    Door("posts.repost", "POST", "/posts/{draft}/repost/", TO_LOGIN, 404, 422),
    Door("posts.unrepost", "POST", "/posts/{post}/unrepost/", TO_LOGIN, DONE, DONE),
    Door("posts.unrepost", "POST", "/posts/{draft}/unrepost/", TO_LOGIN, 404, DONE),
    Door("posts.save", "POST", "/posts/{post}/save/", TO_LOGIN, DONE, DONE),
    Door("posts.save", "POST", "/posts/{draft}/save/", TO_LOGIN, 404, 422),
    Door("posts.unsave", "POST", "/posts/{post}/unsave/", TO_LOGIN, DONE, DONE),
    Door("posts.unsave", "POST", "/posts/{draft}/unsave/", TO_LOGIN, 404, DONE),
    Door("posts.comment", "POST", "/posts/{post}/comments/", TO_LOGIN, 422, 422),
    Door("posts.comment", "POST", "/posts/{draft}/comments/", TO_LOGIN, 404, 422),
    Door("posts.close_comments", "POST", "/posts/{post}/comments/close/", TO_LOGIN, 403, DONE),
    Door("posts.close_comments", "POST", "/posts/{draft}/comments/close/", TO_LOGIN, 404, DONE),
    Door("posts.open_comments", "POST", "/posts/{post}/comments/open/", TO_LOGIN, 403, DONE),
    Door("posts.open_comments", "POST", "/posts/{draft}/comments/open/", TO_LOGIN, 404, DONE),
    Door("posts.show_comment", "GET", "/comments/{comment}/", 302, 302, 302),
    Door("posts.show_comment", "GET", "/comments/{unseen}/", 404, 404, 302),
    Door("posts.edit_comment", "GET", "/comments/{comment}/edit/", TO_LOGIN, 403, 200),
    Door("posts.edit_comment", "GET", "/comments/{unseen}/edit/", TO_LOGIN, 404, 200),
    Door("posts.edit_comment", "POST", "/comments/{comment}/edit/", TO_LOGIN, 403, 422),
    Door("posts.edit_comment", "POST", "/comments/{unseen}/edit/", TO_LOGIN, 404, 422),
    Door("posts.delete_comment", "GET", "/comments/{comment}/delete/", TO_LOGIN, 403, 200),
    Door("posts.delete_comment", "GET", "/comments/{unseen}/delete/", TO_LOGIN, 404, 200),
    Door("posts.delete_comment", "POST", "/comments/{comment}/delete/", TO_LOGIN, 403, DONE),
    Door("posts.delete_comment", "POST", "/comments/{unseen}/delete/", TO_LOGIN, 404, DONE),
    Door("posts.like_comment", "POST", "/comments/{comment}/like/", TO_LOGIN, DONE, DONE),
    Door("posts.like_comment", "POST", "/comments/{unseen}/like/", TO_LOGIN, 404, 422),
    Door("posts.unlike_comment", "POST", "/comments/{comment}/unlike/", TO_LOGIN, DONE, DONE),
    Door("posts.unlike_comment", "POST", "/comments/{unseen}/unlike/", TO_LOGIN, 404, 422),
    Door("posts.forget", "POST", "/posts/uploads/forget/", TO_LOGIN, 303, 303),
    Door("posts.upload", "POST", "/posts/uploads/", TO_LOGIN, 422, 422),
    Door("posts.shot", "GET", "/posts/uploads/{upload}/", TO_LOGIN, 404, 200),
    Door("posts.picture", "GET", "/photos/{picture}/", 200, 200, 200),
    Door("posts.picture", "GET", "/photos/{hidden}/", 404, 404, 200),
    Door("posts.picture", "GET", "/photos/{upload}/", 404, 404, 404),
    Door("posts.frame", "GET", "/photos/{picture}/edit/", TO_LOGIN, 404, 200),
    Door("posts.frame", "POST", "/photos/{picture}/edit/", TO_LOGIN, 404, 422),
    Door("posts.frame", "GET", "/photos/{upload}/edit/", TO_LOGIN, 404, 422),
    Door("posts.framed", "GET", "/photos/{upload}/framed/", TO_LOGIN, 404, 200),
    Door("posts.retry", "POST", "/photos/{picture}/retry/", TO_LOGIN, 404, DONE),
    Door("profiles.show", "GET", "/@ada/", 200, 200, 200),
    Door("profiles.by_id", "GET", "/authors/{ada}/", 302, 302, 302),
    Door("profiles.people", "GET", "/people/?q=a", TO_LOGIN, 200, 200),
    Door("sharing.site", "GET", "/atom/", 200, 200, 200),
    Door("sharing.person", "GET", "/@ada/atom/", 200, 200, 200),
    Door("sharing.tag", "GET", "/tags/harbour/atom/", 200, 200, 200),
    Door("sharing.embed", "GET", "/oembed/?url=http://localhost/posts/{post}/", 200, 200, 200),
    Door("sharing.embed", "GET", "/oembed/?url=http://localhost/posts/{draft}/", 404, 404, 404),
    Door("sharing.robots", "GET", "/robots.txt", 200, 200, 200),
    Door("sharing.sitemap", "GET", "/sitemap.xml", 200, 200, 200),
    Door("sharing.sitemap_slice", "GET", "/sitemap-posts-0.xml", 200, 200, 200),
    Door("settings.home", "GET", "/settings/", TO_LOGIN, 303, 303),
    Door("settings.profile", "GET", "/settings/profile/", TO_LOGIN, 200, 200),
    Door("settings.profile", "POST", "/settings/profile/", TO_LOGIN, DONE, DONE),
    Door("settings.remove_avatar", "POST", "/settings/profile/avatar/remove/", TO_LOGIN, DONE, DONE),
    Door("settings.sessions", "GET", "/settings/sessions/", TO_LOGIN, 200, 200),
    Door("settings.end_session", "POST", "/settings/sessions/999999/end/", TO_LOGIN, 404, 404),
    Door("settings.end_other_sessions", "POST", "/settings/sessions/end/", TO_LOGIN, DONE, DONE),
    Door("settings.apps", "GET", "/settings/apps/", TO_LOGIN, 200, 200),
    Door("settings.make_token", "POST", "/settings/apps/", TO_LOGIN, 422, 422),
    Door("settings.end_token", "POST", "/settings/apps/tokens/999999/end/", TO_LOGIN, 404, 404),
    Door("settings.end_app", "POST", "/settings/apps/999999/end/", TO_LOGIN, 404, 404),
    Door("settings.register_app", "GET", "/settings/apps/registered/add/", TO_LOGIN, 200, 200),
    Door("settings.register_app", "POST", "/settings/apps/registered/add/", TO_LOGIN, 422, 422),
    Door("settings.edit_app", "GET", "/settings/apps/registered/{app}/", TO_LOGIN, 404, 200),
    Door("settings.edit_app", "POST", "/settings/apps/registered/{app}/", TO_LOGIN, 404, DONE),
    Door("settings.renew_secret", "POST", "/settings/apps/registered/{app}/secret/", TO_LOGIN, 404, 200),
    Door("settings.unregister_app", "GET", "/settings/apps/registered/{app}/remove/", TO_LOGIN, 404, 200),
    Door("settings.unregister_app", "POST", "/settings/apps/registered/{app}/remove/", TO_LOGIN, 404, DONE),
    Door("settings.end_leave", "POST", "/settings/apps/allowed/999999/end/", TO_LOGIN, 404, 404),
    Door("oauth.authorize", "GET", "/o/authorize/?client_id=nobody", TO_LOGIN, 400, 400),
    Door("oauth.decide", "POST", "/o/authorize/?client_id=nobody", TO_LOGIN, 400, 400),
    Door("settings.privacy", "GET", "/settings/privacy/", TO_LOGIN, 200, 200),
    Door("settings.privacy", "POST", "/settings/privacy/", TO_LOGIN, DONE, DONE),
    Door("settings.mute_word", "POST", "/settings/privacy/words/", TO_LOGIN, 422, 422),
    Door("settings.unmute_word", "POST", "/settings/privacy/words/999999/remove/", TO_LOGIN, 404, 404),
    Door("settings.requests", "GET", "/settings/requests/", TO_LOGIN, 200, 200),
    Door("profiles.reposts", "GET", "/@ada/reposts/", 200, 200, 200),
    Door("social.followers", "GET", "/@ada/followers/", 200, 200, 200),
    Door("social.following", "GET", "/@ada/following/", 200, 200, 200),
    Door("social.suggested", "GET", "/people/suggested/", TO_LOGIN, 200, 200),
    Door("social.dismiss", "POST", "/@ada/dismiss/", TO_LOGIN, DONE, 422),
    Door("social.follow", "POST", "/@ada/follow/", TO_LOGIN, DONE, 422),
    Door("social.unfollow", "POST", "/@ada/unfollow/", TO_LOGIN, DONE, DONE),
    Door("social.accept", "POST", "/@ada/accept/", TO_LOGIN, 404, 404),
    Door("social.remove", "POST", "/@ada/remove/", TO_LOGIN, DONE, DONE),
    Door("social.block", "POST", "/@ada/block/", TO_LOGIN, DONE, 422),
    Door("social.unblock", "POST", "/@ada/unblock/", TO_LOGIN, DONE, DONE),
    Door("social.mute", "POST", "/@ada/mute/", TO_LOGIN, DONE, 422),
    Door("social.unmute", "POST", "/@ada/unmute/", TO_LOGIN, DONE, DONE),
    Door("settings.trash", "GET", "/settings/trash/", TO_LOGIN, 200, 200),
    Door("settings.restore", "POST", "/settings/trash/{post}/restore/", TO_LOGIN, 404, 404),
    Door("settings.purge", "GET", "/settings/trash/{post}/purge/", TO_LOGIN, 404, 404),
    Door("settings.purge", "POST", "/settings/trash/{post}/purge/", TO_LOGIN, 404, 404),
    Door("settings.account", "GET", "/settings/account/", TO_LOGIN, 200, 200),
    Door("settings.export", "GET", "/settings/export/", TO_LOGIN, 200, 200),
    Door("settings.export", "POST", "/settings/export/", TO_LOGIN, DONE, DONE),
    Door("settings.exported", "GET", "/settings/export/1/", TO_LOGIN, 404, 404),
    Door("moderation.report_something", "GET", "/report/?post={post}", TO_LOGIN, 200, 403),
    Door("moderation.report_something", "GET", "/report/?post={draft}", TO_LOGIN, 404, 403),
    Door("moderation.report_something", "POST", "/report/?post={post}", TO_LOGIN, 422, 403),
    Door("moderation.report_something", "GET", "/report/?comment={comment}", TO_LOGIN, 200, 403),
    Door("moderation.report_something", "GET", "/report/?comment={unseen}", TO_LOGIN, 404, 403),
    Door("settings.display", "GET", "/theme/", 200, 200, 200),
    Door("settings.display", "POST", "/theme/", DONE, DONE, DONE),
    Door("media.file", "GET", "/media/{picture_key}/square.jpg", 200, 200, 200),
    Door("media.file", "GET", "/media/{hidden_key}/square.jpg", 404, 404, 200),
    Door("media.file", "GET", "/media/{picture_key}/original", 404, 404, 200),
]


# only for staff, everybody else is sent home; with the status for a moderator and for an admin
STAFF_DOORS = [
    StaffDoor("moderation.authors", "GET", "/authors/", 200, 200),
    StaffDoor("moderation.posts", "GET", "/posts/", 200, 200),
    StaffDoor("moderation.post", "GET", "/moderation/posts/{draft}/", 200, 200),
    StaffDoor("moderation.post", "POST", "/moderation/posts/{draft}/", 400, 400),
    StaffDoor("moderation.person", "GET", "/moderation/people/{ada}/", 200, 200),
    StaffDoor("moderation.suspend", "POST", "/moderation/people/{ada}/suspend/", 422, 422),
    StaffDoor("moderation.restore", "POST", "/moderation/people/{ada}/restore/", 422, 422),
    StaffDoor("moderation.log_out", "POST", "/moderation/people/{ada}/logout/", 403, 422),
    StaffDoor("moderation.role", "POST", "/moderation/people/{ada}/role/", 403, 422),
    StaffDoor("moderation.grant_premium", "POST", "/moderation/people/{ada}/premium/", 403, 422),
    StaffDoor("moderation.end_premium", "POST", "/moderation/people/{ada}/premium/end/", 403, DONE),
    StaffDoor("moderation.log", "GET", "/moderation/log/", 200, 200),
    StaffDoor("moderation.apps", "GET", "/moderation/apps/", 403, 200),
    StaffDoor("moderation.reports", "GET", "/moderation/reports/", 200, 200),
    StaffDoor("moderation.report", "GET", "/moderation/reports/1/", 404, 404),
    StaffDoor("moderation.take", "POST", "/moderation/reports/1/take/", 404, 404),
    StaffDoor("moderation.close", "POST", "/moderation/reports/1/close/", 404, 404),
]


@pytest.fixture
def things(app, ada) -> dict[str, object]:
    """What the addresses speak of."""
    post = make_post(app, ada, pictures=1, title="Boats #harbour")
    draft = make_post(app, ada, pictures=1, published=False)
    comment = make_comment(app, post, ada)
    unseen = make_comment(app, make_post(app, ada), ada)
    with app.app_context():
        Post.find(unseen.post_id, ada).published_at = None  # taken back, with what was said of it
        upload = make_photo(app, ada)
        message = Conversation.write(ada, User.named("zoe"), "Hello there")
        side = Conversation.with_other(ada, User.named("zoe"))
        own = Client.make(
            "Prints", ["https://a.example/"], scope="read", confidential=True, owner=db.session.merge(ada)
        )[0]
        db.session.commit()
    return {
        "ada": ada.id,
        "post": post.id,
        "draft": draft.id,
        "picture": post.photos[0].id,
        "picture_key": post.photos[0].key,
        "hidden": draft.photos[0].id,
        "hidden_key": draft.photos[0].key,
        "upload": upload.id,
        "message": message.id,
        "side": side.id,
        "app": own.id,
        "comment": comment.id,
        "unseen": unseen.id,
    }


def test_every_route_stands_in_the_table(made_app):
    routes = {
        (rule.endpoint, method)
        for rule in made_app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
        # these have tables of their own, in tests/api/test_policy.py and tests/oauth/test_endpoints.py
        if not rule.endpoint.startswith(("api.", "oauth_tokens."))
    }

    assert routes == {(door.endpoint, door.method) for door in [*DOORS, *STAFF_DOORS]}


LED_ON = ("/login/", "/signup/", "/password_reset/", "/login/second/", "/settings/security/app/")
OWN_PROOF = ("notifications.unsubscribe", "membership_hook.receive")  # these ask for no token of a form
FORMS = sorted({door.path for door in DOORS if door.method == "POST" and door.endpoint not in OWN_PROOF})


def test_a_form_without_its_token_changes_nothing(things, as_ada):
    told = {path: as_ada.post(path.format(**things), {"title": "Forged"}, token="forged").status_code for path in FORMS}

    # who is logged in already is led on, before anything is read
    assert told == {path: 303 if path in LED_ON else 403 for path in FORMS}
    assert "Boats" in as_ada.get(f"/posts/{things['post']}/").text


def test_a_form_from_elsewhere_is_refused(things, as_ada):
    token, elsewhere = as_ada.token(), {"Origin": "https://evil.example", "Sec_Fetch_Site": "cross-site"}

    told = {path: as_ada.post(path.format(**things), token=token, **elsewhere).status_code for path in FORMS}

    assert told == dict.fromkeys(FORMS, 403)


def test_what_does_not_exist_is_missing(as_ada: Browser):
    doors = [door for door in DOORS if "{post}" in door.path or "{draft}" in door.path]
    token, missing = as_ada.token(), {"post": 999_999_999_999_999, "draft": 1_000_000}

    told = {str(door): asked(as_ada, door, missing, token)[0] for door in doors}

    streams = ("live.stream", "live.gone")
    assert told == {str(door): 200 if door.endpoint in streams else 404 for door in doors}


# --- everybody: what each is answered otherwise than the other member of the table

HIDDEN_BY_A_BLOCK = (
    "/authors/{ada}/", "/messages/ada/", "/posts/{post}/", "/comments/{comment}/", "/photos/{picture}/", "/@ada/",
    "/report/?post={post}", "/report/?comment={comment}",
)  # fmt: skip
OPEN_TO_STAFF = {
    "GET posts.likers /posts/{draft}/likes/": 200,
    "GET posts.reposters /posts/{draft}/reposts/": 200,
    "GET posts.show /posts/{draft}/": 200,
    "GET posts.photo /posts/{draft}/photos/1/": 200,
    "GET posts.edit /posts/{draft}/edit/": 403,
    "GET posts.delete /posts/{draft}/delete/": 403,
    "GET posts.show_comment /comments/{unseen}/": 302,
    "GET posts.edit_comment /comments/{unseen}/edit/": 403,
    "GET posts.delete_comment /comments/{comment}/delete/": 200,
    "GET posts.delete_comment /comments/{unseen}/delete/": 200,
    "GET posts.picture /photos/{hidden}/": 200,
    "GET moderation.report_something /report/?post={draft}": 200,
    "GET moderation.report_something /report/?comment={unseen}": 200,
    "GET media.file /media/{hidden_key}/square.jpg": 200,
    **{f"POST posts.{verb} /posts/{{draft}}/{verb}/": 422 for verb in ("like", "unlike", "repost", "save")},
    **{f"POST posts.{verb} /posts/{{draft}}/{verb}/": DONE for verb in ("unrepost", "unsave")},
    **{f"POST posts.{verb} /posts/{{draft}}/{verb}/": 403 for verb in ("edit", "publish", "withdraw", "delete")},
    "POST posts.comment /posts/{draft}/comments/": 422,
    "POST posts.close_comments /posts/{draft}/comments/close/": 403,
    "POST posts.open_comments /posts/{draft}/comments/open/": 403,
    "POST posts.edit_comment /comments/{unseen}/edit/": 403,
    "POST posts.like_comment /comments/{unseen}/like/": 422,
    "POST posts.unlike_comment /comments/{unseen}/unlike/": 422,
    "POST posts.delete_comment /comments/{comment}/delete/": 422,  # staff gives a reason
    "POST posts.delete_comment /comments/{unseen}/delete/": 422,
}
OPEN_TO_ADMINS = {
    "GET settings.edit_app /settings/apps/registered/{app}/": 200,
    "GET settings.unregister_app /settings/apps/registered/{app}/remove/": 200,
    "POST settings.edit_app /settings/apps/registered/{app}/": DONE,
    "POST settings.renew_secret /settings/apps/registered/{app}/secret/": 200,
    "POST settings.unregister_app /settings/apps/registered/{app}/remove/": DONE,
}
ONLY_READS = {
    "POST social.follow /@ada/follow/": 422,
    **{f"POST posts.{verb} /posts/{{post}}/{verb}/": 422 for verb in ("like", "unlike", "repost", "unrepost", "save")},
    **{f"POST posts.{verb}_comment /comments/{{comment}}/{verb}/": 422 for verb in ("like", "unlike")},
}
OTHERWISE: dict[str, dict[str, int]] = {
    "visitor": {str(door): door.visitor for door in DOORS},
    "member": {},
    "author": {str(door): door.owner for door in DOORS},
    "follower": {},
    "blocked": {
        str(door): 404
        for door in DOORS
        if door.path.startswith(HIDDEN_BY_A_BLOCK) and not door.path.endswith("/atom/")  # for everybody, whoever asks
    }
    | {"POST messages.conversation /messages/ada/": 422},  # is told that it can't be delivered
    "unverified": ONLY_READS,
    "suspended": {str(door): door.visitor for door in DOORS},
    "moderator": OPEN_TO_STAFF | {str(door): door.moderator for door in STAFF_DOORS},
    "admin": OPEN_TO_STAFF | OPEN_TO_ADMINS | {str(door): door.admin for door in STAFF_DOORS},
}
OUTSIDE = ("visitor", "suspended")
LAST = (  # these leave others less: they are tried in this order, after all others
    "posts.withdraw",
    "posts.publish",
    "messages.empty",
    "settings.unregister_app",
    "posts.delete_comment",
    "posts.delete",
    "moderation.log_out",
    "auth.logout",
)


def in_turn(door: Door) -> tuple[bool, int]:
    """Pages are read before forms are sent."""
    return door.method != "GET", LAST.index(door.endpoint) if door.endpoint in LAST else -1


def become(app, actor: str) -> Browser:
    """The browser of who asks, as `actor` stands to ada and to the site."""
    if actor in ("visitor", "author"):
        return Browser(app) if actor == "visitor" else Browser(app).log_in("ada")
    make_user(app, "somebody", role=actor if actor in ("moderator", "admin") else "member")
    browser = Browser(app).log_in("somebody")
    with app.app_context():
        somebody, ada = User.named("somebody"), User.named("ada")
        if actor == "follower":
            Follow.begin(somebody, ada)
        if actor == "blocked":
            Block.begin(ada, somebody)
        db.session.commit()
    return browser


def asked(browser: Browser, door: Door, things: dict[str, object], token: str) -> tuple[int, str]:
    """The status of an answer, and where it leads."""
    path = door.path.format(**things)
    with browser.get(path) if door.method == "GET" else browser.post(path, token=token) as answer:
        return answer.status_code, answer.location or ""


@pytest.mark.parametrize("actor", OTHERWISE)
def test_everybody_is_answered_as_declared(app, things, monkeypatch, actor):
    browser = become(app, actor)
    token = browser.token()
    if actor == "unverified":
        config = replace(app.extensions["config"], require_verified_email=True)
        monkeypatch.setitem(app.extensions, "config", config)
    if actor == "suspended":
        with app.app_context():
            User.named("somebody").suspend(None, "Spam.")
            db.session.commit()
    doors = sorted([*DOORS, *STAFF_DOORS], key=in_turn)

    before = kept(app)
    told = {str(door): asked(browser, door, things, token) for door in doors}

    expected = {str(door): OTHERWISE[actor].get(str(door), door.member) for door in doors}
    assert {door: status for door, (status, _) in told.items() if status != expected[door]} == {}
    assert [str(door) for door in doors if not leads_right(actor, door, told[str(door)][1])] == []
    if actor in OUTSIDE:
        assert kept(app) == before


def leads_right(actor: str, door: Door, location: str) -> bool:
    """Whether an answer leads home from a door of the staff, and from that of members to the log-in."""
    if isinstance(door, StaffDoor):
        return actor in ("moderator", "admin") or location == "/?notice=staff"
    asks_first = actor in OUTSIDE and door.visitor == TO_LOGIN and door.endpoint != "settings.display"
    return location.startswith("/login/") if asks_first else location != "/?notice=staff"


def kept(app) -> dict[str, list[str]]:
    """All that somebody outside must not change: failed tries at a log-in are counted and written down."""
    return {name: found for name, found in rows(app).items() if name not in ("attempts", "audit")}
