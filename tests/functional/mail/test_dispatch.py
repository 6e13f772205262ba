"""When a mail is handed over, to whom, how often, and never by two."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from apiflask import APIFlask
from tests.contracts.mail.peers import Says, SendGridPeer, SmtpPeer
from tests.functional.mail.conftest import Outbox

from oriel.errors import MailNotTaken
from oriel.infra.clock import clock
from oriel.infra.mail import failures
from oriel.infra.mail.breaker import PAUSE
from oriel.infra.mail.dispatch import UNKNOWN_WAIT, WAITS
from oriel.infra.mail.gateway import Message
from oriel.infra.mail.letter import Inline, Letter
from oriel.infra.mail.outbox import FAILED, SENDING, SENT, WAITING

SECOND = timedelta(seconds=1)


def test_what_has_waited_longest_goes_first(outbox: Outbox, first: SendGridPeer) -> None:
    for number in range(5):
        outbox.write(str(number), to=f"user{number}@example.com")
        clock.shift(SECOND)
    assert outbox.dispatch(3) == 3
    assert outbox.dispatch(3) == 2
    assert [mail.to for mail in first.received] == [f"user{number}@example.com" for number in range(5)]


def test_a_mail_that_is_not_taken_is_tried_six_times(app: APIFlask, outbox: Outbox, first: SendGridPeer) -> None:
    first.says = Says.LATER
    outbox.write()
    outbox.dispatch()
    for attempt, wait in enumerate(WAITS[1:], start=1):
        outbox.dispatch(after=wait - 2 * SECOND)
        assert (outbox.only().state, first.attempts) == (WAITING, attempt)
        outbox.dispatch(after=3 * SECOND)
        assert first.attempts == attempt + 1
    assert outbox.only().state == FAILED
    outbox.dispatch(after=timedelta(days=2))
    assert first.attempts == len(WAITS) == 6
    with app.app_context():
        assert len(failures(10)) == 1


def test_a_mail_that_is_taken_at_last_has_arrived_once(outbox: Outbox, first: SendGridPeer) -> None:
    first.says = Says.BROKEN
    outbox.write()
    outbox.dispatch()
    first.says = Says.YES
    assert outbox.dispatch(after=WAITS[1]) == 1
    assert outbox.dispatch(after=timedelta(days=1)) == 0
    assert len(first.received) == 1


@pytest.mark.parametrize("says", [Says.LATER, Says.BROKEN, Says.NEVER, Says.NOT_TO_YOU])
def test_the_backup_takes_at_once_what_the_first_one_does_not(
    outbox: Outbox, both: tuple[SendGridPeer, SmtpPeer], says: Says
) -> None:
    sendgrid, smtp = both
    sendgrid.says = says
    outbox.write()
    assert outbox.dispatch() == 1
    assert len(smtp.received) == 1
    assert (outbox.only().state, outbox.only().provider) == (SENT, "smtp")


def test_a_mail_of_unknown_outcome_goes_to_nobody_for_ten_minutes(
    outbox: Outbox, both: tuple[SendGridPeer, SmtpPeer]
) -> None:
    sendgrid, smtp = both
    sendgrid.says = Says.NOTHING
    outbox.write()
    outbox.dispatch()
    sendgrid.released.set()
    sendgrid.says = Says.YES
    assert outbox.dispatch(after=UNKNOWN_WAIT - SECOND) == 0
    assert (outbox.only().state, smtp.attempts) == (WAITING, 0)
    assert outbox.dispatch(after=SECOND) == 1
    assert sendgrid.bodies[0]["headers"]["Message-ID"] == sendgrid.received[0].message_id


def test_a_mail_whose_dispatcher_died_goes_out_after_ten_minutes(outbox: Outbox, sendgrid: SendGridPeer) -> None:
    outbox.deliver_by(Deadly())
    outbox.write()
    with pytest.raises(SystemExit):
        outbox.dispatch()
    assert outbox.only().state == SENDING
    outbox.deliver_by(Kept())
    assert outbox.dispatch(after=UNKNOWN_WAIT - 2 * SECOND) == 0
    assert outbox.dispatch(after=2 * SECOND) == 1


def test_a_mail_that_kills_every_dispatcher_is_given_up(app: APIFlask, outbox: Outbox) -> None:
    outbox.deliver_by(Deadly())
    outbox.write()
    for _ in WAITS:
        with pytest.raises(SystemExit):
            outbox.dispatch()
        clock.shift(UNKNOWN_WAIT)
    assert outbox.dispatch() == 0
    with app.app_context():
        assert [mail.last_error for mail in failures(1)] == ["The process that was sending it has stopped."]


def test_a_letter_that_cannot_be_written_does_not_hold_up_the_next(outbox: Outbox, first: SendGridPeer) -> None:
    outbox.write("1", letter=Letter("x", "x", "x", (Inline("p", "../no/name/for/the/storage"),)))
    outbox.write("2")
    assert outbox.dispatch() == 1
    assert [mail.state for mail in outbox.mails()] == [FAILED, SENT]
    assert first.attempts == 1


def test_a_dispatcher_that_comes_back_too_late_changes_nothing(outbox: Outbox) -> None:
    kept = Kept()

    @dataclass
    class Late(Kept):
        def hand_over(self, message: Message) -> None:
            outbox.deliver_by(kept)
            assert outbox.dispatch(after=UNKNOWN_WAIT) == 1
            raise MailNotTaken("Too late.")

    outbox.deliver_by(Late())
    outbox.write()
    assert outbox.dispatch() == 0
    assert outbox.only().state == SENT
    assert len(kept.taken) == 1


def test_a_refusal_for_good_is_not_repeated(outbox: Outbox, both: tuple[SendGridPeer, SmtpPeer]) -> None:
    sendgrid, smtp = both
    sendgrid.says, smtp.says = Says.NEVER, Says.LATER
    outbox.write()
    outbox.dispatch()
    outbox.dispatch(after=WAITS[1])
    assert (sendgrid.attempts, smtp.attempts) == (1, 2)
    smtp.says = Says.NEVER
    outbox.dispatch(after=WAITS[2])
    assert outbox.only().state == FAILED
    outbox.dispatch(after=timedelta(days=1))
    assert (sendgrid.attempts, smtp.attempts) == (1, 3)


def test_a_provider_that_fails_three_times_is_left_alone_for_a_minute(
    outbox: Outbox, both: tuple[SendGridPeer, SmtpPeer]
) -> None:
    sendgrid, smtp = both
    sendgrid.says = Says.BROKEN
    for number in range(5):
        outbox.write(str(number))
    assert outbox.dispatch() == 5
    assert (sendgrid.attempts, len(smtp.received)) == (3, 5)
    outbox.write("one to see whether it works again")
    outbox.write("one more")
    outbox.dispatch(after=PAUSE)
    assert sendgrid.attempts == 4
    sendgrid.says = Says.YES
    outbox.write("and another")
    outbox.write("and the last")
    assert outbox.dispatch(after=PAUSE) == 2
    assert len(sendgrid.received) == 2


def test_a_key_that_is_refused_is_not_tried_with_every_mail(
    outbox: Outbox, both: tuple[SendGridPeer, SmtpPeer]
) -> None:
    sendgrid, _ = both
    sendgrid.says = Says.NOT_TO_YOU
    for number in range(5):
        outbox.write(str(number))
    assert outbox.dispatch() == 5
    assert sendgrid.attempts == 1


def test_while_nobody_can_be_asked_no_attempt_is_used_up(outbox: Outbox, first: SendGridPeer) -> None:
    first.says = Says.BROKEN
    for number in range(4):
        outbox.write(str(number))
    outbox.dispatch()
    assert [mail.attempts for mail in outbox.mails()] == [1, 1, 1, 0]
    first.says = Says.YES
    assert outbox.dispatch(after=PAUSE) == 4


def test_dispatchers_at_work_at_once_send_nothing_twice(outbox: Outbox, first: SendGridPeer) -> None:
    for number in range(24):
        outbox.write(str(number))
    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(lambda _: outbox.dispatch(), range(4))) == 24
    assert first.attempts == 24
    assert len({mail.message_id for mail in first.received}) == 24


@dataclass
class Kept:
    """A provider that keeps what it is given."""

    name = "kept"
    keeps_words = True
    taken: list[Message] = field(default_factory=list)

    def hand_over(self, message: Message) -> None:
        self.taken.append(message)

    def check(self) -> None:
        """Always answer."""


@dataclass
class Deadly(Kept):
    """Ends the process that speaks to it."""

    def hand_over(self, message: Message) -> None:
        raise SystemExit
