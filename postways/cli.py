"""The command line: people, demo, media, search, apps."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import click
from flask import Flask, current_app
from flask.cli import AppGroup, with_appcontext

from postways import search as full_text
from postways.auth import passwords
from postways.config import Config
from postways.db import db, now
from postways.errors import Missing, Refused
from postways.models import Client, Post, Tag, User
from postways.models.credentials import check_password
from postways.models.membership import moment_in
from postways.models.standing import ROLES

log = logging.getLogger(__name__)

users = AppGroup("users", help="People and their roles.")
media = AppGroup("media", help="The files of photographs.")
search = AppGroup("search", help="What search knows of posts, people and tags.")
oauth = AppGroup("oauth", help="Apps that act for people (OAuth2).")
client = AppGroup("client", help="The apps that are registered.")
REASON = "The person gets it by mail, and it stays in the record. Asked for in a terminal."
UNSAID = "The people who run this site decided so."  # where a script gives no reason
JOB_LOG_LEVEL = logging.WARNING  # RQ says at INFO what it runs with which arguments


def init_app(app: Flask) -> None:
    """Add the commands."""
    oauth.add_command(client)
    for command in (users, media, search, oauth, demo):
        app.cli.add_command(command)


@users.command("create")
@click.argument("name")
@click.argument("email")
@click.option("--role", type=click.Choice(ROLES), default="member", show_default=True)
@click.option("--verified", is_flag=True, help="The address is known to be theirs; without this a mail asks.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input instead of asking twice.")
def create(name: str, email: str, role: str, verified: bool, password_stdin: bool) -> None:
    """Open an account, for example that of the first admin."""
    if password_stdin:
        password = sys.stdin.readline().removesuffix("\n")
    else:
        password = _asked("Password", "--password-stdin", hide_input=True, confirmation_prompt=True)
    with _refusals_named():
        check_password(password, name, email)
        user = User.sign_up(name, email, passwords.hashed(password), role)
    user.verified_at = now() if verified else None
    user.wants_link()
    db.session.commit()
    click.echo(f"{user.username} is here, as {user.role}.")


@users.command("role")
@click.argument("name")
@click.argument("role", type=click.Choice(ROLES))
def give_role(name: str, role: str) -> None:
    """Make somebody a member, moderator or admin."""
    with _refusals_named():
        user = User.named(name)
        user.become(role)
    db.session.commit()
    click.echo(f"{user.username} is {role} now.")


@users.command("premium")
@click.argument("name")
@click.argument("until")
def make_premium(name: str, until: str) -> None:
    """Let somebody's premium membership run UNTIL the end of a day in UTC, until a moment, or `none`: end it now."""
    with _refusals_named():
        user = User.in_any_state(User.named(name).id, acting=True)
        user.become_premium(None if until.casefold() == "none" else moment_in(until), door="command")
    db.session.commit()
    end = user.premium_until if user.premium else None
    said = f"a premium member until {end:%Y-%m-%d %H:%M:%S} UTC" if end else "no premium member"
    click.echo(f"{user.username} is {said}.")


@users.command("suspend")
@click.argument("name")
@click.option("--reason", help=REASON)
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="The day on which the person may come back.")
def suspend(name: str, reason: str | None, until: datetime | None) -> None:
    """Shut somebody out and hide everything of theirs."""
    config: Config = current_app.extensions["config"]
    with _refusals_named():
        user = User.named(name)
        user.suspend(None, _reason(reason), until and until.replace(tzinfo=ZoneInfo(config.time_zone)))
    db.session.commit()
    click.echo(f"{user.username} is {user.standing} now.")


@users.command("restore")
@click.argument("name")
@click.option("--reason", help=REASON)
def restore(name: str, reason: str | None) -> None:
    """Let somebody in again who was suspended."""
    with _refusals_named():
        user = User.named(name)
        user.restore(None, _reason(reason))
    db.session.commit()
    click.echo(f"{user.username} is {user.standing} now.")


