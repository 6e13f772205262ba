#!/usr/bin/env bash
# Usage: own_environment.sh NAME. Makes .venv/NAME/ hold what requirements-NAME.lock says, apart from .venv itself.
set -euo pipefail
cd "$(dirname "$0")/.."
venv=.venv/$1 lock=requirements-$1.lock
stamp=$venv/made-from
# Two targets of one make may come here at once.
mkdir -p .venv
exec 9>".venv/$1.lock"
! command -v flock >/dev/null || flock 9
cmp -s "$lock" "$stamp" && exit
python=.venv/bin/python
[ -x "$python" ] || python=python3
"$python" -m venv --clear "$venv"
scripts/install_python.sh "$venv" "$lock"
cp "$lock" "$stamp"
