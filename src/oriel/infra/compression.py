"""Answers that travel compressed, where the browser takes that."""

import gzip

from flask import Response, request

# Below this size a compressed answer is hardly smaller.
_WORTH_COMPRESSING = 1000
# Higher levels take longer and gain little.
_LEVEL = 6


def compress(response: Response) -> None:
    """Compress an answer that holds nothing secret."""
    response.vary.add("Accept-Encoding")
    if len(body := response.get_data()) > _WORTH_COMPRESSING and request.accept_encodings.best_match(["gzip"]):
        response.set_data(gzip.compress(body, _LEVEL, mtime=0))
        response.content_encoding = "gzip"


def compress_data(response: Response) -> None:
    """Compress JSON that was asked for with a token in a header, or by a caller without cookies.

    Other sites can make a browser ask with its cookies, and learn a secret from how long the answers to guesses are
    (BREACH). They cannot make it send a token.
    """
    is_data = request.method == "GET" and response.status_code == 200 and response.mimetype == "application/json"
    if is_data and not response.is_streamed and (request.authorization or not request.cookies):
        compress(response)
