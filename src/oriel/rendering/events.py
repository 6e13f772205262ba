"""Progress as it happens, over a WebSocket: the same facts that polling gives, which is always enough."""

import json
import queue
import time
from dataclasses import asdict
from typing import Any

from apiflask import APIBlueprint
from flask import Response, request
from pydantic import BaseModel, Field
from redis.exceptions import RedisError
from sqlalchemy import or_, select

from oriel.accounts.access import Proof, Who, allow, current_proof, is_still_good
from oriel.accounts.operators import ACCOUNT
from oriel.accounts.origin import refuse_foreign_pages
from oriel.accounts.scopes import Scope
from oriel.billing.fulfilment import PAYMENT
from oriel.billing.models import PENDING, SUBSCRIPTION, Payment
from oriel.billing.payment_routes import PaymentStatusOut
from oriel.billing.routes import SubscriptionOut
from oriel.errors import NotAuthenticated, Unavailable, UpgradeNeeded
from oriel.infra.database import db
from oriel.infra.events import listeners
from oriel.infra.ids import new_secret, secret_hash
from oriel.infra.limits import rate
from oriel.infra.redis import redis
from oriel.infra.seats import Seats
from oriel.infra.websocket import PushSocket, SocketClosed
from oriel.rendering.announcement import RENDER
from oriel.rendering.models import UNDER_WAY, RenderJob
from oriel.rendering.status import statuses_of

# What a page is told of each subject, as it is sent.
Bodies = dict[str, str]

routes = APIBlueprint("events", "events", tag="renders")

TICKET_S = 30
_LOOK_S = 1.0
# How often somebody who listens is asked for anew: who logs out, or is locked out, hears no more after this.
_CHECK_S = 5.0
# How often a page that hears nothing is looked after: news are lost where a process cannot reach Redis for a moment.
_LOOK_AGAIN_S = 30.0
_POLICY_VIOLATION = 1008
_TICKETS = "oriel:ticket:"
# Of a web process's threads at most half may be held by sockets: the others answer requests.
MOST_SOCKETS = 320
MOST_OF_ONE = 10

_seats = Seats(
    MOST_SOCKETS,
    MOST_OF_ONE,
    full="Too many pages are connected right now. Poll the status instead.",
    too_many=f"{MOST_OF_ONE} of your pages are already connected. Close one of them, or poll the status instead.",
)


class TicketOut(BaseModel):
    """Opens one WebSocket, once."""

    ticket: str = Field(description="Put it into the address: `wss://…/api/render/events?ticket=…`. It works once")
    expires_in: int = Field(description="Seconds within which the WebSocket must be opened")


@routes.post("/api/render/events/ticket")
@allow(Who.USER, keys=Scope.READ)
@rate("60/minute")
@routes.output(TicketOut)
@routes.doc(summary="Get a ticket for the WebSocket", responses=[503])
def ticket() -> TicketOut:
    """Create a ticket. A WebSocket's address ends up in logs, so it must not contain a token."""
    secret = new_secret()
    try:
        redis().set(_TICKETS + secret_hash(secret), json.dumps(asdict(current_proof())), ex=TICKET_S)
    except RedisError as error:
        raise Unavailable(
            "Live updates are not available right now. Poll the status instead.", retry_after_s=10
        ) from error
    return TicketOut(ticket=secret, expires_in=TICKET_S)


@routes.get("/api/render/events")
@allow(Who.ANYONE)
@routes.doc(
    summary="Receive progress over a WebSocket",
    description="Open it with `?ticket=` from `POST /api/render/events/ticket`. Each message is JSON: `type` is"
    " `render`, `payment` or `subscription`, and the other fields are those that polling answers.",
    responses=[426],
)
def no_socket() -> Response:
    """Tell those who come without a WebSocket how to come."""
    raise UpgradeNeeded("This address needs a WebSocket: open it with `new WebSocket(…?ticket=…)`.")


@routes.route("/api/render/events", websocket=True)
@allow(Who.ANYONE)
@routes.doc(hide=True)
def events() -> Response:
    """Push what changes, until the page goes or may hear no more."""
    refuse_foreign_pages()
    proof = _spend_ticket(request.args.get("ticket", ""))
    if not _may_listen(proof):
        raise NotAuthenticated("Your session has ended. Please sign in again.")
    with _seats.taken(proof.user_id):
        _push(PushSocket(request.environ), proof)
    return _Ended(by_gunicorn="gunicorn.socket" in request.environ)


