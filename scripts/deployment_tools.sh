#!/usr/bin/env bash
# Installs the linters of what deploys us into .venv/deployment/, in the versions of requirements-deployment.lock.
set -euo pipefail
cd "$(dirname "$0")/.."
venv=.venv/deployment
stamp=$venv/made-from
# Two targets of one make may come here at once.
mkdir -p .venv
exec 9>.venv/deployment.lock
! command -v flock >/dev/null || flock 9
cmp -s requirements-deployment.lock "$stamp" && exit
python=.venv/bin/python
[ -x "$python" ] || python=python3
"$python" -m venv --clear "$venv"
scripts/install_python.sh "$venv" requirements-deployment.lock
cp requirements-deployment.lock "$stamp"
