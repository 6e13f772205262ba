"""Alerts: each condition opens one incident, which is told once, and its end is told once."""

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from sqlalchemy import delete, select, update
from tests.functional.monitoring.conftest import MakeJob
from tests.functional.monitoring.tls_server import TlsServer

from oriel.clock import ALERT_CONDITIONS, alert_tasks
from oriel.errors import StageCrashed
from oriel.housekeeping.failing_jobs import FAILING_JOBS
from oriel.housekeeping.models import MISSING, ORPHANED, HousekeepingRun, StrayFile
from oriel.infra.clock import clock, now
from oriel.infra.counters import forget_counts, totals, write_counts
from oriel.infra.database import db, writing
from oriel.infra.http_counts import ANSWERS, FAILED, OK
from oriel.infra.mail import outbox
from oriel.infra.mail.outbox import OutboxMail
from oriel.mails import Letter
from oriel.monitoring import alerts
from oriel.monitoring.conditions import PANEL_PAGES, Condition, Observer, Unknown
from oriel.monitoring.incidents import AlertCall, Incident
from oriel.monitoring.models import SystemHealth
from oriel.rendering import attempts, operator_actions, presence
from oriel.rendering.models import COMPLETED, RenderJob
from oriel.rendering.models import FAILED as RENDER_FAILED
from oriel.settings import Settings

ALL = ALERT_CONDITIONS
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def told() -> list[tuple[str, str]]:
    """Return kind and subject of each letter to the operators, in order."""
    query = select(OutboxMail.kind, OutboxMail.subject).where(OutboxMail.kind.startswith("alert_"))
    return [(kind, subject) for kind, subject in db.session.execute(query.order_by(OutboxMail.id))]


def latest_letter() -> str:
    """Return the text of the latest letter."""
    return db.session.scalars(select(OutboxMail.text).order_by(OutboxMail.id.desc())).first() or ""


def condition(name: str) -> Condition:
    return next(each for each in ALL if each.name == name)


class Watch:
    """The clock's evaluations of one condition."""

    def __init__(self, name: str, settings: Settings) -> None:
        self.condition = condition(name)
        self.observer = Observer(settings)

    def look(self, *, after: timedelta = timedelta(0)) -> list[str]:
        """Evaluate, and return the kinds of the letters that are new."""
        before = len(told())
        clock.shift(after)
        write_counts()
        alerts.evaluate(self.observer, [self.condition])
        return [kind for kind, _ in told()[before:]]

    def opens_once(self) -> None:
        """Check that the condition is told, once."""
        if self.condition.holds_for:
            assert self.look() == []
            assert self.look(after=self.condition.holds_for) == ["alert_opened"]
        else:
            assert self.look() == ["alert_opened"]
        assert self.look() == []
        assert self.look(after=timedelta(seconds=30)) == []
        subject = told()[-1][1]
        assert subject == f"Alert: {self.condition.title}"
        assert f"/admin/{PANEL_PAGES.get(self.condition.name, '')}\n" in latest_letter()

    def closes_once(self) -> None:
        """Check that the end is told, once, and not before it has lasted."""
        assert self.look() == []
        assert self.look(after=alerts.QUIET_FOR) == ["alert_closed"]
        assert self.look(after=HOUR) == []
        assert told()[-1][1] == f"All clear: {self.condition.title}"
        (incident,) = db.session.scalars(select(Incident))
        assert incident.closed_at


@pytest.fixture
def watch(settings: Settings) -> Callable[..., Watch]:
    return lambda name, **others: Watch(name, settings.model_copy(update=others))


def set_jobs(**values: object) -> None:
    with writing() as session:
        session.execute(update(RenderJob).values(**values))


def test_nothing_is_told_while_all_is_well(settings: Settings) -> None:
    alerts.evaluate(Observer(settings), ALL)
    assert told() == []
    assert db.session.scalar(select(Incident)) is None


def test_dead_letters(watch: Callable[..., Watch], make_job: MakeJob) -> None:
    one = watch("dead_letters")
    make_job(status=RENDER_FAILED, fruitless=3, completed_at=now())
    # One that failed by its customer's song is no matter of operators.
    make_job(status=RENDER_FAILED, completed_at=now())
    one.opens_once()
    set_jobs(status=COMPLETED)
    one.closes_once()


def test_oldest_wait(watch: Callable[..., Watch], make_job: MakeJob) -> None:
    one = watch("oldest_wait")
    job = make_job()
    assert one.look() == []
    clock.shift(16 * MINUTE)
    one.opens_once()
    assert attempts.claim("worker-1")
    set_jobs(lease_until=now() + 2 * HOUR)
    # What waits behind its customer's own render waits by our rules.
    make_job(user_id=job.user_id, created_at=now() - HOUR)
    one.closes_once()


