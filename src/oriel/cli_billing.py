"""The `oriel billing` commands: Stripe's account, payments, events and refunds."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from oriel.cli_service import with_app
from oriel.cli_table import show_table
from oriel.errors import InvalidConfiguration, WrongState
from oriel.settings import Settings, load_settings

if TYPE_CHECKING:
    from stripe import StripeClient

    from oriel.billing.models import Payment, PaymentEvent


@click.group()
def billing() -> None:
    """Manage payments: Stripe's account, events and refunds."""


@billing.command("setup")
@click.option("--webhook/--no-webhook", default=True, help="Register PUBLIC_URL/api/payments/webhook as well.")
def setup(webhook: bool) -> int:
    """Create products and prices at Stripe and print the settings. Safe to repeat."""
    from oriel.billing.stripe_account import prepare_account

    settings = load_settings()
    address = f"{settings.public_url}/api/payments/webhook" if webhook and settings.public_url else None
    prepared = prepare_account(_client(settings), address)
    for name, value in prepared.settings.items():
        click.echo(f"{name}={value}")
    made = ", ".join(prepared.made)
    click.echo(f"Created: {made}." if made else "Nothing to create: everything exists.", err=True)
    if webhook and address is None:
        click.echo(
            "No webhook: set PUBLIC_URL to the public address of this service, so that Stripe can reach it.", err=True
        )
    elif webhook and "STRIPE_WEBHOOK_SECRET" not in prepared.settings:
        click.echo("The webhook exists already. Copy its secret from Stripe's dashboard.", err=True)
    return 0


@billing.command("selftest")
def selftest() -> int:
    """Test all payment paths at Stripe. Needs a test-mode key; uses Stripe's test cards."""
    from oriel.billing.selftest import refuse_live_key, run_selftest
    from oriel.billing.stripe_gateway import StripeGateway

    settings = load_settings()
    client = _client(settings)
    key = _key(settings)
    refuse_live_key(key)
    failed = 0
    for step in run_selftest(client, StripeGateway(key, "unused", settings.stripe_prices), settings.stripe_prices):
        failed += step.problem is not None
        click.echo(f"{'failed' if step.problem else 'ok':6}  {step.name}{': ' + step.problem if step.problem else ''}")
    return 1 if failed else 0


@billing.command("reconcile")
def reconcile() -> int:
    """Compare everything with Stripe. Fixes payments and subscriptions whose events were lost."""
    from oriel.billing.journal import reconcile as reconcile_all

    def run() -> None:
        found = reconcile_all()
        for sentence in (*found.done, *found.waiting):
            click.echo(f"{sentence}.")
        asked = f"{found.payments_asked} open payments and {found.subscriptions_asked} subscriptions"
        click.echo(f"Checked {asked}; {len(found.done) or 'nothing'} had to be fixed.", err=True)

    return with_app(run)


