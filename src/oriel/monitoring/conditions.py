"""What operators are alerted about: each condition returns a sentence while it holds, and None while all is well."""

import socket
import ssl
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import aliased

from oriel.billing.webhook_counts import REFUSED, WEBHOOKS
from oriel.infra.clock import now
from oriel.infra.counters import totals
from oriel.infra.database import db
from oriel.infra.http_counts import ANSWERS, FAILED, OK
from oriel.infra.mail.outbox import FAILED as MAIL_FAILED
from oriel.infra.mail.outbox import SENDING, WAITING, OutboxMail
from oriel.monitoring.checks import State
from oriel.monitoring.dependencies import STORAGE, free_percent
from oriel.monitoring.models import SystemHealth
from oriel.quantities import quantity
from oriel.rendering import models as rendering
from oriel.rendering.models import COMPLETED, PROCESSING, QUEUED, RenderJob
from oriel.rendering.queue_figures import live_workers, oldest_waiting_since
from oriel.settings import Settings

_HOUR = timedelta(hours=1)
_ERROR_WINDOW = timedelta(minutes=10)
# Of fewer answers, a share says nothing.
_LEAST_ANSWERS = 20
_LEAST_FAILED_ANSWERS = 3
# A window of ten minutes covers at most so much more.
_LONGEST_GAP = timedelta(minutes=2)
_MAIL_WAITS = timedelta(minutes=30)
# The clock checks the storage each minute; two results in a row count.
_CHECKS_IN_A_ROW = 2
_CHECKS_AGE = timedelta(minutes=5)
_CERTIFICATE_ASKED_EVERY_S = 3600.0
_CERTIFICATE_TIMEOUT_S = 5.0

# Where in the panel operators see or mend what an alert is about. Server errors and the certificate have no page.
PANEL_PAGES = {
    "dead_letters": "renders/?state=failed",
    "oldest_wait": "renders/?state=queued",
    "nothing_rendered": "renders/?state=queued",
    "worker_gone": "dashboard/?range=24h#workers",
    "disk": "storage/",
    "storage_failing": "renders/?state=held",
    "mail_failures": "mails/?state=failed",
    "unknown_webhooks": "events/",
    "failing_jobs": "housekeeping/",
    "missing_files": "housekeeping/missing-files/",
}


class Unknown(Exception):  # noqa: N818  (named for its situation, as those of oriel.errors)
    """Raised by a condition that cannot say now: what is open stays open, and nothing opens."""


@dataclass
class Observer:
    """What conditions look at beside the database: settings, and counts of the last hour."""

    settings: Settings
    # Trusts what the system trusts; tests bring their own.
    tls: ssl.SSLContext = field(default_factory=ssl.create_default_context)
    _samples: deque[tuple[datetime, dict[tuple[str, tuple[str, ...]], float]]] = field(default_factory=deque)
    _certificate: tuple[float, str | None] | None = None

    def sample(self) -> None:
        """Remember the present totals, for an hour."""
        at = now()
        # Another clock has led meanwhile: what happened since our latest sample may be hours old.
        if self._samples and at - self._samples[-1][0] > _LONGEST_GAP:
            self._samples.clear()
        self._samples.append((at, totals()))
        # One that is older stays, so that the hour is covered.
        while len(self._samples) > 1 and self._samples[1][0] <= at - _HOUR:
            self._samples.popleft()

    def grown(self, name: str, labels: tuple[str, ...], within: timedelta) -> float:
        """Return by how much a counter has grown within the last time, as far as this process has watched."""
        if not self._samples:
            return 0.0
        since = now() - within
        older = [counts for at, counts in self._samples if at <= since]
        first = older[-1] if older else self._samples[0][1]
        key = (name, labels)
        return self._samples[-1][1].get(key, 0.0) - first.get(key, 0.0)

    def certificate_problem(self) -> str | None:
        """Return what is wrong with the certificate of PUBLIC_URL, as asked within the last hour."""
        if self._certificate is None or time.monotonic() >= self._certificate[0] + _CERTIFICATE_ASKED_EVERY_S:
            problem = _certificate_problem(self.settings, self.tls)
            self._certificate = time.monotonic(), problem
        return self._certificate[1]


@dataclass(frozen=True)
class Condition:
    """Something that operators want to know about, with its title and the commands that help."""

    name: str
    title: str
    look: Callable[[Observer], str | None]
    commands: tuple[tuple[str, str], ...]
    # What is over by itself so soon is not worth a letter.
    holds_for: timedelta = timedelta(0)


