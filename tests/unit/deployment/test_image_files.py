"""The image, Railway, the Procfile and systemd start the same processes on the same packages."""

import json
import re
from pathlib import Path

import pytest
from tests.image.dockerfile import stages

from oriel.cli_service import COMMANDS
from oriel.settings import NOT_FOR_WORKERS

_ROOT = Path(__file__).parents[3]
_ROLES = ("web", "worker", "clock")


def test_the_image_has_every_package_that_set_up_installs() -> None:
    setup = (_ROOT / "scripts/setup.sh").read_text("utf-8")
    wanted = {name for line in re.findall(r"wanted\+?=\((.*)\)", setup) for name in line.split()}
    steps = " ".join(each.text for each in stages(_ROOT / "Dockerfile")[-1].instructions if each.name == "RUN")
    # Virtual environments are made before.
    assert wanted - set(steps.split()) == {"python3-venv"}


def test_the_image_runs_as_a_numbered_user_and_with_an_init() -> None:
    image = stages(_ROOT / "Dockerfile")[-1]
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", image.last("USER"))
    assert json.loads(image.last("ENTRYPOINT")) == ["tini", "--"]


def test_the_builder_gets_what_the_dockerfile_copies_and_no_more() -> None:
    lines = (_ROOT / ".dockerignore").read_text("utf-8").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    allowed = {rule.removeprefix("!") for rule in rules if rule.startswith("!")}
    copied = {
        name
        for stage in stages(_ROOT / "Dockerfile")
        for each in stage.instructions
        if each.name == "COPY" and not each.text.startswith("--")
        for name in each.text.split()[:-1]
    }
    assert {rule for rule in allowed if any(_covers(rule, name) for name in copied)} == allowed
    assert {name for name in copied if any(_covers(rule, name) for rule in allowed)} == copied


def _covers(rule: str, name: str) -> bool:
    return Path(name).match(rule) or Path(rule) in Path(name).parents


@pytest.mark.parametrize("role", _ROLES)
def test_every_role_is_a_command(role: str) -> None:
    assert role in {command.name for command in COMMANDS}
    assert f"{role}: oriel {role}\n" in (_ROOT / "Procfile").read_text("utf-8")
    path = _ROOT / ("railway.json" if role == "web" else f"deploy/railway/{role}.json")
    deploy = json.loads(path.read_text("utf-8"))["deploy"]
    # Railway's own start command replaces the image's, init included.
    assert deploy["startCommand"] == f"tini -- with-bucket-key oriel {role}"
    assert deploy["drainingSeconds"] >= 15


def test_railway_migrates_before_the_new_web_process_starts() -> None:
    assert json.loads((_ROOT / "railway.json").read_text("utf-8"))["deploy"]["preDeployCommand"] == [
        "with-bucket-key oriel db upgrade"
    ]
    assert "release: oriel db upgrade\n" in (_ROOT / "Procfile").read_text("utf-8")


def test_systemd_gives_workers_no_secret_that_rendering_does_not_need() -> None:
    unit = (_ROOT / "deploy/systemd/oriel-worker@.service").read_text("utf-8")
    dropped = re.search(r"^UnsetEnvironment=(.*)$", unit, re.MULTILINE)
    assert dropped
    assert dropped[1].lower().split() == list(NOT_FOR_WORKERS)


def test_backups_have_what_they_need_in_the_image_and_under_systemd() -> None:
    image = stages(_ROOT / "Dockerfile")[-1]
    assert "postgresql-client" in " ".join(each.text for each in image.instructions if each.name == "RUN").split()
    unit = (_ROOT / "deploy/systemd/oriel-backup.service").read_text("utf-8")
    [folder] = re.findall(r"^ExecStart=\S+ backup (\S+) --keep 30$", unit, re.MULTILINE)
    # The rest of the system is read-only.
    assert f"\nReadWritePaths={folder}\n" in unit