@billing.command("payments")
@click.option("--email", help="Only payments of the customer with this email address.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
def payments(email: str | None, limit: int) -> int:
    """List payments, newest first."""
    from oriel.rendering.operator_actions import renders_paid_with

    def show() -> None:
        found = _payments(email, limit)
        renders = renders_paid_with([payment.id for payment, _ in found])
        rows = [_row(payment, address, renders.get(payment.id, payment.job_id)) for payment, address in found]
        show_table(("ID", "CREATED", "STATUS", "AMOUNT", "CUSTOMER", "FOR", "RENDER", "NOTES"), rows)

    return with_app(show)


@billing.command("events")
@click.option("--failed", is_flag=True, help="Only events that have not been processed because of an error.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
def events(failed: bool, limit: int) -> int:
    """List the events from Stripe, newest first."""
    from oriel.billing.journal import listed

    def show() -> None:
        rows = [
            (
                event.id,
                f"{event.received_at:%Y-%m-%d %H:%M}",
                event.kind,
                _about(event) or "-",
                "done" if event.due_at is None else f"waiting, {event.tries} tries",
                event.error or "-",
            )
            for event in listed(limit, failed=failed)
        ]
        show_table(("ID", "RECEIVED", "KIND", "ABOUT", "STATE", "ERROR"), rows)

    return with_app(show)


@billing.command("replay")
@click.argument("event_id")
def replay(event_id: str) -> int:
    """Process an event again."""
    from oriel.admin.trail import command_line, in_trail
    from oriel.billing.journal import replay as replay_event

    def run() -> None:
        with in_trail(command_line(), "event.replay", "event", event_id):
            replay_event(event_id)

    with_app(run)
    click.echo(f"{event_id} was processed.")
    return 0


@billing.command("refund")
@click.argument("payment_id")
@click.option("--force", is_flag=True, help="Refund even if the render has started or is finished.")
def refund(payment_id: str, force: bool) -> int:
    """Refund a payment. Its unused credit is withdrawn."""
    return with_app(lambda: click.echo(_refund(payment_id, force=force)))


def _refund(payment_id: str, *, force: bool) -> str:
    """Refund a payment; return the result as a sentence."""
    from oriel.admin.trail import command_line, in_trail
    from oriel.billing.fulfilment import refund_payment
    from oriel.billing.models import Payment
    from oriel.infra.database import db
    from oriel.mails.wording import money

    known = db.session.get(Payment, payment_id)
    before = known.refunded if known else 0
    if known and 0 < known.amount <= before:
        return f"{money(before, known.currency)} was already refunded."
    try:
        with in_trail(command_line(), "payment.refund", "payment", payment_id, force=force):
            payment = refund_payment(payment_id, force=force)
    except WrongState as error:
        if not error.details.get("needs_force"):
            raise
        raise WrongState(f"{error.message} Use --force to refund it anyway.", **error.details) from error
    later = " as soon as Stripe answers" if payment.refund_wanted else ""
    return f"{money(payment.amount - before, payment.currency)} will be refunded{later}."


def _payments(email: str | None, limit: int) -> Sequence[tuple["Payment", str | None]]:
    """Return payments with their customers' addresses, newest first; None for a deleted account."""
    from sqlalchemy import select

    from oriel.accounts.models import User
    from oriel.accounts.operators import account_with
    from oriel.billing.models import Payment
    from oriel.infra.database import db

    query = select(Payment, User.email).outerjoin(User, User.id == Payment.user_id)
    if email:
        query = query.where(Payment.user_id == account_with(email).id)
    found = db.session.execute(query.order_by(Payment.created_at.desc(), Payment.id.desc()).limit(limit))
    return [(payment, address) for payment, address in found]


def _row(payment: "Payment", address: str | None, render: str | None) -> tuple[str, ...]:
    from oriel.billing.letters import what_of
    from oriel.mails.wording import money

    notes = [f"{money(payment.refunded, payment.currency)} refunded"] if payment.refunded else []
    notes += ["refund pending"] if payment.refund_wanted else []
    notes += ["disputed"] if payment.is_disputed else []
    return (
        payment.id,
        f"{payment.created_at:%Y-%m-%d %H:%M}",
        payment.status,
        money(payment.amount, payment.currency),
        address or "deleted account",
        what_of(payment),
        render or "-",
        ", ".join(notes) or "-",
    )


def _about(event: "PaymentEvent") -> str:
    """Return the id of the Stripe object that an event is about."""
    about = event.body.get("data", {}).get("object")
    return str(about.get("id", "")) if isinstance(about, dict) else ""


def _client(settings: Settings) -> "StripeClient":
    # Imported late: it takes a second, which `oriel render` need not pay.
    from stripe import StripeClient

    from oriel.billing.stripe_gateway import API_VERSION

    return StripeClient(_key(settings), stripe_version=API_VERSION)


def _key(settings: Settings) -> str:
    if not settings.stripe_secret_key:
        raise InvalidConfiguration("STRIPE_SECRET_KEY is not set. Copy it from Stripe's dashboard, under Developers.")
    return settings.stripe_secret_key.get_secret_value()
