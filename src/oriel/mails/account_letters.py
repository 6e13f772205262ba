"""Letters about an account."""

from oriel.mails.letter import Letter, compose
from oriel.mails.wording import greeting


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


def email_changed(name: str, new_address: str) -> Letter:
    """Tell the old address that it was replaced, in case somebody else did it."""
    subject = "Your email address was changed"
    return compose("email_changed", subject, greeting=greeting(name), new_address=new_address)


def password_changed(name: str, keys_ended: int = 0) -> Letter:
    """Tell a user that the password was changed, in case somebody else did it."""
    subject = "Your password was changed"
    return compose("password_changed", subject, greeting=greeting(name), keys_ended=keys_ended)
