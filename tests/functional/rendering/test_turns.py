"""Whose turn it is."""

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import delete, select, update
from tests.functional.rendering.conftest import MakeJob, fresh

from oriel.infra.clock import now
from oriel.infra.database import db, writing
from oriel.rendering import attempts, operator_actions
from oriel.rendering.models import QueueTurn, RenderJob
from oriel.rendering.turns import next_job


def order_of(count: int, worker: str = "w") -> list[str]:
    """Claim so many renders; return their plans in order."""
    plans = []
    for _ in range(count):
        attempt = attempts.claim(worker)
        assert attempt
        plans.append(db.session.get_one(RenderJob, attempt.job_id).plan)
    return plans


def test_plans_take_turns_by_weight(make_job: MakeJob) -> None:
    start = now()
    share = {"free": 2, "pro": 8, "enterprise": 16}
    for plan, turns in share.items():
        # One more than its share, so that none runs out of renders.
        for _ in range(turns + 1):
            make_job(plan=plan, created_at=start)
    assert Counter(order_of(26)) == share


def test_within_a_plan_the_oldest_is_first(make_job: MakeJob) -> None:
    start = now()
    later = make_job(created_at=start - timedelta(seconds=1))
    earlier = make_job(created_at=start - timedelta(seconds=2))
    assert [attempts.claim("w").job_id for _ in range(2)] == [earlier.id, later.id]  # type: ignore[union-attr]


def test_of_two_that_came_at_once_the_lower_id_is_first(make_job: MakeJob) -> None:
    start = now()
    ids = ["0" * 25 + "b", "0" * 25 + "a"]
    for job_id in ids:
        make_job(id=job_id, created_at=start)
    assert [attempts.claim("w").job_id for _ in range(2)] == sorted(ids)  # type: ignore[union-attr]


def test_who_was_away_does_not_catch_up(make_job: MakeJob) -> None:
    start = now()
    for _ in range(29):
        make_job(plan="enterprise", created_at=start)
    order_of(20)
    for _ in range(9):
        make_job(plan="free", created_at=start)
    assert order_of(9).count("free") <= 2


def test_nobody_starves(make_job: MakeJob) -> None:
    old = make_job(created_at=now() - timedelta(hours=2))
    for _ in range(5):
        make_job(plan="enterprise")
    attempt = attempts.claim("w")
    assert attempt
    assert attempt.job_id == old.id


def test_a_customers_cap_makes_the_rest_wait_and_lets_others_pass(make_job: MakeJob) -> None:
    first = make_job()
    make_job(user_id=first.user_id)
    other = make_job()
    assert [attempts.claim("w").job_id for _ in range(2)] == [first.id, other.id]  # type: ignore[union-attr]
    assert attempts.claim("w") is None


def test_what_pauses_is_not_claimed(make_job: MakeJob) -> None:
    make_job(run_after=now() + timedelta(seconds=5))
    assert attempts.claim("w") is None


def test_a_pause_is_over_on_time(make_job: MakeJob) -> None:
    job = make_job(run_after=now() + timedelta(minutes=5))
    with writing() as session:
        assert next_job(session, job.run_after - timedelta(microseconds=1)) is None
        found = next_job(session, job.run_after)
    assert found
    assert found.id == job.id


def test_a_claim_that_finds_nothing_takes_no_turn(make_job: MakeJob) -> None:
    """Idle workers ask all the time: they must not queue for the row that the busy ones lock."""
    make_job()
    assert attempts.claim("w")
    db.session.execute(delete(QueueTurn))
    db.session.commit()
    make_job(run_after=now() + timedelta(seconds=5))
    assert attempts.claim("w") is None
    assert db.session.scalars(select(QueueTurn)).all() == []


def test_a_render_that_pauses_lets_a_younger_one_of_its_plan_pass(make_job: MakeJob) -> None:
    make_job(created_at=now() - timedelta(minutes=1), run_after=now() + timedelta(minutes=5))
    ready = make_job()
    attempt = attempts.claim("w")
    assert attempt
    assert attempt.job_id == ready.id


@pytest.mark.parametrize(("head_start_s", "first"), [(599.5, "enterprise"), (600.5, "free")])
def test_ten_minutes_of_waiting_make_up_for_one_turn_of_the_free_plan(
    make_job: MakeJob, head_start_s: float, first: str
) -> None:
    start = now()
    make_job(plan="free")
    assert order_of(1) == ["free"]
    make_job(plan="free", created_at=start - timedelta(seconds=head_start_s))
    make_job(plan="enterprise", created_at=start)
    assert order_of(1) == [first]


def claimed(count: int) -> list[str]:
    attempts_made = [attempts.claim("w") for _ in range(count)]
    return [attempt.job_id for attempt in attempts_made if attempt]


def test_what_is_moved_to_the_front_goes_first_in_the_order_of_the_moves(make_job: MakeJob) -> None:
    old = make_job(plan="enterprise", created_at=now() - timedelta(hours=2))
    third, second, first = (make_job() for _ in range(3))
    for job in (first, second, third):
        operator_actions.move_ahead(job.id)
    assert claimed(4) == [first.id, second.id, third.id, old.id]


def test_a_move_costs_its_plan_a_turn(make_job: MakeJob) -> None:
    for plan in ("free", "pro", "pro", "pro", "pro"):
        make_job(plan=plan, created_at=now() - timedelta(seconds=1))
    operator_actions.move_ahead(make_job(plan="free").id)
    assert order_of(5) == ["free", "pro", "pro", "pro", "pro"]


def test_a_customers_cap_holds_for_what_is_moved_too(make_job: MakeJob) -> None:
    running = make_job()
    assert claimed(1) == [running.id]
    operator_actions.move_ahead(make_job(user_id=running.user_id).id)
    other = make_job()
    assert claimed(2) == [other.id]


def test_what_is_moved_and_pauses_is_not_claimed(make_job: MakeJob) -> None:
    job = make_job(run_after=now() + timedelta(minutes=5))
    operator_actions.move_ahead(job.id)
    assert claimed(1) == []


def test_what_failed_long_ago_brings_no_bonus_along(make_job: MakeJob) -> None:
    week_ago = now() - timedelta(days=7)
    dead = [make_job(created_at=week_ago) for _ in range(3)]
    for job in dead:
        with writing() as session:
            session.execute(update(RenderJob).where(RenderJob.id == job.id).values(retried_at=now()))
    for _ in range(9):
        make_job(plan="enterprise", created_at=now() - timedelta(seconds=1))
    assert order_of(9).count("free") <= 2
    assert fresh(dead[2]).status == "queued"
