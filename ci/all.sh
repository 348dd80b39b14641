#!/usr/bin/env bash
# Every stage of the gate, in the order in which they fail fastest.
set -euo pipefail
cd "$(dirname "$0")"
for stage in format lint docs features test main; do
    printf '\n== %s\n' "$stage"
    "./$stage.sh"
done
