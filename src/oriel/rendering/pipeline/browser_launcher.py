"""A program of its own: starts the browser in its sandbox, and sends us a socket at which it can ask us for pages.

The sandbox has a network of its own, with nobody in it. A socket belongs to the network in which it was made, so the
one that listens there is made there; whoever accepts at it may be elsewhere.
"""

import os
import socket
import sys

_WAITING_CLIENTS = 64


def main(door: str, program: str, *arguments: str) -> None:
    """Send a listening socket through the Unix socket `door`, if it has a name, then become the program."""
    with socket.create_server(("127.0.0.1", 0), backlog=_WAITING_CLIENTS) as listener:
        if door:
            with socket.socket(socket.AF_UNIX) as sender:
                sender.connect(door)
                socket.send_fds(sender, [b"."], [listener.fileno()])
    os.execvp(program, [program, *arguments])  # noqa: S606  (a shell would be one program more)


if __name__ == "__main__":
    main(*sys.argv[1:])