def test_a_retry_and_a_pause_begin_a_new_wait(watch: Callable[..., Watch], make_job: MakeJob) -> None:
    wait, nothing = watch("oldest_wait"), watch("nothing_rendered")
    job = make_job(created_at=now() - 25 * HOUR)
    set_jobs(status=RENDER_FAILED, completed_at=now() - 24 * HOUR)
    operator_actions.retry(job.id)
    assert (wait.look(), nothing.look()) == ([], [])
    clock.shift(14 * MINUTE)
    attempt = attempts.claim("worker-1")
    assert attempt
    attempts.fail(attempt, StageCrashed("The browser crashed."))
    assert (wait.look(after=2 * MINUTE), nothing.look()) == ([], [])
    assert wait.look(after=15 * MINUTE) == ["alert_opened"]


def test_error_rate(watch: Callable[..., Watch]) -> None:
    one = watch("error_rate")
    assert one.look() == []
    ANSWERS.add(OK, by=30)
    ANSWERS.add(FAILED, by=3)
    one.opens_once()
    # The latest errors were seen that long ago, so it is over at once.
    assert one.look(after=11 * MINUTE) == ["alert_closed"]
    assert one.look(after=HOUR) == []


def test_few_errors_or_few_answers_are_no_error_rate(watch: Callable[..., Watch]) -> None:
    one = watch("error_rate")
    assert one.look() == []
    ANSWERS.add(FAILED, by=10)
    assert one.look() == []
    ANSWERS.add(OK, by=1000)
    assert one.look(after=MINUTE) == []


def test_what_happened_while_another_clock_led_is_not_of_the_last_ten_minutes(watch: Callable[..., Watch]) -> None:
    one = watch("error_rate")
    assert one.look() == []
    ANSWERS.add(FAILED, by=100)
    assert one.look(after=3 * HOUR) == []
    ANSWERS.add(FAILED, by=100)
    assert one.look(after=MINUTE) == ["alert_opened"]


def test_answers_are_counted(client: FlaskClient) -> None:
    client.get("/health")
    forget_counts()
    client.get("/health")
    client.get("/nothing")
    write_counts()
    assert totals() == {(ANSWERS.name, (OK,)): 2}


def test_worker_gone(watch: Callable[..., Watch]) -> None:
    one = watch("worker_gone", alert_workers=2)
    presence.report("worker-1")
    presence.report("worker-2")
    assert one.look() == []
    presence.leave("worker-2")
    one.opens_once()
    presence.report("worker-1")
    presence.report("worker-3")
    assert one.look() == []
    clock.shift(alerts.QUIET_FOR)
    for name in ("worker-1", "worker-3"):
        presence.report(name)
    assert one.look() == ["alert_closed"]


def test_a_worker_that_is_back_within_a_minute_is_not_told(watch: Callable[..., Watch]) -> None:
    one = watch("worker_gone", alert_workers=1)
    assert one.look() == []
    presence.report("worker-1")
    assert one.look(after=timedelta(seconds=10)) == []
    assert db.session.scalar(select(Incident)) is None


def test_an_autoscaler_that_is_idle_is_no_failure(watch: Callable[..., Watch]) -> None:
    idle = watch("worker_gone", alert_workers=1, autoscale_maximum=4, autoscale_minimum=0)
    assert (idle.look(), idle.look(after=MINUTE)) == ([], [])
    watch("worker_gone", alert_workers=3, autoscale_maximum=4, autoscale_minimum=1).opens_once()


def test_nothing_rendered(watch: Callable[..., Watch], make_job: MakeJob) -> None:
    one = watch("nothing_rendered")
    make_job()
    assert one.look() == []
    clock.shift(31 * MINUTE)
    one.opens_once()
    assert attempts.claim("worker-1")
    set_jobs(lease_until=now() + 2 * HOUR, frames_done=100)
    one.closes_once()


def test_a_render_that_is_being_prepared_is_at_work(watch: Callable[..., Watch], make_job: MakeJob) -> None:
    one = watch("nothing_rendered")
    make_job()
    clock.shift(31 * MINUTE)
    assert attempts.claim("worker-1")
    assert one.look() == []
    # Its lease goes on, and it gets no further.
    clock.shift(31 * MINUTE)
    set_jobs(lease_until=now() + HOUR)
    assert one.look() == ["alert_opened"]


def test_disk(watch: Callable[..., Watch], monkeypatch: pytest.MonkeyPatch) -> None:
    one = watch("disk", alert_disk_free_percent=10.0)
    free = [4.0]
    monkeypatch.setattr("oriel.monitoring.conditions.free_percent", lambda _settings: free[0])
    one.opens_once()
    free[0] = 40.0
    one.closes_once()


