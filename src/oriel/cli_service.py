"""The commands of the service: its processes, its database, its operators, its render jobs."""

import json
import os
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from oriel.cli_path import NamedPath
from oriel.cli_table import show_table
from oriel.errors import CallerError
from oriel.infra.clock import in_iso
from oriel.infra.logs import log_to_stderr
from oriel.settings import Settings, load_settings

if TYPE_CHECKING:
    from oriel.privacy.models import AccountErasure

# A command that acts on an installation which is there.
_OPERATOR = "operator"
_WORKER = "worker"
_RUNNING = (_WORKER, "clock", "autoscale")
_WITHOUT_SECRETS = (_WORKER, "autoscale")
_ROLES = click.Choice(["admin", "support"])


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), help="Port to listen on.  [default: PORT, or 5000]")
@click.option(
    "--data",
    type=NamedPath(path_type=Path, file_okay=False),
    help="Folder for all data.  [default: DATA_DIR, or ./data]",
)
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    help="Number of workers; each renders one video at a time. With AUTOSCALE_MAXIMUM, it varies by itself.",
)
def up(port: int | None, data: Path | None, workers: int) -> int:
    """Run everything on this machine: web, worker, clock and Valkey. Ctrl-C stops it."""
    from oriel.up import run_up

    chosen = {name: value for name, value in (("port", port), ("data_dir", data)) if value is not None}
    settings = load_settings().model_copy(update=chosen)
    log_to_stderr("up", as_json=settings.is_production)
    return run_up(settings, workers)


@click.command()
def web() -> int:
    """Serve the HTTP API with gunicorn."""
    from oriel.infra.gunicorn_command import gunicorn_command
    from oriel.infra.metrics_folder import count_together
    from oriel.installation import refuse_root, refuse_unusable_addresses, refuse_unusable_storage

    settings = load_settings()
    refuse_root(settings)
    refuse_unusable_addresses(settings)
    settings = settings.require_service()
    refuse_unusable_storage(settings)
    log_to_stderr("web", as_json=settings.is_production)
    count_together(settings.data_root)
    # Hundreds of threads would each get a heap of their own, and keep what they once needed.
    os.environ.setdefault("MALLOC_ARENA_MAX", "2")
    # Replace this process, so that signals reach gunicorn.
    os.execv(sys.executable, gunicorn_command(settings))  # noqa: S606  (an argument list, no shell)


@click.command()
@click.option("--name", help="This worker's name in the database.")
def worker(name: str | None) -> int:
    """Render queued videos, one at a time. SIGUSR1 lets the running render finish, then the worker leaves."""
    from oriel.installation import refuse_missing_programs, refuse_unusable_database
    from oriel.rendering.pipeline.priority import lower_priority
    from oriel.worker import NICENESS, run_worker
    from oriel.worker_environment import for_workers

    if (environment := for_workers(os.environ)) != dict(os.environ):
        # Start again with fewer secrets: /proc shows the environment that a process started with.
        command = [sys.executable, "-m", "oriel", "worker", *(["--name", name] if name else [])]
        os.execve(sys.executable, command, environment)  # noqa: S606  (an argument list, no shell)
    settings = _service(_WORKER)
    refuse_missing_programs(settings)
    refuse_unusable_database(settings)
    # Last, as a process of another user than root cannot take it back, and tests call this in theirs.
    lower_priority(os.getpid(), to=os.getpriority(os.PRIO_PROCESS, 0) + NICENESS)
    return run_worker(settings, name)


@click.command()
def clock() -> int:
    """Run scheduled work: emails, expiry, lost renders."""
    from oriel.clock import run_clock

    return run_clock(_service("clock"))


@click.command()
@click.option(
    "--print", "prints", is_flag=True, help="Print the wanted number and what it follows from as JSON, and end."
)
def autoscale(prints: bool) -> int:
    """Run as many workers on this machine as the waiting renders need. Ends none that renders."""
    if prints:
        from oriel.scaling.figures import scaling_figures

        return with_app(lambda: click.echo(scaling_figures(load_settings()).model_dump_json(indent=2)))
    from oriel.autoscale import run_autoscale
    from oriel.installation import refuse_missing_programs, refuse_unusable_database

    settings = _service("autoscale")
    refuse_missing_programs(settings)
    refuse_unusable_database(settings)
    return run_autoscale(settings)


