"""Asks a ClamAV daemon about a file, over the network: INSTREAM, in which the bytes travel and no path does."""

import logging
import socket
from collections.abc import Iterator
from pathlib import Path

from oriel.errors import InfectedFile, InvalidConfiguration, Unavailable
from oriel.infra.logs import facts

_log = logging.getLogger("oriel.media")

CONNECT_S = 5.0
# The daemon answers when it has unpacked and searched all of it.
ANSWER_S = 120.0

_BLOCK_BYTES = 1 << 16
_LONGEST_ANSWER = 4096
_CLEAN = "stream: OK"


def parse_address(address: str) -> tuple[str, int]:
    """Return host and port of "host:port", the host of an IPv6 address in brackets; raise InvalidConfiguration."""
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise InvalidConfiguration(f"CLAMAV_ADDRESS is “{address}”; it must be host:port.", address=address)
    return host.removeprefix("[").removesuffix("]"), int(port)


def refuse_infected(path: Path, address: str) -> None:
    """Raise InfectedFile where the daemon finds something, and Unavailable where it gives no clear answer."""
    try:
        answer = _ask(path, parse_address(address))
    except OSError as error:
        raise _unchecked(f"{type(error).__name__}: {error}") from error
    if answer.endswith(" FOUND"):
        _log.warning("An upload is infected.", extra=facts(answer=answer))
        raise InfectedFile("Our virus scanner found a problem in this file, so we cannot accept it.")
    if answer != _CLEAN:
        raise _unchecked(answer)


def _ask(path: Path, address: tuple[str, int]) -> str:
    with socket.create_connection(address, timeout=CONNECT_S) as peer:
        peer.settimeout(ANSWER_S)
        peer.sendall(b"zINSTREAM\0")
        for block in _blocks(path):
            peer.sendall(len(block).to_bytes(4, "big") + block)
        peer.sendall(bytes(4))
        return _answer(peer)


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            yield block


def _answer(peer: socket.socket) -> str:
    answer = b""
    while b"\0" not in answer and len(answer) < _LONGEST_ANSWER:
        more = peer.recv(_LONGEST_ANSWER)
        if not more:
            break
        answer += more
    return answer.partition(b"\0")[0].decode("utf-8", "replace").strip()


def _unchecked(reason: str) -> Unavailable:
    # A file that nobody has looked at is not let in.
    _log.error("The virus scanner does not answer.", extra=facts(reason=reason[:200]))
    return Unavailable("We cannot check files for viruses right now. Please try again in a minute.", retry_after_s=60)
