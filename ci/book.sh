#!/usr/bin/env bash
# The book of races: it is written, and a browser plays it. Without a browser the tests say so, and fail only where CI=true.
set -euo pipefail
cd "$(dirname "$0")/.."
out=${1:-target/book}
cargo clippy --release --package raceproof-book --all-targets -- -D warnings
cargo test --release --package raceproof-book --bins
cargo build --release --package raceproof-book
# A minute on two cores, however busy they are: so much time of processors.
exec 3>&1 4>&2
TIMEFORMAT='%0U %0S'
spent=$({ time cargo run --quiet --release --package raceproof-book -- --out "$out" >&3 2>&4; } 2>&1)
spent=$((${spent% *} + ${spent#* }))
echo "$spent s of processor time"
[ "$spent" -le 120 ] || { echo "to write the book takes $spent s of processor time"; exit 1; }
bytes=$(du --summarize --bytes "$out" | cut -f1)
[ "$bytes" -le 15000000 ] || { echo "the book has $bytes bytes"; exit 1; }
scripts=$(cat crates/raceproof/src/telling/sheet/assets/*.js | wc --bytes)
[ "$scripts" -le 61440 ] || { echo "its scripts have $scripts bytes"; exit 1; }
# What looks for pages that not everybody can read.
axe=target/axe/node_modules/axe-core/axe.min.js
if [ ! -f "$axe" ] && command -v npm > /dev/null; then
    npm install --silent --no-save --prefix target/axe axe-core@4 || true
fi
if [ -f "$axe" ]; then
    RACEPROOF_AXE=$(realpath "$axe")
    export RACEPROOF_AXE
fi
RACEPROOF_BOOK=$(realpath "$out") cargo test --release --package raceproof-book --test browser
