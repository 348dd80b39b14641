#!/usr/bin/env bash
# Lints of the suite without loom, with all of its features and with few. (That a check which cannot be made is an error is
# tested by `ci/deep.sh`.)
#
#     ci/features.sh          # with all, with the command line alone
#     ci/features.sh each     # with none, with each of the others alone
set -euo pipefail
cd "$(dirname "$0")/.."
few=(cli)
if [ "${1:-}" = each ]; then
    few=("" shuttle parking_lot)
else
    cargo clippy --package raceproof-suite --all-targets -- -D warnings
fi
for features in "${few[@]}"; do
    cargo clippy --package raceproof-suite --no-default-features --features "$features" -- -D warnings
done
