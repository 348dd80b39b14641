#!/usr/bin/env bash
# The main job: every variant and every contract on every engine.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo run --release
export RUSTFLAGS="--cfg loom"
cargo run --release
cargo run --release -- check --contracts
