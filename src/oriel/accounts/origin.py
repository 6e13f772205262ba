"""Where a request comes from, as far as an account's owner may want to know it."""

from dataclasses import dataclass

from flask import request

_LONGEST_AGENT = 200


@dataclass(frozen=True)
class Origin:
    """The address and the program of somebody who did something to an account."""

    address: str = ""
    user_agent: str = ""


def request_origin() -> Origin:
    """Return where the present request comes from."""
    agent = "".join(letter for letter in request.user_agent.string if letter.isprintable())
    return Origin((request.remote_addr or "")[:45], agent[:_LONGEST_AGENT])
