#!/usr/bin/env bash
# A new customer's journey through the whole service on this machine: register, confirm, upload, render, mail, download;
# then one who buys a single render, and one who subscribes, upgrades, fails to pay and cancels.
# Composes the example song unless one is given, and prints the video's path.
set -euo pipefail
cd "$(dirname "$0")/.."
song=${1:-}
mkdir -p out
if [ -z "$song" ]; then
  song=out/first-light.wav
  .venv/bin/python examples/compose.py "$song" --cover out/first-light.png
fi

# A service of the demo's own, on a free port and with a data folder that goes with it.
data=$(mktemp -d)
log=out/service.log
port=$(.venv/bin/python -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
.venv/bin/oriel up --port "$port" --data "$data" >"$log" 2>&1 &
service=$!
end() {
  kill -INT "$service" 2>/dev/null || true
  wait "$service" 2>/dev/null || true
  rm -rf "$data"
}
trap end EXIT

for _ in $(seq 240); do
  .venv/bin/python -c "import sys, urllib.request; sys.exit(b'\"ok\"' not in urllib.request.urlopen('http://127.0.0.1:$port/status').read().replace(b' ', b''))" 2>/dev/null && break
  kill -0 "$service" 2>/dev/null || { cat "$log" >&2; exit 1; }
  sleep 0.5
done
printf '%s\n' "the service runs at http://127.0.0.1:$port (its log: $log)" >&2

video="out/$(basename "${song%.*}").mp4"
.venv/bin/python examples/journey.py "$song" --url "http://127.0.0.1:$port" --output "$video" >/dev/null
printf '%s\n' "two customers who pay (nothing is charged: payments go to the offline service)" >&2
.venv/bin/python -m examples.paying "$song" --url "http://127.0.0.1:$port" --output "${video%.mp4}-bought.mp4" >/dev/null
printf '%s/%s\n' "$PWD" "$video"
