"""Emails about exports and deletions; each enters the outbox in the commit that causes it."""

from datetime import datetime

from flask import current_app
from sqlalchemy.orm import Session

from oriel import mails
from oriel.accounts.models import User
from oriel.infra.ids import new_id
from oriel.settings import Settings


def export_ready(session: Session, user: User, export_id: str, expires_at: datetime) -> None:
    """Tell a customer that the copy of the data can be downloaded, after signing in."""
    letter = mails.export_ready(user.name, _account("#data"), expires_at)
    mails.enqueue(session, letter, to=user.email, user_id=user.id, kind="export_ready", subject_key=export_id)


def export_failed(session: Session, user: User, export_id: str) -> None:
    """Tell a customer that the data could not be copied, and what to do."""
    letter = mails.export_failed(user.name, _account("#data"))
    mails.enqueue(session, letter, to=user.email, user_id=user.id, kind="export_failed", subject_key=export_id)


def deletion_asked(session: Session, user: User, due_at: datetime) -> None:
    """Tell a customer when the account will be deleted, and how to keep it."""
    letter = mails.deletion_asked(user.name, due_at, f"{_base()}/login")
    mails.enqueue(session, letter, to=user.email, user_id=user.id, kind="deletion_asked", subject_key=new_id())


def _account(anchor: str) -> str:
    return f"{_base()}/account{anchor}"


def _base() -> str:
    settings: Settings = current_app.config["ORIEL"]
    return settings.base_url
