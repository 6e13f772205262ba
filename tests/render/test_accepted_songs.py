"""Whatever is a song becomes a video of its length with its sound, however it is stored and called."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tests.render.command import Command
from tests.render.conftest import Render
from tests.render.songs import RATE, music, write_wav
from tests.render.videos import probed, sound, stream

from oriel.rendering.pipeline.looks import Look, Looks, load_looks
from oriel.rendering.pipeline.request import RenderResult
from oriel.rendering.pipeline.tools import Tools

Convert = Callable[..., Path]

SECONDS = 1.2
SMALL = {"width": 128, "height": 72}
TONE = f"aevalsrc=0.5*sin(2*PI*440*t)|0.5*sin(2*PI*440*t):s=48000:d={SECONDS}"
TO_MONO = ("-af", "pan=mono|c0=c0")


@pytest.fixture
def convert(tools: Tools, tmp_path: Path) -> Convert:
    """Write a tone with FFmpeg's options for the output."""

    def converted(name: str, *options: str | Path, source: str = TONE) -> Path:
        path = tmp_path / name
        command = [tools.ffmpeg, "-nostdin", "-v", "error", "-f", "lavfi", "-i", source, *options, f"file:{path}"]
        subprocess.run(command, check=True, timeout=120)
        return path

    return converted


def assert_whole(result: RenderResult, tools: Tools, seconds: float = SECONDS) -> None:
    assert abs(result.frames - seconds * result.fps) <= 2
    assert int(stream(result.output, tools, "video")["nb_read_packets"]) == result.frames


