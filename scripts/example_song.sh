#!/usr/bin/env bash
# Makes what the landing page and the empty studio play: our own example song as MP3, and its feature track.
# Into frontend/example/, which the build takes along.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=frontend/example
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$folder"
.venv/bin/python examples/compose.py "$work/song.wav"
ffmpeg -nostdin -v error -y -i "$work/song.wav" -b:a 160k -map_metadata 0 "$folder/first-light.mp3"
node frontend/build-plugins/example-track.js "$work/song.wav" "$folder/first-light.orft"
