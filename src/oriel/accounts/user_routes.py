"""Routes for the user's own account."""

from datetime import UTC, datetime
from typing import Any

from apiflask import APIBlueprint
from flask import Response, g
from sqlalchemy import Select

from oriel.accounts import keys, notifications, profile, sessions
from oriel.accounts.access import Who, allow, current_user
from oriel.accounts.activity import activity_csv, activity_of
from oriel.accounts.bodies import (
    ActivityFilter,
    ActivityList,
    ActivityQuery,
    KeyIn,
    KeyList,
    KeyMadeOut,
    KeyOut,
    NotificationIn,
    NotificationList,
    NotificationOut,
    ProfileIn,
    ProfileOut,
    SessionList,
    SessionVerifyOut,
)
from oriel.accounts.models import Activity, UserSession
from oriel.accounts.origin import request_origin
from oriel.accounts.scopes import Scope
from oriel.accounts.serializers import profile_out, user_out
from oriel.accounts.tokens import read_access_token
from oriel.infra.bodies import only_small_bodies
from oriel.infra.database import db
from oriel.infra.limits import READS_A_MINUTE, rate
from oriel.infra.paging import PageQuery, fetch_page

routes = APIBlueprint("user", __name__, url_prefix="/api/user", tag="user")
routes.before_request(only_small_bodies)

_READ = rate(f"{READS_A_MINUTE}/minute", scope="reads")
_WRITE = rate("30/minute", scope="account writes")
_REFUSALS = [401, 403, 429]
_EXPORT_ANSWERS: dict[int, Any] = {
    200: {
        "description": "The columns at, kind, address, user_agent and details (JSON)",
        "content": {"text/csv": {"schema": {"type": "string"}}},
    },
    422: "The filter is not valid",
}


@routes.get("/profile")
@allow(Who.USER, keys=Scope.READ)
@_READ
@routes.output(ProfileOut)
@routes.doc(summary="Show your profile and usage", responses=_REFUSALS)
def show() -> ProfileOut:
    """Return the profile."""
    return profile_out(current_user())


@routes.put("/profile")
@allow(Who.USER)
@_WRITE
@routes.input(ProfileIn)
@routes.output(ProfileOut)
@routes.doc(summary="Change your name, email address or password", responses=[400, *_REFUSALS, 422, 503])
def change(json_data: ProfileIn) -> ProfileOut:
    """Change the given fields; the others stay."""
    wanted = profile.Change(**json_data.model_dump())
    profile.change_profile(current_user(), wanted, g.session_id, request_origin())
    return profile_out(current_user())


@routes.get("/session/verify")
@allow(Who.USER, keys=Scope.READ)
@_READ
@routes.output(SessionVerifyOut)
@routes.doc(summary="Check a token and show whose it is", responses=_REFUSALS)
def verify_session() -> dict[str, object]:
    """Return the caller and the token's expiry; other tokens never get here."""
    ends = datetime.fromtimestamp(read_access_token()["exp"], UTC) if g.session_id else None
    return {"user": user_out(current_user()), "expires_at": ends}


@routes.get("/sessions")
@allow(Who.USER)
@_READ
@routes.input(PageQuery, location="query")
@routes.output(SessionList)
@routes.doc(summary="List your sessions", responses=[*_REFUSALS, 422])
def list_sessions(query_data: PageQuery) -> SessionList:
    """List the sessions that have not ended."""
    return fetch_page(SessionList, sessions.live_sessions(current_user().id), query_data, show=_show_session)


@routes.delete("/sessions")
@allow(Who.USER)
@_WRITE
@routes.output({}, status_code=204)
@routes.doc(summary="Log out all other sessions", responses=_REFUSALS)
def end_others() -> Response:
    """End all sessions but the caller's."""
    sessions.end_other_sessions(current_user().id, g.session_id, request_origin())
    return Response(status=204)


@routes.delete("/sessions/<id:session_id>")
@allow(Who.USER)
@_WRITE
@routes.output({}, status_code=204)
@routes.doc(summary="Log out one session", responses=[*_REFUSALS, 404])
def end_one(session_id: str) -> Response:
    """End a session, which may be the caller's own."""
    sessions.end_session(current_user().id, session_id, request_origin())
    return Response(status=204)


