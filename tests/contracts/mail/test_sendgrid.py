"""What only SendGrid needs."""

from collections.abc import Iterator

import pytest
from tests.contracts.mail.peers import SendGridPeer, sendgrid_peer
from tests.contracts.mail.test_gateways import MESSAGE

from oriel.infra.mail.sendgrid import SendGrid


@pytest.fixture
def peer() -> Iterator[SendGridPeer]:
    with sendgrid_peer() as peer:
        SendGrid("SG.key", url=peer.url).hand_over(MESSAGE)
        yield peer


def test_the_key_comes_along(peer: SendGridPeer) -> None:
    assert peer.keys == ["Bearer SG.key"]


def test_no_link_is_rewritten_and_no_reader_is_watched(peer: SendGridPeer) -> None:
    tracking = peer.bodies[0]["tracking_settings"]
    assert not any(switch for setting in tracking.values() for switch in setting.values())


def test_the_plain_form_comes_first_as_their_api_wants_it(peer: SendGridPeer) -> None:
    assert [part["type"] for part in peer.bodies[0]["content"]] == ["text/plain", "text/html"]
