"""The doors of one post: reading, sharing, changing, deleting, liking."""

from __future__ import annotations

from flask import g, make_response, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from postways import limits, viewing
from postways.auth import members_only, refills_form, takes_files
from postways.auth.staff import note_reading
from postways.db import db, reading
from postways.errors import Missing, PremiumOnly, Refused, Taken, TooMany
from postways.handlers import sentence
from postways.htmx import asked_by_htmx, came_from, fragment, go, page, stream
from postways.models import Photo, Post
from postways.models.post import MOST_PHOTOS
from postways.posts import bp, talk
from postways.posts.buttons import button
from postways.posts.cards import cards
from postways.posts.forms import PostForm, chosen, describe, only_rearranges, photo_ids
from postways.uploads import Files

FULL = Refused("A post has at most %(most)d photographs. This one was left out.", field="images", most=MOST_PHOTOS)
NOT_YET = {"", "0", "false", "no", "off"}  # what `published` holds for a draft


@bp.get("/posts/<int:post_id>/")
def show(post_id: int) -> Response:
    """One post with its photographs and comments; `show` uncovers what its warning covers, `talk` tells the rest.

    What is locked on an open page asks whether it `opens` when the reader's rights have changed.
    """
    if asked_by_htmx() and "opens" in request.args:
        return _opened(post_id)
    if asked_by_htmx() and (part := talk.part(Post.find(post_id, g.user, photos=False))) is not None:
        return part
    try:
        post = Post.find(post_id, g.user)
    except PremiumOnly as error:
        return page("posts/locked.html", post=error.post)
    note_reading(post)
    viewing.note(post)
    return talk.post_page(post)


def _opened(post_id: int) -> Response:
    try:
        post = Post.find(post_id, g.user)
    except PremiumOnly:
        return Response(status=204)
    place = request.args["opens"]
    if place == "grid":
        return fragment("profiles/_grid.html", posts=[post])
    if place == "cards":
        return make_response(cards(Post.glimpsed([post_id], g.user), in_view=False))
    return go(came_from(url_for("posts.show", post_id=post_id)))


@bp.get("/posts/<int:post_id>/photos/<int:n>/")
def photo(post_id: int, n: int) -> Response:
    """One photograph, as large as the screen; `show` as above."""
    post = Post.find(post_id, g.user)
    total, opened = len(post.photos), "show" in request.args
    if not 1 <= n <= total:
        raise Missing
    note_reading(post)
    viewing.note(post)
    beside = {
        name: url_for("posts.photo", post_id=post.id, n=m, show=1 if opened else None) if 1 <= m <= total else None
        for name, m in (("previous_url", n - 1), ("next_url", n + 1))
    }
    return page(
        "posts/photo.html",
        post=post,
        photo=post.photos[n - 1],
        n=n,
        total=total,
        opened=opened,
        live_url=stream([post.id]),
        **beside,
    )


@bp.route("/posts/add/", methods=["GET", "POST"])
@members_only
@refills_form
@takes_files
def new() -> Response:
    """Share photographs, or keep them as a draft."""
    form = PostForm()
    before = _made_before(form)
    photos, errors = _photos_of_form(form, None)
    if not form.is_submitted():
        unused = Photo.unused_of(g.user)
        wanted = list(unused[:MOST_PHOTOS]) if "uploads" in request.args else []
        return _form_page(form, wanted, errors, None, unused=0 if wanted else len(unused))
    if _stays_open(form, errors):
        return _form_page(form, photos, errors, None)
    if before is not None and (before.title, before.content) != (form.title.data, form.content.data):
        return _sent_before(form, photos, before)
    try:
        limits.count("post", g.user.id)
    except TooMany as error:
        return _too_many(form, photos, error)
    draft = request.form.get("action") == "draft" or request.form.get("published", "1").lower() in NOT_YET
    try:
        at = form.publish_at.data
        post = Post.share(g.user, photos=photos, published=not draft and not at, key=form.key.data, **form.words())
        post.schedule(at, g.user)
        db.session.commit()
    except Refused as error:
        return _refused(form, photos, error, None)
    return go(url_for("posts.show", post_id=post.id))


