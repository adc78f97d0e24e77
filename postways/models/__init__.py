"""The nouns of Postways: table, verbs and queries of one noun together in one file."""

from postways.models.attempt import Attempt
from postways.models.erasure import Erasure
from postways.models.guest import Actor, Guest
from postways.models.like import Like
from postways.models.photo import Photo
from postways.models.post import Post
from postways.models.session import Session
from postways.models.tag import PostTag, Tag
from postways.models.user import User

__all__ = ["Actor", "Attempt", "Erasure", "Guest", "Like", "Photo", "Post", "PostTag", "Session", "Tag", "User"]
