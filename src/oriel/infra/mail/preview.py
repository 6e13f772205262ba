"""Shows an operator a mail as it looks, without what only its reader may have: links in mails are keys to accounts."""

import re

from oriel.infra.mail.outbox import OutboxMail
from oriel.infra.mail.pictures import embedded

# What a preview's answer may load: its own styles and pictures, and nothing may leave it.
PREVIEW_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; sandbox"
_TARGET = re.compile(r"""\shref=("[^"]*"|'[^']*')""", re.IGNORECASE)
# The place that a link leads to, and what follows: tokens are in the path or in the query.
_ADDRESS = re.compile(r"""(https?://[^\s/<>"']+(?:/[a-z-]{1,20}(?![\w.~%-]))?)[/?#][^\s<>"']+""")


def preview_html(mail: OutboxMail) -> str:
    """Return the HTML with its pictures and without its links; empty where the text is deleted, as after sending."""
    return _masked(_TARGET.sub("", embedded(mail)))


def preview_text(mail: OutboxMail) -> str:
    """Return the plain text, with the beginnings of its links only."""
    return _masked(mail.text)


def _masked(text: str) -> str:
    return _ADDRESS.sub(r"\1/…", text)
