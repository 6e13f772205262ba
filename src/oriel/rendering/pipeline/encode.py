"""Pure functions that describe FFmpeg's work as argument lists; nothing is started here."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, Protocol

from oriel.rendering.pipeline.pcm import RATE
from oriel.rendering.pipeline.settings_document import Output, Quality

Codec = Literal["h264", "vp9", "prores"]

# Fixed, because x264's bits depend on it; two frames in flight keep two cores busy and add no delay that counts.
ENCODER_THREADS = 2
KEYFRAME_EVERY_S = 2

# Standard is `ultrafast` with the deblocking filter, at a constant quantiser: rate control by CRF looks at every frame
# at half its size first, a quarter of x264's work here. Encoding is a third of a render's work, so this decides its
# speed (docs/decisions/0007).
_H264_QUALITY: dict[Quality, tuple[str, str, str]] = {
    "draft": ("ultrafast", "-qp", "24"),
    "standard": ("ultrafast", "-qp", "20"),
    "high": ("veryfast", "-crf", "17"),
}
# aq-mode 3 spends bits in dark gradients, where these pictures band first; x264 has it with rate control only.
_H264_EXTRAS: dict[Quality, str] = {"draft": "", "standard": ":deblock=0,0", "high": ":aq-mode=3"}
_VP9_CRF: dict[Quality, int] = {"draft": 36, "standard": 30, "high": 24}
_PRORES_QSCALE: dict[Quality, int] = {"draft": 13, "standard": 9, "high": 5}

# stitchable and repeat-headers let chunks be joined by copy; cpu-independent gives every machine the same bits;
# scenecut would put pictures that one cannot seek to among the keyframes of the file (measured on noise: 60 marked, 10
# real), and saves nothing here.
_X264_PARAMS = "stitchable=1:cpu-independent=1:repeat-headers=1:open-gop=0:scenecut=0"
_BT709_TAGS = ("-color_range", "tv", "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709")
# FFmpeg's own way from RGB to YUV is BT.601, which turns every red a little orange.
_TO_BT709 = "scale=in_range=full:out_range=tv:out_color_matrix=bt709:flags=accurate_rnd+full_chroma_int+bicubic"
# The frames themselves must say what their colours are: from FFmpeg 7 on they overrule what the encoder was told, and
# raw video says nothing of transfer and primaries. prores_ks has always asked the frames.
_SAY_BT709 = "setparams=range=tv:colorspace=bt709:color_primaries=bt709:color_trc=bt709"
_QUIET = ("-hide_banner", "-nostdin", "-nostats", "-v", "error", "-y")
_SAME_BYTES = ("-fflags", "+bitexact", "-map_metadata", "-1")


class FrameLayout(Protocol):
    """Raw frames as the stage delivers them; the picture takes the upper left of their pixels."""

    @property
    def pixel(self) -> Literal["nv12", "rgba"]:
        """Y plane then interleaved chroma in BT.709 limited range, or straight RGBA in full range."""

    @property
    def padded_width(self) -> int:
        """Pixels a row."""

    @property
    def height(self) -> int:
        """Rows, padded ones included."""

    @property
    def frame_bytes(self) -> int:
        """The size of one frame."""


def codec_of(output: Output, transparent: bool) -> Codec:
    """Return which codec the output asks for: alpha exists in ProRes 4444 only."""
    if output.format == "webm":
        return "vp9"
    return "prores" if transparent else "h264"


def chunk_suffix(codec: Codec) -> str:
    """Return the container of a chunk: what joins by copy with exact times (NUT loses a frame's time per chunk)."""
    return {"h264": ".mp4", "vp9": ".ivf", "prores": ".mov"}[codec]


def chunk_command(
    ffmpeg: Path, out: Path, frames: FrameLayout, output: Output, transparent: bool, threads: int = ENCODER_THREADS
) -> list[str | Path]:
    """Return the command that encodes raw frames from its standard input into one chunk file."""
    codec = codec_of(output, transparent)
    return [
        ffmpeg,
        *(part for part in _QUIET if part != "-nostdin"),
        *("-f", "rawvideo", "-pixel_format", frames.pixel, "-video_size", f"{frames.padded_width}x{frames.height}"),
        *("-framerate", str(output.fps), "-i", "pipe:0"),
        *_filters(frames, output, codec),
        *_encoder(codec, output, threads),
        *("-fps_mode", "passthrough", *_SAME_BYTES, "-flags:v", "+bitexact"),
        *("-f", _muxer(chunk_suffix(codec)), out),
    ]


def encoder_arguments(output: Output, transparent: bool, threads: int = ENCODER_THREADS) -> list[str]:
    """Return what decides a chunk's bits apart from the frames themselves, for its key.

    The stage's layout is known later; how each kind of pixel becomes the encoder's stands for it.
    """
    codec = codec_of(output, transparent)
    return [*_encoder(codec, output, threads), ",".join(_conversion(codec))]


def _filters(frames: FrameLayout, output: Output, codec: Codec) -> list[str]:
    steps = []
    if frames.padded_width != output.width or frames.height != output.height:
        steps.append(f"crop={output.width}:{output.height}:0:0")
    steps += _conversion(codec) if frames.pixel == "rgba" else [_SAY_BT709]
    return ["-vf", ",".join(steps)]


def _conversion(codec: Codec) -> list[str]:
    """Return the filters between RGBA and the encoder."""
    return [_TO_BT709, "format=yuva444p10le" if codec == "prores" else "format=yuv420p", _SAY_BT709]


def _encoder(codec: Codec, output: Output, threads: int) -> list[str]:
    keyframes = str(KEYFRAME_EVERY_S * output.fps)
    match codec:
        case "h264":
            preset, control, value = _H264_QUALITY[output.quality]
            specific = ["-c:v", "libx264", "-preset", preset, control, value, "-bf", "0"]
            specific += [
                "-x264-params",
                _X264_PARAMS + _H264_EXTRAS[output.quality],
                "-g",
                keyframes,
                "-video_track_timescale",
                str(_timescale(output.fps)),
            ]
        case "vp9":
            specific = ["-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-row-mt", "1"]
            specific += ["-tile-columns", "2", "-lag-in-frames", "0", "-b:v", "0"]
            specific += ["-crf", str(_VP9_CRF[output.quality]), "-g", keyframes]
        case "prores":
            specific = ["-c:v", "prores_ks", "-profile:v", "4444", "-alpha_bits", "8", "-vendor", "apl0"]
            specific += ["-qscale:v", str(_PRORES_QSCALE[output.quality])]
            specific += ["-video_track_timescale", str(_timescale(output.fps))]
    return [*specific, "-threads", str(threads), *_BT709_TAGS]


def _timescale(fps: int) -> int:
    """Return ticks a second in which every frame of 24, 30 and 60 a second is a whole number long."""
    return fps * 512


def _muxer(suffix: str) -> str:
    return suffix.removeprefix(".")


def audio_suffix(output: Output) -> str:
    """Return the container in which the encoded sound waits for its video."""
    return ".webm" if output.format == "webm" else ".m4a"


def audio_command(ffmpeg: Path, pcm: Path, out: Path, frames: range, output: Output) -> list[str | Path]:
    """Return the command that encodes the sound of these frames of the song once, cut or padded to the sample."""
    start, end = frames.start * RATE // output.fps, frames.stop * RATE // output.fps
    # Opus in steps of 10 ms: with its usual 20 the sound is announced a frame longer than the picture at 60 a second.
    opus = ["-c:a", "libopus", "-b:a", "192k", "-frame_duration", "10"]
    codec = opus if output.format == "webm" else ["-c:a", "aac", "-b:a", "192k"]
    return [
        *(ffmpeg, *_QUIET, "-f", "s16le", "-ar", str(RATE), "-ac", "2", "-i", pcm),
        *("-af", f"apad=whole_len={end},atrim=start_sample={start}:end_sample={end},asetpts=N/SR/TB"),
        *codec,
        *(*_SAME_BYTES, "-flags:a", "+bitexact"),
        *("-f", "webm" if output.format == "webm" else "ipod", out),
    ]


def concat_list(chunks: Sequence[str]) -> str:
    """Return the text that lists chunk files for FFmpeg's concat demuxer; the names are ours and need no quotes."""
    return "ffconcat version 1.0\n" + "".join(f"file {name}\n" for name in chunks)


def assemble_command(
    ffmpeg: Path, chunks: Path, audio: Path, out: Path, output: Output, *, title: str = "", artist: str = ""
) -> list[str | Path]:
    """Return the command that joins the listed chunks and the sound by copy, ready to be played while it loads."""
    tags = [
        part
        for key, value in (("title", title), ("artist", artist))
        if value
        for part in ("-metadata", f"{key}={value}")
    ]
    movie = ["-movflags", "+faststart", "-video_track_timescale", str(_timescale(output.fps))]
    return [
        *(ffmpeg, *_QUIET),
        # Without the rate the average comes out as 360000/12001 as soon as chunks bring rounded durations.
        *("-r", str(output.fps), "-f", "concat", "-safe", "1", "-i", chunks),
        *("-i", audio, "-map", "0:v:0", "-map", "1:a:0", "-c", "copy"),
        *(*_SAME_BYTES, *tags),
        # Said again here: IVF has no place for two of the four colour tags, and Matroska wants them all.
        *_BT709_TAGS,
        *([] if output.format == "webm" else movie),
        *("-f", output.format, out),
    ]


def poster_command(
    ffmpeg: Path, out: Path, frames: FrameLayout, output: Output, size: tuple[int, int]
) -> list[str | Path]:
    """Return the command that turns one raw frame from its standard input into a JPEG of this width and height."""
    width, height = size
    steps = [f"crop={output.width}:{output.height}:0:0"]
    # JPEG means BT.601 in full range, and has no alpha: what is transparent becomes black.
    if frames.pixel == "rgba":
        steps += ["format=gbrap", "premultiply=inplace=1", "format=gbrp"]
    else:
        steps += ["scale=in_range=tv:in_color_matrix=bt709:out_range=full:flags=accurate_rnd", "format=gbrp"]
    steps += [f"scale={width}:{height}:out_range=full:out_color_matrix=bt601:flags=accurate_rnd+area"]
    return [
        ffmpeg,
        *(part for part in _QUIET if part != "-nostdin"),
        *("-f", "rawvideo", "-pixel_format", frames.pixel, "-video_size", f"{frames.padded_width}x{frames.height}"),
        *("-i", "pipe:0", "-vf", ",".join([*steps, "format=yuvj420p"])),
        *(
            "-frames:v",
            "1",
            "-c:v",
            "mjpeg",
            "-q:v",
            "2",
            "-flags:v",
            "+bitexact",
            *_SAME_BYTES,
            "-f",
            "image2",
            "-update",
            "1",
            out,
        ),
    ]