@click.group()
def db() -> None:
    """Manage the database."""


@db.command("upgrade")
@click.option(
    "--accept-newer", is_flag=True, help="Change nothing, with exit code 0, where a newer Oriel made the tables."
)
def db_upgrade(accept_newer: bool) -> int:
    """Create the database's tables, or upgrade them."""
    from oriel.app import create_app, upgrade_database
    from oriel.installation import has_newer_tables, refuse_newer_tables, refuse_unusable_database

    settings = _service("db")
    if not settings.database_url:
        settings.make_data_folder()
    refuse_unusable_database(settings)
    if accept_newer and has_newer_tables(settings):
        click.echo("A newer Oriel has upgraded the database; nothing is changed.", err=True)
        return 0
    refuse_newer_tables(settings)
    with create_app(settings).app_context():
        upgrade_database()
    return 0


@click.group()
def admin() -> None:
    """Manage operators and customers."""


@admin.command("create")
@click.argument("email")
@click.option(
    "--password", help="The password. Prompted for if not given; without a terminal, ADMIN_PASSWORD or standard input."
)
@click.option("--role", type=_ROLES, default="admin", show_default=True, help="What the operator may do.")
def admin_create(email: str, password: str | None, role: str) -> int:
    """Create an operator. An existing account becomes one, and gets this password."""
    from oriel.accounts.operators import account_with, create_admin, is_known
    from oriel.infra.ids import new_id

    def create() -> None:
        # Check the address before anybody types a password.
        was_known = is_known(email)
        chosen = _password() if password is None else password
        user_id = account_with(email).id if was_known else new_id()
        with _act("user.create_operator", user_id, role=role):
            create_admin(email, chosen, role, new_user_id=user_id)
        replaced = " Its password was replaced, and its sessions and API keys were revoked." if was_known else ""
        click.echo(f"{email} is now an operator.{replaced}")

    return with_app(create)


@admin.command("grant")
@click.argument("email")
@click.argument("role", type=_ROLES)
def admin_grant(email: str, role: str) -> int:
    """Make the owner of an account an operator, who keeps the password."""
    _set_role(email, role, "user.grant_role")
    click.echo(f"{email} has the role {role} now.")
    return 0


@admin.command("revoke")
@click.argument("email")
def admin_revoke(email: str) -> int:
    """Take the role of an operator away. Open pages of the panel end at once; the account stays."""
    _set_role(email, "user", "user.revoke_role")
    click.echo(f"{email} is no operator any more.")
    return 0


def _set_role(email: str, role: str, action: str) -> None:
    from oriel.accounts.operators import account_with, set_role

    def change() -> None:
        user_id = account_with(email).id
        with _act(action, user_id, role=role):
            set_role(user_id, role)

    with_app(change)


def _act(action: str, user_id: str, **detail: object) -> AbstractContextManager[object]:
    """Write the line of the audit trail about an act on an account, with the act."""
    from oriel.admin.trail import command_line, in_trail

    return in_trail(command_line(), action, "user", user_id, **detail)


def _password() -> str:
    """Ask for a password twice at a terminal; elsewhere take ADMIN_PASSWORD, or the first line of standard input."""
    # None if it is closed.
    given: TextIO | None = sys.stdin
    if given and given.isatty():
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))
    if password_set := load_settings().admin_password:
        click.echo("There is no terminal to ask for a password: ADMIN_PASSWORD is used.", err=True)
        return password_set.get_secret_value()
    if password := given.readline().rstrip("\r\n") if given else "":
        return password
    raise CallerError("No password was given. Pass it on standard input or in ADMIN_PASSWORD, or use a terminal.")


@admin.command("set-plan")
@click.argument("email")
@click.argument("plan", type=click.Choice(["free", "pro", "enterprise"]))
def admin_set_plan(email: str, plan: str) -> int:
    """Put a customer on a plan."""
    from oriel.accounts.operators import account_with
    from oriel.billing.current_plan import set_plan

    def change() -> None:
        user_id = account_with(email).id
        with _act("user.set_plan", user_id, plan=plan):
            set_plan(user_id, plan)

    with_app(change)
    click.echo(f"{email} is now on {plan.title()}.")
    return 0


