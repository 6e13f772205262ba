"""Links to videos and posters: an HMAC over job and generation, so that a link is shown again and never stored."""

import base64
import hashlib
import hmac
import re

from flask import current_app

from oriel.errors import Expired, NotFound
from oriel.infra.clock import now
from oriel.settings import Settings

_PURPOSE = b"oriel delivery link"
_POSTER_PURPOSE = b"oriel poster link"
_MAC_BYTES = 16
_ID_LENGTH = 26
_TOKEN = re.compile(r"[0-9a-v]{26}[A-Za-z0-9_-]{22}")
_POSTER_TOKEN = re.compile(r"[0-9a-v]{26}[0-9a-f]{8}[A-Za-z0-9_-]{22}")
_PLAYING_PURPOSE = b"oriel playing link"
_PLAYS_FOR_S = 600
# Within such a span a poster has the same address, so that browsers keep it; then it works for another span.
_POSTER_SPAN_S = 6 * 3600


def link_to(job_id: str, generation: int) -> str:
    """Return the public link to a job's video."""
    settings: Settings = current_app.config["ORIEL"]
    return f"{settings.base_url}/d/{token_of(job_id, generation)}"


def watch_link_to(job_id: str, generation: int) -> str:
    """Return the address of the page on which anybody with the link watches a job's video."""
    settings: Settings = current_app.config["ORIEL"]
    return f"{settings.base_url}/v/{token_of(job_id, generation)}"


def token_of(job_id: str, generation: int) -> str:
    """Return the job's id with its seal."""
    return job_id + _seal(job_id, generation)


def job_id_in(token: str) -> str:
    """Return the id in a token; its seal is still to be checked. Raises NotFound for what is no token."""
    if not _TOKEN.fullmatch(token):
        raise NotFound("There is no video at this link. It may be switched off, or a part of it is missing.")
    return token[:_ID_LENGTH]


def is_sealed(token: str, generation: int) -> bool:
    """Return whether the token was made by us for its job's present generation."""
    return hmac.compare_digest(token.encode(), token_of(job_id_in(token), generation).encode())


def poster_path(job_id: str, generation: int) -> str:
    """Return the address of a job's poster, without our host; it works for 6 to 12 hours, and for anyone."""
    ends_at = (int(now().timestamp()) // _POSTER_SPAN_S + 2) * _POSTER_SPAN_S
    return f"/api/render/poster/{_timed_token(_POSTER_PURPOSE, job_id, generation, f'{ends_at:08x}')}"


def job_id_of_poster(token: str) -> str:
    """Return the id in a poster's token; its seal is still to be checked. Raises NotFound for what is no token."""
    if not _POSTER_TOKEN.fullmatch(token):
        raise NotFound("There is no picture at this address.")
    return token[:_ID_LENGTH]


def check_poster_token(token: str, generation: int) -> int:
    """Return for how many more seconds a poster's address works; raise NotFound if it is not ours, or Expired."""
    seconds = _seconds_left(_POSTER_PURPOSE, token, generation)
    if seconds is None:
        raise NotFound("There is no picture at this address.")
    if seconds <= 0:
        raise Expired("This address has expired. Ask for the render's status to get a new one.")
    return seconds


def playing_token(job_id: str, generation: int) -> str:
    """Return a token with which an operator plays a job's video for ten minutes."""
    return _timed_token(_PLAYING_PURPOSE, job_id, generation, f"{int(now().timestamp()) + _PLAYS_FOR_S:08x}")


def check_playing_token(token: str, job_id: str, generation: int) -> None:
    """Raise NotFound where a token does not play this job's video, Expired where its time is over."""
    seconds = _seconds_left(_PLAYING_PURPOSE, token, generation) if token.startswith(job_id) else None
    if seconds is None:
        raise NotFound("There is no video at this address.")
    if seconds <= 0:
        raise Expired("This address has expired. Reload the page of the render to get a new one.")


def _seconds_left(purpose: bytes, token: str, generation: int) -> int | None:
    """Return for how many more seconds a token works; None for one that is not ours."""
    job_id, end = token[:_ID_LENGTH], token[_ID_LENGTH:][:8]
    if not hmac.compare_digest(token.encode(), _timed_token(purpose, job_id, generation, end).encode()):
        return None
    return int(end, 16) - int(now().timestamp())


def _timed_token(purpose: bytes, job_id: str, generation: int, end: str) -> str:
    return job_id + end + _mac(purpose + f":{job_id}:{generation}:{end}".encode())


def _seal(job_id: str, generation: int) -> str:
    return _mac(_PURPOSE + f":{job_id}:{generation}".encode())


def _mac(message: bytes) -> str:
    key = current_app.config["SECRET_KEY"].encode()
    digest = hmac.digest(key, message, hashlib.sha256)[:_MAC_BYTES]
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
