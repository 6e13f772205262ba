"""Photos are turned as their EXIF says, and what is said beside the picture does not come along."""

import struct
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from oriel.errors import InvalidPicture
from oriel.rendering.pipeline.cover import convert_picture, crop_avatar
from oriel.rendering.pipeline.exif_orientation import turning_filters
from oriel.rendering.pipeline.tools import Tools

RunFfmpeg = Callable[..., None]
Corners = Callable[[Path], tuple[int, int, list[tuple[int, ...]]]]

PLACE = b"48.8584 N 2.2945 E"
RED, GREEN, BLUE, WHITE = (254, 0, 0), (0, 255, 0), (0, 0, 254), (255, 255, 255)
# The colours of a picture's corners, from the upper left one clockwise, before and after it is turned.
CORNERS = [RED, GREEN, BLUE, WHITE]
TURNED = {
    1: [RED, GREEN, BLUE, WHITE],
    2: [GREEN, RED, WHITE, BLUE],
    3: [BLUE, WHITE, RED, GREEN],
    4: [WHITE, BLUE, GREEN, RED],
    5: [RED, WHITE, BLUE, GREEN],
    6: [WHITE, RED, GREEN, BLUE],
    7: [BLUE, GREEN, RED, WHITE],
    8: [GREEN, BLUE, WHITE, RED],
}


def with_exif(jpeg: bytes, orientation: int, order: str = "<") -> bytes:
    """Return a JPEG that says how it is to be turned, and where it was taken."""
    mark = b"II*\0" if order == "<" else b"MM\0*"
    entries = struct.pack(f"{order}HHIHH", 0x0112, 3, 1, orientation, 0)
    entries += struct.pack(f"{order}HHII", 0x010E, 2, len(PLACE), 38)
    tiff = mark + struct.pack(f"{order}IH", 8, 2) + entries + bytes(4) + PLACE
    segment = b"Exif\0\0" + tiff
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment + jpeg[2:]


@pytest.fixture
def photo(ffmpeg: RunFfmpeg, tmp_path: Path) -> Callable[..., Path]:
    """Make a JPEG of 400 x 200 whose four quarters have the colours of CORNERS, with EXIF."""
    left, top = "lt(X,W/2)", "lt(Y,H/2)"
    red, green = f"255*({top}*{left}+(1-{top})*{left})", f"255*({top}*(1-{left})+(1-{top})*{left})"
    blue = f"255*(1-{top})"
    picture = f"color=black:s=400x200:d=0.04:r=25,format=gbrp,geq=r='{red}':g='{green}':b='{blue}'"
    ffmpeg("-f", "lavfi", "-i", picture, "-frames:v", "1", "-q:v", "1", "-pix_fmt", "yuvj444p", tmp_path / "plain.jpg")

    def made(orientation: int, order: str = "<") -> Path:
        (tmp_path / "photo.jpg").write_bytes(with_exif((tmp_path / "plain.jpg").read_bytes(), orientation, order))
        return tmp_path / "photo.jpg"

    return made


@pytest.fixture
def corners(tools: Tools) -> Corners:
    """Return a picture's size and the colours of its corners."""

    def read(picture: Path) -> tuple[int, int, list[tuple[int, ...]]]:
        command: list[str | Path] = [tools.ffmpeg, "-v", "error", "-noautorotate", "-i", picture]
        command += ["-f", "image2pipe", "-c:v", "ppm", "-pix_fmt", "rgb24", "-"]
        ppm = subprocess.run(command, check=True, capture_output=True, timeout=120).stdout
        _, size, _, pixels = ppm.split(b"\n", 3)
        width, height = map(int, size.split())
        places = [(width // 8, height // 8), (-width // 8, height // 8), (-width // 8, -height // 8)]
        places.append((width // 8, -height // 8))
        at = [3 * ((y % height) * width + x % width) for x, y in places]
        return width, height, [tuple(pixels[each : each + 3]) for each in at]

    return read


def is_near(colours: Sequence[tuple[int, ...]], others: Sequence[tuple[int, ...]]) -> bool:
    return all(
        abs(a - b) < 12 for one, other in zip(colours, others, strict=True) for a, b in zip(one, other, strict=True)
    )


@pytest.mark.parametrize("orientation", sorted(TURNED))
def test_a_photo_is_turned_upright(
    photo: Callable[..., Path], corners: Corners, tools: Tools, tmp_path: Path, orientation: int
) -> None:
    convert_picture(photo(orientation), tmp_path / "out.png", tools)
    width, height, colours = corners(tmp_path / "out.png")
    assert (width, height) == ((400, 200) if orientation < 5 else (200, 400))
    assert is_near(colours, TURNED[orientation])


def test_an_avatar_is_the_upright_middle_without_metadata(
    photo: Callable[..., Path], corners: Corners, tools: Tools, tmp_path: Path
) -> None:
    source = photo(6, ">")
    assert PLACE in source.read_bytes()
    crop_avatar(source, tmp_path / "avatar.jpg", tools)
    width, height, colours = corners(tmp_path / "avatar.jpg")
    assert (width, height) == (200, 200)
    assert is_near(colours, TURNED[6])
    content = (tmp_path / "avatar.jpg").read_bytes()
    assert PLACE not in content
    assert b"Exif" not in content


def test_a_large_avatar_has_512_pixels(ffmpeg: RunFfmpeg, corners: Corners, tools: Tools, tmp_path: Path) -> None:
    ffmpeg("-f", "lavfi", "-i", "testsrc=s=1500x900:d=0.04:r=25", "-frames:v", "1", tmp_path / "a.webp")
    crop_avatar(tmp_path / "a.webp", tmp_path / "avatar.jpg", tools)
    assert corners(tmp_path / "avatar.jpg")[:2] == (512, 512)


def test_what_is_transparent_becomes_white(ffmpeg: RunFfmpeg, corners: Corners, tools: Tools, tmp_path: Path) -> None:
    see_through = "color=black:s=100x100:d=0.04:r=25,format=rgba,geq=r=255:g=0:b=0:a='255*lt(X,50)'"
    ffmpeg("-f", "lavfi", "-i", see_through, "-frames:v", "1", tmp_path / "a.png")
    crop_avatar(tmp_path / "a.png", tmp_path / "avatar.jpg", tools)
    assert is_near(corners(tmp_path / "avatar.jpg")[2], [RED, WHITE, WHITE, RED])


def test_a_photo_that_is_cut_off_is_no_avatar(photo: Callable[..., Path], tools: Tools, tmp_path: Path) -> None:
    source = photo(6)
    source.write_bytes(source.read_bytes()[:-900])
    with pytest.raises(InvalidPicture, match="damaged"):
        crop_avatar(source, tmp_path / "avatar.jpg", tools)


@pytest.mark.parametrize("length", [3, 20, 30, 40, 60])
def test_exif_that_ends_in_the_middle_turns_nothing(tmp_path: Path, length: int) -> None:
    (tmp_path / "a.jpg").write_bytes(with_exif(b"\xff\xd8\xff\xd9", 6)[:length])
    assert turning_filters(tmp_path / "a.jpg") in ((), ("transpose=clock",))


@pytest.mark.parametrize("orientation", [0, 1, 9, 65535])
def test_an_orientation_that_means_nothing_turns_nothing(tmp_path: Path, orientation: int) -> None:
    (tmp_path / "a.jpg").write_bytes(with_exif(b"\xff\xd8\xff\xd9", orientation))
    assert turning_filters(tmp_path / "a.jpg") == ()
