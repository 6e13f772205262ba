"""Measures the loudness of uploaded songs. Decoding takes seconds, so no request waits for it."""

import logging
import tempfile
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

from oriel.errors import AppError, NotFound
from oriel.infra.clock import now
from oriel.infra.database import db, writing
from oriel.infra.storage import storage
from oriel.media.dependencies import dependencies
from oriel.media.models import SONG, Upload

_log = logging.getLogger("oriel.media")

# A song that could not be measured within the hour stays without.
_TRIED_FOR = timedelta(hours=1)


def unmeasured(limit: int) -> Sequence[str]:
    """Return the ids of songs that wait to be measured, the latest first."""
    there = (Upload.kind == SONG, Upload.stored_at.is_not(None), Upload.purged_at.is_(None))
    query = select(Upload.id).where(*there, Upload.measured_at.is_(None), Upload.created_at > now() - _TRIED_FOR)
    found = db.session.scalars(query.order_by(Upload.created_at.desc()).limit(limit)).all()
    db.session.commit()
    return found


def measure_upload(upload_id: str) -> None:
    """Measure a song and write it down, once."""
    upload = db.session.get(Upload, upload_id)
    db.session.commit()
    if upload is None or upload.measured_at or upload.purged_at:
        return
    loudness = _loudness(upload)
    with writing() as session:
        row = session.get(Upload, upload_id)
        if row:
            row.loudness_lufs, row.measured_at = loudness, now()


def _loudness(upload: Upload) -> float | None:
    with tempfile.TemporaryDirectory(prefix="oriel-") as folder:
        song = Path(folder) / f"song.{upload.format}"
        try:
            storage().get(upload.object_name, song)
        except NotFound:
            # For good, unlike a storage that is away: asked for again, it would fill the log for an hour.
            _log.warning("The file of upload %s is gone, so its loudness stays unknown.", upload.id)
            return None
        try:
            return dependencies().measure_loudness(song)
        except AppError:
            # What cannot be decoded is said when it is rendered.
            _log.warning("A song could not be measured.", exc_info=True)
            return None
