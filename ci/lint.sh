#!/usr/bin/env bash
# Lints of the whole workspace; with loom, those of the suite, which is all that knows of it. Those of the book are with the
# book, whose dependencies are many.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo clippy --workspace --exclude raceproof-book --all-targets -- -D warnings
RUSTFLAGS="--cfg loom" cargo clippy --package raceproof-suite --all-targets -- -D warnings
