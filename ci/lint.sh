#!/usr/bin/env bash
# Lints of the whole workspace, with loom, and of the facades outside of it, which `ci/facades.sh` tests. Without loom the suite
# alone is another one, and linted by `ci/features.sh`. Lints of the book are with the book, whose dependencies are many.
set -euo pipefail
cd "$(dirname "$0")/.."
RUSTFLAGS="--cfg loom" cargo clippy --workspace --exclude raceproof-book --all-targets -- -D warnings
for facade in shuttle parking_lot; do
    RUSTFLAGS="--cfg loom" CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-target}" \
        cargo clippy --manifest-path "crates/$facade/Cargo.toml" --all-targets -- -D warnings
done
