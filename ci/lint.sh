#!/usr/bin/env bash
# Lints of the whole workspace, with and without loom.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo clippy --workspace --all-targets -- -D warnings
RUSTFLAGS="--cfg loom" cargo clippy --workspace --all-targets -- -D warnings
