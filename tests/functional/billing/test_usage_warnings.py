"""A customer who comes close to a limit is written to, once a period."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from apiflask import APIFlask
from sqlalchemy import select
from tests.functional.caller import Caller
from tests.functional.media.files import uploaded

from oriel.accounts.notifications import set_topic
from oriel.billing import rights, storage_use
from oriel.billing.plans import FREE
from oriel.billing.refusals import Demand
from oriel.infra.clock import clock
from oriel.infra.database import db, writing
from oriel.infra.ids import new_id
from oriel.infra.mail.outbox import OutboxMail

SMALL = Demand(width=1280, height=720, fps=30, format="mp4", duration_s=10.0, song_bytes=1000, video_bytes_estimate=0)

pytestmark = pytest.mark.usefixtures("in_app")


def reserve(user_id: str, times: int = 1, demand: Demand = SMALL) -> None:
    for _ in range(times):
        with writing() as session:
            rights.reserve(session, user_id, new_id(), demand)


def warnings() -> list[OutboxMail]:
    db.session.rollback()
    return list(db.session.scalars(select(OutboxMail).where(OutboxMail.kind == "limit_near")))


def test_a_customer_is_warned_at_four_of_five_renders_and_once(customer: Caller) -> None:
    reserve(customer.user_id, 3)
    assert warnings() == []
    reserve(customer.user_id)
    [mail] = warnings()
    assert mail.subject == "You have used 80% of your renders"
    assert "4 of 5 renders" in mail.text
    assert mail.unsubscribe
    assert mail.unsubscribe in mail.text
    reserve(customer.user_id)
    assert len(warnings()) == 1


def test_the_next_period_warns_again(customer: Caller) -> None:
    reserve(customer.user_id, 4)
    clock.shift(timedelta(days=32))
    reserve(customer.user_id, 4)
    assert len(warnings()) == 2


def test_a_render_that_a_credit_pays_warns_of_nothing(customer: Caller) -> None:
    assert FREE.storage_bytes
    large = Demand(1920, 1080, 30, "mp4", duration_s=10.0, song_bytes=1000, video_bytes_estimate=FREE.storage_bytes)
    from oriel.billing.models import Credit

    with writing() as session:
        session.add(Credit(user_id=customer.user_id))
    reserve(customer.user_id, demand=large)
    assert warnings() == []


def test_a_customer_is_warned_when_the_storage_is_nearly_full(
    app: APIFlask, caller: Callable[..., Caller], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert FREE.storage_bytes
    kept = int(0.85 * FREE.storage_bytes)
    monkeypatch.setattr(storage_use, "_uses", [lambda _session, _user_id: kept])
    ada = caller()
    with app.app_context():
        uploaded(ada)
        uploaded(ada)
    [mail] = warnings()
    assert mail.subject == "You have used 85% of your storage"
    assert "850 MB of 1 GB" in mail.text


def test_a_customer_who_has_switched_it_off_is_not_warned(customer: Caller) -> None:
    set_topic(customer.user_id, "limits", is_on=False)
    reserve(customer.user_id, 5)
    assert warnings() == []
