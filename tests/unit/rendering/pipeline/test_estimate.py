"""How large a video will be, against what was measured (docs/decisions/0023)."""

from dataclasses import replace
from typing import Any

import pytest

from oriel.rendering.pipeline.estimate import video_bytes
from oriel.rendering.pipeline.looks import Looks
from oriel.rendering.pipeline.resolve import ResolvedSettings, resolve
from oriel.rendering.pipeline.settings_document import parse_settings

HD = {"width": 1920, "height": 1080}
SMALL = {"width": 1280, "height": 720}


def settings_of(looks: Looks, look: str, style: str, output: dict[str, Any]) -> ResolvedSettings:
    return replace(resolve(parse_settings({"output": output}), looks), look=look, params={"style": style})


# In bits for each pixel of each frame, at the drop of a loud song: the most that one of these videos takes.
@pytest.mark.parametrize(
    ("look", "style", "output", "bits"),
    [
        ("halo", "", HD, 0.2119),
        ("halo", "", HD, 0.2851),
        ("halo", "", SMALL, 0.2752),
        ("halo", "", HD | {"quality": "draft"}, 0.1777),
        ("halo", "", HD | {"quality": "high"}, 0.1886),
        ("horizon", "", HD, 0.2228),
        ("horizon", "", SMALL, 0.2629),
        ("horizon", "", HD | {"quality": "draft"}, 0.1311),
        ("horizon", "tunnel", HD, 0.4584),
        ("horizon", "tunnel", HD | {"quality": "high"}, 0.2955),
        ("prism", "", HD, 0.1691),
        ("prism", "", HD | {"quality": "high"}, 0.1635),
        ("prism", "", SMALL, 0.215),
        ("halo", "", {"width": 3840, "height": 2160}, 0.1374),
        ("halo", "", HD | {"fps": 60}, 0.1495),
        ("halo", "", HD | {"format": "webm"}, 0.0871),
        ("prism", "", HD | {"format": "webm"}, 0.0771),
    ],
)
def test_the_busiest_video_is_at_most_two_thirds_larger_than_expected(
    looks: Looks, look: str, style: str, output: dict[str, Any], bits: float
) -> None:
    settings = settings_of(looks, look, style, output)
    measured = settings.output.width * settings.output.height * settings.output.fps * bits / 8
    assert 0.6 * measured < video_bytes(settings, 1) < 1.25 * measured


def test_a_look_that_was_not_measured_counts_as_a_busy_one(looks: Looks) -> None:
    halo, other = (video_bytes(settings_of(looks, look, "", HD), 60) for look in ("halo", "other"))
    assert other == halo


@pytest.mark.parametrize(("look", "bits"), [("halo", 3.7502), ("horizon", 1.767), ("prism", 1.302)])
def test_a_transparent_video_is_much_larger(looks: Looks, look: str, bits: float) -> None:
    settings = replace(settings_of(looks, look, "", HD | {"format": "mov"}), background={"type": "transparent"})
    assert video_bytes(settings, 1) == pytest.approx(1920 * 1080 * 30 * bits / 8, rel=0.1)
