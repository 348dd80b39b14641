#!/usr/bin/env bash
# The main job: every variant on every engine.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo run --release
RUSTFLAGS="--cfg loom" cargo run --release
