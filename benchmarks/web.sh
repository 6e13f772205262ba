#!/usr/bin/env bash
# Usage: web.sh [URL]. Lighthouse on the pages of a running service, and what their scripts weigh.
#
# Chromium comes from CHROME_PATH, Lighthouse from npm, pinned here because nothing else needs its 200 packages.
set -euo pipefail
cd "$(dirname "$0")/.."
url=${1:-http://127.0.0.1:5000}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export CHROME_PATH=${CHROME_PATH:-$(command -v chromium || command -v google-chrome)}
npm install --silent --no-audit --no-fund --prefix "$work" lighthouse@12.8.2
printf '%-10s %-8s %11s %13s %14s %9s\n' page profile performance accessibility best-practices 'scripts kB'
for page in / /login /studio; do
  for profile in desktop mobile; do
    options=(--quiet --output=json "--output-path=$work/out.json" --only-categories=performance,accessibility,best-practices)
    [ "$profile" = mobile ] || options+=(--preset=desktop)
    "$work/node_modules/.bin/lighthouse" "$url$page" "${options[@]}" --chrome-flags='--headless=new --no-sandbox' 2>/dev/null
    node -e '
      const {categories, audits} = JSON.parse(require("fs").readFileSync(process.argv[1], "utf8"));
      const scores = ["performance", "accessibility", "best-practices"].map((name) => Math.round(100 * categories[name].score));
      const scripts = audits["network-requests"].details.items.filter(({resourceType}) => resourceType === "Script");
      const kB = scripts.reduce((sum, {transferSize}) => sum + transferSize, 0) / 1000;
      const [, , page, profile] = process.argv;
      console.log(page.padEnd(10), profile.padEnd(8), String(scores[0]).padStart(11), String(scores[1]).padStart(13),
        String(scores[2]).padStart(14), kB.toFixed(0).padStart(9));
    ' "$work/out.json" "$page" "$profile"
  done
done