def dead_letters(observer: Observer) -> str | None:
    """Renders that failed for good by our fault within the last hour."""
    least = observer.settings.alert_dead_letters
    ours = (RenderJob.status == rendering.FAILED, RenderJob.fruitless > 0, RenderJob.completed_at > now() - _HOUR)
    count = _count(select(func.count()).select_from(RenderJob).where(*ours))
    return _renders(count, "failed for good within the last hour") if least and count >= least else None


def oldest_wait(observer: Observer) -> str | None:
    """A render that could run, and waits too long."""
    most = timedelta(minutes=observer.settings.alert_oldest_wait_minutes)
    if not most:
        return None
    running = aliased(RenderJob)
    under_way = (
        select(func.count())
        .select_from(running)
        .where(running.user_id == RenderJob.user_id, running.status == PROCESSING)
        .scalar_subquery()
    )
    # What waits behind other renders of its customer waits by our rules, not for lack of workers.
    since = oldest_waiting_since(under_way < RenderJob.at_once)
    if since is None or now() - since < most:
        return None
    return f"A render has been waiting for a worker for {_minutes(now() - since)}."


def error_rate(observer: Observer) -> str | None:
    """Too many answers that are our fault (5xx) within ten minutes."""
    most = observer.settings.alert_error_percent
    failed = observer.grown(ANSWERS.name, (FAILED,), _ERROR_WINDOW)
    answers = failed + observer.grown(ANSWERS.name, (OK,), _ERROR_WINDOW)
    if not most or answers < _LEAST_ANSWERS or failed < _LEAST_FAILED_ANSWERS:
        return None
    percent = 100 * failed / answers
    if percent < most:
        return None
    return f"{percent:.0f} % of {answers:.0f} answers within ten minutes were server errors."


def worker_gone(observer: Observer) -> str | None:
    """Fewer live workers than there should be."""
    least = _least_workers(observer.settings)
    live = len(live_workers())
    return _workers(live, least) if live < least else None


def _workers(live: int, least: int) -> str:
    wanted = quantity(least, "worker")
    if not live:
        return f"No worker is alive: {wanted} should be."
    return f"{live} of {wanted} {'is' if live == 1 else 'are'} alive."


def _least_workers(settings: Settings) -> int:
    """Return ALERT_WORKERS, or less where the autoscaler may let workers go by itself."""
    if settings.autoscale_maximum is None:
        return settings.alert_workers
    return min(settings.alert_workers, settings.autoscale_minimum)


def nothing_rendered(observer: Observer) -> str | None:
    """Work that waits while nothing is finished and nobody draws."""
    most = timedelta(minutes=observer.settings.alert_nothing_rendered_minutes)
    if not most:
        return None
    since = now() - most
    # Pauses count here: attempts that fail one after the other finish nothing, either.
    begun_at = func.coalesce(RenderJob.retried_at, RenderJob.created_at)
    waits = (RenderJob.status.in_((QUEUED, PROCESSING)), begun_at < since)
    # One that was claimed within this time may still prepare or analyse its song.
    is_at_work = or_(RenderJob.frames_done > 0, RenderJob.claimed_at > since)
    draws = (RenderJob.status == PROCESSING, RenderJob.lease_until > now(), is_at_work)
    finished = (RenderJob.status == COMPLETED, RenderJob.completed_at > since)
    if not _exists(*waits) or _exists(*draws) or _exists(*finished):
        return None
    return f"Renders wait, and none has been finished for {_minutes(most)}."


def disk(observer: Observer) -> str | None:
    """Little room on the disk of the data folder."""
    least = observer.settings.alert_disk_free_percent
    if not least:
        return None
    free = free_percent(observer.settings)
    return f"{free:.1f} % of the disk with DATA_DIR is free." if free < least else None


def storage_failing(_observer: Observer) -> str | None:
    """A storage that failed the latest checks."""
    recent = (SystemHealth.check == STORAGE, SystemHealth.checked_at > now() - _CHECKS_AGE)
    query = select(SystemHealth).where(*recent).order_by(SystemHealth.checked_at.desc()).limit(_CHECKS_IN_A_ROW)
    checks = db.session.scalars(query).all()
    if len(checks) < _CHECKS_IN_A_ROW:
        raise Unknown
    return checks[0].message if all(check.state == State.DOWN for check in checks) else None


def mail_failures(observer: Observer) -> str | None:
    """Mails that no provider takes."""
    least = observer.settings.alert_mail_failures
    failed = (OutboxMail.state == MAIL_FAILED) & (OutboxMail.failed_at > now() - _HOUR)
    late = OutboxMail.state.in_((WAITING, SENDING)) & (OutboxMail.created_at < now() - _MAIL_WAITS)
    count = _count(select(func.count()).select_from(OutboxMail).where(or_(failed, late)))
    return f"{quantity(count, 'mail')} failed, or waited for over half an hour." if least and count >= least else None


