"""The file by which a container's health check sees that a worker or a clock is at work."""

import os
from pathlib import Path

import pytest

from oriel.infra.pulse import touch_pulse
from oriel.settings import Settings


def test_each_beat_makes_the_file_new(tmp_path: Path) -> None:
    pulse = tmp_path / "pulse"
    settings = Settings(_env_file=None, pulse_file=pulse)
    touch_pulse(settings)
    os.utime(pulse, (0, 0))
    touch_pulse(settings)
    assert pulse.stat().st_mtime > 0


def test_a_disk_that_takes_nothing_ends_no_process(tmp_path: Path) -> None:
    touch_pulse(Settings(_env_file=None, pulse_file=tmp_path / "missing" / "pulse"))
    assert list(tmp_path.iterdir()) == []


def test_without_the_setting_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    touch_pulse(Settings(_env_file=None))
    assert list(tmp_path.iterdir()) == []
