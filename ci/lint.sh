#!/usr/bin/env bash
# Lints of the whole workspace, with loom. Without it the suite alone is another one, and linted by `ci/features.sh`. Those of
# the book are with the book, whose dependencies are many.
set -euo pipefail
cd "$(dirname "$0")/.."
RUSTFLAGS="--cfg loom" cargo clippy --workspace --exclude raceproof-book --all-targets -- -D warnings