def assert_tone(result: RenderResult, tools: Tools, amplitude: float = 0.5) -> None:
    """Both channels must play 440 Hz as loud as the song does."""
    heard = sound(result.output, tools)[RATE // 4 : RATE].astype(float) / 32768
    for channel in heard.T:
        spectrum = np.abs(np.fft.rfft(channel * np.hanning(len(channel))))
        assert np.argmax(spectrum) * RATE / len(channel) == pytest.approx(440, abs=2)
        assert 20 * np.log10(channel.std() * np.sqrt(2) / amplitude) == pytest.approx(0, abs=0.5)


STORED = [
    pytest.param("a.wav", [*TO_MONO], id="mono"),
    pytest.param("a.wav", ["-ar", "8000"], id="8 kHz"),
    pytest.param("a.wav", ["-ar", "192000"], id="192 kHz"),
    pytest.param("a.wav", ["-c:a", "pcm_u8"], id="8 bit"),
    pytest.param("a.wav", ["-c:a", "pcm_s24le"], id="24 bit"),
    pytest.param("a.wav", ["-c:a", "pcm_f32le"], id="float"),
    pytest.param("a.mp3", ["-ar", "44100", "-q:a", "2"], id="variable bit rate"),
    pytest.param("a.mp3", [*TO_MONO, "-ar", "8000", "-b:a", "32k"], id="8 kHz mp3"),
    pytest.param("a.m4a", ["-c:a", "aac"], id="aac"),
    pytest.param("a.m4a", ["-c:a", "alac"], id="alac"),
]


@pytest.mark.parametrize(("name", "options"), STORED)
def test_every_way_of_storing_a_song_gives_the_same_sound(
    render: Render, tools: Tools, convert: Convert, name: str, options: list[str]
) -> None:
    result = render(convert(name, *options), output=SMALL)
    assert_whole(result, tools, seconds=SECONDS)
    assert_tone(result, tools)
    assert result.warnings == ()


def test_surround_sound_becomes_stereo(render: Render, tools: Tools, convert: Convert) -> None:
    everywhere = f"aevalsrc={'|'.join(['0.1*sin(2*PI*440*t)'] * 6)}:c=5.1:s=48000:d={SECONDS}"
    result = render(convert("a.wav", source=everywhere), output=SMALL)
    assert_whole(result, tools)
    assert stream(result.output, tools, "audio")["channels"] == 2
    heard = sound(result.output, tools).astype(float)
    assert 0.05 * 32768 < np.abs(heard[RATE // 4 : RATE]).max() < 0.5 * 32768


@pytest.mark.parametrize(
    "look",
    [load_looks().all[0], *(pytest.param(look, marks=pytest.mark.long) for look in load_looks().all[1:])],
    ids=lambda look: look.name,
)
def test_silence_is_a_song(render: Render, tools: Tools, tmp_path: Path, look: Look) -> None:
    silence = write_wav(tmp_path / "silence.wav", np.zeros((2 * RATE, 2), np.int16))
    result = render(silence, look=look.name, output=SMALL, text={"title": "", "artist": ""})
    assert_whole(result, tools, seconds=2)
    assert np.abs(sound(result.output, tools)).max() <= 1


def test_half_a_second_is_a_song(render: Render, tools: Tools, tmp_path: Path) -> None:
    result = render(write_wav(tmp_path / "short.wav", music(0.5)), output=SMALL)
    assert result.frames == 15
    assert_whole(result, tools, seconds=0.5)


@pytest.mark.parametrize("name", ["a.mp3", pytest.param("a.m4a", marks=pytest.mark.long)])
def test_cover_art_inside_is_drawn_and_is_no_second_picture(
    render: Render, tools: Tools, convert: Convert, tmp_path: Path, name: str
) -> None:
    plain = convert(f"plain-{name}")
    picture = tmp_path / "cover.png"
    subprocess.run(
        [tools.ffmpeg, "-v", "error", "-f", "lavfi", "-i", "testsrc=s=300x300", "-frames:v", "1", picture], check=True
    )
    covered = tmp_path / name
    inputs: list[str | Path] = ["-i", plain, "-i", picture, "-map", "0:a", "-map", "1:v", "-c", "copy"]
    subprocess.run([tools.ffmpeg, "-v", "error", *inputs, "-disposition:v", "attached_pic", covered], check=True)
    # A title, because the files' names would show in the picture otherwise.
    without, within = (render(song, output=SMALL, text={"title": "A"}) for song in (plain, covered))
    assert_whole(within, tools)
    assert_tone(within, tools)
    assert len(probed(within.output, tools)["streams"]) == 2
    assert within.sha256 != without.sha256


@pytest.mark.parametrize(("name", "share"), [("a.wav", 0.6), ("a.mp3", 0.6)])
def test_a_song_that_is_cut_off_is_rendered_with_a_warning(
    render: Render, tools: Tools, convert: Convert, name: str, share: float
) -> None:
    song = convert(name, source=TONE.replace(f"d={SECONDS}", "d=4"))
    song.write_bytes(song.read_bytes()[: int(song.stat().st_size * share)])
    result = render(song, output=SMALL)
    assert_whole(result, tools, seconds=result.duration_s)
    assert result.duration_s == pytest.approx(4 * share, abs=0.2)
    assert_tone(result, tools)
    assert len(result.warnings) == 1
    assert "damaged" in result.warnings[0]


@pytest.mark.parametrize(
    "stem",
    [
        'it\'s “quoted” & "double" 🎵🔥',
        "-o",
        *(pytest.param(stem, marks=pytest.mark.long) for stem in ("two words", "%03d", "a:b", "' or 1")),
    ],
)
def test_names_with_spaces_quotes_and_emoji(
    render: Render, tools: Tools, convert: Convert, tmp_path: Path, stem: str
) -> None:
    song = convert("plain.mp3").rename(tmp_path / f"{stem}.mp3")
    result = render(song, f"{stem} video.mp4", output=SMALL)
    assert_whole(result, tools)
    assert result.output.name == f"{stem} video.mp4"
    assert probed(result.output, tools)["format"]["tags"]["title"] == stem


def test_the_command_takes_such_names_and_says_what_is_damaged(
    command: Callable[..., Command], looks: Looks, tmp_path: Path
) -> None:
    song = write_wav(tmp_path / "it's “my” song 🎵.wav", music(2.0))
    song.write_bytes(song.read_bytes()[:200_000])
    options = ("--look", looks.all[0].name, "--size", "128x72", "--work", "a 'work' 📁 folder", "--json")
    started = command("render", song, "-o", "my 'video' 🎬.mp4", *options)
    assert started.wait() == 0, started.stderr
    assert "Warning: The song is damaged" in started.stderr
    assert '"frames": 31,' in started.stdout
    assert sorted(path.name for path in started.out.iterdir()) == ["a 'work' 📁 folder", "my 'video' 🎬.mp4"]
