"""A letter's pictures, read from the storage when it is sent."""

import base64
import logging
import re
import tempfile
from pathlib import Path

from oriel.errors import AppError
from oriel.infra.logs import facts
from oriel.infra.mail.gateway import Picture
from oriel.infra.mail.letter import Inline
from oriel.infra.mail.outbox import OutboxMail
from oriel.infra.storage import storage

_log = logging.getLogger("oriel.mail")

# Providers refuse mails of many megabytes, and readers on a train would rather not have them.
_LARGEST_BYTES = 2_000_000


def illustrated(mail: OutboxMail) -> tuple[str, tuple[Picture, ...]]:
    """Return the HTML and its pictures; a picture that cannot be had is left out of both."""
    html, pictures = mail.html, []
    for inline in mail.pictures:
        data = _read(inline, mail.id)
        if data is None:
            html = _without(html, inline.cid)
        else:
            pictures.append(Picture(inline.cid, inline.media_type, data))
    return html, tuple(pictures)


def embedded(mail: OutboxMail) -> str:
    """Return the HTML with its pictures inside it, for a browser."""
    html, pictures = illustrated(mail)
    for picture in pictures:
        data = f"data:{picture.media_type};base64,{base64.b64encode(picture.data).decode('ascii')}"
        html = html.replace(f"cid:{picture.cid}", data)
    return html


def _read(inline: Inline, mail_id: str) -> bytes | None:
    """Return the picture, None where it is gone, too large or out of reach: the letter matters more."""
    try:
        found = storage().stat(inline.storage_name)
        if found is None or found.size_bytes > _LARGEST_BYTES:
            return None
        with tempfile.TemporaryDirectory() as folder:
            storage().get(inline.storage_name, target := Path(folder) / "picture")
            return target.read_bytes()
    except AppError as error:
        _log.warning("An email is sent without its picture.", extra=facts(code=error.code, mail=mail_id))
        return None


def _without(html: str, cid: str) -> str:
    name = re.escape(cid)
    return re.sub(f"<!--inline:{name}-->.*?<!--/inline:{name}-->", "", html, flags=re.DOTALL)
