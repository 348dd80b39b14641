#!/usr/bin/env bash
# The benchmark suites of others: every kernel on every engine, what it would be without its mistake, and copies of Go's types
# with mistakes.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo test --release --package raceproof-suites
cargo run --release --package raceproof-suites -- check --suite goker
cargo run --release --package raceproof-suites -- check --suite sctbench
cargo run --release --package raceproof-suites -- check --suite semaphores
cargo run --release --package raceproof-suites -- check --suite contracts
