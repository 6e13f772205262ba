#!/usr/bin/env bash
# Installs the linters of what deploys us into .venv/deployment/, in the versions of requirements-deployment.lock.
set -euo pipefail
exec "$(dirname "$0")/own_environment.sh" deployment