@admin.command("disable")
@click.argument("email")
def admin_disable(email: str) -> int:
    """Disable an account. Ends its sessions, blocks its API keys and cancels its subscription."""
    from oriel.accounts.operators import account_with, disable_user
    from oriel.billing.subscription_sync import cancel_for_closed_account
    from oriel.errors import PaymentsUnavailable, WrongState

    def disable() -> None:
        user_id = account_with(email).id
        with _act("user.disable", user_id):
            disable_user(user_id)
        click.echo(f"{email} is disabled.")
        try:
            ends = cancel_for_closed_account(user_id)
        except (PaymentsUnavailable, WrongState) as error:
            # A disabled customer cannot log in to cancel.
            click.echo(f"Its subscription is still charged: {error.message} Cancel it at Stripe.", err=True)
        else:
            if ends:
                click.echo(f"Its subscription ends on {in_iso(ends)} and will not be charged again.")

    return with_app(disable)


@admin.command("enable")
@click.argument("email")
def admin_enable(email: str) -> int:
    """Enable a disabled account."""
    from oriel.accounts.operators import account_with, enable_user

    def enable() -> None:
        user_id = account_with(email).id
        with _act("user.enable", user_id):
            enable_user(user_id)

    with_app(enable)
    click.echo(f"{email} is enabled.")
    return 0


@admin.command("reset-2fa")
@click.argument("email")
def admin_reset_2fa(email: str) -> int:
    """Remove a customer's second factors and recovery codes, and end the sessions. The customer gets an email.

    For a customer who has lost all of them: make sure first that it is the owner of the account who asks.
    """
    from oriel.accounts.operators import account_with, reset_second_factors

    def reset() -> None:
        user_id = account_with(email).id
        with _act("user.reset_second_factors", user_id):
            reset_second_factors(user_id)

    with_app(reset)
    click.echo(f"{email} signs in with the password alone now, and was told so by email.")
    return 0


@admin.command("deletions")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
def admin_deletions(limit: int) -> int:
    """List accounts in their week of grace, and erasures under way and finished, newest first."""
    from oriel.privacy.erasure import coming_deletions, erasures

    def show() -> None:
        coming = [(user.id, "in grace", _minute(user.deletion_due_at), "0", "-") for user in coming_deletions(limit)]
        begun = [
            (row.id, _stage_of(row), _minute(row.finished_at or row.run_after), str(row.tries), row.error or "-")
            for row in erasures(limit)
        ]
        show_table(("ID", "STAGE", "NEXT OR DONE", "RETRIES", "WAITS FOR"), [*coming, *begun])

    return with_app(show)


@admin.command("erase")
def admin_erase() -> int:
    """Erase the accounts that are due, without waiting for the clock."""
    from oriel.privacy.erasure import erase_due

    return with_app(lambda: click.echo(f"Erasures that went on: {erase_due()}."))


@admin.command("delete")
@click.argument("email")
@click.confirmation_option(prompt="Erase this account now, without a week of grace?")
def admin_delete(email: str) -> int:
    """Erase an account now, at its owner's request to you. Payments stay without its name."""
    from oriel.accounts.operators import account_with
    from oriel.privacy.erasure import begin_erasure, erase_due

    def delete() -> None:
        user_id = account_with(email).id
        with _act("user.delete", user_id):
            begin_erasure(user_id, at_once=True)
        erase_due()
        click.echo(f"{email} is closed and is being erased. `oriel admin deletions` shows how far it is.")

    return with_app(delete)


@admin.command("usage")
def admin_usage() -> int:
    """Show which looks and features are used by the customers who agreed to be counted, in the last 90 days."""
    from oriel.privacy.usage import totals

    def show() -> None:
        rows = [(each.feature, str(each.customers), str(each.uses)) for each in totals()]
        show_table(("FEATURE", "CUSTOMERS", "USES"), rows)

    return with_app(show)


def _stage_of(erasure: "AccountErasure") -> str:
    if erasure.finished_at:
        return "finished"
    return "erased, to be verified" if erasure.erased_at else "under way"


