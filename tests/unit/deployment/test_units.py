"""deploy/systemd: what starts when, also where the version before runs on newer tables."""

from configparser import ConfigParser
from pathlib import Path

import pytest

_FOLDER = Path(__file__).parents[3] / "deploy/systemd"


def unit(name: str) -> ConfigParser:
    # Keys may be repeated in systemd's files.
    parser = ConfigParser(strict=False, interpolation=None)
    parser.read(_FOLDER / name, "utf-8")
    return parser


@pytest.mark.parametrize("name", ["oriel-web.service", "oriel-clock.service", "oriel-worker@.service"])
def test_nothing_starts_on_tables_that_could_not_be_upgraded(name: str) -> None:
    about = unit(name)["Unit"]
    assert about["Requires"] == "oriel-migrate.service"
    assert "oriel-migrate.service" in about["After"].split()


def test_after_a_rollback_the_migration_holds_nothing_back() -> None:
    assert unit("oriel-migrate.service")["Service"]["ExecStart"].endswith(" db upgrade --accept-newer")
