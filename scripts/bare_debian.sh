#!/usr/bin/env bash
# Usage: scripts/bare_debian.sh SUITE [COMMAND...]. Sets this working tree up on a bare Debian (bookworm, trixie) and runs
# COMMAND there, by default the tests of the pipeline.
#
# A bare Debian shows what `make setup` forgets to install, and a newer one has newer versions of all that a render stands
# on (trixie: FFmpeg 7.1, Chromium's Mesa 25, Python 3.13), each of which may answer differently. Its root lies outside
# the working tree, in ${BARE_DEBIAN:-~/.cache/oriel/debian}-SUITE, and is kept: the first run takes some minutes longer.
set -euo pipefail
cd "$(dirname "$0")/.."
suite=${1:?"name a Debian: bookworm or trixie"}
shift
root=${BARE_DEBIAN:-${XDG_CACHE_HOME:-$HOME/.cache}/oriel/debian}-$suite
made_by=$root/made-by
command=("$@")
[ $# -gt 0 ] || command=(
  .venv/bin/python -m pytest -q -m "not long" -n "$(nproc)" tests/unit/rendering/pipeline tests/render
)

say() { printf '\033[2m-- %s\033[0m\n' "$*" >&2; }
skip() { say "$suite is not tried here: $*"; exit 0; }

tools() {
  [ "$(id -u)" -eq 0 ] || skip "making its root needs the rights of root."
  command -v bwrap >/dev/null && command -v mmdebstrap >/dev/null && return
  command -v apt-get >/dev/null || skip "install mmdebstrap and bubblewrap, which make and enter its root."
  say "installing mmdebstrap and bubblewrap"
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends mmdebstrap bubblewrap >/dev/null
}

# A fresh machine has no compiler, no Node, no FFmpeg: `make setup` must bring all of it.
make_root() {
  [ "$(cat "$made_by" 2>/dev/null)" = "$(sha256sum <"$0")" ] && return
  say "making a bare Debian ($suite) in $root"
  rm -rf "$root"
  mkdir -p "$(dirname "$root")"
  mmdebstrap --quiet --variant=minbase --include=ca-certificates,make "$suite" "$root"
  sha256sum <"$0" >"$made_by"
}

copy_project() {
  local new=$root/srv/oriel.new kept
  rm -rf "$new"
  mkdir -p "$new"
  git ls-files -z --cached --others --exclude-standard | tar -c --null --ignore-failed-read -T - | tar -x -C "$new"
  for kept in .venv node_modules; do
    [ ! -e "$root/srv/oriel/$kept" ] || mv "$root/srv/oriel/$kept" "$new"
  done
  rm -rf "$root/srv/oriel"
  mv "$new" "$root/srv/oriel"
}

# The registries are reached as from this machine: its names, certificates, proxies and mirrors.
inside() {
  local bound=() path name variables=() index
  for path in /etc/resolv.conf /etc/hosts /etc/ssl/certs/ca-certificates.crt; do
    [ ! -f "$path" ] || bound+=(--ro-bind "$path" "$path")
  done
  index=$(python3 -m pip config get global.index-url 2>/dev/null || true)
  [ -z "$index" ] || variables+=(--setenv PIP_INDEX_URL "$index")
  for name in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY PIP_INDEX_URL UV_DEFAULT_INDEX \
    PIP_CERT SSL_CERT_FILE NODE_EXTRA_CA_CERTS npm_config_registry; do
    [ -z "${!name:-}" ] || variables+=(--setenv "$name" "${!name}")
  done
  bwrap --bind "$root" / --proc /proc --dev /dev --unshare-pid --die-with-parent --cap-add ALL "${bound[@]}" \
    --clearenv --setenv HOME /root --setenv LANG C.UTF-8 \
    --setenv PATH /usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "${variables[@]}" \
    --chdir /srv/oriel "$@"
}

tools
make_root
copy_project
find "$root/tmp" -mindepth 1 -delete
inside make setup
inside .venv/bin/python --version
inside "${command[@]}"
