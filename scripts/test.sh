#!/usr/bin/env bash
# Installs the tests' dependencies, checks, builds, and runs every test. From a fresh clone: npm test.
set -euo pipefail
cd "$(dirname "$0")/.."

needs_install() {
  [ ! -f node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]
}

has_chromium() {
  [ -n "${PARLEY_TEST_CHROMIUM:-}" ] || [ -x /usr/bin/chromium ] || [ -x /usr/bin/chromium-browser ] ||
    [ -x /usr/bin/google-chrome ]
}

# Debian packages that the tests need, one per line, with the tests that are skipped without them.
missing() {
  has_chromium || echo 'chromium test/e2e/**'
  [ -x /usr/bin/firefox-esr ] || [ -x /usr/bin/firefox ] || echo 'firefox-esr test/e2e/engines.test.ts'
  [ -x /usr/bin/WebKitWebDriver ] || echo 'webkit2gtk-driver test/e2e/engines.test.ts'
  [ -x /usr/bin/Xvfb ] || echo 'xvfb test/e2e/engines.test.ts'
  [ -x /usr/sbin/nats-server ] || command -v nats-server >/dev/null || echo 'nats-server test/*/cluster.test.ts'
  [ -x /usr/sbin/nginx ] || command -v nginx >/dev/null || echo 'nginx test/{*/cluster,faults/proxy-defaults,system/{proxied-login,deploy}}.test.ts'
  [ -x /usr/bin/caddy ] || command -v caddy >/dev/null || echo 'caddy test/system/deploy.test.ts'
  command -v strace >/dev/null || echo 'strace test/faults/{power-loss,crash}.test.ts'
  compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null ||
    echo 'postgresql-15 test/{*/{postgres,cluster,migrate,upgrade,commands-schema,pooler}.test.ts,server/**}'
  [ -x /usr/sbin/pgbouncer ] || echo 'pgbouncer test/system/pooler.test.ts'
  compgen -G '/usr/lib/*/faketime/libfaketimeMT.so.1' >/dev/null || echo 'libfaketime test/faults/clock.test.ts'
  compgen -G '/usr/lib/nginx/modules/ngx_nchan_module.so' >/dev/null || echo 'libnginx-mod-nchan test/system/bench.test.ts'
  [ -x /usr/bin/openssl ] || echo 'openssl test/{server/platform/realtime/nats-tls,system/deploy}.test.ts'
  command -v curl >/dev/null || echo 'curl test/system/api-walk.test.ts'
}

if needs_install; then
  printf '\n== install\n'
  npm ci
fi
export PATH="$PWD/node_modules/.bin:$PATH"

if [ -n "$(missing)" ] && [ -f /etc/debian_version ] && [ "$(id -u)" = 0 ]; then
  printf '\n== install programs\n'
  packages="$(missing | cut -d ' ' -f 1)"
  apt-get update -q
  # shellcheck disable=SC2086 # one word per package
  DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $packages
fi
left_out=()
while read -r program tests; do
  echo "$program is missing: install it (Debian: apt-get install $program), or $tests is left out." >&2
  # Without a browser, the other tests still run; a check that decides about a change must run all of them.
  [ "${CI:-}" != true ] || exit 1
  left_out+=("--exclude=$tests")
done < <(missing)

results="$(mktemp -d)"
trap 'rm -rf "$results"' EXIT
reporters() { echo --reporter=default --reporter=json "--outputFile.json=$results/$1.json"; }

status=0
failed_steps=0
# shellcheck disable=SC2046 # several words are intended
bash scripts/check.sh $(reporters check) || status=1
printf '\n== build\n'
npm run build || { status=1 failed_steps=1; }
printf '\n== system tests\n'
# shellcheck disable=SC2046
vitest run --project system --project postgres ${left_out[@]+"${left_out[@]}"} $(reporters system) || status=1

FAILED_STEPS=$failed_steps node scripts/count-tests.ts "$results/check.json" "$results/system.json" || status=1
exit "$status"
