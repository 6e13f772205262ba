"""Render jobs: what became of each, its error with the end of the log, its video, and what an operator can do."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

from flask import Response, request, url_for
from sqlalchemy import Select, select
from sqlalchemy.orm import defer
from werkzeug.wrappers import Response as AnyResponse

from oriel.admin.cells import Badge, Two
from oriel.admin.customers import address_of, customer_link, is_of_customer, load_addresses
from oriel.admin.lists import BaseModelView, Button, Column, Condition, Filter, Section
from oriel.admin.many import MOST, act_on, chosen_keys
from oriel.admin.render_facts import name_of, plan_of, sections_of
from oriel.admin.state_badges import HELD_UP as HELD_UP_WORD
from oriel.admin.state_badges import RENDER_STATES, render_badge
from oriel.admin.views import act, page
from oriel.billing.plans import CREDIT, PLANS
from oriel.infra.clock import now
from oriel.names import folded
from oriel.rendering import delivery, links, operator_actions
from oriel.rendering.failures import RENDER_ERRORS
from oriel.rendering.models import COMPLETED, FAILED, PROCESSING, QUEUED, UNDER_WAY, WITHDRAWN, RenderJob
from oriel.rendering.queue_figures import HELD_UP, WAITING

_HELD = "held"
_TABS = {QUEUED: RENDER_STATES[QUEUED], _HELD: HELD_UP_WORD, **RENDER_STATES}
_AGES = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(days=7), "month": timedelta(days=30)}
# Ten times of what is queued again at once: so many may be refused, as where a customer's month is used up.
_MOST_DEAD_LETTERS = 10 * MOST
_AS_ORDERED = (
    "It is queued again as it was ordered: same size and watermark, paid by the plan or the single render that paid"
    " for it, in the month of its order."
)


def _is(state: str) -> Condition:
    """Return the condition of a tab, by an index where few renders are in it."""
    if state in (QUEUED, _HELD):
        return WAITING if state == QUEUED else HELD_UP
    if state != COMPLETED:
        return RenderJob.status == state
    # Nine of ten are done: by the index SQLite would sort all of those, instead of reading the latest from the key.
    return RenderJob.status.not_in([other for other in RENDER_STATES if other != COMPLETED])


def _within(age: timedelta) -> Callable[[], Condition]:
    """Return what makes the condition that a render is no older than this."""
    return lambda: RenderJob.created_at > now() - age


class RenderView(BaseModelView[RenderJob]):
    """The render jobs of all customers."""

    menu_name = "Renders"
    part = "renders"
    group = "Work"
    model = RenderJob
    description = "Every video that was asked for, the latest first."
    search_hint = "a part of title, artist or file name, the beginning of the customer's address, or an id"
    empty_sentence = "Nobody has asked for a video yet."
    tabs = "state"
    columns = (
        Column("Song", lambda job: Two(name_of(job), job.artist), lambda job: f"/admin/renders/{job.id}"),
        Column("State", lambda job: Two(render_badge(job), _beside_state(job))),
        Column("Customer", lambda job: address_of(job.user_id), lambda job: customer_link(job.user_id)),
        Column("Plan", lambda job: plan_of(job)),
        Column("Look", lambda job: job.look),
        Column("Asked for", lambda job: job.created_at),
    )
    filters = (
        Filter("state", "State", {state: _is(state) for state in _TABS}, words=_TABS),
        Filter(
            "code",
            "Error",
            {code: RenderJob.error_code == code for code in sorted(error.code for error in RENDER_ERRORS)},
        ),
        Filter("plan", "Plan", {plan: RenderJob.plan == plan for plan in (*PLANS, CREDIT.name)}),
        Filter(
            "age",
            "Asked for within",
            {name: _within(age) for name, age in _AGES.items()},
            words={name: f"The last {name}" for name in _AGES},
        ),
    )
    details_template = "panel/render.html"

    def query(self) -> Select[RenderJob]:
        """Return the query without the wide columns, which a row's own page reads."""
        return select(RenderJob).options(defer(RenderJob.render_config), defer(RenderJob.error_details))

    def searched(self, text: str) -> Condition:
        """Find by id, by the beginning of the customer's address, or by a part of title, artist and file name."""
        owned = is_of_customer(RenderJob.user_id, text)
        if "@" in text:
            return owned
        if _is_id(text):
            return owned | (RenderJob.id == text)
        return owned | RenderJob.searched.contains(folded(text), autoescape=True)

    def prepare(self, rows: Sequence[RenderJob]) -> None:
        """Load the customers' addresses."""
        load_addresses(job.user_id for job in rows)

    def title_of(self, row: RenderJob) -> str:
        """Return the song."""
        return name_of(row)

    def badges(self, row: RenderJob) -> Sequence[Badge]:
        """Return its state, where it stands in the queue, and that its payment went back."""
        moved = [Badge("Moved to the front", "new")] if row.status == QUEUED and row.moved_ahead_at else []
        gone = [Badge("Payment went back", "bad")] if row.deleted_because == WITHDRAWN else []
        return [render_badge(row), *moved, *gone]

    def list_buttons(self) -> Sequence[Button]:
        """Offer to queue all dead letters again, where there are any."""
        count = len(operator_actions.dead_letters(MOST))
        if not count:
            return ()
        sentence = (
            f"Queues {'up to ' * (count == MOST)}{count} render{'s' * (count > 1)} again that failed through our fault"
            f" within {operator_actions.DEAD_LETTERS_LIVE.days} days: the oldest first, each as it was ordered, and"
            " paid by what paid for it."
        )
        return (Button("render.requeue", url_for(".requeue"), confirm=sentence),)

    def bulk_buttons(self) -> Sequence[Button]:
        """Return what can be done with the chosen renders."""
        return (
            Button(
                "render.retry", url_for(".retry"), confirm="Those that have failed are queued again, the oldest first."
            ),
            Button(
                "render.move",
                url_for(".move"),
                confirm="Those that wait go before the others, behind those moved earlier.",
            ),
            Button(
                "render.cancel",
                url_for(".cancel"),
                confirm="They end now, and their customers get the right back.",
                is_dangerous=True,
            ),
        )

    def buttons(self, row: RenderJob) -> Sequence[Button]:
        """Return what can be done with this render as it is."""
        retry = Button("render.retry", url_for(".retry", key=row.id), confirm=_AS_ORDERED)
        move = Button(
            "render.move",
            url_for(".move", key=row.id),
            confirm="It goes before the others that wait, behind those moved earlier"
            " and within its customer's limit of renders at the same time.",
        )
        cancel = Button(
            "render.cancel",
            url_for(".cancel", key=row.id),
            confirm="It ends now, and its customer gets the right back.",
            is_dangerous=True,
        )
        link = Button(
            "render.new_link", url_for(".new_link", key=row.id), confirm="Links given out before stop working."
        )
        return {
            FAILED: (retry,),
            QUEUED: (cancel,) if row.moved_ahead_at else (move, cancel),
            PROCESSING: () if row.cancel_asked_at else (cancel,),
            COMPLETED: () if row.is_over else (link,),
        }.get(row.status, ())

    def sections(self, row: RenderJob) -> Sequence[Section]:
        """Return everything about a render."""
        return sections_of(row)

    def extras(self, row: RenderJob) -> Mapping[str, object]:
        """Return the address that plays the video for ten minutes, and the poster's."""
        is_there = row.status == COMPLETED and not row.is_over
        token = links.playing_token(row.id, row.link_generation) if is_there else ""
        return {
            "video": url_for(".play", key=row.id, token=token) if token else None,
            "poster": row.poster_url,
            "is_live": row.status in UNDER_WAY,
        }

    @page("/<id:key>/video")
    def play(self, key: str) -> Response:
        """Send the video, to an operator with an address that is not older than ten minutes."""
        job = self.row(key)
        links.check_playing_token(request.args.get("token", ""), job.id, job.link_generation)
        return delivery.deliver(job)

    @act("/retry", "render.retry")
    def retry(self) -> AnyResponse:
        """Queue failed renders again, in the order in which they came."""
        keys = operator_actions.in_order(_keys())
        return self._done(keys, "render.retry", operator_actions.retry, "is queued again")

    @act("/requeue", "render.requeue")
    def requeue(self) -> AnyResponse:
        """Queue all dead letters again, in the order in which they came."""
        keys = operator_actions.dead_letters(_MOST_DEAD_LETTERS)
        return self._done(keys, "render.requeue", operator_actions.retry, "is queued again")

    @act("/move", "render.move")
    def move(self) -> AnyResponse:
        """Move waiting renders to the front, in the order in which they came."""
        keys = operator_actions.in_order(_keys())
        return self._done(keys, "render.move", operator_actions.move_ahead, "is at the front now")

    @act("/cancel", "render.cancel")
    def cancel(self) -> AnyResponse:
        """End renders."""
        return self._done(_keys(), "render.cancel", operator_actions.cancel, "is being cancelled")

    @act("/new-link", "render.new_link")
    def new_link(self) -> AnyResponse:
        """Give a video a new link."""
        return self._done(_keys(), "render.new_link", operator_actions.give_new_link, "has a new link")

    def _done(self, keys: Sequence[str], action: str, verb: operator_actions.Verb, done: str) -> AnyResponse:
        only = request.args.get("key")
        back = self.url_of(only) if only else url_for(".index")
        return act_on(keys, action, "render", verb, done, back)


def _keys() -> list[str]:
    """Return the render in the address, of its own page, or those that were chosen in the list."""
    only = request.args.get("key")
    return [only] if only else chosen_keys()


def _is_id(text: str) -> bool:
    return len(text) == 26 and text.isalnum()


def _beside_state(job: RenderJob) -> str | None:
    """Return how far a render is, why it failed or waits again, or that its video was taken away."""
    if job.status == PROCESSING:
        return f"{job.progress:.0%}"
    if job.deleted_because == WITHDRAWN:
        return "video taken away, payment went back"
    return job.error_code if job.status in (FAILED, QUEUED) else None
