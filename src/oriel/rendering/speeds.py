"""The drawing speed of each machine, measured by its own renders, for first estimates."""

import os
import socket
from datetime import timedelta

from sqlalchemy import delete, func, or_, select
from sqlalchemy.orm import Session

from oriel.infra.clock import now
from oriel.infra.database import db, insert_missing, writing
from oriel.rendering.models import MachineSpeed, RenderJob

# Pixels that two cores draw in a second (1080p: 30 frames), until something has been measured.
USUAL_PACE = 62e6
_USUAL_CORES = 2
# How much the latest render counts beside all earlier ones.
_LATEST_SHARE = 0.5
_KEPT_FOR = timedelta(days=90)
_SIZES = (480, 720, 1080, 1440, 2160)
# Of a small picture, what each frame takes beside its pixels counts most, and its pace says nothing about others.
_IS_LARGE = MachineSpeed.kind.not_like(f"% {_SIZES[0]}")


def machine() -> str:
    """Return the name under which this machine's speeds are kept."""
    return socket.gethostname()[:60]


def expected_frames_per_s(job: RenderJob) -> float:
    """Return how many frames of a render this machine draws in a second.

    Known from earlier renders of the same kind on this machine, else from its large ones, else from the same kind
    elsewhere; before anything was measured it is guessed by the number of cores.
    """
    here, kind = machine(), _kind(job)
    of_here = (MachineSpeed.machine == here) & _IS_LARGE
    query = select(MachineSpeed).where(or_(of_here, MachineSpeed.kind == kind))
    known = {(row.machine, row.kind): row.pixels_per_s for row in db.session.scalars(query)}
    if (here, kind) in known:
        return known[here, kind] / _pixels(job)
    nearest = [pace for (name, _), pace in known.items() if name == here] or list(known.values())
    guess = USUAL_PACE * (os.cpu_count() or _USUAL_CORES) / _USUAL_CORES
    return (sum(nearest) / len(nearest) if nearest else guess) / _pixels(job)


def usual_pace() -> float:
    """Return the pixels that a machine of this service draws in a second, by its large renders."""
    mean = select(func.avg(MachineSpeed.pixels_per_s)).where(_IS_LARGE)
    return db.session.scalar(mean) or USUAL_PACE


def usual_paces() -> dict[str, float]:
    """Return the pixels that a machine draws in a second, by kind of render, as the mean of all machines."""
    return dict(
        db.session.execute(
            select(MachineSpeed.kind, func.avg(MachineSpeed.pixels_per_s)).group_by(MachineSpeed.kind)
        ).all()
    )


def kind_of(look: str, format_: str, shorter_side: float) -> str:
    """Return what decides the speed most: look, format, and the class of the shorter side."""
    size = next((size for size in _SIZES if shorter_side <= size), "more")
    return f"{look} {format_} {size}"[:60]


def note(job: RenderJob, frames_per_s: float) -> None:
    """Remember how fast this machine has drawn a render."""
    key = {"machine": machine(), "kind": _kind(job)}
    pace = frames_per_s * _pixels(job)
    with writing() as session:
        insert_missing(session, MachineSpeed, [{**key, "pixels_per_s": pace, "measured_at": now()}])
        row = session.get_one(MachineSpeed, (key["machine"], key["kind"]), with_for_update=True)
        row.pixels_per_s += (pace - row.pixels_per_s) * _LATEST_SHARE
        row.measured_at = now()
        _forget_old(session)


def _forget_old(session: Session) -> None:
    session.execute(delete(MachineSpeed).where(MachineSpeed.measured_at < now() - _KEPT_FOR))


def _kind(job: RenderJob) -> str:
    output = job.render_config["output"]
    return kind_of(job.render_config["look"], output["format"], min(output["width"], output["height"]))


def _pixels(job: RenderJob) -> int:
    output = job.render_config["output"]
    return int(output["width"] * output["height"])
