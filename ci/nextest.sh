#!/usr/bin/env bash
# cargo-nextest lists the tests of every binary, and runs one of each by its exact name, in a process of its own.
# Needs cargo-nextest (`cargo install cargo-nextest --locked`).
set -euo pipefail
cd "$(dirname "$0")/.."
export RUSTFLAGS="--cfg loom"
tests=$(cargo nextest list --workspace --exclude raceproof-book --exclude raceproof-suites --release --message-format oneline)
# Those that build crates take half a minute each, and are listed only.
first_of_each=$(grep -v '^raceproof-tests::foreign \|^cargo-raceproof::loom ' <<< "$tests" |
    awk '!seen[$1]++ { id = $1; sub(/^[^ ]+ /, ""); print "(binary_id(=" id ") & test(=" $0 "))" }')
printf '%s tests, of which are run:\n%s\n' "$(wc -l <<< "$tests")" "$first_of_each"
cargo nextest run --workspace --exclude raceproof-book --exclude raceproof-suites --release -E "$(paste -sd '|' <<< "$first_of_each")"
