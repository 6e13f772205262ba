"""A form is read alike however it is cut into pieces."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oriel.errors import IncompleteUpload, InvalidBody
from oriel.media.multipart import Part, read_multipart

CONTENT = b"\r\n--not the boundary\r\n--bound\r\n\x00\xff\r\r\n\n--" * 40
BODY = (
    b'--boundary\r\nContent-Disposition: form-data; name="settings"\r\n\r\n{"a": 1}\r\n'
    b'--boundary\r\nContent-Disposition: form-data; name="audio"; filename="a.wav"\r\n'
    b"Content-Type: audio/wav\r\n\r\n" + CONTENT + b"\r\n--boundary--\r\n"
)


class Pieces(io.BytesIO):
    """A stream that gives so many bytes at a time."""

    def __init__(self, body: bytes, sizes: list[int]) -> None:
        super().__init__(body)
        self._sizes = sizes

    def read(self, size: int | None = -1, /) -> bytes:
        assert size
        return super().read(min(size, self._sizes.pop()) if self._sizes else size)


def parts_of(stream: io.BytesIO, boundary: str | None = "boundary") -> list[tuple[Part, bytes]]:
    found: list[tuple[Part, io.BytesIO]] = []

    class Kept(io.BytesIO):
        def write(self, data: bytes) -> None:  # type: ignore[override]
            super().write(data)

    def begin(part: Part) -> Kept:
        sink = Kept()
        found.append((part, sink))
        return sink

    read_multipart(stream, boundary, begin)
    return [(part, sink.getvalue()) for part, sink in found]


@given(st.lists(st.integers(1, 400), max_size=40))
def test_pieces_of_any_size_give_the_same_parts(sizes: list[int]) -> None:
    assert parts_of(Pieces(BODY, sizes)) == [
        (Part("settings", None), b'{"a": 1}'),
        (Part("audio", "a.wav"), CONTENT),
    ]


@pytest.mark.parametrize("end", range(1, 20))
def test_a_cut_anywhere_in_the_last_line_changes_nothing(end: int) -> None:
    assert parts_of(Pieces(BODY, [len(BODY) - end]))[1][1] == CONTENT


@given(st.integers(0, len(BODY) - len(b"--\r\n") - 1))
def test_a_form_that_ends_early_is_told_from_a_whole_one(length: int) -> None:
    with pytest.raises((IncompleteUpload, InvalidBody)):
        parts_of(io.BytesIO(BODY[:length]))


@pytest.mark.parametrize("boundary", [None, "", "x" * 300])
def test_a_form_needs_a_sensible_boundary(boundary: str | None) -> None:
    with pytest.raises(InvalidBody):
        parts_of(io.BytesIO(BODY), boundary)
