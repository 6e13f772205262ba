"""One act on one or many rows: each has a line in the audit trail, and one that is refused keeps no other back."""

from collections import Counter
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

from flask import flash, redirect, request
from werkzeug.wrappers import Response

from oriel.admin.staff import staff
from oriel.admin.trail import in_trail
from oriel.errors import AppError

MOST = 500
_LONGEST = 2000


def act_on(
    keys: Sequence[str], action: str, kind: str, verb: Callable[[str], object], done: str, back: str
) -> Response:
    """Do it for each row in turn, say what came of it, and return to the page that it was asked on.

    It ends after `MOST` successes: those that are refused take no other's place.
    `done` is a sentence for one row, such as "is queued again"; `back` is where to go without such a page.
    """
    succeeded, refusals = 0, Counter[str]()
    for key in keys:
        if succeeded == MOST:
            break
        try:
            with in_trail(staff().actor, action, kind, key):
                verb(key)
            succeeded += 1
        except AppError as error:
            refusals[error.message] += 1
    _tell(kind, succeeded, refusals, done)
    return redirect(safe_path(request.form.get("back", "")) or back, 303)


def chosen_keys() -> list[str]:
    """Return the keys of the rows that were chosen in a list."""
    return list(dict.fromkeys(request.form.getlist("key")))[:MOST]


def safe_path(wanted: str) -> str:
    """Return a path within the panel; "" for any other address."""
    parts = urlsplit(wanted[:_LONGEST])
    is_ours = not parts.scheme and not parts.netloc and parts.path.startswith("/admin/") and "\\" not in wanted
    return wanted[:_LONGEST] if is_ours else ""


def _tell(kind: str, succeeded: int, refusals: Counter[str], done: str) -> None:
    if succeeded:
        flash(f"The {kind} {done}." if succeeded == 1 else f"{succeeded} {kind}s: each {done}.")
    if not succeeded and not refusals:
        flash("Choose at least one row first.", "error")
    for sentence, count in refusals.items():
        flash(
            sentence if count + succeeded == 1 else f"{count} {kind}{'s' * (count > 1)} unchanged: {sentence}",
            "error",
        )
