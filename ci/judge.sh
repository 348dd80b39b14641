#!/usr/bin/env bash
# The judge for as long as there is: random programs of every shape, from fresh seeds, on the checker and on the
# interpreter of `crates/raceproof-tests/tests/it/judge/`. Says how many programs agreed, and ends at the first that does
# not, with the seed that makes it and the smallest program that differs.
#
#     ci/judge.sh       # ten minutes
#     ci/judge.sh 60    # an hour
#
# The same programs again: SEED=... CASES=... cargo test --release -p raceproof-tests --test it judge::differential::SHAPE
#
# Not part of the gate, whose tests run 100 programs of each shape, always the same. `ci/faults.sh` runs this on a
# checker with a fault, with the binary of the tests as a second argument, and perhaps with the name of one test.
set -euo pipefail
cd "$(dirname "$0")/.."
limit=$(awk "BEGIN { print int(60 * ${1:-10}) }")
binary=${2:-$(ci/binary.sh)}
[[ -x $binary ]] || { echo "there is no such program: $binary"; exit 2; }
tests=("${@:3}")
((${#tests[@]})) || tests=(judge::differential judge::teardown)
output=$(mktemp)
trap 'rm -f "$output"' EXIT
export SEED=random
# Seconds for each shape in a round: not for as many programs each, or the shapes whose programs take longest would have
# most of the time.
export TIME=${TIME:-30}
programs=0 SECONDS=0
while ((SECONDS < limit)); do
    code=0
    # A round that hangs is a difference as well. One takes minutes.
    timeout --kill-after 1 3600 \
        "$binary" "${tests[@]}" --nocapture > "$output" 2>&1 || code=$?
    agreed=$(awk 'match($0, /programs: [0-9]+/) { sum += substr($0, RSTART + 10, RLENGTH - 10) } END { print sum + 0 }' "$output")
    programs=$((programs + agreed))
    ((code != 0 || agreed > 0)) || { echo "no program was compared by ${tests[*]}"; exit 2; }
    if ((code != 0)); then
        cat "$output"
        echo "a difference (exit code $code): $programs programs, $SECONDS s"
        exit 1
    fi
done
echo "no difference: $programs programs, $SECONDS s"
