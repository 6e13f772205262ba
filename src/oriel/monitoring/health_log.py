"""Writes the result of each check to the database, for alerts and for figures over time."""

from flask import Flask

from oriel.infra.database import writing
from oriel.monitoring.checks import CheckRunner
from oriel.monitoring.dependencies import checks
from oriel.monitoring.models import SystemHealth


def open_runner(app: Flask) -> CheckRunner:
    """Return the runner of the process that writes the results down; it also writes to a bucket."""
    with app.app_context():
        return CheckRunner(checks(writes=True), app.app_context)


def write_results(runner: CheckRunner) -> None:
    """Run the checks that are due and write each result down."""
    results = runner.results(fresh=True)
    with writing() as session:
        session.add_all(
            SystemHealth(
                check=result.name,
                state=str(result.state),
                latency_ms=float(result.latency_ms),
                message=result.message,
                checked_at=result.checked_at,
            )
            for result in results
        )
