"""FFmpeg's argument lists, read and tried."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.fakes import FakeLayout

from oriel.rendering.pipeline.encode import (
    assemble_command,
    audio_command,
    audio_suffix,
    chunk_command,
    chunk_suffix,
    codec_of,
    concat_list,
    encoder_arguments,
)
from oriel.rendering.pipeline.settings_document import Output
from oriel.rendering.pipeline.tools import Tools

Picture = NDArray[np.uint8]

# BT.709 limited range, from its formula: what a full-range colour becomes as Y, U, V.
PRIMARIES = {
    (255, 255, 255): (235, 128, 128),
    (0, 0, 0): (16, 128, 128),
    (255, 0, 0): (63, 102, 240),
    (0, 255, 0): (173, 42, 26),
    (0, 0, 255): (32, 240, 118),
    (255, 255, 0): (219, 16, 138),
    (0, 255, 255): (188, 154, 16),
    (255, 0, 255): (78, 214, 230),
    (128, 128, 128): (126, 128, 128),
}


def output(**values: Any) -> Output:  # noqa: ANN401
    return Output(**{"width": 64, "height": 64, **values})


def run(command: list[str | Path], given: bytes = b"") -> bytes:
    return subprocess.run(command, input=given, check=True, capture_output=True, timeout=120).stdout


def encode(tools: Tools, path: Path, frames: bytes, layout: FakeLayout, out: Output, transparent: bool = False) -> Path:
    run(chunk_command(tools.ffmpeg, path, layout, out, transparent), frames)
    return path


def facts(tools: Tools, path: Path) -> dict[str, Any]:
    command: list[str | Path] = [
        tools.ffprobe,
        "-v",
        "error",
        "-count_packets",
        "-show_streams",
        "-show_format",
        "-of",
        "json",
        path,
    ]
    found: dict[str, Any] = json.loads(run(command))
    return found


def nv12(y: int, u: int, v: int, layout: FakeLayout) -> bytes:
    pixels = layout.padded_width * layout.height
    return bytes([y]) * pixels + bytes([u, v]) * (pixels // 4)


def decode(tools: Tools, path: Path, pixels: str, width: int, height: int, channels: int) -> Picture:
    raw = run([tools.ffmpeg, "-v", "error", "-i", path, "-f", "rawvideo", "-pix_fmt", pixels, "-"])
    return np.frombuffer(raw, np.uint8).reshape(-1, height, width, channels)


def test_each_output_has_its_codec() -> None:
    assert codec_of(output(format="mp4"), False) == "h264"
    assert codec_of(output(format="mov"), False) == "h264"
    assert codec_of(output(format="mov"), True) == "prores"
    assert codec_of(output(format="webm"), False) == "vp9"


def test_frames_are_cropped_only_where_they_are_padded() -> None:
    exact = chunk_command(Path("ffmpeg"), Path("o"), FakeLayout("nv12", 64, 64), output(), False)
    padded = chunk_command(Path("ffmpeg"), Path("o"), FakeLayout("nv12", 68, 64), output(width=66), False)
    assert "crop" not in filters_of(exact)
    assert filters_of(padded).startswith("crop=66:64:0:0,")
    higher = chunk_command(Path("ffmpeg"), Path("o"), FakeLayout("nv12", 64, 68), output(height=66), False)
    assert filters_of(higher).startswith("crop=64:66:0:0,")


def filters_of(command: list[str | Path]) -> str:
    return str(command[command.index("-vf") + 1])


FORMATS = [("mp4", False), ("mov", False), ("webm", False), ("mov", True)]


@pytest.mark.parametrize(("format_", "transparent"), FORMATS)
@pytest.mark.parametrize("width", [64, 66])
def test_frames_encoder_and_file_all_say_bt709(format_: str, transparent: bool, width: int) -> None:
    out, layout = output(format=format_, width=width), FakeLayout("rgba" if transparent else "nv12", 68, 64)
    chunk = chunk_command(Path("ffmpeg"), Path("o"), layout, out, transparent)
    joined = assemble_command(Path("ffmpeg"), Path("l"), Path("a"), Path("o"), out)
    assert filters_of(chunk).endswith("setparams=range=tv:colorspace=bt709:color_primaries=bt709:color_trc=bt709")
    options = {"-color_range": "tv", "-colorspace": "bt709", "-color_primaries": "bt709", "-color_trc": "bt709"}
    for command in (chunk, joined):
        assert {name: command[command.index(name) + 1] for name in options} == options
        assert command.index("-color_range") > command.index("-i")


def test_quality_decides_the_preset_and_the_rate() -> None:
    presets = [encoder_arguments(output(quality=quality), False)[3:6] for quality in ("draft", "standard", "high")]
    assert presets == [["ultrafast", "-qp", "24"], ["ultrafast", "-qp", "20"], ["veryfast", "-crf", "17"]]


def test_dark_gradients_get_more_bits_where_there_is_rate_control() -> None:
    assert "aq-mode=3" in " ".join(encoder_arguments(output(quality="high"), False))


def test_standard_filters_block_edges_where_draft_does_not() -> None:
    parameters = {
        quality: " ".join(encoder_arguments(output(quality=quality), False)) for quality in ("draft", "standard")
    }
    assert "deblock" in parameters["standard"]
    assert "deblock" not in parameters["draft"]


def test_the_same_output_has_the_same_arguments() -> None:
    assert encoder_arguments(output(), False) == encoder_arguments(output(), False)
    assert encoder_arguments(output(), False) != encoder_arguments(output(fps=60), False)


def test_standard_input_stays_open_for_frames() -> None:
    assert "-nostdin" not in chunk_command(Path("ffmpeg"), Path("o"), FakeLayout("nv12", 64, 64), output(), False)


@pytest.mark.parametrize(("rgb", "yuv"), PRIMARIES.items())
@pytest.mark.parametrize("format_", ["mp4", "webm"])
def test_colours_arrive_as_they_were_drawn(
    tools: Tools, tmp_path: Path, format_: str, rgb: tuple[int, int, int], yuv: tuple[int, int, int]
) -> None:
    layout, out = FakeLayout("nv12", 64, 64), output(format=format_, quality="high")
    path = tmp_path / f"c{chunk_suffix(codec_of(out, False))}"
    encode(tools, path, nv12(*yuv, layout) * 3, layout, out)
    stored = run([tools.ffmpeg, "-v", "error", "-i", path, "-f", "rawvideo", "-pix_fmt", "nv12", "-"])
    assert np.abs(np.frombuffer(stored, np.uint8).astype(int)[:64] - yuv[0]).max() <= 1
    to_rgb = "scale=in_color_matrix=bt709:in_range=tv:out_range=pc"
    shown = run([tools.ffmpeg, "-v", "error", "-i", path, "-vf", to_rgb, "-f", "rawvideo", "-pix_fmt", "rgb24", "-"])
    assert np.abs(np.frombuffer(shown, np.uint8).reshape(-1, 3).astype(int) - rgb).max() <= 3


@pytest.mark.parametrize("rgb", PRIMARIES)
def test_transparent_colours_and_their_alpha_arrive_straight(
    tools: Tools, tmp_path: Path, rgb: tuple[int, int, int]
) -> None:
    layout, out = FakeLayout("rgba", 64, 64), output(format="mov", quality="high")
    frame = np.empty((64, 64, 4), np.uint8)
    frame[..., :3] = rgb
    frame[..., 3] = np.arange(64) * 4
    path = encode(tools, tmp_path / "c.mov", frame.tobytes() * 2, layout, out, transparent=True)
    shown = decode(tools, path, "rgba", 64, 64, 4).astype(int)
    assert np.abs(shown[0, :, :, :3] - rgb).max() <= 3
    assert np.abs(shown[0, :, :, 3] - frame[..., 3]).max() <= 2


@pytest.mark.parametrize(("format_", "transparent"), FORMATS)
@pytest.mark.parametrize("fps", [24, 30, 60])
def test_joined_chunks_have_exact_times(
    tools: Tools, tmp_path: Path, format_: str, transparent: bool, fps: int
) -> None:
    out = output(format=format_, fps=fps)
    layout = FakeLayout("rgba" if transparent else "nv12", 64, 64)
    suffix = chunk_suffix(codec_of(out, transparent))
    names = []
    for index, count in enumerate((300, 300, 61)):
        names.append(f"{index}{suffix}")
        frames = b"".join(bytes([20 + i % 200]) * layout.frame_bytes for i in range(count))
        encode(tools, tmp_path / names[-1], frames, layout, out, transparent)
    video = joined(tools, tmp_path, names, 661, out)
    found = facts(tools, video)
    picture = next(stream for stream in found["streams"] if stream["codec_type"] == "video")
    # FFmpeg 7 lets Opus begin 7 ms later than the others do.
    assert float(found["format"]["duration"]) == pytest.approx(661 / fps, abs=1 / 60 + 0.007)
    assert (picture["nb_read_packets"], picture["avg_frame_rate"]) == ("661", f"{fps}/1")
    assert float(picture["start_time"]) == 0
    assert all(abs(shown - index / fps) <= 0.0006 for index, shown in enumerate(times(tools, video)))
    assert picture["color_space"] == picture["color_transfer"] == picture["color_primaries"] == "bt709"
    # ProRes has no field for its range: newer FFprobes say nothing of it.
    assert picture.get("color_range", "tv" if transparent else None) == "tv"


def joined(tools: Tools, folder: Path, names: list[str], frames: int, out: Output) -> Path:
    (folder / "s.pcm").write_bytes(bytes(48_000 * 4))
    audio, listed, video = folder / f"a{audio_suffix(out)}", folder / "list", folder / f"video.{out.format}"
    listed.write_text(concat_list(names), "utf-8")
    run(audio_command(tools.ffmpeg, folder / "s.pcm", audio, range(frames), out))
    run(assemble_command(tools.ffmpeg, listed, audio, video, out, title="Ä = 'b';\n#c", artist="🎵"))
    return video


def times(tools: Tools, video: Path) -> Iterator[float]:
    command: list[str | Path] = [
        tools.ffprobe,
        "-v",
        "error",
        "-select_streams",
        "v",
        "-show_entries",
        "packet=pts_time",
        "-of",
        "csv",
    ]
    for line in run([*command, video]).decode().split():
        yield float(line.split(",")[1])


def test_every_chunk_begins_with_a_keyframe_of_its_own(tools: Tools, tmp_path: Path) -> None:
    layout, out = FakeLayout("nv12", 64, 64), output()
    path = encode(tools, tmp_path / "c.mp4", bytes(layout.frame_bytes) * 61, layout, out)
    command: list[str | Path] = [tools.ffprobe, "-v", "error", "-show_entries", "packet=flags", "-of", "csv=p=0", path]
    keys = [index for index, flags in enumerate(run(command).decode().split()) if flags.startswith("K")]
    assert keys == [0, 60]


@pytest.mark.parametrize("quality", ["draft", "standard", "high"])
def test_every_keyframe_of_the_file_is_a_real_one(tools: Tools, tmp_path: Path, quality: str) -> None:
    layout, out = FakeLayout("nv12", 64, 64), output(quality=quality)
    noise = np.random.default_rng(1).integers(16, 235, layout.frame_bytes * 61, np.uint8).tobytes()
    path = encode(tools, tmp_path / "c.mp4", noise, layout, out)
    packets = run([tools.ffprobe, "-v", "error", "-show_entries", "packet=flags", "-of", "csv=p=0", path])
    decoded = run(
        [tools.ffprobe, "-v", "error", "-skip_frame", "nokey", "-show_entries", "frame=pts", "-of", "csv", path]
    )
    assert packets.decode().count("K") == decoded.decode().count("frame") == 2


def test_the_same_frames_give_the_same_bytes(tools: Tools, tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    for format_, transparent in (("mp4", False), ("webm", False), ("mov", True)):
        layout, out = FakeLayout("rgba" if transparent else "nv12", 64, 64), output(format=format_)
        frames = rng.integers(16, 235, layout.frame_bytes * 40, np.uint8).tobytes()
        suffix = chunk_suffix(codec_of(out, transparent))
        paths = [encode(tools, tmp_path / f"{i}{suffix}", frames, layout, out, transparent) for i in (1, 2)]
        assert paths[0].read_bytes() == paths[1].read_bytes()


def music(seconds: float) -> NDArray[np.int16]:
    at = np.arange(int(seconds * 48_000)) / 48_000
    tone = sum(np.sin(2 * np.pi * hz * at) / n for n, hz in enumerate((110, 220, 330.5, 1760, 3520), 1))
    left = 7000 * tone * (0.5 + 0.5 * np.sin(3 * at))
    return np.stack([left, left[::-1]], axis=1).astype(np.int16)


@pytest.mark.parametrize("format_", ["mp4", "webm"])
def test_the_sound_is_neither_late_nor_dull(tools: Tools, tmp_path: Path, format_: str) -> None:
    sound, out = music(4.0), output(format=format_)
    sound.tofile(tmp_path / "s.pcm")
    audio = tmp_path / f"a{audio_suffix(out)}"
    run(audio_command(tools.ffmpeg, tmp_path / "s.pcm", audio, range(120), out))
    raw = run([tools.ffmpeg, "-v", "error", "-i", audio, "-f", "s16le", "-ac", "2", "-ar", "48000", "-"])
    heard = np.frombuffer(raw, np.int16).reshape(-1, 2)[: len(sound)].astype(float)
    ratio = 10 * np.log10((sound.astype(float) ** 2).sum() / ((heard - sound) ** 2).sum())
    assert ratio >= 20


@pytest.mark.parametrize(("seconds", "frames"), [(1.0, 45), (2.0, 45)])
@pytest.mark.parametrize("format_", ["mp4", "webm"])
def test_the_sound_is_as_long_as_the_picture(
    tools: Tools, tmp_path: Path, format_: str, seconds: float, frames: int
) -> None:
    music(seconds).tofile(tmp_path / "s.pcm")
    out = output(format=format_)
    audio = tmp_path / f"a{audio_suffix(out)}"
    run(audio_command(tools.ffmpeg, tmp_path / "s.pcm", audio, range(frames), out))
    assert float(facts(tools, audio)["format"]["duration"]) == pytest.approx(1.5, abs=0.03)


def test_the_sound_of_a_part_is_cut_to_the_sample(tools: Tools, tmp_path: Path) -> None:
    command = [
        str(part) for part in audio_command(tools.ffmpeg, tmp_path / "s.pcm", tmp_path / "a", range(15, 53), output())
    ]
    assert "atrim=start_sample=24000:end_sample=84800" in command[command.index("-af") + 1]


def test_tags_arrive_whatever_they_contain(tools: Tools, tmp_path: Path) -> None:
    layout, out = FakeLayout("nv12", 64, 64), output()
    encode(tools, tmp_path / "0.mp4", bytes(layout.frame_bytes) * 30, layout, out)
    tags = facts(tools, joined(tools, tmp_path, ["0.mp4"], 30, out))["format"]["tags"]
    assert (tags["title"], tags["artist"]) == ("Ä = 'b';\n#c", "🎵")


def test_the_index_comes_before_the_pictures(tools: Tools, tmp_path: Path) -> None:
    layout, out = FakeLayout("nv12", 64, 64), output()
    encode(tools, tmp_path / "0.mp4", bytes(layout.frame_bytes) * 30, layout, out)
    content = joined(tools, tmp_path, ["0.mp4"], 30, out).read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")


@pytest.mark.parametrize("name", ["_TO_BT709", "_SAY_BT709"])
def test_the_filters_belong_to_what_decides_a_chunks_bits(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    before = encoder_arguments(output(), False)
    monkeypatch.setattr(f"oriel.rendering.pipeline.encode.{name}", "null")
    assert encoder_arguments(output(), False) != before