@routes.get("/keys")
@allow(Who.USER)
@_READ
@routes.input(PageQuery, location="query")
@routes.output(KeyList)
@routes.doc(summary="List your API keys", responses=[*_REFUSALS, 422])
def list_keys(query_data: PageQuery) -> KeyList:
    """List the valid keys, without their secrets."""
    return fetch_page(KeyList, keys.keys_of(current_user().id), query_data)


@routes.post("/keys")
@allow(Who.CONFIRMED)
@_WRITE
@routes.input(KeyIn)
@routes.output(KeyMadeOut, status_code=201)
@routes.doc(summary="Create an API key; its secret is shown only once", responses=[400, *_REFUSALS, 409, 422, 503])
def make_key(json_data: KeyIn) -> KeyMadeOut:
    """Create a key for the header X-API-Key."""
    key, secret = keys.make_own_key(
        current_user(),
        json_data.name,
        password=json_data.current_password,
        session_id=g.session_id,
        origin=request_origin(),
        scopes=json_data.scopes,
    )
    return KeyMadeOut(**KeyOut.model_validate(key).model_dump(), secret=secret)


@routes.delete("/keys/<id:key_id>")
@allow(Who.USER)
@_WRITE
@routes.output({}, status_code=204)
@routes.doc(summary="Revoke an API key", responses=[*_REFUSALS, 404])
def revoke_key(key_id: str) -> Response:
    """Revoke a key at once."""
    keys.revoke_key(current_user().id, key_id, request_origin())
    return Response(status=204)


@routes.get("/notifications")
@allow(Who.USER)
@_READ
@routes.output(NotificationList)
@routes.doc(summary="List the emails that you can switch off", responses=_REFUSALS)
def list_notifications() -> NotificationList:
    """List the topics, and which are on."""
    return _notifications()


@routes.put("/notifications")
@allow(Who.USER)
@_WRITE
@routes.input(NotificationIn)
@routes.output(NotificationList)
@routes.doc(summary="Switch a kind of email on or off", responses=[400, *_REFUSALS, 404, 422])
def change_notification(json_data: NotificationIn) -> NotificationList:
    """Change one topic; the others stay."""
    notifications.set_topic(current_user().id, json_data.topic, is_on=json_data.is_on)
    return _notifications()


@routes.get("/activity")
@allow(Who.USER)
@_READ
@routes.input(ActivityQuery, location="query")
@routes.output(ActivityList)
@routes.doc(summary="List your account's activity", responses=[*_REFUSALS, 422])
def list_activity(query_data: ActivityQuery) -> ActivityList:
    """List logins and changes of password, address, second factors, keys and sessions."""
    return fetch_page(ActivityList, _lines(query_data), query_data)


@routes.get("/activity/export")
@allow(Who.USER)
@_WRITE
@routes.input(ActivityFilter, location="query")
@routes.doc(summary="Export your account's activity as CSV", responses=_EXPORT_ANSWERS)
def export_activity(query_data: ActivityFilter) -> Response:
    """Return the newest 10,000 lines as a file."""
    answer = Response(activity_csv(db.session, _lines(query_data)), mimetype="text/csv")
    answer.headers["Content-Disposition"] = 'attachment; filename="oriel-activity.csv"'
    return answer


def _lines(asked: ActivityFilter) -> Select[Activity]:
    return activity_of(current_user().id, topic=asked.topic, since=asked.since, until=asked.until)


def _show_session(row: UserSession) -> dict[str, object]:
    names = ("id", "created_at", "last_used_at", "expires_at", "address", "user_agent")
    return {**{name: getattr(row, name) for name in names}, "current": row.id == g.session_id}


def _notifications() -> NotificationList:
    muted = notifications.muted_topics(current_user().id)
    items = [
        NotificationOut(
            topic=topic.name, title=topic.title, description=topic.description, is_on=topic.name not in muted
        )
        for topic in notifications.TOPICS
    ]
    return NotificationList(items=items)
