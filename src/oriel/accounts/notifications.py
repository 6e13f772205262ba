"""Notifications: the emails that an account does not need, and which of them its owner has switched off."""

import base64
import hashlib
import hmac
from dataclasses import dataclass

from flask import current_app
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from oriel.accounts.models import MutedNotification, User
from oriel.errors import InvalidToken, NotFound
from oriel.infra.database import db, insert_missing, writing
from oriel.settings import Settings

_PURPOSE = b"oriel unsubscribe link"
_MAC_BYTES = 16
_ID_LENGTH = 26


@dataclass(frozen=True)
class Topic:
    """A kind of notification that can be switched off; `mails` are the kinds of emails in the outbox."""

    name: str
    title: str
    description: str
    mails: frozenset[str]


TOPICS = (
    Topic("ready", "Video ready", "When a video is finished, with its link.", frozenset({"render_ready"})),
    Topic(
        "trouble",
        "Trouble with a video",
        "When a video fails, is delayed, or goes on after a delay.",
        frozenset({"render_failed", "render_held_up", "render_goes_on"}),
    ),
    Topic("expiry", "Video about to be deleted", "Three days before we delete a video.", frozenset({"expires_soon"})),
    Topic(
        "limits",
        "Close to a limit",
        "When 80% of your storage or of this month’s renders is used.",  # noqa: RUF001  (an apostrophe)
        frozenset({"limit_near"}),
    ),
)
_BY_NAME = {topic.name: topic for topic in TOPICS}
_BY_MAIL = {kind: topic for topic in TOPICS for kind in topic.mails}


def is_wanted(session: Session, user_id: str, kind: str) -> bool:
    """Return whether an account gets emails of this kind: all that it needs, and those that are not switched off."""
    topic = _BY_MAIL.get(kind)
    return topic is None or session.get(MutedNotification, (user_id, topic.name)) is None


def muted_topics(user_id: str) -> set[str]:
    """Return the names of the topics that a user has switched off."""
    return set(db.session.scalars(select(MutedNotification.topic).where(MutedNotification.user_id == user_id)))


def set_topic(user_id: str, name: str, *, is_on: bool) -> None:
    """Switch a topic on or off; raise NotFound for an unknown one."""
    if name not in _BY_NAME:
        raise NotFound(f"There is no notification “{name}”. There are: {', '.join(_BY_NAME)}.")
    with writing() as session:
        if is_on:
            mine = (MutedNotification.user_id == user_id, MutedNotification.topic == name)
            session.execute(delete(MutedNotification).where(*mine))
        else:
            insert_missing(session, MutedNotification, [{"user_id": user_id, "topic": name}])


def unsubscribe_link(user_id: str, kind: str) -> str:
    """Return the address that switches off emails of this kind without a login; it works for good."""
    settings: Settings = current_app.config["ORIEL"]
    return f"{settings.base_url}/unsubscribe?token={_token(user_id, _BY_MAIL[kind].name)}"


def topic_behind(token: str) -> tuple[str, Topic]:
    """Return whose emails about what a token switches off; raise InvalidToken for a forged one or a gone account."""
    user_id, name = token[:_ID_LENGTH], token[_ID_LENGTH:].partition(".")[0]
    if name not in _BY_NAME or not hmac.compare_digest(token.encode(), _token(user_id, name).encode()):
        raise InvalidToken("This link is incomplete. Please open the link in our email again.")
    if db.session.get(User, user_id) is None:
        raise InvalidToken("This account no longer exists. You will get no more emails from us.")
    return user_id, _BY_NAME[name]


def unsubscribe(token: str) -> Topic:
    """Switch off what a token names; return it. Twice changes nothing; raise InvalidToken."""
    user_id, topic = topic_behind(token)
    set_topic(user_id, topic.name, is_on=False)
    return topic


def _token(user_id: str, name: str) -> str:
    key = current_app.config["SECRET_KEY"].encode()
    digest = hmac.digest(key, _PURPOSE + f":{user_id}:{name}".encode(), hashlib.sha256)[:_MAC_BYTES]
    return f"{user_id}{name}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"