@bp.route("/posts/<int:post_id>/edit/", methods=["GET", "POST"])
@members_only
@refills_form
@takes_files
def edit(post_id: int) -> Response:
    """Change words and photographs."""
    with reading():
        post = Post.own(post_id, g.user)
    form = PostForm(obj=post if request.method != "POST" else None)
    form.seen.data = form.seen.data or post.stamp
    if request.method != "POST":
        form.tags.data = ", ".join(post.given_tags)  # those in the words stay there
    photos, errors = _photos_of_form(form, post)
    if _stays_open(form, errors):
        return _form_page(form, photos, errors, post)
    described = any(photo.described_anew for photo in photos)
    try:
        post = Post.own(post_id, g.user)
        post.still_as(form.seen.data, form.words(), photos, described=described)
        post.edit(g.user, photos=photos, **form.words())
        post.schedule(form.publish_at.data, g.user)
        if request.form.get("action") == "publish" and not form.publish_at.data:
            post.publish(g.user)
        db.session.commit()
    except Taken as error:
        return _changed_meanwhile(form, photos, error, post_id)
    except Refused as error:
        return _refused(form, photos, error, post)
    return go(url_for("posts.show", post_id=post.id))


@bp.post("/posts/<int:post_id>/publish/")
@members_only
def publish(post_id: int) -> Response:
    """Show a draft to everybody."""
    Post.own(post_id, g.user).publish(g.user)
    db.session.commit()
    return go(url_for("posts.show", post_id=post_id))


@bp.post("/posts/<int:post_id>/withdraw/")
@members_only
def withdraw(post_id: int) -> Response:
    """Make a published post a draft again."""
    Post.own(post_id, g.user).withdraw(g.user)
    db.session.commit()
    return go(url_for("posts.show", post_id=post_id))


@bp.route("/posts/<int:post_id>/delete/", methods=["GET", "POST"])
@members_only
def delete(post_id: int) -> Response:
    """Ask, then move the post to the trash."""
    post = Post.own(post_id, g.user)
    if request.method != "POST":
        return page("posts/delete.html", post=post)
    post.delete(g.user)
    db.session.commit()
    return go(url_for("profiles.show", username=g.user.username, notice="deleted"))


@bp.post("/posts/<int:post_id>/like/")
@members_only
def like(post_id: int) -> Response:
    """Count the reader among the people who like it."""
    limits.count("like", g.user.id)
    Post.find(post_id, g.user, photos=False).like(g.user)
    db.session.commit()
    return button("posts/_like.html", post_id)


@bp.post("/posts/<int:post_id>/unlike/")
@members_only
def unlike(post_id: int) -> Response:
    """Count the reader no longer among them."""
    limits.count("like", g.user.id)
    Post.known(post_id, g.user).unlike(g.user)
    db.session.commit()
    return button("posts/_like.html", post_id)


@bp.post("/posts/<int:post_id>/repost/")
@members_only
def repost(post_id: int) -> Response:
    """Bring it to the reader's followers."""
    limits.count("repost", g.user.id)
    Post.find(post_id, g.user, photos=False).repost(g.user)
    db.session.commit()
    return button("posts/_repost.html", post_id)


@bp.post("/posts/<int:post_id>/unrepost/")
@members_only
def unrepost(post_id: int) -> Response:
    """Bring it to them no longer."""
    limits.count("repost", g.user.id)
    Post.known(post_id, g.user).unrepost(g.user)
    db.session.commit()
    return button("posts/_repost.html", post_id)


def _made_before(form: PostForm) -> Post | None:
    """What this form has made already; asked while nothing has changed, because who only reads must not write."""
    if not form.is_submitted():
        return None
    with reading():
        return Post.made_with(form.key.data, g.user)