def unknown_webhooks(observer: Observer) -> str | None:
    """Payment events with a wrong signature, or of a kind that nobody handles."""
    least = observer.settings.alert_unknown_webhooks
    count = sum(observer.grown(WEBHOOKS.name, (result,), _HOUR) for result in REFUSED)
    if not least or count < least:
        return None
    return f"{quantity(round(count), 'payment event')} within an hour had a wrong signature or an unknown kind."


def certificate(observer: Observer) -> str | None:
    """A certificate of PUBLIC_URL that is invalid or ends soon."""
    return observer.certificate_problem()


CONDITIONS = (
    Condition(
        "dead_letters",
        "Renders have failed",
        dead_letters,
        (("See them:", "oriel jobs dead"), ("Try one again:", "oriel jobs retry ID")),
    ),
    Condition(
        "oldest_wait",
        "Renders wait too long",
        oldest_wait,
        (("See queue and workers:", "oriel jobs list --status queued"), ("Check this machine:", "oriel doctor")),
    ),
    Condition(
        "error_rate",
        "Too many server errors",
        error_rate,
        (
            ("See them in the log, with Docker Compose:", "docker compose logs web --since 15m"),
            ("With systemd:", "journalctl --unit oriel-web --since -15min"),
            ("Check this machine:", "oriel doctor"),
        ),
    ),
    Condition(
        "worker_gone",
        "Workers are missing",
        worker_gone,
        (
            ("Start them, with Docker Compose:", "docker compose up --detach worker"),
            ("With systemd:", "systemctl start oriel.target"),
            ("Check this machine:", "oriel doctor"),
        ),
        holds_for=timedelta(minutes=1),
    ),
    Condition(
        "nothing_rendered",
        "Nothing is being rendered",
        nothing_rendered,
        (("See the renders:", "oriel jobs list --status processing"), ("Check this machine:", "oriel doctor")),
    ),
    Condition(
        "disk",
        "The disk is nearly full",
        disk,
        (("See what takes the room:", "df -h; du -xsh DATA_DIR/*"),),
    ),
    Condition(
        "storage_failing",
        "The storage fails",
        storage_failing,
        (("Check it:", "oriel doctor"),),
    ),
    Condition(
        "mail_failures",
        "Mails are not delivered",
        mail_failures,
        (("See why:", "oriel mail failures"), ("Send them again:", "oriel mail retry ID")),
    ),
    Condition(
        "unknown_webhooks",
        "Payment events are refused",
        unknown_webhooks,
        (("Check webhook and secret:", "oriel billing setup"), ("Catch up:", "oriel billing reconcile")),
    ),
    Condition(
        "certificate",
        "The certificate needs renewal",
        certificate,
        (
            ("See it:", "curl -vI PUBLIC_URL"),
            ("See why it is not renewed, with Docker Compose:", "docker compose logs proxy"),
            ("With systemd:", "journalctl --unit caddy"),
        ),
    ),
)


def _certificate_problem(settings: Settings, tls: ssl.SSLContext) -> str | None:
    parts = urlsplit(settings.public_url or "")
    if parts.scheme != "https" or not parts.hostname or not settings.alert_certificate_days:
        return None
    try:
        left = _time_left(parts.hostname, parts.port or 443, tls)
    except ssl.SSLCertVerificationError as error:
        return f"The certificate of {parts.hostname} is not valid: {error.verify_message}."
    except (OSError, ValueError) as error:
        raise Unknown from error
    if left >= timedelta(days=settings.alert_certificate_days):
        return None
    return f"The certificate of {parts.hostname} ends in {quantity(left.days, 'day')}."


def _time_left(host: str, port: int, tls: ssl.SSLContext) -> timedelta:
    with (
        socket.create_connection((host, port), timeout=_CERTIFICATE_TIMEOUT_S) as connection,
        tls.wrap_socket(connection, server_hostname=host) as secure,
    ):
        # It is there, because the context demands one.
        peer = secure.getpeercert() or {}
    ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(peer["notAfter"])), UTC)
    return ends - now()


def _count(query: Select[int]) -> int:
    return db.session.scalar(query) or 0


def _exists(*where: ColumnElement[bool]) -> bool:
    return db.session.scalar(select(RenderJob.id).where(*where).limit(1)) is not None


def _renders(count: int, happened: str) -> str:
    return f"{quantity(count, 'render')} {happened}."


def _minutes(time_passed: timedelta) -> str:
    return quantity(round(time_passed.total_seconds() / 60), "minute")
