"""Every question of the form "may this person do that", readable as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from postways.models.photo import Photo
    from postways.models.post import Post


class Permissions:
    """What a visitor may do: nothing. `User` says more."""

    id: int | None = None
    is_member = False
    is_staff = False

    def can_post(self) -> bool:
        """Share posts and upload photographs."""
        return self.is_member

    def can_like(self, post: Post) -> bool:
        """Like a published post."""
        return self.is_member and post.published

    def can_edit(self, post: Post) -> bool:
        """Change a post's words and photographs, publish it, try a failed photograph again."""
        return self.id is not None and post.author_id == self.id

    def can_delete(self, post: Post) -> bool:
        """Move a post to the trash."""
        return self.can_edit(post)

    def can_see_unpublished(self) -> bool:
        """See other people's drafts."""
        return self.is_staff

    def can_open_original(self, photo: Photo) -> bool:
        """Read the file as it came from the camera, with everything that is in it."""
        return self.id is not None and photo.owner_id == self.id
