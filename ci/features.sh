#!/usr/bin/env bash
# Each feature can be switched off.
set -euo pipefail
cd "$(dirname "$0")/.."
for features in "" cli shuttle parking_lot; do
    cargo clippy --package raceproof-suite --no-default-features --features "$features" -- -D warnings
done
# Without them, a check that cannot be made is an error.
cargo test --no-default-features --test trials -- checking/nothing
