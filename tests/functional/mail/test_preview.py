"""What operators see of a mail: how it looks, and none of its keys."""

from pathlib import Path

from apiflask import APIFlask
from tests.functional.mail.conftest import LETTER, Outbox

from oriel.infra.database import writing
from oriel.infra.mail import enqueue
from oriel.infra.mail.letter import Inline, Letter
from oriel.infra.mail.preview import preview_html, preview_text
from oriel.infra.storage import storage
from oriel.mails import account_letters

SECRET = "c2VjcmV0LXRva2VuLWZvci1hLXBhc3N3b3Jk"  # noqa: S105  (of a link that exists nowhere)


def write(letter: Letter) -> None:
    with writing() as session:
        enqueue(session, letter, to="ada@example.com", user_id=None, kind="note", subject_key="1")


def test_a_preview_looks_as_the_mail_does_and_holds_no_link(app: APIFlask, outbox: Outbox) -> None:
    link = f"https://oriel.example/reset-password?token={SECRET}"
    with app.app_context():
        write(account_letters.password_reset("Ada", link))
        html, text = preview_html(outbox.only()), preview_text(outbox.only())
    assert "Choose a new password" in html
    assert SECRET not in html + text
    assert "href" not in html
    assert "https://oriel.example/reset-password/…" in html
    assert "https://oriel.example/reset-password/…" in text


def test_a_token_in_the_path_is_hidden_too(app: APIFlask, outbox: Outbox) -> None:
    letter = Letter("Ready", f"<a href='https://oriel.example/d/{SECRET}'>Video</a>", f"https://o.example/{SECRET} and")
    with app.app_context():
        write(letter)
        html, text = preview_html(outbox.only()), preview_text(outbox.only())
    assert (html, text) == ("<a>Video</a>", "https://o.example/… and")


def test_a_preview_has_the_pictures_inside(app: APIFlask, outbox: Outbox, tmp_path: Path) -> None:
    (tmp_path / "poster").write_bytes(b"jpeg")
    with app.app_context():
        name = storage().put("videos/u/j/p.jpg", tmp_path / "poster", content_type="image/jpeg").name
        write(Letter("Ready", '<img src="cid:poster">', "Ready", (Inline("poster", name),)))
        assert preview_html(outbox.only()) == '<img src="data:image/jpeg;base64,anBlZw==">'


def test_what_is_sent_has_no_text_any_more(app: APIFlask, outbox: Outbox) -> None:
    with app.app_context():
        write(Letter(LETTER.subject, "", ""))
        assert (preview_html(outbox.only()), preview_text(outbox.only())) == ("", "")
