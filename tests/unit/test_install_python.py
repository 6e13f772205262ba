"""Set-up installs what the lock names, whatever newer versions the index offers."""

import base64
import hashlib
import os
import shutil
import subprocess
import venv
import zipfile
from pathlib import Path

import pip
import pytest

_ROOT = Path(__file__).parents[2]
_SCRIPT = _ROOT / "scripts/install_python.sh"
_UV = _ROOT / ".venv/tools/bin/uv"


@pytest.fixture
def index(tmp_path: Path) -> Path:
    """A package index in a folder: `song` with an extra that pulls in `mail`, each in an old and a new version."""
    folder = tmp_path / "index"
    for version in ("1.0", "2.0"):
        _add_wheel(folder, "song", version, extra="mail")
        _add_wheel(folder, "mail", version)
        _add_wheel(folder, "player", version, requires="song[mail]")
    return folder


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    """A virtual environment with a copy of this one's pip: ensurepip takes seconds."""
    folder = tmp_path / "venv"
    venv.create(folder, symlinks=True)
    packages = next(folder.glob("lib/python*/site-packages"))
    shutil.copytree(Path(pip.__file__).parent, packages / "pip", ignore=shutil.ignore_patterns("__pycache__"))
    program = folder / "bin/pip"
    program.write_text(f'#!/bin/sh\nexec "{folder}/bin/python" -m pip "$@"\n', "utf-8")
    program.chmod(0o700)
    return folder


def test_uv_installs_what_the_lock_names(index: Path, environment: Path, tmp_path: Path) -> None:
    _give_uv(environment)

    done = _install(environment, _lock(index, tmp_path), index)

    assert (done.returncode, done.stderr) == (0, "")
    assert _versions(environment) == {"player": "1.0", "song": "1.0", "mail": "1.0"}


def test_pip_installs_what_the_lock_names_where_uv_cannot_be_had(
    index: Path, environment: Path, tmp_path: Path
) -> None:
    # The index has no uv.
    done = _install(environment, _lock(index, tmp_path), index)

    assert done.returncode == 0, done.stderr
    assert "pip installs the packages instead" in done.stderr
    assert _versions(environment) == {"player": "1.0", "song": "1.0", "mail": "1.0"}


def test_packages_that_the_lock_does_not_name_go(index: Path, environment: Path, tmp_path: Path) -> None:
    _give_uv(environment)
    _install(environment, _lock(index, tmp_path, version="2.0"), index)

    done = _install(environment, _lock(index, tmp_path, names=("song",)), index)

    assert done.returncode == 0, done.stderr
    assert _versions(environment) == {"song": "1.0"}


@pytest.mark.parametrize("with_uv", [True, False])
def test_a_wheel_that_was_changed_is_refused(index: Path, environment: Path, tmp_path: Path, with_uv: bool) -> None:
    if with_uv:
        _give_uv(environment)
    lock = _lock(index, tmp_path)
    _wheel(index, "song", "1.0").write_bytes(_wheel(index, "song", "2.0").read_bytes())

    done = _install(environment, lock, index)

    assert done.returncode != 0
    assert _versions(environment) == {}


def _install(environment: Path, lock: Path, index: Path) -> subprocess.CompletedProcess[str]:
    variables = {
        "PATH": os.environ["PATH"],
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_NO_INDEX": "",
        "PIP_INDEX_URL": index.as_uri(),
        "UV_CACHE_DIR": str(environment / "uv-cache"),
        "PIP_NO_CACHE_DIR": "1",
    }
    return subprocess.run(
        [_SCRIPT, environment, lock], env=variables, capture_output=True, text=True, check=False, timeout=120
    )


def _give_uv(environment: Path) -> None:
    target = environment / "tools/bin/uv"
    target.parent.mkdir(parents=True)
    shutil.copy(_UV, target)


def _versions(environment: Path) -> dict[str, str]:
    folders = environment.glob("lib/python*/site-packages/*.dist-info")
    versions = dict(folder.name.removesuffix(".dist-info").split("-") for folder in folders)
    return {name: versions[name] for name in ("player", "song", "mail") if name in versions}


def _lock(index: Path, folder: Path, names: tuple[str, ...] = ("player", "song", "mail"), version: str = "1.0") -> Path:
    lines = [
        f"{name}=={version} --hash=sha256:{hashlib.sha256(_wheel(index, name, version).read_bytes()).hexdigest()}\n"
        for name in names
    ]
    path = folder / f"{'-'.join(names)}-{version}.lock"
    path.write_text("".join(lines), "utf-8")
    return path


def _wheel(index: Path, name: str, version: str) -> Path:
    return index / name / f"{name}-{version}-py3-none-any.whl"


def _add_wheel(index: Path, name: str, version: str, *, extra: str = "", requires: str = "") -> None:
    about = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    if extra:
        about += f'Provides-Extra: {extra}\nRequires-Dist: {extra} ; extra == "{extra}"\n'
    if requires:
        about += f"Requires-Dist: {requires}\n"
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}.py": "",
        f"{info}/METADATA": about,
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{path},sha256={_digest(text)},{len(text)}\n" for path, text in files.items())
    wheel = _wheel(index, name, version)
    wheel.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, text in {**files, f"{info}/RECORD": f"{record}{info}/RECORD,,\n"}.items():
            archive.writestr(path, text)
    links = "".join(f'<a href="{path.name}">{path.name}</a>\n' for path in sorted(wheel.parent.glob("*.whl")))
    (wheel.parent / "index.html").write_text(f"<!DOCTYPE html><html><body>{links}</body></html>", "utf-8")


def _digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
