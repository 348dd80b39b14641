#!/usr/bin/env bash
# The main job: what a user types, every variant on every engine. With loom, loom alone, which is what differs; and the
# contracts on real threads, whose runs are no tests.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo run --release
cargo run --release -- check --contracts -e std,parking_lot
RUSTFLAGS="--cfg loom" cargo run --release -- check -e loom
