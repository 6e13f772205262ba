#!/usr/bin/env bash
# Proves that the lock files are complete: they fit pyproject.toml, and for every Python that we support each
# requirement of each locked package is locked as well, extras included, with a wheel that installs there.
set -euo pipefail
cd "$(dirname "$0")/.."
uv=.venv/tools/bin/uv
fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT

cp requirements*.lock "$fresh"
scripts/lock.sh "$fresh"
for lock in requirements*.lock; do
  diff -u "$lock" "$fresh/$lock" || { echo "$lock does not fit pyproject.toml: run 'make lock'" >&2; exit 1; }
  if grep -nE '^[^#]*(://|--(index-url|extra-index-url|find-links))' "$lock"; then
    echo "$lock names a registry" >&2; exit 1
  fi
  for python in 3.11 3.12 3.13 3.14; do
    # In hash mode uv refuses a requirement that has no hash in the file: it would have had to come from somewhere else.
    "$uv" pip install --quiet --dry-run --target "$fresh/site" --python-version "$python" --only-binary :all: \
      --require-hashes -r "$lock" || { echo "$lock is not complete for Python $python" >&2; exit 1; }
  done
done
echo "The lock files are complete for Python 3.11 to 3.14."
