"""Fills a database with what a service has after some years: users, renders, uploads, payments, events, mails."""

import itertools
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, text

from oriel.accounts.models import User
from oriel.billing.models import Payment, PaymentEvent
from oriel.errors import error_classes
from oriel.infra.clock import now
from oriel.infra.database import Base, db, writing
from oriel.infra.mail import OutboxMail
from oriel.media.models import Upload
from oriel.names import folded
from oriel.projects.models import Project
from oriel.rendering.models import CANCELLED, COMPLETED, FAILED, QUEUED, RenderJob
from oriel.rendering.pipeline.settings_document import parse_settings

_AT_ONCE = 5000
_LOOKS = ("prism", "halo", "horizon")
_PLANS = (("free", 1), ("free", 1), ("free", 1), ("pro", 4), ("enterprise", 8))
# Of a hundred renders: what has become of them.
_STATES = [COMPLETED] * 90 + [FAILED] * 6 + [CANCELLED] * 4
_WORDS = ("Night", "Drive", "Harbour", "Orchard", "Rooftop", "Meadow", "Glass", "River", "Ember", "North")
_YEAR_S = 365 * 86_400


def fill(users: int, renders: int, payments: int) -> None:
    """Insert so many rows, with half as many uploads as renders, and half as many events and mails as payments."""
    chance, start = random.Random(1), now() - timedelta(days=365)
    ids = [_id(start + timedelta(seconds=_YEAR_S * number / users), number) for number in range(users)]
    _insert(User, ({**_user(number), "id": key, "created_at": _moment(key)} for number, key in enumerate(ids)))
    moments = [start + timedelta(seconds=_YEAR_S * number / renders) for number in range(renders)]
    owners = [chance.choice(ids) for _ in moments]
    rows = list(zip(itertools.count(), moments, owners, strict=False))
    _insert(Upload, (_upload(*row) for row in rows[::2]))
    _insert(RenderJob, (_render(chance, *row, waits=row[0] >= renders - 50) for row in rows))
    _insert(Project, (_project(*row) for row in rows[:: max(1, renders // (payments // 5))]))
    paid = [start + timedelta(seconds=_YEAR_S * number / payments) for number in range(payments)]
    _insert(Payment, (_payment(number, moment, chance.choice(ids)) for number, moment in enumerate(paid)))
    _insert(PaymentEvent, (_event(number, moment) for number, moment in enumerate(paid[::2])))
    _insert(OutboxMail, (_mail(number, moment, chance.choice(ids)) for number, moment in enumerate(paid[::2])))
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))


def _insert(model: type[Base], rows: Iterator[dict[str, Any]]) -> None:
    while batch := list(itertools.islice(rows, _AT_ONCE)):
        with writing() as session:
            # The table and not the model: five times as quick.
            session.execute(insert(model.__table__), batch)  # type: ignore[arg-type]


def _id(moment: datetime, number: int) -> str:
    """Return an id that sorts by time, as `new_id` makes them, without its randomness."""
    digits = "0123456789abcdefghijklmnopqrstuv"
    value, text_ = (int(moment.timestamp() * 1000) << 82) | number, ""
    for _ in range(26):
        value, digit = divmod(value, 32)
        text_ = digits[digit] + text_
    return text_


def _moment(key: str) -> datetime:
    return datetime.fromtimestamp((int(key, 32) >> 82) / 1000, now().tzinfo)


def _user(number: int) -> dict[str, Any]:
    address = f"{_WORDS[number % 10].lower()}.{_WORDS[number // 10 % 10].lower()}{number}@example.com"
    return {"email": address, "name": f"{_WORDS[number % 10]} {number}", "password_hash": "x", "role": "user"}


def _song(number: int) -> str:
    return f"{_WORDS[number % 10]} {_WORDS[number // 10 % 10]}, take {number}"


def _upload(number: int, moment: datetime, owner: str) -> dict[str, Any]:
    is_old = moment < now() - timedelta(days=30)
    return {
        "id": _id(moment, number),
        "user_id": owner,
        "kind": "song" if number % 5 else "picture",
        "filename": f"{_song(number)}.mp3",
        "format": "mp3",
        "object_name": f"uploads/{owner}/{number}.mp3",
        "size_bytes": 4_000_000 + number,
        "sha256": "0" * 64,
        "title": _song(number),
        "created_at": moment,
        "stored_at": moment,
        "expires_at": moment + timedelta(days=1) if number % 3 else None,
        "purged_at": moment + timedelta(days=1) if is_old and number % 3 else None,
    }


def _render(chance: random.Random, number: int, moment: datetime, owner: str, *, waits: bool) -> dict[str, Any]:
    state = QUEUED if waits else chance.choice(_STATES)
    plan, weight = _PLANS[number % len(_PLANS)]
    look, codes = _LOOKS[number % 3], sorted({error.code for error in error_classes()})
    is_done, ended = state == COMPLETED, None if waits else moment + timedelta(minutes=3)
    is_old = moment < now() - timedelta(days=30)
    return {
        "id": _id(moment, number),
        "user_id": owner,
        "status": state,
        "created_at": moment,
        **dict.fromkeys(("started_at", "claimed_at"), ended and moment + timedelta(seconds=20)),
        "completed_at": ended,
        "title": _song(number),
        "artist": _WORDS[number % 7],
        "audio_filename": f"{_song(number)}.mp3",
        "audio_object": f"uploads/{owner}/{number}.mp3",
        "render_config": _CONFIGS[look],
        "look": look,
        "searched": folded(f"{_song(number)} {_WORDS[number % 7]} {look}"),
        "watermark": plan == "free",
        "song_s": 180.0,
        "max_song_s": 360.0,
        "plan": plan,
        "weight": weight,
        "at_once": 2,
        "run_after": moment,
        "fence": 0 if waits else 1,
        "progress": 1.0 if is_done else 0.0,
        "kept_for_s": 30 * 86_400,
        "error_code": chance.choice(codes) if state == FAILED else None,
        "error_message": "It did not work." if state == FAILED else None,
        "error_details": {"stderr": "a line of a log\n" * 30} if state == FAILED else None,
        "video_object": f"videos/{owner}/{number}.mp4" if is_done else None,
        "video_bytes": 40_000_000 + number if is_done else None,
        "expires_at": moment + timedelta(days=30) if is_done else None,
        "deleted_at": moment + timedelta(days=30) if is_done and is_old else None,
        "purged_at": moment + timedelta(days=30) if is_done and is_old else None,
    }


_CONFIGS = {look: parse_settings({"look": look}).model_dump(mode="json") for look in _LOOKS}


def _project(number: int, moment: datetime, owner: str) -> dict[str, Any]:
    look = _LOOKS[number % 3]
    times = dict.fromkeys(("created_at", "changed_at", "opened_at"), moment)
    return {
        "id": _id(moment, number),
        "user_id": owner,
        "name": _song(number),
        "settings": _CONFIGS[look],
        "look": look,
        "searched": folded(f"{_song(number)} {look}"),
        "link_id": _id(moment, number) if number % 10 == 0 else None,
        **times,
    }


def _payment(number: int, moment: datetime, owner: str) -> dict[str, Any]:
    is_done = number % 12 > 0
    return {
        "id": _id(moment, number),
        "user_id": owner,
        "kind": "subscription" if number % 3 else "render",
        "plan": ("pro", "enterprise")[number % 2] if number % 3 else None,
        "amount": (499, 999, 2999)[number % 3],
        "status": "completed" if is_done else ("failed", "pending")[number % 2],
        "created_at": moment,
        "completed_at": moment if is_done else None,
        "stripe_session_id": f"cs_{number}",
        "paid_as": f"pi_{number}" if is_done else None,
        "thing": f"thing {number}",
    }


def _event(number: int, moment: datetime) -> dict[str, Any]:
    kind = ("invoice.paid", "checkout.session.completed", "customer.subscription.updated")[number % 3]
    is_due = number % 500 == 0
    return {
        "id": f"evt_{number:08d}",
        "kind": kind,
        "body": {"id": f"evt_{number:08d}", "type": kind, "data": {"object": {"id": f"cs_{number}"}}},
        "received_at": moment,
        "due_at": moment if is_due else None,
        "tries": 3 if is_due else 0,
        "error": "Stripe is away." if is_due else None,
    }


def _mail(number: int, moment: datetime, owner: str) -> dict[str, Any]:
    has_failed = number % 200 == 0
    return {
        "id": _id(moment, number),
        "key": f"{number:064d}",
        "user_id": owner,
        "to": f"{_WORDS[number % 10].lower()}{number}@example.com",
        "kind": ("render_ready", "receipt", "password_reset")[number % 3],
        "subject_key": str(number),
        "subject": f"Your video is ready: {_song(number)}",
        "html": "<p>Hello</p>" * 100 if has_failed else "",
        "text": "Hello" if has_failed else "",
        "state": "failed" if has_failed else "sent",
        "attempts": 6 if has_failed else 1,
        "last_error": "The mailbox is full." if has_failed else None,
        "created_at": moment,
        "sent_at": None if has_failed else moment,
        "failed_at": moment if has_failed else None,
    }
