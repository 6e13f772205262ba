"""What an operator typed into a form that was refused: the next page shows it again in the same form, once."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from flask import request, session

_KEY = "refused_form"
# A cookie has room for 4 kB, and no form of the panel has more fields.
_MOST_FIELDS, _LONGEST = 4, 300
_NOT_TYPED = ("csrf_token", "once", "back", "key")


@dataclass(frozen=True)
class RefusedForm:
    """A form by the address that it posts to, with its fields and the sentence that refused it."""

    url: str
    sentence: str
    fields: Mapping[str, str] = field(default_factory=dict)


def keep_form(sentence: str) -> None:
    """Keep the fields of the form that was sent, for the page to which its refusal leads."""
    typed = [(name, text[:_LONGEST]) for name, text in request.form.items() if name not in _NOT_TYPED]
    session[_KEY] = {"url": request.path, "sentence": sentence, "fields": dict(typed[:_MOST_FIELDS])}


def take_form() -> RefusedForm | None:
    """Return the form that was refused just now, and forget it."""
    kept = session.pop(_KEY, None)
    return RefusedForm(**kept) if kept else None