def checked(states: Sequence[str]) -> None:
    with writing() as session:
        session.execute(delete(SystemHealth))
        for minutes, state in enumerate(reversed(states)):
            row = SystemHealth(check="storage", state=state, message="No room.", checked_at=now() - minutes * MINUTE)
            session.add(row)


def test_storage_failing(watch: Callable[..., Watch]) -> None:
    one = watch("storage_failing")
    checked(["down", "ok"])
    assert one.look() == []
    checked(["ok", "down"])
    assert one.look() == []
    checked(["down", "down"])
    one.opens_once()
    checked(["down", "ok"])
    assert one.look() == []
    clock.shift(alerts.QUIET_FOR)
    # Without new results nobody can say that it is over.
    assert one.look() == []
    checked(["ok", "ok"])
    assert one.look() == ["alert_closed"]


def a_mail(key: str, **values: object) -> None:
    with writing() as session:
        outbox.enqueue(session, Letter("x", "x", "x"), to="ada@example.com", user_id=None, kind="x", subject_key=key)
        session.execute(update(OutboxMail).where(OutboxMail.subject_key == key).values(**values))


def test_mail_failures(watch: Callable[..., Watch]) -> None:
    one = watch("mail_failures", alert_mail_failures=2)
    a_mail("1", state="failed", failed_at=now())
    assert one.look() == []
    a_mail("2", created_at=now() - HOUR)
    one.opens_once()
    with writing() as session:
        session.execute(update(OutboxMail).values(state="sent"))
    one.closes_once()


def test_unknown_webhooks(watch: Callable[..., Watch], client: FlaskClient) -> None:
    one = watch("unknown_webhooks")
    assert one.look() == []
    for _ in range(3):
        client.post("/api/payments/webhook", data=b"{}", headers={"Stripe-Signature": "t=1,v1=00"})
    one.opens_once()
    assert one.look(after=HOUR) == ["alert_closed"]
    assert one.look(after=HOUR) == []


@pytest.fixture
def proxy(monkeypatch: pytest.MonkeyPatch) -> Iterator[TlsServer]:
    """A server that speaks TLS, and is asked each time."""
    monkeypatch.setattr("oriel.monitoring.conditions._CERTIFICATE_ASKED_EVERY_S", 0.0)
    with TlsServer() as server:
        yield server


def watch_certificate(watch: Callable[..., Watch], proxy: TlsServer, host: str = "localhost") -> Watch:
    one = watch("certificate", public_url=f"https://{host}:{proxy.port}")
    one.observer.tls = proxy.trust
    return one


def test_certificate(watch: Callable[..., Watch], proxy: TlsServer) -> None:
    one = watch_certificate(watch, proxy)
    proxy.present("localhost", for_days=13.5)
    one.opens_once()
    (incident,) = db.session.scalars(select(Incident))
    assert incident.message == "The certificate of localhost ends in 13 days."
    proxy.present("localhost", for_days=89)
    one.closes_once()


@pytest.mark.parametrize(
    ("name", "for_days", "reason"),
    [("localhost", -1, "certificate has expired"), ("other.example.com", 89, "mismatch")],
)
def test_a_certificate_that_browsers_refuse(
    watch: Callable[..., Watch], proxy: TlsServer, name: str, for_days: float, reason: str
) -> None:
    one = watch_certificate(watch, proxy)
    proxy.present(name, for_days=for_days)
    one.opens_once()
    (incident,) = db.session.scalars(select(Incident))
    assert incident.message.startswith("The certificate of localhost is not valid: ")
    assert reason in incident.message


def test_a_site_that_is_away_says_nothing_about_its_certificate(watch: Callable[..., Watch], proxy: TlsServer) -> None:
    one = watch_certificate(watch, proxy)
    proxy.present("localhost", for_days=1)
    one.opens_once()
    proxy.close()
    assert one.look() == []
    assert one.look(after=HOUR) == []


def a_run(job: str, **values: object) -> None:
    with writing() as session:
        session.add(HousekeepingRun(job=job, **values))


def test_failing_jobs(watch: Callable[..., Watch]) -> None:
    one = watch("failing_jobs")
    a_run("old-mails", failures=2)
    assert one.look() == []
    a_run("storage-check", failures=3, error="StorageError: no room")
    one.opens_once()
    (incident,) = db.session.scalars(select(Incident))
    assert incident.message == "storage-check has failed 3 times in a row (StorageError: no room)."
    a_run("expired-videos", failures=70, error="StorageError: no room")
    assert one.look() == []
    db.session.refresh(incident)
    assert incident.message == (
        "expired-videos has failed 70 times in a row (StorageError: no room). 1 other job is failing too."
    )
    with writing() as session:
        session.execute(update(HousekeepingRun).values(failures=0, error=None))
    one.closes_once()


