#!/usr/bin/env bash
# Checks every small client of structures from the registry, unchanged: their atomics are those of `crates/loom`.
#
#     ci/structures.sh             # all of them, and writes docs/STRUCTURES.md
#     ci/structures.sh NAME...     # these only, and writes nothing
#     STRUCTURES_SECONDS=10 ci/structures.sh ...   # in place of 60 seconds for each
set -euo pipefail
cd "$(dirname "$0")/structures"
export RUSTFLAGS="--cfg loom"
exec cargo --config 'patch.crates-io.loom.path="../../crates/loom"' run --release --quiet -- "$@"