def _minute(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if moment else "-"


@click.group()
def mail() -> None:
    """Manage the outbox of emails."""


@mail.command("failures")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
def mail_failures(limit: int) -> int:
    """List the emails that could not be sent, newest first."""
    from oriel.infra.mail import failures

    def show() -> None:
        found = failures(limit)
        rows = [
            (mail.id, f"{mail.failed_at:%Y-%m-%d %H:%M}", mail.kind, mail.to, mail.last_error or "-") for mail in found
        ]
        show_table(("ID", "FAILED", "KIND", "TO", "ERROR"), rows)

    return with_app(show)


@mail.command("retry")
@click.argument("mail_id")
def mail_retry(mail_id: str) -> int:
    """Send a failed email again, once its cause is fixed."""
    from oriel.errors import NotFound
    from oriel.infra.database import writing
    from oriel.infra.mail import send_again

    def again() -> None:
        with writing() as session:
            if not send_again(session, mail_id):
                raise NotFound(f"There is no failed email {mail_id}. `oriel mail failures` lists the failed ones.")

    with_app(again)
    click.echo(f"{mail_id} will be sent again.")
    return 0


@click.group()
def jobs() -> None:
    """Manage render jobs."""


@jobs.command("list")
@click.option("--status", type=click.Choice(["queued", "processing", "completed", "failed", "cancelled"]))
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
def jobs_list(status: str | None, limit: int) -> int:
    """List render jobs, newest first."""
    return _list_jobs(status, limit)


@jobs.command("dead")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
def jobs_dead(limit: int) -> int:
    """List failed render jobs, newest first."""
    return _list_jobs("failed", limit)


@jobs.command("show")
@click.argument("job_id")
def jobs_show(job_id: str) -> int:
    """Show all fields of a render job, as JSON."""
    from oriel.rendering.operator_actions import job_facts

    def show() -> None:
        click.echo(json.dumps(job_facts(job_id), indent=2, default=_in_json, ensure_ascii=False))

    return with_app(show)


def _in_json(value: object) -> str | None:
    return in_iso(value) if isinstance(value, datetime) else str(value)


@jobs.command("retry")
@click.argument("job_id")
def jobs_retry(job_id: str) -> int:
    """Queue a failed render job again."""
    from oriel.rendering.operator_actions import retry

    return with_app(lambda: click.echo(f"{retry(job_id).id} is queued."))


@jobs.command("new-link")
@click.argument("job_id")
def jobs_new_link(job_id: str) -> int:
    """Create a new link to a video. Old links stop working."""
    from oriel.rendering.operator_actions import give_new_link

    return with_app(lambda: click.echo(give_new_link(job_id)))


COMMANDS = (up, web, worker, clock, autoscale, db, admin, mail, jobs)


def _list_jobs(status: str | None, limit: int) -> int:
    from oriel.rendering.operator_actions import listed

    def show() -> None:
        rows = [
            (
                job.id,
                f"{job.created_at:%Y-%m-%d %H:%M}",
                job.status,
                f"{job.progress * 100:3.0f} %",
                job.plan,
                job.error_code or "-",
                job.audio_filename,
            )
            for job in listed(status, limit)
        ]
        show_table(("ID", "CREATED", "STATUS", "DONE", "PLAN", "ERROR", "SONG"), rows)

    return with_app(show)


def with_app(do: Callable[[], object]) -> int:
    """Call a function in the application's context; return the exit code."""
    from oriel.app import create_app

    with create_app(_service(_OPERATOR)).app_context():
        do()
    return 0


def settings_of_command(process: str = _OPERATOR) -> Settings:
    """Return the settings for a command on this installation, or with another name for one that need not be there."""
    return _service(process)


def _service(process: str) -> Settings:
    settings = load_settings()
    if process == _OPERATOR:
        # Imported late: the service's libraries take half a second.
        from oriel.installation import refuse_missing_installation

        # Before secrets are made for an installation that is none.
        refuse_missing_installation(settings)
        settings = settings.where_it_runs()
    if process in _RUNNING:
        from oriel.installation import refuse_root

        refuse_root(settings)
    settings = (settings.for_worker() if process in _WITHOUT_SECRETS else settings).require_service()
    log_to_stderr(process, as_json=settings.is_production)
    return settings
