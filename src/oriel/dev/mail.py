"""Shows the outbox as a mailbox, as customers would see their emails."""

import re
from collections.abc import Sequence
from pathlib import Path

from apiflask import APIBlueprint
from flask import Response, make_response, send_from_directory, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from oriel.accounts.access import Who, allow
from oriel.dev.loopback import refuse_others
from oriel.dev.pages import page
from oriel.errors import NotFound
from oriel.infra.clock import in_iso
from oriel.infra.database import db
from oriel.infra.mail import OutboxMail, failures, providers
from oriel.infra.mail.pictures import embedded

routes = APIBlueprint(
    "dev_mail", __name__, url_prefix="/dev", template_folder="templates", enable_openapi=False, tag="dev"
)
routes.before_request(refuse_others)

_SHOWN = 200
_LINK = re.compile(r"https?://[^\s<>\"]+")
_STATIC = Path(__file__).parent / "static"
# An email has its own styles and pictures and may do nothing else, whatever a song title contains. Our page may
# measure it (allow-same-origin); without scripts, that gives the email no rights.
_LETTER_CSP = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self';"
    " sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox"
)


@routes.get("/mail")
@allow(Who.ANYONE)
def mailbox() -> ResponseReturnValue:
    """List the mails, the newest first."""
    return page("dev_mailbox.html", mails=_newest(), failed=len(failures()), providers=providers().names)


@routes.get("/mail/<mail_id>")
@allow(Who.ANYONE)
def one(mail_id: str) -> ResponseReturnValue:
    """Show one mail: its envelope, the letter in a frame, the text below."""
    mail = _mail(mail_id)
    response = page("dev_mail.html", mail=mail, links=links_of(mail.text))
    # Only this one script.
    response.headers["Content-Security-Policy"] += f"; script-src {url_for('dev_mail.script', _external=True)}"
    return response


@routes.get("/mail.js")
@allow(Who.ANYONE)
def script() -> Response:
    """Return the script that gives the frame its email's height."""
    return send_from_directory(_STATIC, "mail.js")


@routes.get("/mail/<mail_id>/letter")
@allow(Who.ANYONE)
def letter(mail_id: str) -> ResponseReturnValue:
    """Return the email's HTML, for the frame."""
    # Links open a new page, because our pages refuse to be framed.
    response = make_response(embedded(_mail(mail_id)).replace("<head>", '<head><base target="_blank">', 1))
    response.headers["Content-Security-Policy"] = _LETTER_CSP
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response


@routes.get("/mail.json")
@allow(Who.ANYONE)
def mailbox_json() -> list[dict[str, object]]:
    """List the emails for programs, the newest first; `sent_at` is null until an email is sent."""
    return [
        {
            "to": mail.to,
            "subject": mail.subject,
            "text": mail.text,
            "links": links_of(mail.text),
            "sent_at": in_iso(mail.sent_at),
        }
        for mail in _newest()
    ]


def links_of(text: str) -> list[str]:
    """Return the links in a text, without punctuation after them."""
    return [link.rstrip(".,;:!?)") for link in _LINK.findall(text)]


def _newest() -> Sequence[OutboxMail]:
    query = select(OutboxMail).order_by(OutboxMail.created_at.desc(), OutboxMail.id.desc())
    return db.session.scalars(query.limit(_SHOWN)).all()


def _mail(mail_id: str) -> OutboxMail:
    mail = db.session.get(OutboxMail, mail_id)
    if mail is None:
        raise NotFound("This mail is not in the outbox.")
    return mail
