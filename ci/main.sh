#!/usr/bin/env bash
# Without loom: the tests of the program, and what it shows by itself, every variant on every engine; the contracts on real
# threads, whose runs are no tests. All of it is built once more for this, so it is not in `ci/all.sh`, and a job of its own.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo test --release --package raceproof-suite --test it
program=${CARGO_TARGET_DIR:-target}/release/raceproof
"$program"
"$program" check --contracts -e std,parking_lot
