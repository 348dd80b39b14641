#!/usr/bin/env bash
# Each feature can be switched off.
set -euo pipefail
cd "$(dirname "$0")/.."
for features in "" cli shuttle parking_lot; do
    cargo clippy --release --no-default-features --features "$features" -- -D warnings
done
# Without them, a check that cannot be made is an error.
cargo test --release --no-default-features --test checking -- nothing
