#!/usr/bin/env bash
# The README's test command, and the same without loom.
set -euo pipefail
cd "$(dirname "$0")/.."
RUSTFLAGS="--cfg loom" cargo test --release
cargo test --release
