#!/usr/bin/env bash
# Lints of the whole workspace, with and without loom. Those of the book are with the book, whose dependencies are many.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo clippy --workspace --exclude raceproof-book --all-targets -- -D warnings
RUSTFLAGS="--cfg loom" cargo clippy --workspace --exclude raceproof-book --all-targets -- -D warnings
