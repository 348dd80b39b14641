#!/usr/bin/env bash
# The README's test command; and without loom what differs there, which is what the program shows.
set -euo pipefail
cd "$(dirname "$0")/.."
RUSTFLAGS="--cfg loom" cargo test --release
cargo test --release --package raceproof-suite --test it
