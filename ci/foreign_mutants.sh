#!/usr/bin/env bash
# Which small mistakes in crates of the registry do their own loom tests notice, on loom and on `crates/loom`?
#
#     ci/foreign_mutants.sh             # all that are in ci/foreign_mutants/, and writes docs/MUTANTS.md
#     ci/foreign_mutants.sh NAME...     # these crates anew, and the others as they were found before
#     ci/foreign_mutants.sh page        # none anew: writes the page, as after a reason was added to a file of mutants
#
# A file of mutants has a package of ci/peers.py and what is changed in it, by line. Fails if a mutant cannot be built, or if loom
# notices one that `crates/loom` does not and its file gives no reason (`why`).
set -euo pipefail
cd "$(dirname "$0")/.."
exec python3 ci/foreign_mutants.py "$@"
