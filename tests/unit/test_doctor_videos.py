"""The doctor makes a video in each format with the real FFmpeg, and says which formats fail."""

from pathlib import Path

import pytest

from oriel import doctor
from oriel.doctor import Finding, examine_videos
from oriel.errors import ProcessTimedOut
from oriel.rendering.pipeline.tools import Tools
from oriel.rendering.pipeline.trial_video import TRIAL_FORMATS, try_format
from oriel.settings import Settings

# Changes each argument before the real FFmpeg gets it; an empty one and its value are left out.
WRAPPER = """#!/bin/sh
skip=
for part do
  shift
  if [ "$skip" ]; then skip=; continue; fi
  case "$part" in
    {cases}
  esac
  set -- "$@" "$part"
done
exec {ffmpeg} "$@"
"""
NO_ENCODER = "{encoder}) part={encoder}-gone;;"
NO_TAGS = """-color_range|-colorspace|-color_primaries|-color_trc) skip=1; continue;;
    *setparams=*) part="${part%setparams=*}null";;"""


@pytest.fixture(autouse=True)
def work(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("WORK_DIR", str(tmp_path / "work"))
    monkeypatch.setattr(doctor, "_VIDEO_TIMEOUT_S", 120.0)
    return tmp_path / "work"


def videos() -> dict[str, Finding]:
    return {finding.name: finding for finding in examine_videos(Settings(_env_file=None))}


def wrap(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tools: Tools, cases: str) -> None:
    program = tmp_path / "ffmpeg"
    program.write_text(WRAPPER.replace("{cases}", cases).replace("{ffmpeg}", str(tools.ffmpeg)), "utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("FFMPEG_PATH", str(program))


def test_every_format_is_made_and_nothing_stays(work: Path) -> None:
    found = videos()
    assert [finding.found for finding in found.values() if not finding.ok] == []
    said = {name: finding.found.split(", ")[:2] for name, finding in found.items()}
    frames = "30 frames in 1 s"
    assert said == {
        "MP4": ["h264 and aac", frames],
        "WebM": ["vp9 and opus", frames],
        "MOV": ["h264 and aac", frames],
        "MOV with transparency": ["prores and aac", frames],
    }
    assert [path for path in work.rglob("*") if path.is_file()] == []


def test_missing_encoders_fail_their_formats_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tools: Tools
) -> None:
    cases = [NO_ENCODER.replace("{encoder}", encoder) for encoder in ("libopus", "prores_ks")]
    wrap(monkeypatch, tmp_path, tools, "\n    ".join(cases))
    found = videos()
    assert {name: finding.found for name, finding in found.items() if not finding.ok} == {
        "WebM": "this FFmpeg has no libopus-gone",
        "MOV with transparency": "this FFmpeg has no prores_ks-gone",
    }
    assert found["WebM"].fix.startswith("apt-get install ffmpeg, or set FFMPEG_PATH")


def test_dropped_colour_tags_fail_every_format(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tools: Tools) -> None:
    wrap(monkeypatch, tmp_path, tools, NO_TAGS)
    found = videos()
    assert [name for name, finding in found.items() if finding.ok] == []
    assert all(finding.found.startswith("The video's color_") for finding in found.values())
    assert all("FFPROBE_PATH" in finding.fix for finding in found.values())


def test_a_missing_ffmpeg_is_not_blamed_on_the_formats(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FFMPEG_PATH", "/no/ffmpeg")
    assert {finding.found.split(".")[0] for finding in videos().values()} == {
        "not tried, because something above is missing"
    }


def test_a_trial_ends_at_its_time_limit(tmp_path: Path, tools: Tools) -> None:
    with pytest.raises(ProcessTimedOut, match="not ready after 0 s"):
        try_format(TRIAL_FORMATS[0], tmp_path, tools, timeout_s=0)
