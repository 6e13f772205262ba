"""The looks over HTTP: what each takes, and pictures of each look and preset."""

from typing import Any

from apiflask import APIBlueprint
from flask import Flask, Response, current_app, request
from pydantic import BaseModel, Field

from oriel.accounts.access import Who, allow
from oriel.infra.limits import READS_A_MINUTE, address_key, rate
from oriel.infra.openapi_extensions import CACHED_ANSWERS
from oriel.rendering.pipeline.looks import Look, Looks, Preset
from oriel.settings import Settings

routes = APIBlueprint("looks", "looks", tag="renders")

_EXTENSION = "oriel.looks"


class Pictures(BaseModel):
    """Where pictures of a look or a preset are; browsers may keep them for good."""

    thumbnail_url: str | None = Field(description="A WebP picture of 480x270 pixels; null where there is none")
    loop_url: str | None = Field(description="A WebM video of four beats, 320x180 pixels; null where there is none")


class LookPreset(Pictures):
    """Saved parameter values of a look."""

    name: str
    title: str


class LookOut(Pictures):
    """A visual design."""

    name: str
    title: str
    description: str
    presets: list[LookPreset]
    parameters: dict[str, Any] = Field(
        description="The look's parameters as a JSON schema: type, range, default and description of each"
    )


class LooksOut(BaseModel):
    """All looks, in the order in which they are shown."""

    looks: list[LookOut]


def register_looks(app: Flask, looks: Looks) -> None:
    """Make these the looks of the application."""
    app.extensions[_EXTENSION] = looks


def looks_of(app: Flask) -> Looks:
    """Return the looks of the application."""
    looks = app.extensions[_EXTENSION]
    assert isinstance(looks, Looks)
    return looks


@routes.get("/api/looks")
@allow(Who.ANYONE)
@rate(f"{READS_A_MINUTE}/minute", by=address_key)
@routes.output(LooksOut)
@routes.doc(
    summary="List the looks with their presets, parameters and pictures",
    responses=CACHED_ANSWERS,
)
def looks() -> Response:
    """List the looks; a caller that has them gets 304."""
    settings: Settings = current_app.config["ORIEL"]
    answer = LooksOut(looks=[_shown(look, settings.assets_url or "") for look in looks_of(current_app).all])
    response = Response(answer.model_dump_json(), mimetype="application/json")
    response.headers["Cache-Control"] = "no-cache"
    response.add_etag()
    response.make_conditional(request)
    return response


def _shown(look: Look, origin: str) -> LookOut:
    presets = [LookPreset(name=preset.name, title=preset.title, **_pictures(preset, origin)) for preset in look.presets]
    return LookOut(
        name=look.name,
        title=look.title,
        description=look.description,
        presets=presets,
        parameters=dict(look.parameters),
        **_pictures(look, origin),
    )


def _pictures(shown: Look | Preset, origin: str) -> dict[str, str | None]:
    files = {"thumbnail_url": shown.thumbnail, "loop_url": shown.loop}
    return {name: f"{origin}/{file}" if file else None for name, file in files.items()}
