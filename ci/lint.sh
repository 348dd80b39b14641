#!/usr/bin/env bash
# Lints, with and without loom.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo clippy --release --all-targets -- -D warnings
RUSTFLAGS="--cfg loom" cargo clippy --release --all-targets -- -D warnings
