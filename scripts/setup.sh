#!/usr/bin/env bash
# Sets up everything that the make targets need, asks for nothing, and does only what is still missing.
#
# Debian and Ubuntu: packages by apt (as root, or with sudo). macOS: Homebrew, best effort. Then .venv/ with the `oriel`
# command, the frontend's packages and its build.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '\033[2m-- %s\033[0m\n' "$*" >&2; }

# Stamps live in .venv/ so that deleting it starts over.
stamp_is_fresh() { # NAME FILE...: whether the files are what they were when the stamp was set
  [ -f ".venv/.stamps/$1" ] && [ "$(cat ".venv/.stamps/$1")" = "$(fingerprint "${@:2}")" ]
}
set_stamp() { mkdir -p .venv/.stamps && fingerprint "${@:2}" >".venv/.stamps/$1"; }
fingerprint() { find "$@" -type f -print0 2>/dev/null | LC_ALL=C sort -z | xargs -0 sha256sum 2>/dev/null | sha256sum; }

system_packages() {
  if command -v apt-get >/dev/null; then
    # chromium draws, ffmpeg encodes, Mesa and EGL are the software OpenGL, Noto draws titles in every common script,
    # fontconfig knows what no font draws, bubblewrap confines programs, and the Node that Playwright brings along needs
    # libatomic. macOS has fonts for these scripts itself.
    local wanted=(chromium ffmpeg libegl1 libegl-mesa0 libgl1-mesa-dri libgles2 python3-venv bubblewrap libatomic1)
    wanted+=(fonts-noto-core fonts-noto-cjk fonts-noto-color-emoji fontconfig)
    local missing=()
    for package in "${wanted[@]}"; do
      dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return
    say "installing ${missing[*]}"
    local as_root=()
    [ "$(id -u)" -eq 0 ] || as_root=(sudo)
    "${as_root[@]}" apt-get update -qq
    DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
  elif command -v brew >/dev/null; then
    for formula in ffmpeg node python@3.11; do brew list "$formula" >/dev/null 2>&1 || brew install "$formula"; done
    [ -d "/Applications/Chromium.app" ] || [ -d "/Applications/Google Chrome.app" ] || brew install --cask chromium
  else
    say "neither apt-get nor brew: install Chromium, FFmpeg, Node 20 and Python 3.11 yourself; 'oriel doctor' tells what is missing"
  fi
}

# Vite wants Node 20.19 or newer; Debian 12 itself has 18. Where there is no fitting one, one goes into .venv/, from PyPI.
node_is_fit() {
  command -v npm >/dev/null && node -e 'const [a, b] = process.versions.node.split(".").map(Number);
    process.exit(a > 22 || (a === 22 && b >= 12) || (a === 20 && b >= 19) ? 0 : 1)' 2>/dev/null
}
node_program() {
  node_is_fit && return
  if [ ! -x .venv/bin/node ]; then
    say "installing Node into .venv/"
    .venv/bin/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-node.lock
  fi
  PATH="$PWD/.venv/bin:$PATH"
  node_is_fit || { say "Node 20.19 or newer is needed, and npm with it"; exit 2; }
}

python_environment() {
  # The first Python that can make a virtual environment: a minimal one may lack ensurepip.
  if [ ! -x .venv/bin/pip ]; then
    rm -rf .venv
    for python in python3.11 python3.12 python3.13 python3.14 python3 /usr/bin/python3; do
      command -v "$python" >/dev/null && "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' &&
        "$python" -m venv .venv 2>/dev/null && break
    done
    [ -x .venv/bin/pip ] || { say "no Python 3.11 or newer that can make a virtual environment"; exit 2; }
  fi
  if ! stamp_is_fresh python requirements-dev.lock requirements-uv.lock pyproject.toml; then
    say "installing Python packages"
    scripts/install_python.sh .venv requirements-dev.lock
    .venv/bin/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
    set_stamp python requirements-dev.lock requirements-uv.lock pyproject.toml
  fi
}

frontend() {
  if ! stamp_is_fresh npm package.json package-lock.json || [ ! -d node_modules ]; then
    say "installing frontend packages"
    npm ci --no-audit --no-fund --loglevel=error
    set_stamp npm package.json package-lock.json
  fi
  if ! stamp_is_fresh example examples frontend/sound scripts/example_song.sh || [ ! -f frontend/example/first-light.orft ]; then
    say "making the example song"
    scripts/example_song.sh
    set_stamp example examples frontend/sound scripts/example_song.sh
  fi
  if ! stamp_is_fresh build frontend package-lock.json || [ ! -f src/oriel/web/looks.json ]; then
    say "building the frontend"
    npm run --silent build -- --logLevel warn
    set_stamp build frontend package-lock.json
  fi
}

system_packages
python_environment
node_program
frontend
