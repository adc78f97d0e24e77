"""What happens by itself: work that was lost is put back, what is over is forgotten.

The state in the database says what must be done; this finds what nobody does. It may run twice at once: everything
in it is idempotent, so a second scheduler costs time and nothing else.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from flask import Flask, current_app

from postways import later, viewing
from postways.config import Config
from postways.db import db, now, reading
from postways.inventory import check_media
from postways.models import (
    ApiToken,
    Attempt,
    Audit,
    Code,
    Comment,
    Conversation,
    Delivery,
    EmailChange,
    Erasure,
    Export,
    Family,
    Follow,
    Mail,
    Mute,
    Notification,
    PastUsername,
    Photo,
    Post,
    Receipt,
    Session,
    Suggestion,
    User,
    View,
    departure,
    week,
)

log = logging.getLogger(__name__)

Work = Callable[[], object]

SOON = timedelta(seconds=5)
OFTEN = timedelta(seconds=30)
NOW_AND_THEN = timedelta(minutes=10)
HOURLY = timedelta(hours=1)
NIGHTLY = timedelta(days=1)
REPORT_HOUR = 10
LATEST_REPORT = timedelta(days=1)


def run(app: Flask, stop: Callable[[], bool] = lambda: False) -> None:
    """Sweep for ever; outlives database and Redis."""
    steps: dict[Work, timedelta] = {
        put_back: OFTEN,
        publish_due: OFTEN,
        count_views: OFTEN,
        report_week: OFTEN,
        tell_of_memberships: SOON,
        rank: NOW_AND_THEN,
        forget: HOURLY,
        purge: HOURLY,
        sum_up: HOURLY,
        check_counters: NIGHTLY,
        check_media: NIGHTLY,
    }
    due: dict[Work, datetime] = {work: now() for work in steps} | {check_media: now() + HOURLY}
    while not stop():
        for work, at in list(due.items()):
            if now() >= at:
                due[work] = now() + steps[work]
                _try(app, work)
        time.sleep(1)


def _try(app: Flask, work: Work) -> None:
    with app.app_context():
        try:
            work()
            db.session.commit()
        except Exception:
            db.session.rollback()
            log.exception("sweeping failed, it is tried again")


def put_back() -> int:
    """Ring again for photographs, erasures, mails and exports that nobody works on; returns how many.

    Whose suspension is over is let in again.
    """
    moment = now()
    User.end_suspensions(moment)
    photos, erasures = Photo.waiting_for_work(moment), Erasure.waiting(moment - timedelta(seconds=5))
    for photo_id in photos:
        later.job("process_photo", photo_id)
    for erasure_id in erasures:
        later.job("erase", erasure_id)
    mails = Mail.due(moment)
    for mail_id in mails:
        later.job("send_mail", mail_id)
    exports = Export.waiting_for_work(moment)
    for export_id in exports:
        later.job("make_export", export_id)
    db.session.commit()
    return len(photos) + len(erasures) + len(mails) + len(exports)


def forget() -> None:
    """Let go of what is over: sessions, tokens, tries, mails, exports, uploads, what was deleted 30 days ago."""
    config: Config = current_app.extensions["config"]
    Session.forget_ended(timedelta(days=config.session_idle_days), timedelta(days=config.session_days))
    Family.forget_ended()
    Code.forget_old()
    ApiToken.forget_ended()
    Attempt.forget_old()
    EmailChange.forget_old()
    PastUsername.forget_old()
    Mail.forget_old()
    Receipt.forget_old()
    Delivery.forget_old()
    Mute.forget_ended()
    Notification.forget_old()
    Audit.forget_addresses()
    db.session.commit()
    for export in Export.over(now()):
        export.remove()
    db.session.commit()
    for photo in Photo.left_behind(now()):
        photo.remove()
    db.session.commit()
    Comment.forget_deleted(now())
    db.session.commit()
    for post in Post.in_trash_since(now()):
        post.purge()
        db.session.commit()


def publish_due() -> int:
    """Publish drafts whose time has come; returns how many were due. Twice at once publishes each once."""
    moment = now()
    due = Post.due(moment)
    db.session.commit()
    for post_id in due:
        Post.publish_due(post_id, moment)
        db.session.commit()
    return len(due)


def count_views() -> int:
    """Count what was looked at since; returns how many views were new. Cut off anywhere, it goes on without a miss."""
    new = 0
    while entries := viewing.waiting():
        new += View.count([seen for seen in map(viewing.read, entries) if seen], now())
        db.session.commit()
        viewing.done(entries)
    View.forget_past(now())
    db.session.commit()
    return new


def tell_of_memberships() -> int:
    """Tell whose membership is over, or ends within a week; returns how many. Twice at once tells each once."""
    with reading():
        news = User.with_news(now())
    told = User.tell_of_ends(now()) if news else 0
    db.session.commit()
    return told


def rank() -> None:
    """Work out who is popular; what is for one person alone is worked out when they look (`jobs.suggest`)."""
    with reading():
        found = Suggestion.popular(now())
    Suggestion.replace(None, found, now())
    db.session.commit()


def report_week() -> bool:
    """Tell the admins on Saturday at ten, by the site's clock, how the week was; once, whoever does it."""
    config: Config = current_app.extensions["config"]
    here = now().astimezone(ZoneInfo(config.time_zone))
    until = here.replace(hour=REPORT_HOUR, minute=0, second=0, microsecond=0) - timedelta(days=(here.weekday() - 5) % 7)
    if until > here:
        until -= timedelta(days=7)
    if here - until > LATEST_REPORT:
        return False  # the site was down, or did not exist; the next one is not far
    since = until - timedelta(days=7)
    numbers = week.numbers(since, until)
    days = {"since": f"{since:%Y-%m-%d}", "until": f"{until:%Y-%m-%d}"}
    return Mail.send_once(f"weekly-report {until:%Y-%m-%d}", "weekly-report", User.admins(), **days, **numbers)


def sum_up() -> int:
    """Mail what is unread to those who want that daily or weekly; returns to how many."""
    count = 0
    for person_id in Notification.waiting_for_digest(now()):
        count += Notification.digest(person_id, now())
        db.session.commit()
    return count


def purge() -> None:
    """Erase deleted accounts, in small steps that may be cut off anywhere."""
    for user_id in departure.due(now()):
        db.session.commit()
        while departure.erase_some(user_id):
            db.session.commit()
        db.session.commit()


def check_counters() -> int:
    """Put counts of likes, comments, reposts, saves, followers and messages right; returns how many rows were wrong."""
    likes, comments, inside = Post.with_wrong_count(), Comment.miscounted_posts(), Comment.with_wrong_counts()
    reposts = Post.with_wrong_repost_count()
    for post_id, truth in likes.items():
        Post.set_count(post_id, truth)
    saves = Post.with_wrong_save_count()
    for post_id, truth in saves.items():
        Post.set_save_count(post_id, truth)
    for post_id, truth in comments.items():
        Post.set_comment_count(post_id, truth)
    for post_id, truth in reposts.items():
        Post.set_repost_count(post_id, truth)
    for comment_id, truths in inside.items():
        Comment.set_counts(comment_id, *truths)
    people = Follow.with_wrong_count()
    for user_id in people:
        Follow.set_counts(user_id)
    letters = Conversation.with_wrong_counts()
    for conversation_id in letters:
        Conversation.count_anew(conversation_id)
    posts = len(likes) + len(comments) + len(reposts) + len(saves)
    if wrong := posts + len(inside) + len(people) + len(letters):
        log.warning("%d counts of likes, comments, reposts, saves, followers and messages were wrong", wrong)
    return wrong
