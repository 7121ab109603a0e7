#!/usr/bin/env bash
# Everything that can be known without starting Parley: format, lint, types, unit and route tests.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/node_modules/.bin:$PATH"

step() { printf '\n== %s\n' "$1"; shift; "$@"; }

step 'format' oxfmt --check
step 'lint' oxlint --deny-warnings
step 'types: server, client, contract, tests' tsc -p tsconfig.json
step 'types: web' tsc -p web/tsconfig.json
step 'types: service worker' tsc -p web/src/service-worker/tsconfig.json
step 'unit and web tests' vitest run --project unit --project web "$@"
