#!/usr/bin/env bash
# Runs the loom tests that other crates publish in their packages, once on loom and once on `crates/loom`.
#
#     ci/peers.sh             # all of them, and writes docs/PEERS.md: half an hour
#     ci/peers.sh quick       # two minutes: what is done within a second on both, and compares the verdicts
#     ci/peers.sh NAME...     # these crates, and prints what there is to see
set -euo pipefail
cd "$(dirname "$0")/.."
exec python3 ci/peers.py "$@"
