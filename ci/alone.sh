#!/usr/bin/env bash
# Runs a test binary in a process group of its own, and ends every process that is left of it: `ci/mutants.sh` has
# cargo run the tests of mutants with this.
set -mu
"$@" &
# A test that hangs is sent SIGTERM.
trap 'kill -- "-$!"' TERM
wait "$!"
code=$?
# Its processes are that binary, started again, and may have any parent and any group by now.
find /proc -maxdepth 2 -name exe -lname "$1*" 2> /dev/null | cut -d/ -f3 | xargs --no-run-if-empty kill -KILL 2> /dev/null
exit "$code"
