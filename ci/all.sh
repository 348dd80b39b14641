#!/usr/bin/env bash
# Every stage of the gate, in the order in which they fail fastest, each with the seconds that it took.
set -euo pipefail
cd "$(dirname "$0")"
for stage in format lint docs features test nextest loom; do
    printf '\n== %s\n' "$stage"
    began=$SECONDS
    "./$stage.sh"
    printf '== %s: %d s\n' "$stage" $((SECONDS - began))
done
