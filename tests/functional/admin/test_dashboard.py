"""The dashboard: charts of any range from rollups, as pages, tables and CSV."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from apiflask import APIFlask
from tests.functional.admin.staff import Operator
from tests.functional.caller import Caller
from tests.functional.database.test_indexes import listening
from werkzeug.datastructures import MultiDict

from oriel.admin.dashboard import chosen
from oriel.infra.clock import now
from oriel.infra.database import writing
from oriel.monitoring import rollups, samples
from oriel.monitoring.models import DailyRollup, HourlyRollup
from oriel.monitoring.rollups import DAY, HOUR, start_of_day, start_of_hour

DASHBOARD = "/admin/dashboard/"
TABLE = "/admin/dashboard/renders.csv"


def figures(done: int) -> dict[str, object]:
    return {
        "counts": {"renders.completed": done, "renders.failed": 1, "revenue.usd": 1499 * done, "looks.<prism>": done},
        "samples": {"queue.waiting": [60, 90.0, 4.0, 1.0], "plans.free": [1, 40.0, 40.0, 40.0]},
        "histograms": {"wait_s": {"b0": 5, "b24": 5}},
    }


@pytest.fixture
def rolled_up(app: APIFlask) -> None:
    """Two years of days, and the last 14 of them by the hour: the second week twice as busy as the first."""
    today, hour = start_of_day(now()), start_of_hour(now())
    with app.app_context(), writing() as session:
        session.add_all(DailyRollup(starts_at=today - each * DAY, figures=figures(24)) for each in range(730))
        weeks = ((each, 2 if each < 7 * 24 else 1) for each in range(14 * 24))
        session.add_all(HourlyRollup(starts_at=hour - each * HOUR, figures=figures(done)) for each, done in weeks)


def test_operators_of_both_roles_see_it_and_nobody_else(
    app: APIFlask, operator: Callable[..., Operator], caller: Callable[..., Caller]
) -> None:
    for path in (DASHBOARD, TABLE):
        for role in ("admin", "support"):
            assert operator(role).get(path).status_code == 200
        assert app.test_client().get(path).status_code == 303
        assert caller().get(path).status_code == 303
        assert operator("admin", has_factor=False).get(path).status_code == 303


@pytest.mark.usefixtures("rolled_up")
def test_a_chart_tells_its_figure_and_the_change(admin: Operator) -> None:
    page = admin.get(f"{DASHBOARD}?range=7d").text
    assert '<strong>336</strong> <span class="change good">+100 %</span> from 168' in page
    assert "$5,036.64" in page
    assert "Times are in UTC, and the last hour is not over yet." in page
    # For whoever sees no chart: a table with a row for each hour.
    renders = page.partition('id="renders"')[2].partition("</article>")[0]
    assert renders.count("<tr>") == 1 + 7 * 24
    assert '"times": [' in renders


@pytest.mark.usefixtures("rolled_up")
def test_what_comes_from_rows_is_no_markup(admin: Operator) -> None:
    page = admin.get(DASHBOARD).text
    assert "<prism>" not in page
    assert "&lt;prism&gt;" in page


def note(page: str, chart: str) -> str:
    return page.partition(f'id="{chart}"')[2].partition('<p class="note">')[2].partition("</p>")[0]


@pytest.mark.usefixtures("rolled_up")
def test_what_is_counted_once_an_hour_says_of_when_it_is(app: APIFlask, admin: Operator) -> None:
    assert note(admin.get(f"{DASHBOARD}?range=24h").text, "plans") == "At the end of each hour"
    at = start_of_hour(now())
    with app.app_context():
        samples.sample_stock()
        rollups.roll_up()
    page = admin.get(f"{DASHBOARD}?range=24h").text
    for chart in ("plans", "month", "storage"):
        assert note(page, chart) == f"As of {at:%H:%M} UTC, counted once an hour"
    assert note(page, "renders") == ""


def test_without_figures_the_page_says_so(admin: Operator) -> None:
    page = admin.get(DASHBOARD).text
    assert "No renders yet" in page
    assert "card chart" not in page


@pytest.mark.usefixtures("rolled_up")
@pytest.mark.parametrize("query", ["range=24h", "range=90d", "from=2024-12-01&to=2026-11-30"])
def test_a_page_costs_few_queries_however_long_the_range(app: APIFlask, admin: Operator, query: str) -> None:
    with app.app_context(), listening() as sent:
        assert admin.get(f"{DASHBOARD}?{query}").status_code == 200
    assert 0 < len(sent) <= 5
    assert [each.statement for each in sent if "render_jobs" in each.statement or "payments" in each.statement] == []


@pytest.mark.usefixtures("rolled_up")
def test_a_chart_comes_as_csv(admin: Operator) -> None:
    answer = admin.get(f"{TABLE}?range=30d")
    assert (answer.mimetype, answer.headers["Cache-Control"]) == ("text/csv", "no-store")
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="renders-')
    head, *rows = answer.text.splitlines()
    assert head.startswith('day from (UTC),Completed,"Completed, range before",Failed,')
    assert len(rows) == 30
    assert rows[-1] == f"{start_of_day(now()):%Y-%m-%dT%H:%M:%S}.000Z,24,24,1,1,0,0"


def test_there_is_no_csv_of_what_is_no_chart(admin: Operator) -> None:
    assert admin.get("/admin/dashboard/users.csv").status_code == 404
    assert admin.get(f"{TABLE}?from=2026-11-02&to=2026-11-01").status_code == 422


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"from": "2026-11-02", "to": "2026-11-01"}, "The first day must not lie after the last one."),
        ({"from": "2026-11-02"}, "Please choose two dates."),
        ({"from": "<b>", "to": "2026-11-01"}, "Please choose two dates."),
        ({"from": "0001-01-01", "to": "0001-01-02"}, "Please choose two dates of our time."),
        ({"from": "2998-12-30", "to": "2998-12-31"}, "This range has not begun yet."),
        ({"from": "9999-12-31", "to": "9999-12-31"}, "Please choose two dates of our time."),
        ({"from": "2020-01-01", "to": "2026-11-01"}, "A range can be three years long at most"),
    ],
)
def test_days_that_make_no_sense_are_refused(admin: Operator, query: dict[str, str], sentence: str) -> None:
    answer = admin.get(DASHBOARD, query_string=query)
    assert answer.status_code == 200
    assert sentence in answer.text
    assert "<b>" not in answer.text


def test_the_days_of_a_range_are_both_included() -> None:
    choice = chosen(MultiDict({"from": "2026-10-24", "to": "2026-10-26"}))
    assert (choice.asked.start, choice.asked.end) == (
        datetime(2026, 10, 24, tzinfo=UTC),
        datetime(2026, 10, 27, tzinfo=UTC),
    )
    assert choice.query == {"from": "2026-10-24", "to": "2026-10-26"}


@pytest.mark.parametrize("name", ["", "1y", "24H"])
def test_an_unknown_range_is_the_usual_one(name: str) -> None:
    choice = chosen(MultiDict({"range": name}))
    assert (choice.preset, choice.asked.end - choice.asked.start) == ("7d", timedelta(days=7))


def test_today_is_a_range_by_the_hour() -> None:
    today = date.today().isoformat()  # noqa: DTZ011  (only its form matters)
    assert chosen(MultiDict({"from": today, "to": today})).asked.step == "hour"
