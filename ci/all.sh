#!/usr/bin/env bash
# Every stage of the gate, in two lanes beside each other, each stage with the seconds that it took. What the tests take is
# told at once; the other lane's output follows when both are over, or as soon as it has failed.
set -euo pipefail
cd "$(dirname "$0")"
output=$(mktemp)

lane() {
    for stage in "$@"; do
        printf '\n== %s\n' "$stage"
        local began=$SECONDS
        "./$stage.sh"
        printf '== %s: %d s\n' "$stage" $((SECONDS - began))
    done
}

# Each lane is a process group of its own, so that it can be ended with all that it has started.
set -m
# In the order in which they fail fastest; the last three build what the tests do not.
lane format lint docs features main loom nextest > "$output" 2>&1 &
others=$!
lane test &
tests=$!
set +m
trap 'kill -- -"$others" -"$tests" 2> /dev/null || true; rm -f "$output"' EXIT

code=0
wait -n "$others" "$tests" || code=$?
if ((code == 0)); then
    wait "$tests" || code=$?
fi
if ((code == 0)); then
    wait "$others" || code=$?
fi
cat "$output"
exit "$code"
