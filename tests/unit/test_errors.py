"""Errors can be listed in a table."""

import json

import pytest

from oriel.errors import AppError, Cancelled, StageCrashed, UnsupportedAudioFormat, error_classes


def test_the_three_ends_have_their_exit_codes() -> None:
    assert {known.exit_code for known in error_classes()} == {1, 2, 130}


def test_every_class_says_what_it_is() -> None:
    for known in error_classes():
        assert known.__doc__
        assert known.code.isupper()
        assert 400 <= known.http_status < 600


def test_no_two_situations_share_a_code() -> None:
    codes = [known.code for known in error_classes()]
    shared = {code for code in codes if codes.count(code) > 1}
    # The branches that are never raised by themselves take the code of the root.
    assert shared <= {"INTERNAL_ERROR"}


def test_an_error_has_the_documented_body() -> None:
    error = UnsupportedAudioFormat("flac", ("mp3", "wav", "m4a"))
    assert json.loads(json.dumps(error.as_json())) == {
        "code": "INVALID_AUDIO_FORMAT",
        "message": "Audio file must be MP3, WAV, or M4A format",
        "details": {"received_format": "flac", "supported_formats": ["mp3", "wav", "m4a"]},
    }


@pytest.mark.parametrize(
    ("formats", "listed"), [(("mp3",), "MP3"), (("mp3", "wav"), "MP3 or WAV"), (("a", "b", "c", "d"), "A, B, C, or D")]
)
def test_formats_are_listed_in_english(formats: tuple[str, ...], listed: str) -> None:
    assert UnsupportedAudioFormat("x", formats).message == f"Audio file must be {listed} format"


def test_our_failures_may_be_tried_again_and_the_callers_not() -> None:
    assert StageCrashed("x").retryable
    assert not AppError("x").retryable
    assert not Cancelled().retryable
