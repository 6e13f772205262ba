"""A WebSocket client for tests."""

import threading
from types import MethodType

import simple_websocket


class _PromptThread(threading.Thread):
    """Reads what came in one packet with the answer to the handshake, before it waits for the next packet.

    The library leaves it until then: on a busy machine the first message came late, or never.
    """

    def __init__(self, target: MethodType) -> None:
        super().__init__(target=target)
        self._client: simple_websocket.Client = target.__self__

    def run(self) -> None:
        self._client.connected = self._client._handle_events()
        super().run()


def open_websocket(url: str) -> simple_websocket.Client:
    """Return a client that has connected; raise ConnectionError where it is refused."""
    return simple_websocket.Client(url, thread_class=_PromptThread)