class _Ended(Response):
    """What follows a WebSocket: nothing. Gunicorn would write an answer, find the socket closed and log an error."""

    def __init__(self, *, by_gunicorn: bool) -> None:
        super().__init__(status=200)
        self._by_gunicorn = by_gunicorn

    def __call__(self, environ: Any, start_response: Any) -> Any:  # noqa: ANN401  (WSGI)
        if self._by_gunicorn:
            # Its own sign for "there is nothing more to this connection".
            raise StopIteration
        return super().__call__(environ, start_response)


def _spend_ticket(secret: str) -> Proof:
    try:
        kept = redis().getdel(_TICKETS + secret_hash(secret))
    except RedisError as error:
        raise Unavailable(
            "Live updates are not available right now. Poll the status instead.", retry_after_s=10
        ) from error
    if not isinstance(kept, bytes):
        raise NotAuthenticated("This ticket is unknown, already used or older than 30 seconds.")
    return Proof(**json.loads(kept))


def _may_listen(proof: Proof) -> bool:
    good = is_still_good(proof)
    db.session.commit()
    return good


def _push(socket: PushSocket, proof: Proof) -> None:
    sent: Bodies = {}
    next_check = time.monotonic() + _CHECK_S
    next_look = time.monotonic() + _LOOK_AGAIN_S
    try:
        with listeners().listening(proof.user_id) as mailbox:
            _send_all(socket, proof.user_id, sent)
            while True:
                if time.monotonic() >= next_check:
                    next_check = time.monotonic() + _CHECK_S
                    _close_if_ended(socket, proof)
                if time.monotonic() >= next_look:
                    next_look = time.monotonic() + _LOOK_AGAIN_S
                    _send_all(socket, proof.user_id, sent)
                _send_news(socket, proof, sent, mailbox)
                socket.drain()
    except SocketClosed:
        return
    finally:
        db.session.rollback()


def _close_if_ended(socket: PushSocket, proof: Proof) -> None:
    if not _may_listen(proof):
        socket.close(_POLICY_VIOLATION, "This session has ended.")
        raise SocketClosed


def _send_news(socket: PushSocket, proof: Proof, sent: Bodies, mailbox: "queue.Queue[tuple[str, str]]") -> None:
    user_id = proof.user_id
    try:
        kind, subject = mailbox.get(timeout=_LOOK_S)
    except queue.Empty:
        # Without Redis nobody tells: look once a second.
        if not listeners().is_connected:
            _send_all(socket, user_id, sent)
        return
    db.session.expire_all()
    if kind == RENDER:
        _send(socket, _renders(RenderJob.id == subject, RenderJob.user_id == user_id), sent)
    elif kind == PAYMENT:
        _send(socket, _payments(Payment.id == subject, Payment.user_id == user_id), sent)
    elif kind == SUBSCRIPTION:
        _send(socket, _subscription(user_id), sent)
    elif kind == ACCOUNT:
        _close_if_ended(socket, proof)


def _send_all(socket: PushSocket, user_id: str, sent: Bodies) -> None:
    db.session.expire_all()
    renders = or_(RenderJob.status.in_(UNDER_WAY), RenderJob.id.in_(list(sent)))
    payments = or_(Payment.status == PENDING, Payment.id.in_(list(sent)))
    bodies = _renders(RenderJob.user_id == user_id, renders) | _payments(Payment.user_id == user_id, payments)
    plan = _subscription(user_id)
    # A plan is always there, and news only once it is another one than when the page began to listen.
    _send(socket, bodies | (plan if SUBSCRIPTION in sent else {}), sent)
    sent.update(plan)


def _send(socket: PushSocket, bodies: Bodies, sent: Bodies) -> None:
    # A page on a slow line must not hold one of the database's connections.
    db.session.commit()
    for subject, body in bodies.items():
        if sent.get(subject) != body:
            sent[subject] = body
            socket.send(body)


def _renders(*conditions: Any) -> Bodies:  # noqa: ANN401
    jobs = db.session.scalars(select(RenderJob).where(*conditions).order_by(RenderJob.created_at)).all()
    return {status.id: _body(RENDER, status) for status in statuses_of(jobs)}


def _payments(*conditions: Any) -> Bodies:  # noqa: ANN401
    opened = (*conditions, Payment.stripe_session_id.is_not(None))
    payments = db.session.scalars(select(Payment).where(*opened).order_by(Payment.created_at))
    return {payment.id: _body(PAYMENT, PaymentStatusOut.of(payment)) for payment in payments}


def _subscription(user_id: str) -> Bodies:
    return {SUBSCRIPTION: _body(SUBSCRIPTION, SubscriptionOut.of(user_id))}


def _body(kind: str, told: BaseModel) -> str:
    return json.dumps({"type": kind, **told.model_dump(mode="json")})
