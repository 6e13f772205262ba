"""A letter enters the outbox with what causes it, once, and cannot be turned into another one."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from apiflask import APIFlask
from tests.contracts.mail.peers import Says, SendGridPeer
from tests.functional.mail.conftest import LETTER, Outbox

from oriel.errors import InvalidEmail
from oriel.infra.clock import clock
from oriel.infra.database import writing
from oriel.infra.mail import enqueue, erase, failures, send_again, tidy
from oriel.infra.mail.letter import Inline, Letter
from oriel.infra.mail.outbox import FAILED, SENT, WAITING
from oriel.infra.storage import storage


def test_a_letter_waits_in_the_outbox_until_it_is_dispatched(outbox: Outbox) -> None:
    assert outbox.write()
    assert outbox.only().state == WAITING
    assert outbox.dispatch() == 1
    assert outbox.only().state == SENT
    assert outbox.dispatch() == 0


def test_what_is_rolled_back_writes_no_letter(app: APIFlask, outbox: Outbox) -> None:
    with app.app_context(), pytest.raises(ZeroDivisionError):
        _write_and_fail()
    assert outbox.mails() == []


def _write_and_fail() -> None:
    with writing() as session:
        enqueue(session, LETTER, to="ada@example.com", user_id=None, kind="note", subject_key="1")
        raise ZeroDivisionError


def test_the_same_letter_is_written_once(outbox: Outbox) -> None:
    assert [outbox.write("1"), outbox.write("1"), outbox.write("1", to="ADA@example.com")] == [True, False, False]


def test_a_user_who_changes_the_address_does_not_get_it_twice(outbox: Outbox) -> None:
    assert outbox.write(user_id="u1")
    assert not outbox.write(user_id="u1", to="new@example.com")


def test_another_kind_another_subject_and_another_user_are_other_letters(outbox: Outbox) -> None:
    outbox.write("1")
    assert outbox.write("2")
    assert outbox.write("1", kind="other")
    assert outbox.write("1", user_id="u1")


def test_twenty_who_write_the_same_letter_at_once_write_one(outbox: Outbox) -> None:
    with ThreadPoolExecutor(20) as threads:
        assert sum(threads.map(lambda _: outbox.write(), range(20))) == 1


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ada",
        "ada@",
        "@example.com",
        "Ada <ada@example.com>",
        "ada@example.com\r\nBcc: eve@example.com",
        "a@b.c,d@e.f",
    ],
)
def test_what_is_no_address_is_refused(outbox: Outbox, address: str) -> None:
    with pytest.raises(InvalidEmail):
        outbox.write(to=address)


def test_a_subject_cannot_begin_another_header(outbox: Outbox, first: SendGridPeer) -> None:
    outbox.write(letter=Letter("My song\r\nBcc: eve@example.com\x00\u2028", "<p>x</p>", "x"))
    outbox.dispatch()
    assert first.received[0].subject == "My song Bcc: eve@example.com"
    assert first.received[0].headers.keys() == {"message-id", "auto-submitted"}


def test_a_provider_that_has_the_words_is_the_only_one_that_has_them(outbox: Outbox, first: SendGridPeer) -> None:
    outbox.write()
    outbox.dispatch()
    assert first.received[0].text == LETTER.text
    assert outbox.only().html == outbox.only().text == ""


def test_a_failed_letter_is_listed_and_can_be_sent_again(app: APIFlask, outbox: Outbox, first: SendGridPeer) -> None:
    first.says = Says.NEVER
    outbox.write()
    outbox.dispatch()
    with app.app_context():
        (failed,) = failures(10)
        assert (failed.state, failed.provider) == (FAILED, "sendgrid")
        assert failed.last_error == "SendGrid rejected the email (400): 550 No such mailbox"
        with writing() as session:
            assert send_again(session, failed.id)
        with writing() as session:
            assert not send_again(session, failed.id)
        assert failures(10) == []
    first.says = Says.YES
    assert outbox.dispatch() == 1


def test_the_latest_failure_comes_first(app: APIFlask, outbox: Outbox, first: SendGridPeer) -> None:
    first.says = Says.NEVER
    for about in "abc":
        outbox.write(about)
        outbox.dispatch(after=timedelta(seconds=1))
    with app.app_context():
        assert [mail.subject_key for mail in failures(2)] == ["c", "b"]


def test_letters_of_an_erased_user_are_gone(app: APIFlask, outbox: Outbox, first: SendGridPeer) -> None:
    outbox.write(user_id="u1")
    outbox.write(user_id="u2")
    with app.app_context(), writing() as session:
        erase(session, user_id="u1")
    assert outbox.dispatch() == 1
    assert outbox.only().user_id == "u2"


def test_settled_letters_are_deleted_after_two_months(app: APIFlask, outbox: Outbox) -> None:
    outbox.write("old")
    outbox.dispatch()
    clock.shift(timedelta(days=59))
    with app.app_context():
        assert tidy() == 0
        clock.shift(timedelta(days=2))
        outbox.write("new")
        assert tidy() == 1
    assert outbox.only().subject_key == "new"


PICTURED = Letter("x", "a<!--inline:p--><img src='cid:p'><!--/inline:p-->b", "x", (Inline("p", "posters/1.jpg"),))


def test_a_picture_comes_along_from_the_storage(
    app: APIFlask, outbox: Outbox, first: SendGridPeer, tmp_path: Path
) -> None:
    (tmp_path / "poster").write_bytes(b"\xff\xd8\xff")
    with app.app_context():
        storage().put("posters/1.jpg", tmp_path / "poster", content_type="image/jpeg")
    outbox.write(letter=PICTURED)
    outbox.dispatch()
    with app.app_context():
        storage().delete("posters/1.jpg")
    assert first.received[0].pictures == {"p": b"\xff\xd8\xff"}
    assert "cid:p" in first.received[0].html


def test_a_letter_whose_picture_is_gone_goes_without_it(outbox: Outbox, first: SendGridPeer) -> None:
    outbox.write(letter=PICTURED)
    outbox.dispatch()
    assert first.received[0].pictures == {}
    assert first.received[0].html == "ab"
