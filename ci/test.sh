#!/usr/bin/env bash
# The README's test command, which also builds the program with loom: every variant on loom.
#
# The program is not built by itself: its dependencies have other features there, and it would be built anew with most of
# them. `ci/features.sh` checks that it is complete without those of the tests.
set -euo pipefail
cd "$(dirname "$0")/.."
RUSTFLAGS="--cfg loom" cargo test --release
"${CARGO_TARGET_DIR:-target}/release/raceproof" check -e loom
