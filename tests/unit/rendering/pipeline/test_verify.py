"""A video is what was planned, or it is not handed out."""

import dataclasses
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.fakes import FakeLayout, FakeStage

from oriel.errors import EncodingFailed, VerificationError
from oriel.rendering.pipeline.assemble import assemble
from oriel.rendering.pipeline.encode import Codec, audio_command, audio_suffix, chunk_command, chunk_suffix, codec_of
from oriel.rendering.pipeline.process import run_checked
from oriel.rendering.pipeline.settings_document import Output
from oriel.rendering.pipeline.tools import Tools
from oriel.rendering.pipeline.verify import Expected, _check_streams, verify

RunFfmpeg = Callable[..., None]


class Video:
    """A small video of two chunks and what is expected of it."""

    def __init__(
        self, folder: Path, tools: Tools, format_: str = "mp4", transparent: bool = False, flat: bool = False
    ) -> None:
        self.folder, self.tools = folder, tools
        self.output = Output.model_validate({"width": 96, "height": 64, "format": format_})
        self.codec = codec_of(self.output, transparent)
        self.expected = Expected(self.codec, 96, 64, 30, 90, (0, 60), alpha=transparent)
        layout = FakeLayout("rgba" if transparent else "nv12", 96, 64)
        self.stage = FakeStage(frame_format=layout, flat=flat)
        self.chunks = [self._chunk(0, 60, transparent), self._chunk(60, 30, transparent)]
        self.audio = self._audio(90)
        self.path = folder / f"video.{format_}"
        assemble(self.chunks, self.audio, self.path, self.output, tools)

    def _chunk(self, first: int, count: int, transparent: bool) -> Path:
        raw, path = self.folder / "raw", self.folder / f"{first}{chunk_suffix(self.codec)}"
        raw.write_bytes(b"".join(self.stage.frames(first, count)))
        command = chunk_command(self.tools.ffmpeg, path, self.stage.frame_format, self.output, transparent)
        run_checked([raw if part == "pipe:0" else part for part in command], access=None, timeout_s=120)
        return path

    def _audio(self, frames: int) -> Path:
        pcm, path = self.folder / "s.pcm", self.folder / f"a{frames}{audio_suffix(self.output)}"
        pcm.write_bytes(bytes(4 * 48_000))
        run_checked(audio_command(self.tools.ffmpeg, pcm, path, range(frames), self.output), access=None, timeout_s=120)
        return path

    def verify(self, **changed: object) -> None:
        verify(self.path, dataclasses.replace(self.expected, **changed), self.tools)  # type: ignore[arg-type]

    def refused(self, **changed: object) -> str:
        with pytest.raises(VerificationError) as refusal:
            self.verify(**changed)
        return refusal.value.message

    def reassemble(self, chunks: list[Path], audio: Path) -> None:
        assemble(chunks, audio, self.path, self.output, self.tools)


@pytest.fixture
def video(tmp_path: Path, tools: Tools) -> Video:
    return Video(tmp_path, tools)


@pytest.mark.parametrize(("format_", "transparent"), [("mp4", False), ("mov", False), ("webm", False), ("mov", True)])
def test_what_the_pipeline_makes_passes(tmp_path: Path, tools: Tools, format_: str, transparent: bool) -> None:
    Video(tmp_path, tools, format_, transparent).verify()


def test_a_missing_chunk_is_noticed(video: Video) -> None:
    video.reassemble(video.chunks[:1], video.audio)
    assert video.refused() == "The video has 60 frames instead of 90."


def test_a_chunk_too_many_is_noticed(video: Video) -> None:
    video.reassemble([*video.chunks, video.chunks[1]], video.audio)
    assert video.refused() == "The video has 120 frames instead of 90."


def test_short_sound_is_noticed(video: Video) -> None:
    video.reassemble(video.chunks, video._audio(60))
    assert video.refused() == "The audio is 2.000 s long instead of 3.000 s."


@pytest.mark.parametrize(
    ("options", "refusal"),
    [(["-c:a", "aac", "-ac", "1"], "channels is 1 instead of 2"), (["-c:a", "mp3"], "codec_name is mp3")],
)
def test_other_sound_is_noticed(video: Video, ffmpeg: RunFfmpeg, options: list[str], refusal: str) -> None:
    shutil.move(video.path, video.folder / "whole.mp4")
    ffmpeg("-i", video.folder / "whole.mp4", "-c:v", "copy", *options, video.path)
    assert refusal in video.refused()


def test_missing_sound_is_noticed(video: Video, ffmpeg: RunFfmpeg) -> None:
    shutil.move(video.path, video.folder / "whole.mp4")
    ffmpeg("-i", video.folder / "whole.mp4", "-an", "-c", "copy", video.path)
    assert video.refused() == "The video has 0 audio streams instead of one."


