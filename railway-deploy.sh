#!/usr/bin/env bash
# Usage: ./railway-deploy.sh [SERVICE...]. Deploys this folder to Railway: web, whose pre-deploy step migrates the
# database, then worker and clock. Needs Railway's CLI, and `railway link` or RAILWAY_TOKEN. First steps: docs/deployment.md.
set -euo pipefail
cd "$(dirname "$0")"

command -v railway >/dev/null || { echo "Railway's CLI is not installed: npm install --global @railway/cli" >&2; exit 2; }
if [ -z "${RAILWAY_TOKEN:-}" ] && ! railway status >/dev/null; then
  echo "This folder belongs to no Railway project yet: run 'railway login' and 'railway link'." >&2
  exit 2
fi

services=("$@")
[ $# -gt 0 ] || services=(web worker clock)
for service in "${services[@]}"; do
  echo "-- deploying $service" >&2
  # Waits for the build and ends here if it fails. A worker that is ahead of the database tries again until it is there.
  railway up --service "$service" --ci
done
