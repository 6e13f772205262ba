"""The deletion of an account: a week in which a login keeps it, then nothing is left."""

import io
import logging
import sys
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from apiflask import APIFlask
from sqlalchemy import select
from tests.functional.accounts.person import OTHER_PASSWORD, PASSWORD, Mailbox, Person, bearer, code_of, json_of
from tests.functional.accounts.second_factor import with_app
from tests.functional.billing.conftest import Till
from tests.functional.caller import Caller
from tests.functional.privacy.conftest import EMAIL, Zoe, user_of

from oriel.accounts import delays
from oriel.accounts.models import ROLE_ADMIN, Activity, LoginDelay, User
from oriel.billing.models import Payment, PlanHolding
from oriel.errors import PaymentsUnavailable, StorageFailed
from oriel.infra.clock import clock, now
from oriel.infra.database import Base, db, writing
from oriel.infra.logs import log_to_stderr
from oriel.infra.redis import redis
from oriel.infra.storage import storage
from oriel.infra.storage.folder import FolderStorage
from oriel.privacy import erasure, exports
from oriel.privacy.models import AccountErasure
from oriel.rendering import attempts
from oriel.rendering.models import CANCELLED, RenderJob

WEEK = timedelta(days=7, seconds=1)
VERIFIED = timedelta(hours=13, seconds=1)


def asked(zoe: Zoe, password: str = PASSWORD) -> Any:  # noqa: ANN401
    return zoe.caller.post("/api/user/deletion", json={"current_password": password})


def erased(zoe: Zoe) -> None:
    """Ask for the deletion and let a week pass."""
    assert asked(zoe).status_code == 202
    clock.shift(WEEK)
    erasure.erase_due()


def finished(zoe: Zoe) -> None:
    """Erase everything and verify it."""
    erased(zoe)
    clock.shift(VERIFIED)
    erasure.erase_due()


def row() -> AccountErasure:
    db.session.rollback()
    return db.session.scalars(select(AccountErasure).execution_options(populate_existing=True)).one()


