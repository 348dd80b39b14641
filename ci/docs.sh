#!/usr/bin/env bash
# The documentation builds without a broken link, and the mirror of std has what std has.
set -euo pipefail
cd "$(dirname "$0")/.."
RUSTDOCFLAGS="-D warnings" cargo doc --workspace --exclude raceproof-book --no-deps --document-private-items
cargo doc --package raceproof --no-deps
ci/std.py
