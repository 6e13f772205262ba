"""What only SMTP needs: addresses of servers, and nothing in clear."""

from dataclasses import replace

import pytest
from tests.contracts.mail.conftest import TIMEOUT_S, Certificate
from tests.contracts.mail.peers import PASSWORD, USER, Says, smtp_peer
from tests.contracts.mail.test_gateways import MESSAGE

from oriel.errors import InvalidConfiguration, MailNotTaken
from oriel.infra.mail.smtp import Security, Smtp, _written


def test_a_server_with_starttls_gets_login_and_mail_encrypted(certificate: Certificate) -> None:
    with smtp_peer(starttls=certificate.server, logs_in=True) as peer:
        Smtp("127.0.0.1", peer.port, USER, PASSWORD, context=certificate.client).hand_over(MESSAGE)
        assert peer.encrypted
        assert peer.logins == 1


def test_an_address_that_is_longer_than_a_line_goes_out_as_it_is() -> None:
    url = f"https://oriel.example.com/unsubscribe?token={'0' * 80}"
    assert f"\r\nList-Unsubscribe: <{url}>\r\n".encode() in bytes(_written(replace(MESSAGE, unsubscribe=url)))


def test_a_server_with_tls_from_the_start(certificate: Certificate) -> None:
    with smtp_peer(context=certificate.server) as peer:
        Smtp("127.0.0.1", peer.port, security=Security.TLS, context=certificate.client).hand_over(MESSAGE)
        assert len(peer.received) == 1


def test_a_server_whose_starttls_was_taken_away_gets_neither_password_nor_mail() -> None:
    with smtp_peer(logs_in=True) as peer:
        with pytest.raises(MailNotTaken):
            Smtp("127.0.0.1", peer.port, USER, PASSWORD, Security.STARTTLS).hand_over(MESSAGE)
        assert (peer.logins, peer.attempts) == (0, 0)


def test_a_server_that_nobody_vouches_for_gets_nothing(certificate: Certificate) -> None:
    with smtp_peer(starttls=certificate.server, logs_in=True) as peer:
        with pytest.raises(MailNotTaken):
            Smtp("127.0.0.1", peer.port, USER, PASSWORD, Security.STARTTLS, TIMEOUT_S).hand_over(MESSAGE)
        assert (peer.logins, peer.attempts) == (0, 0)


def test_a_relay_on_this_machine_is_spoken_to_in_clear() -> None:
    with smtp_peer() as peer:
        Smtp.from_url(f"smtp://127.0.0.1:{peer.port}").hand_over(MESSAGE)
        assert peer.received[0].subject == MESSAGE.subject


def test_the_reason_of_a_refusal_is_told() -> None:
    with smtp_peer() as peer:
        peer.says = Says.NEVER
        with pytest.raises(Exception, match="550: No such mailbox"):
            Smtp.from_url(f"smtp://127.0.0.1:{peer.port}").hand_over(MESSAGE)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://u:p%40ss@mail.example.com", ("mail.example.com", 587, "u", "p@ss", Security.STARTTLS)),
        ("smtp://u:p@mail.example.com:2525", ("mail.example.com", 2525, "u", "p", Security.STARTTLS)),
        ("smtps://u:p@mail.example.com", ("mail.example.com", 465, "u", "p", Security.TLS)),
        ("smtp://localhost:25", ("localhost", 25, None, None, Security.NONE)),
    ],
)
def test_smtp_url(url: str, expected: tuple[object, ...]) -> None:
    found = Smtp.from_url(url)
    assert (found.host, found.port, found.username, found.password, found.security) == expected


@pytest.mark.parametrize("url", ["mail.example.com", "http://mail.example.com", "smtp://", "smtp://host:port"])
def test_an_smtp_url_that_is_none_is_refused_without_telling_it(url: str) -> None:
    with pytest.raises(InvalidConfiguration, match=r"SMTP_URL: it must be smtp://user:password@host:587"):
        Smtp.from_url(url)
