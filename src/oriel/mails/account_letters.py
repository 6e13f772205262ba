"""Letters about an account."""

from dataclasses import dataclass
from datetime import datetime

from oriel.mails.letter import Letter, compose
from oriel.mails.wording import date, day, full_date, greeting


@dataclass(frozen=True)
class SecurityHelp:
    """Where a customer can act: the part of the account's page, and the operator's address if there is one.

    `seen`: when and from where it was done, as `seen_from` says it.
    """

    link: str
    contact: str | None
    seen: str = ""

    @property
    def how_to_reach_us(self) -> str:
        """Return such as "write to help@example.com"."""
        return f"write to {self.contact}" if self.contact else "contact us"


def seen_from(at: datetime, address: str) -> str:
    """Return when something was done and from which network address: its owner knows whether they were there."""
    return f"This happened on {full_date(at)}, from the IP address {address}."


def confirmation(name: str, link: str) -> Letter:
    """Ask a new customer to confirm the address."""
    return compose("confirmation", "Confirm your email address", greeting=greeting(name), link=link)


def password_reset(name: str, link: str) -> Letter:
    """Send the link to choose a new password; it is valid for an hour."""
    return compose("password_reset", "Choose a new password", greeting=greeting(name), link=link)


def email_change(name: str, link: str, new_address: str) -> Letter:
    """Ask a user to confirm a new address, at that address."""
    subject = "Confirm your new email address"
    return compose("email_change", subject, greeting=greeting(name), link=link, new_address=new_address)


def address_wanted(name: str) -> Letter:
    """Tell the owner of an address that somebody entered it for another account, and that nothing was changed."""
    return compose("address_wanted", "Someone entered your email address for another account", greeting=greeting(name))


def email_changed(name: str, new_address: str, contact: str | None, seen: str = "") -> Letter:
    """Tell the old address that it was replaced, in case somebody else did it."""
    subject = "Your email address was changed"
    return compose(
        "email_changed", subject, greeting=greeting(name), new_address=new_address, contact=contact, seen=seen
    )


def second_factor_added(name: str, factor: str, security_help: SecurityHelp) -> Letter:
    """Tell a user that a second factor was added."""
    return _about_factors(
        name,
        "A second factor was added to your account",
        f"“{factor}” now protects your account: when you sign in, we ask for it after your password.",
        security_help,
    )


def second_factor_removed(name: str, factor: str, security_help: SecurityHelp, *, is_last: bool) -> Letter:
    """Tell a user that a second factor was removed, and whether it was the last one."""
    rest = "From now on, your password alone opens your account." if is_last else "Your other second factors stay."
    sentence = f"“{factor}” was removed from your account. {rest}"
    return _about_factors(name, "A second factor was removed from your account", sentence, security_help)


def recovery_code_used(name: str, left: int, security_help: SecurityHelp) -> Letter:
    """Tell a user that a recovery code was used, and how many are left."""
    rest = f"You have {left} left." if left else "It was the last one: make new ones in your account."
    sentence = "One of your recovery codes was used in place of your second factor. It does not work again."
    return _about_factors(name, "A recovery code was used", f"{sentence} {rest}", security_help)


def new_recovery_codes(name: str, security_help: SecurityHelp) -> Letter:
    """Tell a user that the recovery codes were replaced."""
    sentence = "You have ten new recovery codes, and the earlier ones no longer work. Keep them in a safe place."
    return _about_factors(name, "You have new recovery codes", sentence, security_help)


def second_factors_reset(name: str, security_help: SecurityHelp) -> Letter:
    """Tell a user that we removed all second factors."""
    sentence = (
        "We removed all second factors and recovery codes from your account, and signed you out everywhere. "
        "Your password alone opens your account now. Sign in, and set up a second factor again."
    )
    return _about_factors(name, "Your second factors were reset", sentence, security_help, is_ours=True)


def _about_factors(
    name: str, subject: str, sentence: str, security_help: SecurityHelp, *, is_ours: bool = False
) -> Letter:
    return compose(
        "second_factor",
        subject,
        greeting=greeting(name),
        sentence=sentence,
        is_ours=is_ours,
        link=security_help.link,
        reach_us=security_help.how_to_reach_us,
        # Whoever of us has done it was at another address.
        seen="" if is_ours else security_help.seen,
    )


def api_key_made(name: str, key: str, security_help: SecurityHelp, *, may_render: bool) -> Letter:
    """Tell a user that an API key was made, and what a program can do with it."""
    more = " It can also upload songs, and render and pay in your name." if may_render else ""
    sentence = (
        f"“{key}” is a new API key of your account. A program that has it can see your projects and videos.{more}"
    )
    return compose(
        "api_key",
        "A new API key was made for your account",
        greeting=greeting(name),
        sentence=sentence,
        link=security_help.link,
        reach_us=security_help.how_to_reach_us,
        seen=security_help.seen,
    )


def password_changed(name: str, keys_ended: int = 0, seen: str = "") -> Letter:
    """Tell a user that the password was changed, in case somebody else did it."""
    subject = "Your password was changed"
    return compose("password_changed", subject, greeting=greeting(name), keys_ended=keys_ended, seen=seen)


def export_ready(name: str, link: str, expires_at: datetime) -> Letter:
    """Tell a customer where the copy of the data can be downloaded, and until when."""
    subject = "Your data is ready to download"
    return compose("export_ready", subject, greeting=greeting(name), link=link, expires=date(expires_at))


def export_failed(name: str, link: str) -> Letter:
    """Tell a customer that the data could not be copied, and where to ask again."""
    return compose("export_failed", "We could not prepare your data", greeting=greeting(name), link=link)


def deletion_asked(name: str, due_at: datetime, link: str) -> Letter:
    """Tell a customer when the account will be deleted, and that a login before then keeps it."""
    subject = f"Your account will be deleted on {day(due_at)}"
    return compose("deletion_asked", subject, greeting=greeting(name), due=date(due_at), due_day=day(due_at), link=link)


def account_kept(name: str, billing_link: str) -> Letter:
    """Tell a customer that the account will not be deleted after all."""
    return compose("account_kept", "Your account will not be deleted", greeting=greeting(name), link=billing_link)
