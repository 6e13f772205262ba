"""Confines the browser, which decodes strangers' pictures and draws their words, as sandbox.py confines FFmpeg.

It sees the system, fonts, graphics devices, its profile and its own temporary folder. Its network holds nothing but a
socket at which we answer.
"""

import contextlib
import os
import shlex
import shutil
import socket
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from oriel.errors import StageCrashed
from oriel.rendering.pipeline.browser import short_name
from oriel.rendering.pipeline.fonts import own_fonts
from oriel.rendering.pipeline.process import clean_environment
from oriel.rendering.pipeline.sandbox import NO_FILES, Access, failure_of, is_of_system, missing_protection, wrapper

_STARTER = Path(__file__).with_name("start_browser.sh")
_LAUNCHER = Path(__file__).with_name("browser_launcher.py")

# Its temporary folder's name inside: short, as Chromium needs it, however long the real one is.
_TMP = Path("/run/oriel")
_DOOR = "door"
_DOOR_TIMEOUT_S = 10.0

# Settings of browsers and graphics libraries, and what they ask about the processor.
_SETTINGS = (
    *("/etc/chromium", "/etc/chromium.d", "/etc/opt/chrome", "/etc/drirc", "/etc/glvnd", "/etc/vulkan"),
    "/sys/devices/system",
)
_GRAPHICS_DEVICES = ("dri", "nvidia*", "kfd", "dxg", "mali*")
# By these a graphics library finds its device.
_DEVICE_TREE = ("/sys/dev", "/sys/devices", "/sys/bus", "/sys/class", "/sys/module")
# These name files and folders that a graphics library or fontconfig reads.
_NAMING_VARIABLES = (
    *("FONTCONFIG_FILE", "FONTCONFIG_PATH"),
    *("LIBGL_DRIVERS_PATH", "__EGL_VENDOR_LIBRARY_DIRS", "__EGL_VENDOR_LIBRARY_FILENAMES"),
)
# They lead to sockets of the desktop, through which a program could read the keyboard.
_DESKTOP_VARIABLES = ("DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "XDG_RUNTIME_DIR")


@dataclass(frozen=True)
class Entrance:
    """How to start a browser, with its environment and its own name for its temporary folder."""

    program: Path
    environ: dict[str, str]
    tmp: Path
    # Through it comes the socket that a confined browser sees.
    door: socket.socket | None = None

    def listener(self) -> socket.socket:
        """Return a new socket at which the browser, once it runs, can ask for pages: it listens."""
        if not self.door:
            return socket.create_server(("127.0.0.1", 0))
        # The launcher came before the browser could, so what it sent is the first thing here.
        try:
            connection, _ = self.door.accept()
            with connection:
                connection.settimeout(_DOOR_TIMEOUT_S)
                _, (descriptor,), _, _ = socket.recv_fds(connection, 1, 1)
        except (OSError, ValueError) as error:
            raise StageCrashed("Chromium does not start.", reason=f"its sandbox sent no socket: {error}") from error
        return socket.socket(fileno=descriptor)


@contextlib.contextmanager
def entrance(chromium: Path, profile: Path, tmp: Path, environ: Mapping[str, str]) -> Iterator[Entrance]:
    """Yield how to start a browser that may write two new folders: confined, where this machine can do that."""
    if browser_unconfined_because(chromium):
        with short_name(tmp) as name:
            yield Entrance(chromium, dict(environ), name)
        return
    with socket.socket(socket.AF_UNIX) as door:
        _bind(door, tmp / _DOOR)
        door.listen(1)
        door.settimeout(_DOOR_TIMEOUT_S)
        shown = Access(writes=(profile,))
        command = _command(chromium, shown, ["--bind", str(tmp), str(_TMP)], str(_TMP / _DOOR))
        yield Entrance(_STARTER, _within(environ, command), _TMP, door)


def _bind(door: socket.socket, path: Path) -> None:
    # A socket's name has 107 bytes at most.
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        door.bind(f"/proc/self/fd/{folder}/{path.name}")
    finally:
        os.close(folder)


def browser_unconfined_because(chromium: Path) -> str | None:
    """Return why this browser cannot be confined here, or None where it can, by a start for its version.

    Raises ProcessTimedOut where the machine is too busy to tell.
    """
    if reason := missing_protection():
        return reason
    if not os.access(_STARTER, os.X_OK):
        return f"{_STARTER} cannot be executed"
    trial = ["/bin/true"] if is_of_system(chromium) else [str(chromium), "--version"]
    # Where we are not root, Chromium has a sandbox of its own, which needs namespaces within ours.
    if os.geteuid() != 0 and (unshare := shutil.which("unshare")):
        trial = [unshare, "--user", *trial]
    command = _command(chromium, NO_FILES, ["--tmpfs", str(_TMP)], "")
    return failure_of([*command[:-1], *trial], clean_environment())


def _command(chromium: Path, access: Access, more: Sequence[str], door: str) -> list[str]:
    """Return the command that starts a browser confined; its arguments come after it."""
    python = Path(getattr(sys, "_base_executable", sys.executable)).resolve()
    shown = [*_SETTINGS, str(_LAUNCHER), *own_fonts(), *_named_places()]
    if not is_of_system(python):
        shown.append(sys.base_prefix)
    # A browser's files lie around it. Around anything else there may be anything.
    if any(chromium.parent.glob("*.pak")):
        shown.append(str(chromium.parent))
    options = ["--proc", "/proc", "--dev", "/dev", *_graphics(), *more]
    for path in shown:
        options += ["--ro-bind-try", path, path]
    return [*wrapper(chromium, access, options), str(python), "-I", "-S", str(_LAUNCHER), door, str(chromium)]


def _within(environ: Mapping[str, str], command: Sequence[str]) -> dict[str, str]:
    kept = {name: value for name, value in environ.items() if name not in _DESKTOP_VARIABLES}
    return {**kept, "ORIEL_BROWSER_COMMAND": shlex.join(command)}


def _graphics() -> list[str]:
    """Return the options that show the graphics devices, and the system's tree of devices where there are any."""
    devices = [str(path) for pattern in _GRAPHICS_DEVICES for path in sorted(Path("/dev").glob(pattern))]
    options = [part for device in devices for part in ("--dev-bind", device, device)]
    for path in _DEVICE_TREE if devices else ():
        options += ["--ro-bind-try", path, path]
    return options


def _named_places() -> list[str]:
    values = (value for name in _NAMING_VARIABLES for value in os.environ.get(name, "").split(":"))
    return [value for value in values if value.startswith("/")]
