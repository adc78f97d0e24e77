"""The nouns of Postways: table, verbs and queries of one noun together in one file."""

from postways.models.attempt import Attempt
from postways.models.audit import Audit
from postways.models.block import Block
from postways.models.comment import Comment
from postways.models.comment_like import CommentLike
from postways.models.conversation import Conversation
from postways.models.delivery import Delivery
from postways.models.email_change import EmailChange
from postways.models.erasure import Erasure
from postways.models.export import Export
from postways.models.feed import Feed
from postways.models.follow import Follow
from postways.models.guest import Actor, Guest
from postways.models.like import Like
from postways.models.locked import LockedPost
from postways.models.mail import Mail
from postways.models.message import Copy, Message
from postways.models.mute import Mute
from postways.models.notification import Act, Notification
from postways.models.oauth import Allowance, Client, Code
from postways.models.passkey import Passkey, RecoveryCode
from postways.models.photo import Photo
from postways.models.post import Post
from postways.models.receipt import Receipt
from postways.models.report import Report
from postways.models.repost import Repost
from postways.models.save import Save
from postways.models.session import Session
from postways.models.suggestion import Suggestion
from postways.models.tag import PostTag, Tag
from postways.models.token import ApiToken, Family, RefreshToken
from postways.models.user import User
from postways.models.username import PastUsername
from postways.models.view import View

__all__ = [
    "Act",
    "Actor",
    "Allowance",
    "ApiToken",
    "Attempt",
    "Audit",
    "Block",
    "Client",
    "Code",
    "EmailChange",
    "Comment",
    "CommentLike",
    "Conversation",
    "Copy",
    "Delivery",
    "Erasure",
    "Export",
    "Family",
    "Feed",
    "Follow",
    "Guest",
    "Like",
    "LockedPost",
    "Mail",
    "Message",
    "Mute",
    "Notification",
    "Passkey",
    "PastUsername",
    "Photo",
    "Post",
    "PostTag",
    "RecoveryCode",
    "RefreshToken",
    "Receipt",
    "Report",
    "Repost",
    "Save",
    "Session",
    "Suggestion",
    "Tag",
    "User",
    "View",
]
