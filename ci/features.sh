#!/usr/bin/env bash
# Each feature can be switched off. (That a check which cannot be made is an error is tested by `ci/deep.sh`.)
set -euo pipefail
cd "$(dirname "$0")/.."
for features in "" cli shuttle parking_lot; do
    cargo clippy --package raceproof-suite --no-default-features --features "$features" -- -D warnings
done
