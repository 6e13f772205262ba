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
# Of a chunked body. gunicorn itself would wait for the end of much longer lines, and for any number of small chunks.
_LONGEST_SIZE_LINE = 1024
_MOST_FRAMING_BYTES = 1 << 20


class RequestBuffer:
    """Collects a request. A malformed one counts as whole where gunicorn refuses it without reading on."""

    def __init__(self, data: bytes = b"") -> None:
        self.data = bytearray()
        self.is_whole = False
        # Whether its chunks must be refused here, because gunicorn would wait for more of them.
        self.is_badly_chunked = False
        self.head_bytes = 0
        self._body_bytes: int | None = None
        # Where the next chunk of a chunked body begins, and how much content the chunks before it have.
        self._chunk_at = 0
        self._content_bytes = 0
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
        if self._body_bytes is None:
            return self._has_last_chunk() or self._has_enough_content()
        return self._body_bytes > MOST_BODY_BYTES or len(self.data) - self.head_bytes >= self._body_bytes

    def _has_last_chunk(self) -> bool:
        while self._chunk_at < len(self.data):
            line = _CHUNK_SIZE.match(self.data, self._chunk_at)
            if line is None:
                # Not there yet, or no chunk at all.
                rest = self.data[self._chunk_at :]
                self.is_badly_chunked = b"\r\n" not in rest and len(rest) > _LONGEST_SIZE_LINE
                return b"\r\n" in rest
            size = int(line[1], 16)
            if size == 0:
                # The trailers end with an empty line, which may be the only one.
                is_over = self.data.find(_HEAD_END, line.end() - 2) >= 0
                self.is_badly_chunked = not is_over and len(self.data) - line.end() > MOST_HEAD_BYTES
                return is_over
            self._content_bytes += size
            self._chunk_at = line.end() + size + 2
        return False

    def _has_enough_content(self) -> bool:
        """Return whether so much content is there that no route reads on."""
        still_to_come = max(0, self._chunk_at - len(b"\r\n") - len(self.data))
        content = self._content_bytes - still_to_come
        framing = len(self.data) - self.head_bytes - content
        self.is_badly_chunked = self.is_badly_chunked or framing > _MOST_FRAMING_BYTES
        return content >= MOST_BODY_BYTES
