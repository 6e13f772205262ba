#!/usr/bin/env bash
# Looks for known vulnerabilities in what the lock files name, and for dangerous code in ours. Asks PyPI and npm.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/deployment_tools.sh
tools=.venv/deployment/bin

# The lock names every package with its hash, so nothing has to be resolved or installed.
for lock in requirements.lock requirements-dev.lock requirements-load.lock; do
  "$tools/pip-audit" --progress-spinner off --require-hashes --disable-pip --requirement "$lock"
done
npm audit --audit-level=high
"$tools/bandit" --quiet --recursive src --configfile pyproject.toml --severity-level medium --confidence-level medium