def test_the_clock_tells_of_failing_jobs(app: APIFlask, settings: Settings) -> None:
    a_run("storage-check", failures=3, error="StorageError: no room")
    watching = next(task for task in alert_tasks(app, settings) if task.name == "alerts")
    watching.do()
    clock.shift(FAILING_JOBS.holds_for)
    watching.do()
    assert ("alert_opened", "Alert: Housekeeping fails") in told()


def test_missing_files(watch: Callable[..., Watch]) -> None:
    one = watch("missing_files")
    with writing() as session:
        session.add(StrayFile(name="videos/a/b/video.mp4", kind=ORPHANED))
    assert one.look() == []
    with writing() as session:
        session.add(StrayFile(name="uploads/a/b.mp3", kind=MISSING))
    one.opens_once()
    (incident,) = db.session.scalars(select(Incident))
    assert incident.message == "The storage lacks 1 file of customers."
    with writing() as session:
        session.add(StrayFile(name="uploads/a/c.mp3", kind=MISSING))
    assert one.look() == []
    db.session.refresh(incident)
    assert incident.message == "The storage lacks 2 files of customers."
    with writing() as session:
        session.execute(delete(StrayFile))
    one.closes_once()


def test_every_condition_has_a_test() -> None:
    names = [name.removeprefix("test_") for name in globals() if name.startswith("test_")]
    assert {each.name for each in ALL} <= set(names)


@pytest.mark.parametrize("name", [each.name for each in ALL])
def test_zero_switches_a_condition_off(name: str, settings: Settings, make_job: MakeJob) -> None:
    off = {field: 0 for field in Settings.model_fields if field.startswith("alert_") and "webhook_" not in field}
    make_job(created_at=now() - 9 * HOUR)
    a_mail("1", state="failed", failed_at=now())
    a_run("storage-check", failures=9)
    with writing() as session:
        session.add(StrayFile(name="uploads/a/b.mp3", kind=MISSING))
    quiet = Observer(settings.model_copy(update={**off, "alert_email": "ops@example.com"}))
    alerts.evaluate(quiet, [condition(name)])
    assert told() == []


def test_a_condition_that_cannot_be_looked_at_changes_nothing_and_holds_up_no_other(settings: Settings) -> None:
    def unknown(_observer: Observer) -> str:
        raise Unknown

    def broken(_observer: Observer) -> str:
        raise RuntimeError

    conditions = [
        Condition("one", "One", unknown, ()),
        Condition("two", "Two", broken, ()),
        Condition("three", "Three", lambda _observer: "It holds.", ()),
    ]
    alerts.evaluate(Observer(settings), conditions)
    assert [subject for _, subject in told()] == ["Alert: Three"]


def test_a_condition_at_its_threshold_opens_one_incident(settings: Settings) -> None:
    holds = [True]
    flapping = Condition("flaps", "It flaps", lambda _observer: "Now." if holds[0] else None, ())
    observer = Observer(settings)
    for _ in range(20):
        alerts.evaluate(observer, [flapping])
        holds[0] = not holds[0]
        clock.shift(MINUTE)
    assert told() == [("alert_opened", "Alert: It flaps")]


def test_what_comes_back_after_the_all_clear_is_another_incident(settings: Settings) -> None:
    holds = [True]
    again = Condition("again", "Again", lambda _observer: "Now." if holds[0] else None, ())
    observer = Observer(settings)
    for wanted in (True, False, True):
        holds[0] = wanted
        alerts.evaluate(observer, [again])
        clock.shift(alerts.QUIET_FOR)
        alerts.evaluate(observer, [again])
    assert [kind for kind, _ in told()] == ["alert_opened", "alert_closed", "alert_opened"]


def test_without_an_address_or_a_webhook_the_incident_is_kept(app: APIFlask) -> None:
    holds = Condition("holds", "It holds", lambda _observer: "Now.", ())
    alerts.evaluate(Observer(app.config["ORIEL"]), [holds])
    assert told() == []
    assert [incident.condition for incident in alerts.open_incidents()] == ["holds"]
    assert db.session.scalar(select(AlertCall)) is None


def test_old_incidents_are_forgotten(settings: Settings) -> None:
    observer = Observer(settings)
    alerts.evaluate(observer, [Condition("holds", "It holds", lambda _observer: "Now.", ())])
    clock.shift(alerts.QUIET_FOR)
    alerts.evaluate(observer, [Condition("holds", "It holds", lambda _observer: None, ())])
    assert alerts.tidy() == 0
    clock.shift(alerts.KEPT_FOR + MINUTE)
    assert alerts.tidy() == 1
    assert db.session.scalar(select(AlertCall)) is None
