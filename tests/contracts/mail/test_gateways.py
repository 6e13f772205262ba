"""What every provider of mail must do, whichever one it is."""

from dataclasses import replace

import pytest
from tests.contracts.mail.conftest import Rig
from tests.contracts.mail.peers import Says

from oriel.errors import MailFailed, MailNotTaken, MailOutcomeUnknown, MailProviderRefusesUs, MailRefused
from oriel.infra.mail.gateway import Message, Picture, Sender

PIXEL = bytes.fromhex("ffd8ffe000104a46494600010100000100010000ffd9")
MESSAGE = Message(
    message_id=f"<{'0123456789abcdef' * 2}@a-domain-with-quite-a-long-name.mail.example.com>",
    sender=Sender("Oriel Würde", "no-reply@mail.example.com"),
    to="ada@example.com",
    subject="Your video is ready: Überfahrt ☾ in a song of a length that no line of a header can hold at once",
    html=f"<p>Größe</p><img src='cid:poster'>{'wide ' * 400}",
    text="Größe\n.\nFrom here on\n",
    pictures=(Picture("poster", "image/jpeg", PIXEL),),
)


class TestEveryGateway:
    def test_a_mail_arrives_as_it_was_written(self, rig: Rig) -> None:
        rig.gateway.hand_over(MESSAGE)
        (mail,) = rig.peer.received
        assert (mail.to, mail.subject, mail.text) == (MESSAGE.to, MESSAGE.subject, MESSAGE.text)
        assert mail.html.rstrip("\n") == MESSAGE.html
        assert mail.message_id == MESSAGE.message_id
        assert mail.pictures == {"poster": PIXEL}
        assert "no-reply@mail.example.com" in mail.sender

    def test_a_robot_says_that_it_is_one_so_that_no_other_robot_answers(self, rig: Rig) -> None:
        rig.gateway.hand_over(MESSAGE)
        assert "auto-submitted" in rig.peer.received[0].headers

    def test_a_mail_program_learns_how_to_end_such_mails(self, rig: Rig) -> None:
        url = f"https://a-domain-with-quite-a-long-name.example.com/unsubscribe?token={'0' * 60}"
        rig.gateway.hand_over(replace(MESSAGE, unsubscribe=url))
        headers = rig.peer.received[0].headers
        assert headers["list-unsubscribe"] == f"<{url}>"
        assert headers["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"

    def test_a_mail_that_must_arrive_cannot_be_ended(self, rig: Rig) -> None:
        rig.gateway.hand_over(MESSAGE)
        assert not [name for name in rig.peer.received[0].headers if name.startswith("list-")]

    @pytest.mark.parametrize(
        ("says", "means"),
        [
            (Says.LATER, MailNotTaken),
            (Says.BROKEN, MailNotTaken),
            (Says.NEVER, MailRefused),
            (Says.NOT_TO_YOU, MailProviderRefusesUs),
            (Says.NOTHING, MailOutcomeUnknown),
        ],
    )
    def test_a_mail_that_does_not_arrive(self, rig: Rig, says: Says, means: type[MailFailed]) -> None:
        rig.peer.says = says
        with pytest.raises(MailFailed) as caught:
            rig.gateway.hand_over(MESSAGE)
        assert type(caught.value) is means
        assert rig.peer.received == []

    def test_a_provider_that_is_away_has_surely_taken_nothing(self, rig: Rig) -> None:
        with pytest.raises(MailNotTaken):
            rig.unreachable.hand_over(MESSAGE)

    def test_a_check_logs_in_and_sends_nothing(self, rig: Rig) -> None:
        rig.gateway.check()
        assert rig.peer.received == []

    def test_a_check_tells_rejected_credentials_and_an_unreachable_provider(self, rig: Rig) -> None:
        rig.peer.says = Says.NOT_TO_YOU
        with pytest.raises(MailProviderRefusesUs):
            rig.gateway.check()
        with pytest.raises(MailNotTaken):
            rig.unreachable.check()

    def test_the_reason_never_names_the_customer_or_the_key(self, rig: Rig) -> None:
        rig.peer.says = Says.NOT_TO_YOU
        with pytest.raises(MailFailed) as caught:
            rig.gateway.hand_over(MESSAGE)
        said = f"{caught.value.message} {caught.value.details} {rig.gateway!r}"
        assert not any(secret in said for secret in ("ada@", "SG.key", "correct horse"))

    def test_it_recovers_when_the_provider_does(self, rig: Rig) -> None:
        rig.peer.says = Says.BROKEN
        with pytest.raises(MailNotTaken):
            rig.gateway.hand_over(MESSAGE)
        rig.peer.says = Says.YES
        rig.gateway.hand_over(MESSAGE)
        assert len(rig.peer.received) == 1
