"""Every question of the form "may this person do that", readable as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from postways.models.comment import Comment
    from postways.models.photo import Photo
    from postways.models.post import Post
    from postways.models.user import User

UNVERIFIED = "Confirm your address first: open the link in the mail to you. Your profile can send it again."


class Addressed(Protocol):
    """A post, or what a list reads of one."""

    @property
    def audience(self) -> str:
        """One of AUDIENCES."""

    @property
    def author_id(self) -> int:
        """Who shared it."""


class Permissions:
    """What a visitor may do: nothing. `User` says more."""

    id: int | None = None
    is_member = False
    is_staff = False
    is_admin = False
    covers_warned: bool = True  # pictures of posts with a warning wait for a click
    premium: bool  # whether a membership runs
    must_verify = False  # the site wants to know first that the address is theirs
    scopes: frozenset[str] = frozenset()  # what the token or browser that asks can do
    by_token = False  # a token asks, and may lack what makes its person staff

    def can_open(self, post: Addressed) -> bool:
        """See all of a post that they may know of; what is for premium members opens for its author, too."""
        return post.audience != "premium" or self.can_open_premium() or post.author_id == self.id

    def can_open_premium(self) -> bool:
        """See all of what others share with premium members; staff does as well."""
        return self.premium or self.is_staff

    def can_like(self, post: Post) -> bool:
        """Like a published post."""
        return self.is_member and post.published and not self.must_verify

    def can_repost(self, post: Post) -> bool:
        """Bring a post that everybody may see to the own followers."""
        return self.is_member and post.public and not self.must_verify

    def can_save(self, post: Post) -> bool:
        """Keep a published post to find it again."""
        return self.can_like(post)

    def can_see_reach(self, post: Post) -> bool:
        """Know how often a post was seen, and how many people keep it."""
        return self.is_staff or self.can_edit(post)

    def covers(self, post: Post) -> bool:
        """Whether the pictures of this post stay covered until this person asks for them."""
        return bool(post.warning) and self.covers_warned

    def can_comment(self, post: Post) -> bool:
        """Say something under a published post that takes comments."""
        return self.can_like(post) and post.comments_open

    def can_edit_comment(self, comment: Comment) -> bool:
        """Change the words of a comment, as long as that may be done."""
        return self.id is not None and comment.author_id == self.id

    def can_delete_comment(self, comment: Comment) -> bool:
        """Take away a comment of one's own or under one's own post, without a reason; its post must have come along."""
        return self.id is not None and self.id in (comment.author_id, comment.post.author_id)

    def can_remove_comment(self, comment: Comment) -> bool:
        """Take away somebody else's comment as staff, with a reason; its author must have come along."""
        return self.is_staff and comment.author is not None and self.can_act_on(comment.author)

    def can_edit(self, post: Post) -> bool:
        """Change a post's words and photographs, publish it, try a failed photograph again."""
        return self.id is not None and post.author_id == self.id

    def can_publish(self, post: Post) -> bool:
        """Show a post to everybody."""
        return self.can_edit(post) and not self.must_verify

    def can_follow(self, person: User) -> bool:
        """Follow somebody else, or ask to."""
        return self.is_member and person.id != self.id and not self.must_verify

    def can_write_to(self, person: User) -> bool:
        """Be offered to write to somebody, who was found by `User.met`; whether it comes is `Conversation.write`'s."""
        wanted = person.messages_from == "everyone" or (
            person.messages_from == "following" and person.followed_by == "accepted"
        )
        return wanted and self.is_member and person.id != self.id and not person.blocked and not self.must_verify

    def can_look_into(self, person: User) -> bool:
        """See what somebody shares and whom they follow; `person` was found by `User.met`, or is oneself."""
        if person.id == self.id or self.is_staff:
            return True
        return not person.blocked and (not person.private or person.following == "accepted")

    def can_block(self, person: User) -> bool:
        """Block or mute somebody else."""
        return self.is_member and person.id != self.id

    def can_close(self, person: User) -> bool:
        """Delete this account: nobody but the person."""
        return self.id is not None and person.id == self.id

    def can_expel(self, person: User) -> bool:
        """Delete the account of somebody else."""
        return self.is_admin and person.id != self.id

    def can_delete(self, post: Post) -> bool:
        """Move a post to the trash."""
        return self.can_edit(post)

    def can_see_unpublished(self) -> bool:
        """See other people's drafts."""
        return self.is_staff

    def can_report(self, person: User) -> bool:
        """Tell the staff of somebody else, or of a post of theirs."""
        return self.is_member and person.id != self.id

    def can_moderate(self, post: Post) -> bool:
        """Unpublish, remove and give back a post of somebody else; its author must have come along."""
        return self.can_act_on(post.author)

    def can_act_on(self, person: User) -> bool:
        """Warn, suspend and restore somebody: not oneself, and admins only as an admin."""
        return self.is_staff and person.id != self.id and (person.role != "admin" or self.is_admin)

    def can_log_out(self, person: User) -> bool:
        """End every session and token of somebody else."""
        return self.is_admin and person.id != self.id

    def can_change_role(self, person: User) -> bool:
        """Make somebody else a member, moderator or admin."""
        return self.is_admin and person.id != self.id

    def can_grant_premium(self, person: User) -> bool:
        """Make somebody else a premium member, until a moment, or end that."""
        return self.is_admin and person.id != self.id

    def can_open_original(self, photo: Photo) -> bool:
        """Read the file as it came from the camera, with everything that is in it."""
        return self.id is not None and photo.owner_id == self.id
