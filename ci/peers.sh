#!/usr/bin/env bash
# Runs the loom tests that other crates publish in their packages, once on loom and once on `crates/loom`.
#
#     ci/peers.sh             # all of them, and writes docs/PEERS.md and crates/loom/tests/peers.txt: half an hour
#     ci/peers.sh NAME...     # these crates anew, and the others as they were found before
#     ci/peers.sh page        # none anew: writes the files, as after a reason was added to peers.txt
#     ci/peers.sh quick       # two minutes: some crates on `crates/loom` alone; their verdicts must be the recorded ones
set -euo pipefail
cd "$(dirname "$0")/.."
exec python3 ci/peers.py "$@"
