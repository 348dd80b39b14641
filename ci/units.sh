#!/usr/bin/env bash
# One search in units, with two engines that run them on two local workers: GNU parallel, and Dask distributed. Of each, a
# worker is killed with SIGKILL in mid-run, and the engine runs its unit again. The totals must be the whole search's.
#
#     ci/units.sh                                # about five minutes on two cores
#     ci/units.sh hungry-consumers/sentinel 64   # another variant, in so many units
#
# It needs GNU parallel (the package `parallel`), and a Python with `distributed` (PYTHON=… names one).
set -euo pipefail
cd "$(dirname "$0")/.."
variant=${1:-thresholds/notify-all}
into=${2:-32}
program=${RACEPROOF:-}
if [[ -z $program ]]; then
    cargo build --release -p raceproof-suite
    program=$PWD/target/release/raceproof
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The verdict, the number of executions and the outcomes of a result, in one line.
told() {
    "${PYTHON:-python3}" -c '
import json, sys
result = json.loads(sys.stdin.readline())
told = {key: result.get(key) for key in ("verdict", "executions", "outcomes", "reached")}
print(json.dumps(told, sort_keys=True))'
}

same() {
    echo "$1: $3"
    [[ $2 == "$3" ]] || { echo "$1 differs from the whole: $2"; exit 1; }
}

SECONDS=0
whole=$("$program" check "$variant" --engine c11 --json --workers 1 --limit-executions 1000000000 --limit-seconds 86400 | told)
echo "whole, $SECONDS s: $whole"
"$program" split "$variant" --into "$into" >"$work/units"
echo "$(wc -l <"$work/units") units"

# ── GNU parallel ─────────────────────────────────────────────────────────────────────────────────
mkdir "$work/parallel" "$work/pids"
# A unit's result is there as a whole or not at all.
explore() {
    sh -c 'echo $$ >"$1/pids/$2"; exec "$3" check --unit "$4" --json' - "$work" "$1" "$program" "$2" >"$work/parallel/$1.part" &&
        mv "$work/parallel/$1.part" "$work/parallel/$1.json"
}
export -f explore
export work program
# Kills the process of a unit that is under way, once some are done.
kill_one() {
    while true; do
        sleep 0.02
        [[ $(find "$work/parallel" -name '*.json' | wc -l) -ge 2 ]] || continue
        for part in "$work"/parallel/*.part; do
            nth=$(basename "$part" .part)
            if [[ -s $work/pids/$nth && ! -e $work/parallel/$nth.json ]] && kill -9 "$(<"$work/pids/$nth")"; then
                echo "killed unit $nth"
                return
            fi
        done
    done 2>/dev/null
}
SECONDS=0
kill_one & killer=$!
parallel --jobs 2 --retries 3 explore '{#}' '{}' :::: "$work/units"
kill "$killer" 2>/dev/null && { echo "no unit was killed: the search is too small"; exit 1; }
same "GNU parallel, $SECONDS s" "$whole" "$("$program" merge "$work"/parallel/*.json --json | told)"

# ── Dask distributed ─────────────────────────────────────────────────────────────────────────────
SECONDS=0
"${PYTHON:-python3}" ci/units.py "$program" "$work/units" >"$work/dask.json"
same "Dask, $SECONDS s" "$whole" "$("$program" merge "$work/dask.json" --json | told)"
