#!/usr/bin/env bash
# Builds the tests of the checker, and prints where their program is. `ci/judge.sh` and `ci/faults.sh` run it.
set -euo pipefail
cd "$(dirname "$0")/.."
told=$(cargo test --release -p raceproof-tests --test it --no-run 2>&1) || { echo "$told" >&2; exit 1; }
sed -n 's/^ *Executable .*(\(.*\))$/\1/p' <<< "$told"