def _photos_of_form(form: PostForm, post: Post | None) -> tuple[list[Photo], dict[str, list[str]]]:
    """Everything the form shows as photographs, with new files kept as pending uploads; commits those.

    The sentences that refuse files come back under `images`, those about descriptions under `alt-<id>`.
    """
    attached = list(post.photos) if post else []
    if request.method != "POST":
        return attached or [], {}
    with reading():
        photos = chosen(photo_ids(), Photo.pending_of(g.user, photo_ids()), attached)
    form.valid = form.validate()
    if form.csrf_token.errors:  # perhaps not this person's wish: nothing may be kept
        return photos, {f"alt-{photo_id}": [words] for photo_id, words in describe(photos).items()}
    files = Files(MOST_PHOTOS - len(photos), FULL)
    form.refusals = files.refusals
    for upload in files.photos:
        upload.pend(g.user)
    for failed in photos:
        if failed.id == request.form.get("retry", type=int):
            failed.retry(g.user)
    db.session.commit()
    photos += files.photos
    return photos, {f"alt-{photo_id}": [words] for photo_id, words in describe(photos).items()}


def _stays_open(form: PostForm, errors: dict[str, list[str]]) -> bool:
    """Whether the form comes back: asked for the first time, rearranged, or with something to put right."""
    if not form.is_submitted() or only_rearranges():
        return True
    return not form.valid or bool(errors) or bool(form.refusals)


def _sent_before(form: PostForm, photos: list[Photo], before: Post) -> Response:
    """The form of a post that exists came back with other words, from the browser's history perhaps."""
    form.key.data = form.key.default()
    message = _(
        "This form made the post “%(title)s” already. Send it once more to make another one.", title=before.title
    )
    form.form_errors.append(message)
    return _form_page(form, photos, {}, None)


def _too_many(form: PostForm, photos: list[Photo], error: TooMany) -> Response:
    form.form_errors.append(sentence(error))
    answer = _form_page(form, photos, {}, None)
    answer.status_code = 429
    answer.headers["Retry-After"] = str(error.retry_after)
    return answer


def _refused(form: PostForm, photos: list[Photo], error: Refused, post: Post | None) -> Response:
    db.session.rollback()
    errors: dict[str, list[str]] = {}
    with reading():
        ids = [photo.id for photo in photos]
        photos = chosen(ids, Photo.pending_of(g.user, ids), photos)
    describe(photos)  # taking the transaction back took the typed descriptions with it
    if error.field in form:
        form[error.field].errors = [*form[error.field].errors, sentence(error)]
    else:
        errors[error.field or "images"] = [sentence(error)]
    return _form_page(form, photos, errors, post)


def _changed_meanwhile(form: PostForm, photos: list[Photo], error: Taken, post_id: int) -> Response:
    """What was typed, beside what somebody saved since; sent once more it takes its place."""
    db.session.rollback()
    with reading():
        post = Post.own(post_id, g.user)
        ids = [photo.id for photo in photos]
        photos = chosen(ids, Photo.pending_of(g.user, ids), list(post.photos))
    saved = (post.title, post.content)
    describe(photos)
    form.seen.data = post.stamp
    form.form_errors.append(sentence(error))
    answer = _form_page(form, photos, {}, post, saved=saved)
    answer.status_code = 409
    return answer


def _form_page(
    form: PostForm,
    photos: list[Photo],
    errors: dict[str, list[str]],
    post: Post | None,
    *,
    unused: int = 0,
    saved: tuple[str, str] | None = None,
) -> Response:
    status, stale = 200, bool(form.csrf_token.errors)
    if form.is_submitted() and not only_rearranges():
        status = 403 if stale else 422
    elif form.is_submitted():
        status = 422 if form.refusals else 200
        errors = {}
        for field in form:  # nobody said yet that the words are done
            field.errors = ()
    return page(
        "posts/form.html",
        status,
        form=form,
        shots=photos,
        refusals=getattr(form, "refusals", []),
        alt_errors=errors,
        post=post,
        stale=stale,
        unused=unused,
        saved=saved,
        live_url=stream([], own=True),
    )
