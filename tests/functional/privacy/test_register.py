"""The register of personal data: no table is forgotten."""

from apiflask import APIFlask

from oriel.accounts.personal_data import registered
from oriel.infra.database import Base

# They hold nothing of anybody. A new table belongs here or to the domain that exports and erases it.
IMPERSONAL = {"housekeeping_runs", "stray_files"} | {
    *("leaders", "machine_speeds", "queue_turns", "workers"),
    *("daily_rollups", "hourly_rollups", "queue_samples", "rollup_progress", "stock_samples", "system_health"),
    "alert_calls",
    "counts",
    "incidents",
}


def test_every_table_is_registered_by_one_domain_or_holds_nothing_of_anybody(app: APIFlask) -> None:
    tables = [model.__tablename__ for data in registered() for model in data.tables]
    assert sorted(tables) == sorted(set(tables))
    assert Base.metadata.tables.keys() - tables == IMPERSONAL


def test_no_table_that_holds_nothing_of_anybody_reaches_a_user(app: APIFlask) -> None:
    for name in IMPERSONAL:
        table = Base.metadata.tables[name]
        assert {key.column.table.name for key in table.foreign_keys} <= IMPERSONAL, name
        assert "user_id" not in table.columns, name


def test_what_refers_to_another_domain_is_erased_before_it(app: APIFlask) -> None:
    place = {model.__tablename__: at for at, data in enumerate(registered()) for model in data.tables}
    for name, at in place.items():
        for key in Base.metadata.tables[name].foreign_keys:
            assert place[key.column.table.name] <= at, (name, key.target_fullname)
