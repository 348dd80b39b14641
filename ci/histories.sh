#!/usr/bin/env bash
# Judges the histories of etcd and of a key-value store that porcupine publishes, and compares the verdicts with porcupine's: a
# minute. Fetches them with git, below the target directory.
set -euo pipefail
cd "$(dirname "$0")/.."
folder="${CARGO_TARGET_DIR:-target}/porcupine"
commit=55508eb
if [ ! -d "$folder" ]; then
    git clone --quiet "${PORCUPINE:-https://github.com/anishathalye/porcupine}" "$folder"
fi
git -C "$folder" checkout --quiet "$commit"
cargo run --release --quiet -p raceproof-tests --example histories -- "$folder/test_data"
