"""Account emails; each enters the outbox in the commit that causes it."""

from flask import current_app, has_request_context
from sqlalchemy.orm import Session

from oriel import mails
from oriel.accounts.models import ApiKey, User
from oriel.accounts.origin import request_origin
from oriel.accounts.scopes import Scope
from oriel.infra.clock import now
from oriel.infra.ids import new_id
from oriel.settings import Settings


def ask_for_confirmation(session: Session, user: User, email: str, token: str, token_id: str) -> None:
    """Send the link that confirms an address, to that address."""
    link = _link("verify-email", token)
    is_new = email == user.email
    letter = mails.confirmation(user.name, link) if is_new else mails.email_change(user.name, link, email)
    mails.enqueue(session, letter, to=email, user_id=user.id, kind="confirmation", subject_key=token_id)


def tell_address_wanted(session: Session, owner: User, token_id: str) -> None:
    """Tell the owner of an address that another account asked for it."""
    letter = mails.address_wanted(owner.name)
    mails.enqueue(session, letter, to=owner.email, user_id=owner.id, kind="address_wanted", subject_key=token_id)


def offer_reset(session: Session, user: User, token: str, token_id: str) -> None:
    """Send the link to choose a new password."""
    letter = mails.password_reset(user.name, _link("reset-password", token))
    mails.enqueue(session, letter, to=user.email, user_id=user.id, kind="password_reset", subject_key=token_id)


def tell_new_password(session: Session, user: User, *, keys_ended: int = 0) -> None:
    """Tell a user that the password was changed, and whether API keys were revoked with it."""
    letter = mails.password_changed(user.name, keys_ended, _seen())
    mails.enqueue(session, letter, to=user.email, user_id=user.id, kind="password_changed", subject_key=new_id())


def tell_old_address(session: Session, user: User, old: str, token_id: str) -> None:
    """Tell the old address that it was replaced, in case somebody else did it."""
    letter = mails.email_changed(user.name, user.email, _settings().operator_email, _seen())
    mails.enqueue(session, letter, to=old, user_id=user.id, kind="email_changed", subject_key=token_id)


def tell_factor_added(session: Session, user: User, factor: str) -> None:
    """Tell a user that a second factor was added."""
    _tell_about_factors(
        session, user, mails.second_factor_added(user.name, factor, _security_help()), "second_factor_added"
    )


def tell_factor_removed(session: Session, user: User, factor: str, *, is_last: bool) -> None:
    """Tell a user that a second factor was removed, and whether it was the last one."""
    letter = mails.second_factor_removed(user.name, factor, _security_help(), is_last=is_last)
    _tell_about_factors(session, user, letter, "second_factor_removed")


def tell_recovery_code_used(session: Session, user: User, left: int) -> None:
    """Tell a user that a recovery code was used, and how many are left."""
    _tell_about_factors(
        session, user, mails.recovery_code_used(user.name, left, _security_help()), "recovery_code_used"
    )


def tell_new_recovery_codes(session: Session, user: User) -> None:
    """Tell a user that the recovery codes were replaced."""
    _tell_about_factors(session, user, mails.new_recovery_codes(user.name, _security_help()), "recovery_codes_created")


def tell_factors_reset(session: Session, user: User) -> None:
    """Tell a user that we removed all second factors."""
    _tell_about_factors(session, user, mails.second_factors_reset(user.name, _security_help()), "second_factor_reset")


def _tell_about_factors(session: Session, user: User, letter: mails.Letter, kind: str) -> None:
    mails.enqueue(session, letter, to=user.email, user_id=user.id, kind=kind, subject_key=new_id())


def tell_key_made(session: Session, user: User, key: ApiKey) -> None:
    """Tell a user that an API key was made, in case somebody else did it."""
    may_render = Scope.RENDER in key.scopes
    letter = mails.api_key_made(user.name, key.name, _security_help("keys"), may_render=may_render)
    mails.enqueue(session, letter, to=user.email, user_id=user.id, kind="api_key_made", subject_key=key.id)


def tell_account_kept(session: Session, user: User) -> None:
    """Tell a user that the account will not be deleted."""
    letter = mails.account_kept(user.name, f"{_settings().base_url}/billing")
    mails.enqueue(session, letter, to=user.email, user_id=user.id, kind="account_kept", subject_key=new_id())


def _link(page: str, token: str) -> str:
    return f"{_settings().base_url}/{page}?token={token}"


def _security_help(part: str = "second-factor") -> mails.SecurityHelp:
    settings = _settings()
    return mails.SecurityHelp(f"{settings.base_url}/account#{part}", settings.operator_email, _seen())


def _seen() -> str:
    """Return when and from where the current request comes; "" outside of one, as for a command."""
    return mails.seen_from(now(), request_origin().address) if has_request_context() else ""


def _settings() -> Settings:
    settings: Settings = current_app.config["ORIEL"]
    return settings
