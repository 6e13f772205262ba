"""A customer's renders and payments as lists, over HTTP."""

from typing import Any

from apiflask import APIBlueprint
from pydantic import BaseModel, Field

from oriel.accounts.access import Who, allow, current_user
from oriel.accounts.scopes import Scope
from oriel.billing.history import PaymentList, payments_of
from oriel.billing.rates import writes
from oriel.infra.limits import READS_A_MINUTE, rate
from oriel.infra.paging import Page, PageQuery, fetch_page
from oriel.rendering import render_list
from oriel.rendering.models import RenderJob
from oriel.rendering.routes import Identifier
from oriel.rendering.status import StatusOut, status_of, statuses_of

routes = APIBlueprint("render_lists", "render_lists", tag="renders")

_READS = f"{READS_A_MINUTE}/minute"


class RenderList(Page[StatusOut]):
    """A customer's renders."""


class RenderQuery(PageQuery):
    """Which renders are asked for."""

    state: render_list.State | None = Field(
        default=None,
        description="`under_way` waits or is rendered, `available` has a video, `deleted` had one",
    )
    look: Identifier | None = Field(default=None, description="Only renders with this look")
    project_id: Identifier | None = Field(default=None, description="Only renders of this project")
    search: str = Field(
        default="", max_length=200, description="Words of the title, the artist, the song's file name or the look"
    )
    sort: render_list.Sort = Field(default="newest", description="`expires` begins with the video that is deleted next")


class HistoryOut(BaseModel):
    """Everything that a customer has paid and rendered."""

    payments: PaymentList
    renders: RenderList


@routes.get("/api/renders")
@allow(Who.USER, keys=Scope.READ)
@rate(_READS, scope="reads")
@routes.input(RenderQuery, location="query")
@routes.output(RenderList)
@routes.doc(summary="List your renders")
def renders(query_data: RenderQuery) -> RenderList:
    """List the caller's renders that pass a filter."""
    wanted = render_list.Filter(query_data.state, query_data.look, query_data.project_id, query_data.search)
    return _listed(wanted, query_data.sort, query_data)


@routes.delete("/api/renders/<id:job_id>")
@allow(Who.USER, keys=Scope.RENDER)
@rate(writes, scope="writes")
@routes.output({}, status_code=204)
@routes.doc(
    summary="Take a render off your lists",
    responses=[409],
    description="For one that has ended and has no video any more. Whether it counts as one of the month's renders"
    " stays as it is.",
)
def remove(job_id: str) -> tuple[str, int]:
    """Take it off the lists."""
    render_list.remove(current_user().id, job_id)
    return "", 204


@routes.post("/api/renders/<id:job_id>/restore")
@allow(Who.USER, keys=Scope.RENDER)
@rate(writes, scope="writes")
@routes.output(StatusOut)
@routes.doc(summary="Put a render on your lists again")
def put_back(job_id: str) -> StatusOut:
    """Undo its removal."""
    return status_of(render_list.put_back(current_user().id, job_id))


@routes.get("/api/user/history")
@allow(Who.USER, keys=Scope.READ)
@rate(_READS, scope="reads")
@routes.input(PageQuery, location="query")
@routes.output(HistoryOut)
@routes.doc(summary="List your payments and renders, newest first")
def history(query_data: PageQuery) -> HistoryOut:
    """List what was paid and what was rendered."""
    renders = _listed(render_list.Filter(), "newest", query_data)
    return HistoryOut(payments=payments_of(current_user().id, query_data), renders=renders)


def _listed(wanted: render_list.Filter, sort: render_list.Sort, asked: PageQuery) -> RenderList:
    page = fetch_page(Page[Any], render_list.own_renders(current_user().id, wanted, sort), asked)
    jobs: list[RenderJob] = page.items
    return RenderList(items=statuses_of(jobs), total=page.total, page=page.page, per_page=page.per_page)
