#!/usr/bin/env bash
# Usage: install_python.sh VENV LOCK. Makes VENV hold exactly the versions in LOCK, without resolving anything.
#
# pip in hash mode still resolves: given `pydantic[email]` it looked for the newest pydantic, found one that the lock
# does not name, and stopped. uv installs what the lock says, and four times faster; where uv is missing or fails, pip
# does the same without dependencies.
set -euo pipefail
venv=$1 lock=$2
here=$(dirname "$0")
uv=$venv/tools/bin/uv

# uv reads no pip.conf: without this, machines behind a mirror would ask PyPI itself.
index=$("$venv/bin/pip" config get global.index-url 2>/dev/null || true)
index=${UV_DEFAULT_INDEX:-${PIP_INDEX_URL:-$index}}
[ -z "$index" ] || export UV_DEFAULT_INDEX=$index

quiet_pip() { "$venv/bin/pip" --quiet --disable-pip-version-check "$@"; }

if [ ! -x "$uv" ]; then
  # Not into the environment itself, whose contents the lock decides.
  quiet_pip install --no-deps --require-hashes --target "$venv/tools" -r "$here/../requirements-uv.lock" ||
    echo "uv cannot be installed here; pip installs the packages instead" >&2
fi
if [ -x "$uv" ] && VIRTUAL_ENV=$venv "$uv" pip sync --quiet --require-hashes "$lock"; then exit; fi
quiet_pip install --no-deps --require-hashes -r "$lock"
