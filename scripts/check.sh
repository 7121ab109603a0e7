#!/usr/bin/env bash
# All checks that need no running Parley: format, lint, words, types, unit and route tests.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/node_modules/.bin:$PATH"

step() { printf '\n== %s\n' "$1"; shift; "$@"; }

step 'format' oxfmt --check
step 'lint' oxlint --deny-warnings
step 'words' node scripts/check-words.ts
step 'types: server, client, contract, tests' tsc -p tsconfig.json
step 'types: web' tsc -p web/tsconfig.json
step 'types: service worker' tsc -p web/src/service-worker/tsconfig.json
step 'unit and web tests' vitest run --project unit --project web "$@"
