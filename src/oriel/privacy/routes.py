"""Routes for the user's own data: export, deletion, and what is kept for how long."""

from apiflask import APIBlueprint
from flask import Response, g

from oriel.accounts.access import Who, allow, current_user
from oriel.accounts.origin import request_origin
from oriel.infra import retention
from oriel.infra.bodies import only_small_bodies
from oriel.infra.limits import READS_A_MINUTE, address_key, rate
from oriel.infra.openapi_extensions import file_answers
from oriel.privacy import deletion, exports, usage
from oriel.privacy.bodies import (
    DeletionIn,
    DeletionOut,
    ExportOut,
    LatestExportOut,
    PrivacyIn,
    PrivacyOut,
    RetentionList,
    RetentionOut,
)
from oriel.privacy.export_links import export_behind

routes = APIBlueprint("privacy", __name__, url_prefix="/api", tag="privacy")
routes.before_request(only_small_bodies)

_READ = rate(f"{READS_A_MINUTE}/minute", scope="reads")
_WRITE = rate("10/minute", scope="privacy writes")
_ZIP_ANSWERS = file_answers(exports.CONTENT_TYPE, expired="The address or the export has expired")
_REFUSALS = [401, 403, 429]


@routes.post("/user/export")
@allow(Who.USER)
@_WRITE
@routes.output(ExportOut, status_code=202)
@routes.doc(
    summary="Ask for a copy of all your data",
    responses=[*_REFUSALS, 409],
    description="We write a ZIP in the background and send an email when it is ready. It replaces an earlier one.",
)
def ask_for_export() -> ExportOut:
    """Queue an export."""
    return ExportOut.of(exports.ask_for_export(current_user().id, request_origin()))


@routes.get("/user/export")
@allow(Who.USER)
@_READ
@routes.output(LatestExportOut)
@routes.doc(summary="Show your latest export, with its progress and link", responses=_REFUSALS)
def show_export() -> LatestExportOut:
    """Return the caller's latest export."""
    export = exports.latest_export(current_user().id)
    return LatestExportOut(export=ExportOut.of(export) if export else None)


@routes.get("/user/export/file/<token>")
@allow(Who.ANYONE)
@rate(f"{READS_A_MINUTE}/minute", by=address_key, scope="reads")
@routes.doc(
    summary="Download an export by its `download_url`",
    responses={404: "There is no export at this address", 429: "Too many requests", **_ZIP_ANSWERS},
)
def download_export(token: str) -> Response:
    """Return the ZIP or a redirect to it."""
    return exports.hand_out(export_behind(token))


@routes.post("/user/deletion")
@allow(Who.USER)
@_WRITE
@routes.input(DeletionIn)
@routes.output(DeletionOut, status_code=202)
@routes.doc(
    summary="Delete your account in seven days",
    responses=[400, *_REFUSALS, 409, 422, 503],
    description="Cancels your subscription and ends your other sessions at once. Logging in within the seven days keeps"
    " the account; then everything is erased within a day. Payments stay in our books without your name.",
)
def ask_for_deletion(json_data: DeletionIn) -> DeletionOut:
    """Begin the grace period."""
    due_at = deletion.ask_for_deletion(current_user(), json_data.current_password, g.session_id, request_origin())
    return DeletionOut(deletion_due_at=due_at)


@routes.delete("/user/deletion")
@allow(Who.USER)
@_WRITE
@routes.output({}, status_code=204)
@routes.doc(summary="Keep your account", responses=_REFUSALS)
def withdraw_deletion() -> Response:
    """End the grace period."""
    deletion.withdraw_deletion(current_user().id, request_origin())
    return Response(status=204)


@routes.get("/user/privacy")
@allow(Who.USER)
@_READ
@routes.output(PrivacyOut)
@routes.doc(summary="Show your privacy settings", responses=_REFUSALS)
def show_privacy() -> PrivacyOut:
    """Return what the caller has agreed to."""
    return PrivacyOut.of(current_user().analytics_since)


@routes.put("/user/privacy")
@allow(Who.USER)
@_WRITE
@routes.input(PrivacyIn)
@routes.output(PrivacyOut)
@routes.doc(
    summary="Switch product analytics on or off",
    responses=[400, *_REFUSALS, 422],
    description="Off at first. While it is on, we count how often you use each look, preset, shape, format and way of"
    " sharing in a day. Switching it off deletes what was counted.",
)
def change_privacy(json_data: PrivacyIn) -> PrivacyOut:
    """Agree, or take it back."""
    return PrivacyOut.of(usage.set_consent(current_user().id, is_on=json_data.product_analytics))


@routes.get("/privacy/retention")
@allow(Who.ANYONE)
@rate(f"{READS_A_MINUTE}/minute", by=address_key, scope="reads")
@routes.output(RetentionList)
@routes.doc(summary="List what we keep, where, and for how long", responses=[429])
def list_retention() -> RetentionList:
    """Return the table that our sweepers use."""
    return RetentionList(items=[RetentionOut.of(kind) for kind in retention.kinds()])