def test_a_second_sound_is_noticed(video: Video, ffmpeg: RunFfmpeg) -> None:
    shutil.move(video.path, video.folder / "whole.mp4")
    ffmpeg("-i", video.folder / "whole.mp4", "-map", "0:v", "-map", "0:a", "-map", "0:a", "-c", "copy", video.path)
    assert video.refused() == "The video has 2 audio streams instead of one."


def test_another_size_is_noticed(video: Video) -> None:
    assert video.refused(width=128) == "The video's width is 96 instead of 128."


def test_another_rate_is_noticed(video: Video) -> None:
    assert video.refused(fps=60) == "The video's avg_frame_rate is 30/1 instead of 60/1."


def test_a_chunk_that_begins_without_a_keyframe_is_noticed(video: Video) -> None:
    assert video.refused(chunk_starts=(0, 61)) == "Frame 61 begins a chunk but is not a keyframe."


def test_missing_alpha_is_noticed(video: Video) -> None:
    assert "pixels are yuv420p" in video.refused(alpha=True)


def test_wrong_colour_tags_are_noticed(video: Video, ffmpeg: RunFfmpeg) -> None:
    shutil.move(video.path, video.folder / "whole.mp4")
    said = "h264_metadata=colour_primaries=6:transfer_characteristics=6:matrix_coefficients=6"
    # In the pictures and in the container: FFprobe's versions differ in which of the two they believe.
    tags = ("-color_primaries", "smpte170m", "-color_trc", "smpte170m", "-colorspace", "smpte170m")
    ffmpeg("-i", video.folder / "whole.mp4", "-c", "copy", "-bsf:v", said, *tags, video.path)
    assert "is smpte170m instead of bt709" in video.refused()


@pytest.mark.parametrize(("format_", "transparent"), [("mp4", False), ("mov", False), ("webm", False), ("mov", True)])
def test_a_missing_colour_tag_is_noticed(
    tmp_path: Path, tools: Tools, monkeypatch: pytest.MonkeyPatch, format_: str, transparent: bool
) -> None:
    monkeypatch.setattr("oriel.rendering.pipeline.encode._BT709_TAGS", ())
    monkeypatch.setattr("oriel.rendering.pipeline.encode._SAY_BT709", "null")
    assert "instead of bt709" in Video(tmp_path, tools, format_, transparent).refused()


def test_only_prores_may_leave_its_range_unsaid() -> None:
    said = {"codec_type": "video", "width": 64, "height": 64, "avg_frame_rate": "30/1", "color_space": "bt709"}
    said |= {"color_transfer": "bt709", "color_primaries": "bt709"}
    kinds: list[tuple[Codec, str]] = [("prores", "yuva444p12le"), ("h264", "yuv420p"), ("vp9", "yuv420p")]
    for codec, pixels in kinds:
        expected = Expected(codec, 64, 64, 30, 1, (0,), alpha=codec == "prores")
        stream = {**said, "codec_name": codec, "pix_fmt": pixels}
        _check_streams({"streams": [{**stream, "color_range": "tv"}]}, expected)
        with pytest.raises(VerificationError, match="color_range is pc"):
            _check_streams({"streams": [{**stream, "color_range": "pc"}]}, expected)
        if codec == "prores":
            _check_streams({"streams": [stream]}, expected)
        else:
            with pytest.raises(VerificationError, match="color_range is None"):
                _check_streams({"streams": [stream]}, expected)


def test_frames_at_wrong_times_are_noticed(video: Video, ffmpeg: RunFfmpeg) -> None:
    shutil.move(video.path, video.folder / "whole.mp4")
    ffmpeg("-i", video.folder / "whole.mp4", "-c", "copy", "-bsf:v", "setts=ts=TS+gte(N\\,45)*64", video.path)
    assert "is shown at" in video.refused() or "avg_frame_rate" in video.refused()


def test_a_video_of_one_flat_colour_is_noticed(tmp_path: Path, tools: Tools) -> None:
    video = Video(tmp_path, tools, flat=True)
    assert "one flat colour" in video.refused()
    video.verify(may_be_flat=True)


def test_damaged_pictures_are_noticed(video: Video) -> None:
    content = bytearray(video.path.read_bytes())
    # Behind the headers and x264's note about itself comes the first picture.
    start = content.index(b"\x65\x88") + 8
    content[start : start + 60] = b"\x55" * 60
    video.path.write_bytes(content)
    assert "cannot be decoded" in video.refused()


@pytest.mark.parametrize("content", [b"", b"no video", bytes(1000)])
def test_what_is_no_video_is_noticed(video: Video, content: bytes) -> None:
    video.path.write_bytes(content)
    assert "cannot be read" in video.refused()


def test_half_a_file_is_noticed(video: Video) -> None:
    content = video.path.read_bytes()
    video.path.write_bytes(content[: len(content) // 2])
    assert video.refused()


def test_parts_that_are_no_videos_cannot_be_assembled(video: Video) -> None:
    video.chunks[0].write_bytes(b"nothing")
    with pytest.raises(EncodingFailed, match="could not write"):
        video.reassemble(video.chunks, video.audio)
