"""The refusal of accounts that the operator has disabled."""

from flask import current_app

from oriel.accounts.models import User
from oriel.errors import AccountDisabled
from oriel.settings import Settings


def refuse_disabled(user: User) -> None:
    """Raise AccountDisabled, whose message names the address to write to, if the account is disabled."""
    if not user.disabled_at:
        return
    settings: Settings = current_app.config["ORIEL"]
    whom = f"Write to {settings.operator_email}" if settings.operator_email else "Contact us"
    raise AccountDisabled(f"This account has been disabled. {whom} if you think this is a mistake.")
