#!/usr/bin/env bash
# Installs what the tests need, checks, builds, and runs every test. From a fresh clone: npm test.
set -euo pipefail
cd "$(dirname "$0")/.."

needs_install() {
  [ ! -f node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]
}

has_chromium() {
  [ -n "${PARLEY_TEST_CHROMIUM:-}" ] || [ -x /usr/bin/chromium ] || [ -x /usr/bin/chromium-browser ] ||
    [ -x /usr/bin/google-chrome ]
}

install_chromium() {
  if [ -f /etc/debian_version ] && [ "$(id -u)" = 0 ]; then
    apt-get update -q
    DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends chromium
  else
    echo 'Chromium is missing. Install it (Debian: apt-get install chromium) or name one in PARLEY_TEST_CHROMIUM.' >&2
    return 1
  fi
}

if needs_install; then
  printf '\n== install\n'
  npm ci
fi
export PATH="$PWD/node_modules/.bin:$PATH"

skipped=''
if ! has_chromium; then
  printf '\n== install Chromium\n'
  if ! install_chromium; then
    # Whoever only has no browser may run the rest; what decides about a change must not be short of anything.
    [ "${CI:-}" != true ] || exit 1
    skipped='--exclude=test/e2e/**'
  fi
fi

results="$(mktemp -d)"
trap 'rm -rf "$results"' EXIT
report() { printf '%s' "--reporter=default --reporter=json --outputFile.json=$results/$1.json"; }

status=0
# shellcheck disable=SC2046 # several words are meant
bash scripts/check.sh $(report check) || status=1
printf '\n== build\n'
failed_steps=0
npm run build || { status=1 failed_steps=1; }
printf '\n== system tests\n'
# shellcheck disable=SC2046,SC2086
vitest run --project system $skipped $(report system) || status=1

[ -z "$skipped" ] || echo 'The tests in a browser were left out: Chromium is missing.'
FAILED_STEPS=$failed_steps node scripts/count-tests.ts "$results/check.json" "$results/system.json" || status=1
exit "$status"