@media.command("check")
@click.option("--repair", is_flag=True, help="Erase files without rows, and make missing files again.")
@click.pass_context
def check(context: click.Context, repair: bool) -> None:
    """Find files without rows, rows without files, and pictures without derivatives."""
    from postways.inventory import check_media  # noqa: PLC0415 only here

    found = check_media(repair=repair)
    words = {"orphans": "files without rows", "lost": "originals that are gone", "bare": "pictures without derivatives"}
    for kind, names in found.items():
        click.echo(f"{len(names)} {words[kind]}{''.join(f'{chr(10)}  {name}' for name in names[:20])}")
    if any(found.values()) and not repair:
        context.exit(1)


@search.command("rebuild")
def rebuild() -> None:
    """Write anew what search knows, a little at a time; it goes on answering meanwhile."""
    for noun, words in ((Post, full_text.posts), (User, full_text.people), (Tag, full_text.tags)):
        last: int | None = 0
        while last is not None:
            last = noun.be_found_anew(last)
            db.session.commit()
            db.session.expunge_all()
        words.mend()
        db.session.commit()
    click.echo("Posts, people and tags are found by their words as they are now.")


@client.command("create")
@click.option("--name", required=True, help="What people read before they allow it anything.")
@click.option("--public", is_flag=True, help="It can't keep a secret, as on people's phones.")
@click.option("--confidential", is_flag=True, help="It runs on a server and can keep a secret.")
@click.option("--redirect-uri", "redirect_uris", multiple=True, required=True, help="Where it takes people back.")
@click.option("--scope", default="read write", show_default=True, help="The most it can ask for.")
def register(name: str, public: bool, confidential: bool, redirect_uris: tuple[str, ...], scope: str) -> None:
    """Register an app of the site's own; its secret is shown once."""
    if public == confidential:
        raise click.UsageError("Say either --public or --confidential.")
    with _refusals_named():
        made, secret = Client.make(name, redirect_uris, scope=scope, confidential=confidential, owner=None)
    db.session.commit()
    click.echo(f"client_id={made.client_id}")
    if secret:
        click.echo(f"client_secret={secret}")


@client.command("list")
def registered() -> None:
    """Every app: its id, its name, whose it is and what it can ask for."""
    for one in Client.all():
        owner = f"@{one.owner.username}" if one.owner is not None else "the site"
        click.echo(f"{one.client_id}  {one.name}  {owner}  {'public' if one.public else 'confidential'}  {one.scope}")


@client.command("remove")
@click.argument("client_id")
def unregister(client_id: str) -> None:
    """Remove an app; it can't come in any more, for anybody."""
    with _refusals_named():
        found = Client.named(client_id)
    found.remove(None)
    db.session.commit()
    click.echo(f"{found.name} is gone.")


@click.command()
@click.option("--scale", metavar="USERS,POSTS,LIKES", help="In bulk, for measuring: 200,5000,100000.")
@with_appcontext
def demo(scale: str | None) -> None:
    """Fill an empty site with demo people and real photographs; on any other site nothing happens."""
    from postways.demo import scale as scale_up
    from postways.demo import seed

    if scale:
        try:
            people, posts, likes = (int(part) for part in scale.split(","))
        except ValueError:
            raise click.BadParameter("give three numbers, such as 200,5000,100000", param_hint="--scale") from None
        scale_up(people, posts, likes)
    else:
        seed()


def _reason(given: str | None) -> str:
    """The reason that was given or is typed; a script that gives none gets a sentence that is true of all."""
    if given is not None or not sys.stdin.isatty():
        return UNSAID if given is None else given
    typed: str = click.prompt("Reason")
    return typed


def _asked(what: str, option: str, **how: Any) -> str:
    """What somebody types; without a terminal, which option to use instead."""
    try:
        typed: str = click.prompt(what, **how)
    except click.Abort:
        if sys.stdin.isatty():
            raise
        raise click.UsageError(f"There is no terminal in which to ask; use {option}.") from None
    return typed


@contextmanager
def _refusals_named() -> Iterator[None]:
    """Refusals become one sentence and exit code 1."""
    try:
        yield
    except Refused as error:
        raise click.ClickException(str(error)) from None
    except Missing as error:
        raise click.ClickException(error.args[0] if error.args else "There is nobody with that name.") from None
