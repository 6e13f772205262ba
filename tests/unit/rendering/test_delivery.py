"""What a downloaded video is called."""

import pytest

from oriel.rendering.delivery import file_name
from oriel.rendering.models import RenderJob


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Night drive", "Night drive.mp4"),
        ("สวัสดีชาวโลก", "สวัสดีชาวโลก.mp4"),
        ("क्षितिज — می‌خواهم", "क्षितिज — می‌خواهم.mp4"),
        ("👨‍👩‍👧 🫩 #1 (50 %)", "👨‍👩‍👧 🫩 #1 (50 %).mp4"),
        ("AC/DC: what? <live>", "AC DC what live.mp4"),
        ("../../etc/passwd", "etc passwd.mp4"),
        ("\u202egpj\n", "gpj.mp4"),
        (" . ", "video.mp4"),
        ("", "video.mp4"),
        ("Vitamin X", "Vitamin X.mp4"),
        ("X-Ray", "X-Ray.mp4"),
        ("x" * 200, "x" * 120 + ".mp4"),
        ("é" * 120, "é" * 100 + ".mp4"),
        ("x" + "é" * 110, "x" + "é" * 99 + ".mp4"),
        ("👨‍👩‍👧" * 40, "👨‍👩‍👧" * 11 + ".mp4"),
    ],
)
def test_it_has_the_title_as_it_is_within_what_file_systems_take(title: str, name: str) -> None:
    assert file_name(RenderJob(title=title), ".mp4") == name
