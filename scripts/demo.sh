#!/usr/bin/env bash
# A real song through the whole render core: composes the example song unless one is given, and prints the video's path.
set -euo pipefail
cd "$(dirname "$0")/.."
song=${1:-}
mkdir -p out
picture=()
if [ -z "$song" ]; then
  song=out/first-light.wav
  .venv/bin/python examples/compose.py "$song" --cover out/first-light.png
  picture=(--cover out/first-light.png)
fi
video="out/$(basename "${song%.*}").mp4"
.venv/bin/oriel render "$song" -o "$video" --size 1080p "${picture[@]}"
printf '%s/%s\n' "$PWD" "$video"