@pytest.fixture
def logs(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """Everything that is logged, as production writes it."""
    root = logging.getLogger()
    before, level, stream = root.handlers[:], root.level, io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    log_to_stderr("web", as_json=True)
    yield stream
    root.handlers[:] = before
    root.setLevel(level)


# --- what is left


def everything_stored(app: APIFlask) -> dict[str, str]:
    """Return what lies in every table, in the storage folder and in Redis, by where it lies."""
    db.session.rollback()
    found = {
        f"table {name}": "\n".join(str(tuple(each)) for each in db.session.execute(select(table)))
        for name, table in Base.metadata.tables.items()
    }
    for path in (app.config["ORIEL"].data_root / "storage").rglob("*"):
        found[f"file {path}"] = str(path) + (path.read_bytes().decode("latin-1") if path.is_file() else "")
    for key in redis().scan_iter():
        found[f"key {key!r}"] = f"{key!r} {_value(key)!r}"
    return found


def _value(key: bytes) -> object:
    match redis().type(key):
        case b"string":
            return redis().get(key)
        case b"hash":
            return redis().hgetall(key)
        case b"list":
            return redis().lrange(key, 0, -1)
    return None


def traces_in(found: dict[str, str], traces: tuple[str, ...]) -> list[tuple[str, str]]:
    return [(where, trace) for where, text in found.items() for trace in traces if trace in text]


def share(owner: Person, caller: Caller, project_id: str) -> None:
    """Share a project of each with the other."""
    owner.log_in()
    assert (
        caller.post(f"/api/projects/{project_id}/people", json={"email": owner.email, "role": "editor"}).status_code
        == 201
    )
    theirs = json_of(owner.call("POST", "/api/projects", json={"name": "Theirs"}))
    invited = owner.call("POST", f"/api/projects/{theirs['id']}/people", json={"email": EMAIL, "role": "editor"})
    assert invited.status_code == 201
    # The context around these tests keeps what earlier requests have read.
    db.session.rollback()
    changed = {"version": theirs["version"], "name": "Changed"}
    assert caller.patch(f"/api/projects/{theirs['id']}", json=changed).status_code == 200


def test_nothing_of_the_customer_is_left(
    zoe: Zoe, till: Till, app: APIFlask, logs: io.StringIO, person: Callable[..., Person]
) -> None:
    share(person("band@example.com"), zoe.caller, zoe.project_id)
    till.buy(zoe.caller)
    till.buy(zoe.caller, kind="subscription", plan="pro")
    till.open(zoe.caller, kind="render")
    customer_id = payer(zoe)
    assert zoe.caller.post("/api/user/export").status_code == 202
    exports.write_next()
    zoe.person.log_in(password=OTHER_PASSWORD)
    zoe.caller.client.post("/api/auth/reset-password", json={"email": EMAIL})
    traces = (*zoe.traces, customer_id)
    before = traces_in(everything_stored(app), traces)
    assert {where.split()[0] for where, _ in before} == {"table", "file", "key"}
    finished(zoe)
    till.tell()
    # A rate limit counts for a minute, a hint waits for seconds.
    assert traces_in(everything_stored(app), traces) == []
    assert traces_in({"logs": logs.getvalue()}, traces) == []
    assert "An account was erased." in logs.getvalue()


def test_what_is_stored_under_a_digest_of_the_address_goes_too(zoe: Zoe) -> None:
    zoe.person.log_in(password=OTHER_PASSWORD)
    keys = {delays.account_key(EMAIL), delays.recipient_key(EMAIL)}
    assert keys & set(db.session.scalars(select(LoginDelay.key)))
    finished(zoe)
    assert not keys & set(db.session.scalars(select(LoginDelay.key)))


def test_payments_stay_in_the_books_without_the_customer(zoe: Zoe, till: Till) -> None:
    till.buy(zoe.caller)
    finished(zoe)
    [payment] = db.session.scalars(select(Payment)).all()
    assert (payment.user_id, payment.amount, payment.status) == (None, 499, "completed")
    assert payment.receipt_url is None
    assert payment.paid_as


def test_the_audit_row_says_when_and_not_whose(zoe: Zoe) -> None:
    finished(zoe)
    assert row().user_id is None
    assert row().began_at < row().erased_at < row().finished_at  # type: ignore[operator]


# --- the week


def test_the_deletion_is_a_week_away(zoe: Zoe, mailbox: Mailbox) -> None:
    due_at = datetime.fromisoformat(json_of(asked(zoe))["deletion_due_at"])
    assert abs(due_at - now() - timedelta(days=7)) < timedelta(minutes=1)
    profile = json_of(zoe.caller.get("/api/user/profile"))
    assert datetime.fromisoformat(profile["deletion_due_at"]) == due_at
    [mail] = mailbox.mails("deletion_asked")
    assert mail.to == EMAIL
    assert "Sign in before then" in mail.text
    clock.shift(timedelta(days=6))
    erasure.erase_due()
    assert user_of(zoe)


def test_asking_again_changes_nothing(zoe: Zoe, mailbox: Mailbox) -> None:
    first = json_of(asked(zoe))
    clock.shift(timedelta(minutes=10))
    assert json_of(asked(zoe)) == first
    assert len(mailbox.mails("deletion_asked")) == 1


def test_other_sessions_end_and_the_own_goes_on(zoe: Zoe, app: APIFlask) -> None:
    other = json_of(zoe.person.log_in())["access_token"]
    asked(zoe)
    assert zoe.caller.get("/api/user/profile").status_code == 200
    with app.app_context():
        assert zoe.caller.client.get("/api/user/profile", headers=bearer(other)).status_code == 401


def test_a_login_keeps_the_account_and_says_so(zoe: Zoe, mailbox: Mailbox) -> None:
    asked(zoe)
    assert json_of(zoe.person.log_in())["account_kept"] is True
    assert len(mailbox.mails("account_kept")) == 1
    assert json_of(zoe.person.log_in())["account_kept"] is False
    clock.shift(WEEK)
    erasure.erase_due()
    assert user_of(zoe)
    kinds = set(db.session.scalars(select(Activity.kind)))
    assert {"deletion_requested", "deletion_withdrawn"} <= kinds


def test_a_failed_login_keeps_nothing(zoe: Zoe) -> None:
    asked(zoe)
    zoe.person.log_in(password=OTHER_PASSWORD)
    clock.shift(WEEK)
    erasure.erase_due()
    assert user_of(zoe) is None


def test_the_customer_keeps_the_account_on_the_page(zoe: Zoe) -> None:
    asked(zoe)
    assert zoe.caller.delete("/api/user/deletion").status_code == 204
    assert json_of(zoe.caller.get("/api/user/profile"))["deletion_due_at"] is None
    assert zoe.caller.delete("/api/user/deletion").status_code == 204


def test_a_wrong_password_deletes_nothing(zoe: Zoe) -> None:
    assert code_of(asked(zoe, OTHER_PASSWORD)) == (422, "INVALID_CREDENTIALS")
    assert json_of(zoe.caller.get("/api/user/profile"))["deletion_due_at"] is None


def test_a_second_factor_is_asked_for_where_there_is_one(zoe: Zoe) -> None:
    app = with_app(zoe.caller)
    clock.shift(timedelta(minutes=11))
    assert code_of(asked(zoe)) == (403, "SECOND_FACTOR_REQUIRED")
    assert zoe.caller.post("/api/user/second-factor/verify", json={"code": app.next_code()}).status_code == 200
    assert asked(zoe).status_code == 202
    clock.shift(WEEK)
    erasure.erase_due()
    assert user_of(zoe) is None


def test_no_password_is_refused(zoe: Zoe) -> None:
    assert zoe.caller.post("/api/user/deletion", json={}).status_code == 422


def test_an_operator_is_not_deleted_here(zoe: Zoe) -> None:
    with writing() as session:
        session.get_one(User, zoe.user_id).role = ROLE_ADMIN
    assert code_of(asked(zoe)) == (409, "WRONG_STATE")


def test_a_subscription_is_cancelled_first(zoe: Zoe, till: Till) -> None:
    till.buy(zoe.caller, kind="subscription", plan="pro")
    assert asked(zoe).status_code == 202
    subscription = json_of(zoe.caller.get("/api/billing/subscription"))
    assert subscription["cancel_at_period_end"] is True


def test_the_letter_about_the_deletion_is_the_only_one(zoe: Zoe, till: Till, mailbox: Mailbox) -> None:
    till.buy(zoe.caller, kind="subscription", plan="pro")
    assert asked(zoe).status_code == 202
    # Stripe's event about the cancellation follows.
    till.tell()
    assert mailbox.mails("plan_will_change") == []
    [letter] = mailbox.mails("deletion_asked")
    assert "If you have a subscription, it is not renewed" in letter.text


def test_nothing_is_deleted_while_a_subscription_cannot_be_cancelled(
    zoe: Zoe, till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    till.buy(zoe.caller, kind="subscription", plan="pro")
    monkeypatch.setattr(till.app.extensions["oriel.payments"], "cancel_at_period_end", _unavailable)
    assert code_of(asked(zoe)) == (503, "PAYMENTS_UNAVAILABLE")
    assert json_of(zoe.caller.get("/api/user/profile"))["deletion_due_at"] is None


# --- the erasure


def test_a_subscription_ends_at_once_with_the_customer(zoe: Zoe, till: Till) -> None:
    till.buy(zoe.caller, kind="subscription", plan="pro")
    subscription_id = db.session.scalars(select(PlanHolding.subscription_id)).one()
    customer_id = payer(zoe)
    erased(zoe)
    assert till.app.extensions["oriel.payments"].subscription(subscription_id).state == "over"
    assert till.peer.account.objects[customer_id]["deleted"] is True


def test_an_erasure_waits_for_the_payment_service_and_goes_on(
    zoe: Zoe, till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    till.buy(zoe.caller)
    with monkeypatch.context() as patch:
        patch.setattr(till.app.extensions["oriel.payments"], "forget_customer", _unavailable)
        erased(zoe)
    assert user_of(zoe)
    assert (row().error or "").startswith("billing: ")
    # Nobody gets in meanwhile.
    assert zoe.person.log_in().status_code == 403
    clock.shift(timedelta(minutes=1, seconds=1))
    erasure.erase_due()
    assert user_of(zoe) is None
    assert row().error is None


def test_a_killed_erasure_goes_on_where_it_was(zoe: Zoe, monkeypatch: pytest.MonkeyPatch) -> None:
    asked(zoe)
    clock.shift(WEEK)
    with monkeypatch.context() as patch:
        patch.setattr(FolderStorage, "delete_all", _die)
        with pytest.raises(SystemExit):
            erasure.erase_due()
    db.session.rollback()
    assert user_of(zoe)
    erasure.erase_due()
    assert user_of(zoe) is None


def test_a_storage_that_fails_is_asked_again(zoe: Zoe, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(FolderStorage, "delete_all", _fails)
        erased(zoe)
        for _ in range(4):
            clock.shift(timedelta(hours=1))
            erasure.erase_due()
    assert row().tries == 5
    clock.shift(timedelta(hours=1))
    erasure.erase_due()
    assert user_of(zoe) is None


def test_a_render_under_way_is_stopped_first(zoe: Zoe, make_job: Callable[..., RenderJob]) -> None:
    job = make_job(zoe.user_id)
    attempt = attempts.claim("a worker")
    assert attempt
    assert attempt.job_id == job.id
    erased(zoe)
    assert user_of(zoe)
    attempts.end_cancelled(attempt)
    clock.shift(timedelta(minutes=1, seconds=1))
    erasure.erase_due()
    assert user_of(zoe) is None


def test_a_render_that_waits_is_cancelled(zoe: Zoe, make_job: Callable[..., RenderJob]) -> None:
    make_job(zoe.user_id)
    erased(zoe)
    assert user_of(zoe) is None
    assert db.session.scalars(select(RenderJob).where(RenderJob.status != CANCELLED)).all() == []


def test_what_a_slow_request_stored_meanwhile_goes_half_a_day_later(zoe: Zoe, tmp_path: Any) -> None:  # noqa: ANN401
    erased(zoe)
    (tmp_path / "late").write_bytes(b"late")
    storage().put(f"uploads/{zoe.user_id}/late.wav", tmp_path / "late", content_type="audio/wav")
    clock.shift(timedelta(hours=12))
    erasure.erase_due()
    assert row().finished_at is None
    clock.shift(VERIFIED)
    erasure.erase_due()
    assert list(storage().list(f"uploads/{zoe.user_id}/")) == []
    assert row().finished_at


def test_the_videos_link_says_nothing_of_them(zoe: Zoe) -> None:
    link = zoe.job.delivery_link
    erased(zoe)
    assert zoe.caller.client.get(link.partition("localhost:5000")[2] or link).status_code == 404


def test_the_address_is_free_again(zoe: Zoe) -> None:
    erased(zoe)
    assert zoe.person.register().status_code == 201


def test_others_lose_nothing(zoe: Zoe, app: APIFlask, caller: Callable[..., Caller]) -> None:
    with app.app_context():
        other = caller()
    erased(zoe)
    db.session.rollback()
    assert db.session.get(User, other.user_id)


def payer(zoe: Zoe) -> str:
    from oriel.billing.models import PayingCustomer

    db.session.rollback()
    return db.session.get_one(PayingCustomer, zoe.user_id).customer_id


def _unavailable(*_: object, **__: object) -> None:
    raise PaymentsUnavailable("Stripe does not answer.")


def _die(*_: object) -> None:
    raise SystemExit


def _fails(*_: object) -> None:
    raise StorageFailed("The storage refused the file.")
