"""A file's name is for display and nothing else."""

from collections.abc import Callable
from pathlib import Path

import pytest
from apiflask import APIFlask
from tests.functional.caller import Caller
from tests.functional.media.files import send_body, wav

WAV = wav()


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../../../tmp/escaped.wav", "escaped.wav"),
        ("..\\..\\escaped.wav", "escaped.wav"),
        ("/etc/cron.d/escaped.wav", "escaped.wav"),
        ("C:\\Music\\escaped.wav", "escaped.wav"),
        ("esc\0aped.wav", "escaped.wav"),
        ("esc\u202eaped.wav", "escaped.wav"),
        ("  two   words .wav", "two words .wav"),
        ("-i.wav", "-i.wav"),
        ("file:x|sh.wav", "file:x|sh.wav"),
        ("%n%s.wav", "%n%s.wav"),
        ("träumerei.WAV", "träumerei.WAV"),
        ("family 👨‍👩‍👧 🫩.wav", "family 👨‍👩‍👧 🫩.wav"),
        ("می‌خواهم.wav", "می‌خواهم.wav"),
        ("🏴󠁧󠁢󠁥󠁮󠁧󠁿 क्षि.wav", "🏴󠁧󠁢󠁥󠁮󠁧󠁿 क्षि.wav"),
        ("x" * 10_000 + ".wav", "x" * 196 + ".wav"),
    ],
)
def test_a_name_is_cleaned_and_names_nothing_on_disk(
    app: APIFlask, caller: Callable[..., Caller], name: str, shown: str
) -> None:
    answer = send_named(caller(), name)
    assert answer["filename"] == shown
    data_root: Path = app.config["ORIEL"].data_root
    assert list(data_root.rglob("*escaped*")) == []
    assert not Path("/tmp/escaped.wav").exists()  # noqa: S108


def test_a_name_in_latin_1_is_taken(caller: Callable[..., Caller]) -> None:
    head = b'--b\r\nContent-Disposition: form-data; name="audio"; filename="Bj\xf6rk \x97 J\xf3ga.wav"\r\n\r\n'
    assert send_body(caller(), head + WAV + b"\r\n--b--\r\n").get_json()["filename"] == "Björk — Jóga.wav"


def test_a_name_that_is_only_dots_or_controls_is_no_song(caller: Callable[..., Caller]) -> None:
    for name in ("..", "\x01\x02", "../"):
        assert "error" in send_named(caller(), name)


def send_named(customer: Caller, name: str) -> dict[str, str]:
    """Upload a song under a name that well-behaved clients would not send."""
    quoted = name.encode().replace(b"\\", b"\\\\").replace(b'"', b'\\"')
    head = b'--b\r\nContent-Disposition: form-data; name="audio"; filename="' + quoted + b'"\r\n\r\n'
    return dict(send_body(customer, head + WAV + b"\r\n--b--\r\n").get_json())
