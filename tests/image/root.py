"""Carries out a Dockerfile's stages in clean Debian roots, for machines without Docker.

mmdebstrap makes the root that `FROM debian:…` names and bubblewrap enters it. A stage is made anew when its
instructions, the files that it copies or its base have changed.
"""

import hashlib
import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.image.dockerfile import Instruction, Stage

PROJECT = Path(__file__).parents[2]
# They are kept: another run makes only what has changed.
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "oriel/image"
_STEP_TIMEOUT_S = 1800
# As on this machine: the names of the registries, and whom to trust.
_NETWORK_FILES = ("/etc/resolv.conf", "/etc/hosts", "/etc/ssl/certs/ca-certificates.crt")
_NETWORK_VARIABLES = (
    *("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "PIP_CERT", "SSL_CERT_FILE"),
    *("NODE_EXTRA_CA_CERTS", "PIP_INDEX_URL", "UV_DEFAULT_INDEX", "npm_config_registry"),
)
# bubblewrap covers parts of the /proc that it mounts itself, and the kernel then gives no other to a sandbox within.
_MOUNT_PROC = 'mount -t proc proc /proc && exec "$@"'
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class Roots:
    """The stages of one Dockerfile, as folders below `folder`."""

    def __init__(self, folder: Path, stages: Sequence[Stage]) -> None:
        self._folder = folder
        self._stages = {stage.name: stage for stage in stages}
        self._keys: dict[str, str] = {}

    def build(self, name: str = "") -> Path:
        """Return the root of a stage, by default the image; build it and what it stands on if they have changed."""
        stage, root = self._stages[name], self._folder / (name or "image")
        sources = {source: self.build(source) for source in _sources(stage)}
        base = self._base(stage.base)
        key = self._keys[name] = _hash(
            [self._keys[stage.base], *(self._keys[each] for each in sources), *_parts(stage)]
        )
        stamp = self._folder / f"{root.name}.key"
        if stamp.is_file() and stamp.read_text("ascii") == key:
            return root
        shutil.rmtree(root, ignore_errors=True)
        subprocess.run(["cp", "--archive", "--reflink=auto", base, root], check=True)
        state = self.state(stage.base)
        for instruction in stage.instructions:
            _carry_out(instruction, root, sources, state)
        stamp.write_text(key, "ascii")
        return root

    def state(self, name: str = "") -> "State":
        """Return what a container of a stage, by default the image, starts with."""
        if name not in self._stages:
            return State()
        state = self.state(self._stages[name].base)
        for instruction in self._stages[name].instructions:
            state.apply(instruction)
        return state

    def _base(self, base: str) -> Path:
        if base in self._stages:
            return self.build(base)
        assert base.startswith("debian:"), base
        suite = base.removeprefix("debian:").removesuffix("-slim")
        self._keys[base] = suite
        root = self._folder / f"debian-{suite}"
        if not root.is_dir():
            part = root.with_suffix(".part")
            shutil.rmtree(part, ignore_errors=True)
            part.parent.mkdir(parents=True, exist_ok=True)
            # This machine's certificates are bound over those of the package, which could not be installed then.
            command = ["mmdebstrap", "--quiet", "--variant=minbase", "--include=ca-certificates", suite, str(part)]
            subprocess.run(command, check=True)
            part.rename(root)
        return root


class State:
    """What earlier instructions of a stage have set."""

    def __init__(self) -> None:
        self.environment = {"PATH": _PATH}
        self.folder = "/"
        self.user = "0:0"

    def apply(self, instruction: Instruction) -> None:
        """Take over ENV, WORKDIR and USER."""
        match instruction.name:
            case "ENV":
                for pair in shlex.split(instruction.text):
                    name, _, value = pair.partition("=")
                    self.environment[name] = value.replace("$PATH", self.environment["PATH"])
            case "WORKDIR":
                self.folder = instruction.text
            case "USER":
                self.user = instruction.text


def entered(
    root: Path, state: State, environment: Mapping[str, str], more: Sequence[str] = (), *, read_only: bool = False
) -> list[str]:
    """Return the start of a command that runs inside a root as the user of the state; `more` is for bubblewrap."""
    user, _, group = state.user.partition(":")
    variables = {**state.environment, "HOME": home_of(root, user), **environment}
    return [
        *("bwrap", "--ro-bind" if read_only else "--bind", str(root), "/", "--dev", "/dev"),
        *("--unshare-pid", "--die-with-parent", "--cap-add", "ALL", "--clearenv", *more, "--chdir", state.folder),
        *(part for name, value in variables.items() for part in ("--setenv", name, value)),
        *("/bin/sh", "-c", _MOUNT_PROC, "-", "setpriv", "--reuid", user, "--regid", group, "--clear-groups", "--"),
    ]


def started(
    root: Path, state: State, environment: Mapping[str, str], data: Path, more: Sequence[str] = ()
) -> list[str]:
    """Return the start of a container's command: read-only but for /tmp and an empty folder as its data volume."""
    user, _, group = state.user.partition(":")
    os.chown(data, int(user), int(group))
    volumes = ["--bind", str(data), state.environment["DATA_DIR"], "--perms", "1777", "--tmpfs", "/tmp"]  # noqa: S108
    return entered(root, state, environment, [*volumes, "--as-pid-1", *more], read_only=True)


def home_of(root: Path, user: str) -> str:
    """Return a user's home, which Docker puts into HOME."""
    lines = (root / "etc/passwd").read_text("utf-8").splitlines()
    return next(fields[5] for line in lines if (fields := line.split(":"))[2] == user)


def _carry_out(instruction: Instruction, root: Path, sources: Mapping[str, Path], state: State) -> None:
    print(f"-- {instruction.name} {instruction.text[:100]}", file=sys.stderr)
    state.apply(instruction)
    match instruction.name:
        case "RUN":
            command = [*entered(root, state, _network(), _network_files()), "/bin/sh", "-c", instruction.text]
            subprocess.run(command, check=True, timeout=_STEP_TIMEOUT_S)
        case "COPY":
            _copy(instruction.text, root, sources, state.folder)
        case "WORKDIR":
            (root / instruction.text.lstrip("/")).mkdir(parents=True, exist_ok=True)


def _copy(text: str, root: Path, sources: Mapping[str, Path], folder: str) -> None:
    *names, target = (part for part in text.split() if not part.startswith("--"))
    origin = sources[_stage_of(text)] if _stage_of(text) else PROJECT
    place = root / (Path(folder) / target).relative_to("/")
    for name in names:
        path = origin / name.lstrip("/")
        if path.is_dir():
            files = _files(path) if origin == PROJECT else [each for each in path.rglob("*") if not each.is_dir()]
            for file in files:
                _copy_file(file, place / file.relative_to(path))
        else:
            _copy_file(path, place / path.name if target.endswith("/") else place)


def _copy_file(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(source, target, follow_symlinks=False)


def _files(path: Path) -> list[Path]:
    """Return the files of the working tree that git knows or would add, as .dockerignore leaves no others."""
    command = ["git", "-C", str(PROJECT), "ls-files", "-z", "--cached", "--others", "--exclude-standard", str(path)]
    listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return sorted(file for name in listed.split("\0") if name and (file := PROJECT / name).is_file())


def _parts(stage: Stage) -> list[str]:
    """Return what decides a stage's content: its instructions and the bytes of the project's files in it."""
    parts = [f"{each.name} {each.text}" for each in stage.instructions]
    for each in stage.instructions:
        if each.name == "COPY" and not _stage_of(each.text):
            for name in each.text.split()[:-1]:
                for file in _files(PROJECT / name):
                    parts.append(f"{file} {hashlib.sha256(file.read_bytes()).hexdigest()}")
    return parts


def _sources(stage: Stage) -> list[str]:
    return [name for each in stage.instructions if each.name == "COPY" and (name := _stage_of(each.text))]


def _stage_of(copy: str) -> str:
    first = copy.split()[0]
    return first.removeprefix("--from=") if first.startswith("--from=") else ""


def _hash(parts: Sequence[str]) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _network() -> dict[str, str]:
    index = subprocess.run(
        [sys.executable, "-m", "pip", "config", "get", "global.index-url"], capture_output=True, text=True, check=False
    )
    own = {"PIP_INDEX_URL": index.stdout.strip()} if index.stdout.strip() else {}
    return own | {name: os.environ[name] for name in _NETWORK_VARIABLES if os.environ.get(name)}


def _network_files() -> list[str]:
    return [part for name in _NETWORK_FILES if Path(name).is_file() for part in ("--ro-bind", name, name)]
