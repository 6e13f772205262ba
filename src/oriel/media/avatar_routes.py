"""Avatars over HTTP."""

from apiflask import APIBlueprint
from flask import Response

from oriel.accounts.access import Who, allow, current_user
from oriel.accounts.avatar_links import avatar_behind
from oriel.accounts.bodies import UserOut
from oriel.accounts.models import User
from oriel.accounts.serializers import user_out
from oriel.infra.database import db
from oriel.infra.limits import address_key, rate
from oriel.infra.openapi_extensions import describe, picture_answers
from oriel.media.avatars import receive_avatar, remove_avatar
from oriel.media.models import AVATAR
from oriel.media.routes import PictureIn
from oriel.media.shown_pictures import show_picture

routes = APIBlueprint("avatars", __name__, url_prefix="/api/user/avatar", tag="user")

# Each decodes a picture of up to 40 megapixels.
_WRITE = rate("20/minute", scope="avatars")
_REFUSALS = [401, 403, 429]


@routes.put("")
@allow(Who.CONFIRMED)
@_WRITE
@describe(bodies={"multipart/form-data": PictureIn})
@routes.output(UserOut)
@routes.doc(
    summary="Set your avatar",
    responses={
        **dict.fromkeys((400, *_REFUSALS, 413, 422, 503), ""),
        402: "Your storage is full",
        415: "The file format is not supported",
    },
    description="We keep the middle of the picture as a square JPEG of at most 512 pixels, turned upright, without"
    " place, camera and any other metadata. You and the people who share a project with you see it.",
)
def set_avatar() -> UserOut:
    """Take one picture."""
    user_id = current_user().id
    receive_avatar(user_id)
    return user_out(db.session.get_one(User, user_id))


@routes.delete("")
@allow(Who.USER)
@_WRITE
@routes.output({}, status_code=204)
@routes.doc(summary="Remove your avatar", responses=_REFUSALS)
def delete_avatar() -> Response:
    """Remove the caller's picture."""
    remove_avatar(current_user().id)
    return Response(status=204)


@routes.get("/<token>")
@allow(Who.ANYONE)
@rate("1200/minute", by=address_key)
@routes.doc(
    summary="Show an avatar by its `avatar_url`, without logging in",
    responses=picture_answers("image/jpeg"),
    description="Only the owner and the people who share a project with them get the address; it works for 6 to 12"
    " hours, and until the picture is replaced or removed.",
)
def avatar(token: str) -> Response:
    """Send the picture."""
    upload_id, seconds = avatar_behind(token)
    return show_picture(upload_id, seconds, kind=AVATAR)
