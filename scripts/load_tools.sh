#!/usr/bin/env bash
# Installs Locust into .venv/load/, in the version of requirements-load.lock, and its command beside ours.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/own_environment.sh load
ln -sf ../load/bin/locust .venv/bin/locust
