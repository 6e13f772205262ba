"""Buffers an HTTP request until a thread can process it without waiting for its sender."""

import re

# gunicorn's own limits on lines and fields are checked when it parses the request.
MOST_HEAD_BYTES = 32 * 1024
# Larger bodies are files. Their routes read them themselves, with seats and deadlines of their own.
MOST_BODY_BYTES = 1 << 20
_HEAD_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length[ \t]*:[ \t]*(\d{1,18})[ \t]*\r\n", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding[ \t]*:", re.IGNORECASE)
_EXPECTS = re.compile(rb"\r\nexpect[ \t]*:[ \t]*100-continue[ \t]*\r\n", re.IGNORECASE)
_CHUNK_SIZE = re.compile(rb"([0-9a-fA-F]+)[ \t]*(?:;[^\r\n]*)?\r\n")
_LONGEST_SIZE_LINE = 1024


class RequestBuffer:
    """Collects a request. Every request that is malformed counts as whole: gunicorn refuses it when it parses it."""

    def __init__(self, data: bytes = b"") -> None:
        self.data = bytearray()
        self.is_whole = False
        self.head_bytes = 0
        self._body_bytes: int | None = None
        # Where the next chunk of a chunked body begins.
        self._chunk_at = 0
        self.feed(data)

    @property
    def has_head(self) -> bool:
        """Whether request line and headers are there."""
        return self.head_bytes > 0

    @property
    def is_head_too_long(self) -> bool:
        """Whether the headers have not ended where they must."""
        return not self.has_head and len(self.data) > MOST_HEAD_BYTES

    @property
    def expects_continue(self) -> bool:
        """Whether the sender waits for a word from us before it sends the body."""
        return self.has_head and not self.is_whole and _EXPECTS.search(self.data, 0, self.head_bytes) is not None

    def feed(self, data: bytes) -> None:
        """Take the next bytes; what follows the request stays behind it."""
        searched = max(0, len(self.data) - len(_HEAD_END) + 1)
        self.data += data
        if not self.has_head:
            end = self.data.find(_HEAD_END, searched)
            if end < 0:
                return
            self._take_head(end + len(_HEAD_END))
        self.is_whole = self._has_body()

    def _take_head(self, size: int) -> None:
        self.head_bytes = self._chunk_at = size
        length = _LENGTH.search(self.data, 0, size)
        if _CHUNKED.search(self.data, 0, size):
            self._body_bytes = None
        else:
            self._body_bytes = int(length[1]) if length else 0

    def _has_body(self) -> bool:
        arrived = len(self.data) - self.head_bytes
        if arrived >= MOST_BODY_BYTES:
            return True
        if self._body_bytes is None:
            return self._has_last_chunk()
        return self._body_bytes > MOST_BODY_BYTES or arrived >= self._body_bytes

    def _has_last_chunk(self) -> bool:
        while self._chunk_at < len(self.data):
            line = _CHUNK_SIZE.match(self.data, self._chunk_at)
            if line is None:
                # Not there yet, or no chunk at all.
                rest = self.data[self._chunk_at :]
                return b"\n" in rest or len(rest) > _LONGEST_SIZE_LINE
            size = int(line[1], 16)
            if size == 0:
                # The trailers end with an empty line, which may be the only one.
                return self.data.find(_HEAD_END, line.end() - 2) >= 0
            self._chunk_at = line.end() + size + 2
        return False
