"""Measures the export of a customer's data: time, memory of the process, and disk that is used beside the ZIP.

python -m benchmarks.export [--projects 100] [--song-mb 30] [--video-mb 30]
"""

import argparse
import resource
import time
from pathlib import Path

from apiflask import APIFlask

from benchmarks.projects import service_for_benchmarks
from oriel.accounts.models import User
from oriel.infra.clock import now
from oriel.infra.database import writing
from oriel.infra.ids import new_id
from oriel.infra.storage import storage
from oriel.media.models import SONG, Upload
from oriel.privacy import exports
from oriel.privacy.models import DataExport
from oriel.projects.models import Project, ProjectUpload
from oriel.rendering.models import COMPLETED, RenderJob

_MB = 1_000_000


def main() -> None:
    """Print the figures of one export."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--projects", type=int, default=100)
    parser.add_argument("--song-mb", type=int, default=30)
    parser.add_argument("--video-mb", type=int, default=30)
    options = parser.parse_args()
    with service_for_benchmarks() as app, app.app_context():
        export_id = _customer(app, options.projects, options.song_mb * _MB, options.video_mb * _MB)
        before = _peak_mb()
        begin = time.perf_counter()
        assert exports.write_next()
        seconds = time.perf_counter() - begin
        with writing() as session:
            size = session.get_one(DataExport, export_id).size_bytes or 0
    print(f"{size / _MB:,.0f} MB in {seconds:.1f} s, {size / _MB / seconds:.0f} MB/s")
    print(f"memory of the process: {_peak_mb():.0f} MB at most, {before:.0f} MB before")


def _customer(app: APIFlask, projects: int, song_bytes: int, video_bytes: int) -> str:
    """Make a customer with so many projects, each with a song and a video of its own; return an export's id."""
    folder: Path = app.config["ORIEL"].data_root
    song, video = _file(folder / "song", song_bytes), _file(folder / "video", video_bytes)
    with writing() as session:
        user = User(email="many@example.com", password_hash="none", email_verified_at=now())  # noqa: S106
        session.add(user)
        session.flush()
        export = DataExport(user_id=user.id)
        session.add(export)
    for number in range(projects):
        _add_project(user.id, number, song, video)
    return export.id


def _file(path: Path, size: int) -> Path:
    with path.open("wb") as file:
        file.truncate(size)
    return path


def _add_project(user_id: str, number: int, song: Path, video: Path) -> None:
    song_id, job_id, project_id = new_id(), new_id(), new_id()
    song_name, video_name = f"uploads/{user_id}/{song_id}.wav", f"videos/{user_id}/{job_id}/v.mp4"
    storage().put(song_name, song, content_type="audio/wav")
    storage().put(video_name, video, content_type="video/mp4")
    with writing() as session:
        session.add(
            Upload(
                id=song_id,
                user_id=user_id,
                kind=SONG,
                filename=f"song {number}.wav",
                format="wav",
                object_name=song_name,
                size_bytes=song.stat().st_size,
                sha256="",
                stored_at=now(),
            )
        )
        session.add(
            Project(
                id=project_id,
                user_id=user_id,
                name=f"Song {number}",
                settings={},
                look="prism",
                song_id=song_id,
                searched="",
            )
        )
        session.flush()
        session.add(ProjectUpload(project_id=project_id, upload_id=song_id))
        session.add(
            RenderJob(
                id=job_id,
                user_id=user_id,
                status=COMPLETED,
                title=f"Song {number}",
                audio_filename="song.wav",
                audio_object=song_name,
                render_config={"look": "prism", "cover": {}, "background": {}},
                watermark=False,
                song_s=180.0,
                max_song_s=360.0,
                plan="pro",
                weight=1,
                at_once=1,
                kept_for_s=86_400,
                video_object=video_name,
                video_bytes=video.stat().st_size,
            )
        )


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / _MB


if __name__ == "__main__":
    main()
