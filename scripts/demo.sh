#!/usr/bin/env bash
# A new customer's journey through the whole service on this machine: register, confirm, upload, render, mail, download;
# then one who buys a single render, and one who subscribes, upgrades, fails to pay and cancels.
# Composes the example song unless one is given, and prints the video's path.
set -euo pipefail
cd "$(dirname "$0")/.."
exec .venv/bin/python -m examples.demo ${1:+"$1"}
