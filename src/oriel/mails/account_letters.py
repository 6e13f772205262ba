"""Letters about an account."""

from oriel.mails.letter import Letter, compose
from oriel.mails.wording import greeting


def confirmation(name: str, link: str) -> Letter:
    """Ask a new customer to confirm the address."""
    return compose("confirmation", "Confirm your email address", greeting=greeting(name), link=link)


def password_reset(name: str, link: str) -> Letter:
    """Hand out the link by which a password is set anew; it is good for an hour."""
    return compose("password_reset", "Choose a new password", greeting=greeting(name), link=link)


def email_change(name: str, link: str, new_address: str) -> Letter:
    """Ask, at the new address, whether it is to replace the old one."""
    subject = "Confirm your new email address"
    return compose("email_change", subject, greeting=greeting(name), link=link, new_address=new_address)


def address_wanted(name: str) -> Letter:
    """Tell the owner of an address that somebody wants to use it for another account, which is not possible."""
    return compose("address_wanted", "Someone entered your email address for another account", greeting=greeting(name))


def email_changed(name: str, new_address: str) -> Letter:
    """Tell, at the old address, that another one replaced it, in case that it was not the customer who did it."""
    subject = "Your email address was changed"
    return compose("email_changed", subject, greeting=greeting(name), new_address=new_address)


def password_changed(name: str, keys_ended: int = 0) -> Letter:
    """Tell that the password is another one now, in case that it was not the customer who did it."""
    subject = "Your password was changed"
    return compose("password_changed", subject, greeting=greeting(name), keys_ended=keys_ended)
