"""The page behind the link that a customer passes on: the video plays in place, and can be downloaded."""

from apiflask import APIBlueprint
from flask import Response, current_app

from oriel.accounts.access import Who, allow
from oriel.errors import CallerError
from oriel.infra.limits import READS_A_MINUTE, address_key, rate
from oriel.pages.html import page
from oriel.rendering import delivery
from oriel.rendering.models import RenderJob
from oriel.settings import Settings

routes = APIBlueprint("watch", __name__, enable_openapi=False)

_READ = rate(f"{READS_A_MINUTE}/minute", by=address_key, scope="reads")


@routes.get("/v/<token>")
@allow(Who.ANYONE)
@_READ
def watch(token: str) -> Response:
    """Play a video for anybody with its link; say why where there is none."""
    try:
        response = page("watch", video=_shown(delivery.video_behind(token), token), problem=None)
    except CallerError as error:
        response = page("watch", error.http_status, video=None, problem=error.message)
    response.headers["X-Robots-Tag"] = "noindex"
    # The address holds a secret: it must reach nobody else.
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@routes.get("/v/<token>/poster.jpg")
@allow(Who.ANYONE)
@_READ
def poster(token: str) -> Response:
    """Show the video's strongest frame, also to the apps that show what a link leads to."""
    return delivery.deliver_poster_behind(token)


def _shown(job: RenderJob, token: str) -> dict[str, object]:
    settings: Settings = current_app.config["ORIEL"]
    output = job.settings["output"]
    return {
        # A hidden title must not publish the name of the song's file.
        "title": job.title or "Music video",
        "artist": job.artist,
        "width": output["width"],
        "height": output["height"],
        "format": output["format"],
        # Browsers cannot decode ProRes, which is the one that knows transparency.
        "plays": job.settings["background"]["type"] != "transparent",
        "seconds": job.video_s,
        "bytes": job.video_bytes,
        "expires_at": job.expires_at,
        "file": f"/d/{token}",
        "poster": f"/v/{token}/poster.jpg" if job.has_poster else None,
        "page_url": job.watch_url,
        "file_url": job.video_url,
        "base_url": settings.base_url,
    }
