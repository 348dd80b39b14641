#!/usr/bin/env bash
# What the gate compares on few random programs, on many (two hours on two cores): brute force, the axioms of
# C11, several workers, searches in units, every small program; 1,000 pools of processes, in which workers are killed at
# random; what the suite says of a check that cannot be made, for which all of it is built without its features; each of
# these alone; and an hour of the judge, from fresh seeds.
#
#     ci/deep.sh         # an hour of the judge
#     ci/deep.sh 10      # ten minutes of it
set -euo pipefail
cd "$(dirname "$0")/.."
CASES=3000 EVERY=1 cargo test --release -p raceproof-tests --test it -- \
    brute_force c11::random c11::replays c11::sequential c11::workers c11::units small \
    c11::reads_from::every_small_program
CASES=300 cargo test --release -p raceproof-tests --test it -- c11::drawn c11::reads_from
POOLS=1000 cargo test --release -p raceproof-suite --test trials -- processes/many-pools-leave-nothing
cargo test --no-default-features --test trials -- checking/nothing
ci/features.sh each
ci/judge.sh "${1:-60}"
