"""The panel's pages of housekeeping: when each job ran last, what came of it, and which files are missing."""

from datetime import timedelta

from oriel.admin.cells import Badge, Prose, age_of, span
from oriel.admin.customers import address_of, customer_link, load_addresses
from oriel.admin.lists import Cell
from oriel.admin.views import PanelView, page
from oriel.housekeeping.job import Job
from oriel.housekeeping.missing_files import MissingFile, count_missing, missing_files
from oriel.housekeeping.models import HousekeepingRun
from oriel.housekeeping.runs import is_under_way, latest_runs
from oriel.housekeeping.table import JOBS

_MOST_MISSING = 200
_WAITS, _RUNS, _DONE = Badge("Has not run"), Badge("Runs", "live"), Badge("Done", "good")


class HousekeepingView(PanelView):
    """The jobs that the clock runs by itself."""

    menu_name = "Housekeeping"
    part = "housekeeping"
    group = "Work"

    @page("/")
    def index(self) -> str:
        """Show the latest run of each job, the failed ones first."""
        runs = latest_runs()
        jobs = sorted(JOBS, key=lambda job: not _has_failed(runs.get(job.name)))
        return self.render(
            "panel/housekeeping.html",
            failed=sum(_has_failed(runs.get(job.name)) for job in JOBS),
            header=("Job", "Every", "State", "Last run", "Took", "Result"),
            rows=[_row(job, runs.get(job.name)) for job in jobs],
            missing=count_missing(),
        )

    @page("/missing-files/")
    def missing_files(self) -> str:
        """Show the files that the storage lacks, whose they are, and where they are needed."""
        files = missing_files(_MOST_MISSING)
        load_addresses(each.user_id for each in files)
        return self.render(
            "panel/missing_files.html",
            header=("What", "Kind", "Customer", "Found", "In the storage"),
            rows=[_missing_row(each) for each in files],
            count=count_missing(),
        )


def _missing_row(file: MissingFile) -> tuple[object, ...]:
    customer = Cell(address_of(file.user_id), customer_link(file.user_id))
    return *_what(file), customer, file.found_at, Prose(file.name)


def _what(file: MissingFile) -> tuple[object, str]:
    """Return what is missing, with the way to its page, and its kind."""
    if file.upload:
        return Cell(file.upload.filename, f"/admin/uploads/{file.upload.id}"), file.upload.kind.capitalize()
    if file.render:
        title = file.render.title or file.render.audio_filename
        kind = "Poster" if file.name == file.render.poster_object else "Video"
        return Cell(title, f"/admin/renders/{file.render.id}"), kind
    return None, "Data export" if file.name.startswith("exports/") else "No row any more"


def _has_failed(run: HousekeepingRun | None) -> bool:
    return run is not None and run.failures > 0


def _row(job: Job, run: HousekeepingRun | None) -> tuple[object, ...]:
    if run is None or run.started_at is None:
        return job, span(job.every), _WAITS, None, None, None
    return job, span(job.every), _state(run), f"{age_of(run.started_at)} ago", _took(run), _result(run)


def _took(run: HousekeepingRun) -> str | None:
    if run.duration_s is None:
        return None
    return "under 1 s" if run.duration_s < 1 else span(timedelta(seconds=run.duration_s))


def _state(run: HousekeepingRun) -> Badge:
    if is_under_way(run):
        return _RUNS
    if not run.failures:
        return _DONE
    return Badge("Failed" if run.failures == 1 else f"Failed {run.failures} times", "bad")


def _result(run: HousekeepingRun) -> str | None:
    if run.failures:
        return run.error
    if run.detail:
        return run.detail
    return None if run.items is None else f"{run.items:,}"
