"""compose.yaml: secrets only from .env, few of them for workers, and the order of start and stop."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from oriel.settings import NOT_FOR_WORKERS

_FILE = Path(__file__).parents[3] / "compose.yaml"
_OURS = ("migrate", "web", "worker", "clock", "backup")


@pytest.fixture(scope="module")
def services() -> dict[str, dict[str, Any]]:
    """The services as written, before anything is put in."""
    found: dict[str, dict[str, Any]] = yaml.safe_load(_FILE.read_text("utf-8"))["services"]
    return found


def test_workers_get_no_secret_that_rendering_does_not_need(services: dict[str, dict[str, Any]]) -> None:
    environment = services["worker"]["environment"]
    assert {name: environment[name.upper()] for name in NOT_FOR_WORKERS} == dict.fromkeys(NOT_FOR_WORKERS, "")


def test_no_secret_has_a_default() -> None:
    text = _FILE.read_text("utf-8")
    secrets = {"SECRET_KEY", "JWT_SECRET_KEY", "POSTGRES_PASSWORD", "VALKEY_PASSWORD"}
    assert set(re.findall(r"\$\{(\w+):\?", text)) == secrets | {"PUBLIC_URL"}
    assert set(re.findall(r"\$\{(\w+):-", text)) == {"ORIEL_VERSION", "WORKERS"}


def test_only_the_proxy_can_be_reached_from_outside(services: dict[str, dict[str, Any]]) -> None:
    assert [name for name, service in services.items() if "ports" in service] == ["proxy"]
    assert services["worker"]["networks"] == ["back"]


def test_the_database_is_migrated_before_anything_reads_it(services: dict[str, dict[str, Any]]) -> None:
    for name in ("web", "worker", "clock"):
        assert services[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}


@pytest.mark.parametrize("name", _OURS)
def test_our_processes_have_no_rights_to_lose(services: dict[str, dict[str, Any]], name: str) -> None:
    service = services[name]
    assert (service["cap_drop"], service["read_only"]) == (["ALL"], True)
    assert "no-new-privileges:true" in service["security_opt"]
    assert "user" not in service, "the image names the user"


def test_docker_waits_until_a_render_is_given_back(services: dict[str, dict[str, Any]]) -> None:
    assert services["worker"]["stop_grace_period"] == services["clock"]["stop_grace_period"] == "30s"
