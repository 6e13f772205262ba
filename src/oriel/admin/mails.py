"""Mails: what waits in the outbox, what could not be sent and why, how it looks, and sending it again."""

from collections.abc import Mapping, Sequence

from flask import Response, request, url_for
from sqlalchemy import Select, func, select
from sqlalchemy.orm import defer
from werkzeug.wrappers import Response as AnyResponse

from oriel.admin.cells import Badge, Prose, Tone, badge_in
from oriel.admin.customers import customer_link
from oriel.admin.lists import BaseModelView, Button, Cell, Column, Condition, Filter, Section, starts_with
from oriel.admin.many import act_on, chosen_keys
from oriel.admin.views import act, page
from oriel.errors import NotFound
from oriel.infra.database import writing
from oriel.infra.mail import OutboxMail, send_again
from oriel.infra.mail.outbox import FAILED, SENDING, SENT, WAITING
from oriel.infra.mail.preview import PREVIEW_POLICY, preview_html, preview_text

_TONES: Mapping[str, Tone] = {WAITING: "new", SENDING: "live", SENT: "good", FAILED: "bad"}
_STATES = {FAILED: "Failed", WAITING: "Waiting", SENDING: "Being sent", SENT: "Sent"}


class MailView(BaseModelView[OutboxMail]):
    """The mails of the last two months."""

    menu_name = "Mails"
    part = "mails"
    group = "Work"
    model = OutboxMail
    description = "Every email that the service wrote. Its text is deleted once it is sent, except in development."
    search_hint = "the beginning of the address, or the id of a mail or a customer"
    empty_sentence = "No email was written yet."
    tabs = "state"
    columns = (
        Column("Subject", lambda mail: mail.subject, lambda mail: f"/admin/mails/{mail.id}"),
        Column("State", lambda mail: state_badge(mail)),
        Column("To", lambda mail: mail.to, lambda mail: customer_link(mail.user_id)),
        Column("Kind", lambda mail: mail.kind.replace("_", " ")),
        Column("Written", lambda mail: mail.created_at),
        Column("Attempts", lambda mail: mail.attempts or None),
        Column("Error", lambda mail: Prose(mail.last_error) if mail.last_error and mail.state != SENT else None),
    )
    filters = (Filter("state", "State", {state: OutboxMail.state == state for state in _STATES}, words=_STATES),)
    details_template = "panel/mail.html"

    def query(self) -> Select[OutboxMail]:
        """Return the query without the texts, which the preview reads."""
        return select(OutboxMail).options(defer(OutboxMail.html), defer(OutboxMail.text))

    def searched(self, text: str) -> Condition:
        """Find by the beginning of the address, or by id."""
        # An operator's address may have capitals; customers' have none.
        to = starts_with(func.lower(OutboxMail.to), text.lower())
        return to | (OutboxMail.id == text) | (OutboxMail.user_id == text)

    def title_of(self, row: OutboxMail) -> str:
        """Return the subject."""
        return row.subject

    def badges(self, row: OutboxMail) -> Sequence[Badge]:
        """Return its state."""
        return [state_badge(row)]

    def bulk_buttons(self) -> Sequence[Button]:
        """Return what can be done with the chosen mails."""
        return (Button("mail.resend", url_for(".resend"), confirm="Those that have failed are sent again."),)

    def buttons(self, row: OutboxMail) -> Sequence[Button]:
        """Return what can be done with this mail as it is."""
        resend = Button("mail.resend", url_for(".resend", key=row.id), confirm="Every provider is asked anew.")
        return (resend,) if row.state == FAILED else ()

    def sections(self, row: OutboxMail) -> Sequence[Section]:
        """Return everything but the text."""
        facts = {
            "To": Cell(row.to, customer_link(row.user_id)),
            "Kind": row.kind.replace("_", " "),
            "About": row.subject_key,
            "Written": row.created_at,
            "Sent": row.sent_at,
            "Failed": row.failed_at,
            "Attempts": row.attempts,
            "Next attempt": row.run_after if row.state in (WAITING, SENDING) else None,
            "Provider": row.provider,
            "Refused by": ", ".join(row.refused_by) or None,
            "Error": row.last_error,
        }
        return [Section("Mail", {name: value for name, value in facts.items() if value is not None})]

    def extras(self, row: OutboxMail) -> Mapping[str, object]:
        """Return the plain text, and where the letter is shown."""
        return {"text": preview_text(row), "letter": url_for(".letter", key=row.id) if row.html else None}

    @page("/<id:key>/letter")
    def letter(self, key: str) -> Response:
        """Return the letter for a frame that runs nothing and follows no link; its links are left out."""
        response = Response(preview_html(self.row(key)), mimetype="text/html")
        response.headers["Content-Security-Policy"] = PREVIEW_POLICY
        response.headers["X-Frame-Options"] = "SAMEORIGIN"
        return response

    @act("/resend", "mail.resend")
    def resend(self) -> AnyResponse:
        """Send failed mails again."""
        only = request.args.get("key")
        back = self.url_of(only) if only else url_for(".index")
        return act_on([only] if only else chosen_keys(), "mail.resend", "mail", _resend, "is sent again", back)


def _resend(mail_id: str) -> None:
    with writing() as session:
        if not send_again(session, mail_id):
            raise NotFound("Only a mail that has failed can be sent again.")


def state_badge(mail: OutboxMail) -> Badge:
    """Return a mail's state as the panel shows it."""
    return badge_in(_TONES, mail.state, _STATES[mail.state])
