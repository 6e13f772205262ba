"""What a file is by its name and its first bytes."""

import pytest

from oriel.errors import InvalidPicture, UnsupportedAudioFormat, UnsupportedPictureFormat
from oriel.media.formats import format_by_name, refuse_other_content, shown_name

FORMATS = ("mp3", "wav", "m4a")


@pytest.mark.parametrize(
    ("name", "kind", "expected"),
    [
        ("a.mp3", "song", "mp3"),
        ("a.MP3", "song", "mp3"),
        ("a.b.wave", "song", "wav"),
        ("a.jpg", "picture", "jpeg"),
        ("a.WebP", "picture", "webp"),
    ],
)
def test_a_name_tells_the_format(name: str, kind: str, expected: str) -> None:
    assert format_by_name(name, kind, FORMATS).name == expected


@pytest.mark.parametrize("name", ["a.flac", "a", ".mp3", "a.mp3 ", "a.mp3.zip", "a.png"])
def test_other_names_are_no_songs(name: str) -> None:
    with pytest.raises(UnsupportedAudioFormat):
        format_by_name(name, "song", FORMATS)


def test_an_operator_can_take_more_formats() -> None:
    assert format_by_name("a.flac", "song", (*FORMATS, "flac")).name == "flac"


def test_a_song_is_no_picture() -> None:
    with pytest.raises(UnsupportedPictureFormat) as caught:
        format_by_name("a.mp3", "picture", FORMATS)
    assert caught.value.details == {"received_format": "mp3", "supported_formats": ["png", "jpeg", "webp"]}


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"ID3\x04\0\0\0\0\0\x10" + bytes(100), "a.mp3"),
        (b"\xff\xfb\x90\x00" + bytes(100), "a.mp3"),
        (b"\0\0\0\0\xff\xfb\x90\x00" + bytes(100), "a.mp3"),
        (bytes(2000) + b"\xff\xfb\x90\x00" + bytes(100), "a.mp3"),
        (bytes(4096), "a.mp3"),
        (b"RIFF\x24\0\0\0WAVEfmt " + bytes(100), "a.wav"),
        (b"\0\0\0\x20ftypM4A \0\0\0\0" + bytes(100), "a.m4a"),
        (b"\0\0\0\x20ftypisom\0\0\0\0" + bytes(100), "a.m4a"),
        (b"\0\0\0\x20ftypmp42\0\0\0\0" + bytes(100), "a.m4a"),
        (b"\0\0\0\x20ftypqt  \0\0\0\0" + bytes(100), "a.m4a"),
        (b"\0\0\0\x20ftypdash\0\0\0\0" + bytes(100), "a.m4a"),
    ],
)
def test_real_beginnings_pass(head: bytes, name: str) -> None:
    refuse_other_content(head, format_by_name(name, "song", FORMATS), "song", FORMATS)


@pytest.mark.parametrize(
    ("head", "received"), [(b"fLaC" + bytes(60), "flac"), (b"%PDF-1.7\n", "pdf"), (b"PK\x03\x04" + bytes(60), "zip")]
)
def test_other_beginnings_are_named_and_refused(head: bytes, received: str) -> None:
    with pytest.raises(UnsupportedAudioFormat) as caught:
        refuse_other_content(head, format_by_name("a.mp3", "song", FORMATS), "song", FORMATS)
    assert caught.value.details["received_format"] == received


WAV_HEAD = b"RIFF\x24\0\0\0WAVEfmt " + bytes(100)
FLAC_HEAD = b"fLaC" + bytes(60)


@pytest.mark.parametrize(
    ("head", "formats", "sentence"),
    [
        (WAV_HEAD, FORMATS, "The name says MP3, but the content is WAV. Rename the file to end with .wav."),
        (FLAC_HEAD, FORMATS, "Audio file must be MP3, WAV, or M4A format"),
        (
            FLAC_HEAD,
            (*FORMATS, "flac"),
            "The name says MP3, but the content is FLAC. Rename the file to end with .flac.",
        ),
    ],
)
def test_a_song_under_a_wrong_name_is_told_so(head: bytes, formats: tuple[str, ...], sentence: str) -> None:
    with pytest.raises(UnsupportedAudioFormat) as caught:
        refuse_other_content(head, format_by_name("a.mp3", "song", formats), "song", formats)
    assert caught.value.message == sentence
    assert caught.value.details["supported_formats"] == list(formats)


def test_a_picture_under_a_wrong_name_is_told_so() -> None:
    png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(60)
    with pytest.raises(UnsupportedPictureFormat, match=r"the content is PNG\. Rename the file to end with \.png"):
        refuse_other_content(png, format_by_name("a.jpg", "picture", ()), "picture", ())


def test_a_picture_must_be_known() -> None:
    with pytest.raises(InvalidPicture):
        refuse_other_content(b"nothing that anybody knows", format_by_name("a.png", "picture", ()), "picture", ())


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("", "unnamed"),
        ("../", "unnamed"),
        ("..", ".."),
        ("a\r\nb.mp3", "ab.mp3"),
        ("a\ud800b.mp3", "ab.mp3"),
        ("e\u0301.mp3", "é.mp3"),
        ("y" * 300, "y" * 200),
    ],
)
def test_names_are_fit_for_display(given: str, shown: str) -> None:
    assert shown_name(given) == shown
