#!/usr/bin/env bash
# Does the judge notice what was once wrong? `crates/raceproof-tests/tests/faults.patch` makes a copy of the checker in which
# `FAULT` in the environment puts a fault back. `ci/judge.sh` has a minute for each of them; if its tests together do not notice the
# fault in that time, each of them has a minute by itself, one after the other until one does. Prints a table: which tests
# of the judge noticed the fault, after how many seconds and programs of theirs. Fails if none does, if a round hangs but for
# the fault that makes it hang, or if the patch does not apply: it is to follow the code that it changes.
#
#     ci/faults.sh          # every fault
#     ci/faults.sh a1 c2    # those whose names begin like this
set -euo pipefail
cd "$(dirname "$0")/.."
patch=$PWD/crates/raceproof-tests/tests/faults.patch
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/target}/faults
tree=$CARGO_TARGET_DIR/tree
rm -rf "$tree"
mkdir -p "$tree"
git ls-files -z | tar --create --null --files-from - | tar --extract --touch --directory "$tree"
patch --quiet --fuzz 0 --strip 0 --directory "$tree" < "$patch"
binary=$("$tree/ci/binary.sh")
output=$CARGO_TARGET_DIR/output
# Small rounds, in which the smallest program is not looked for.
export TIME=${TIME:-2} PROPTEST_MAX_SHRINK_ITERS=0
failed=0
printf '%-42s %8s %9s  %s\n' fault seconds programs 'noticed by'
for fault in $(grep --only-matching 'faults::is("[^"]*")' "$patch" | cut -d '"' -f 2 | sort -u); do
    wanted=$([[ $# == 0 ]] && echo yes || true)
    for prefix; do [[ $fault == "$prefix"* ]] && wanted=yes; done
    [[ $wanted ]] || continue
    noticed=
    for test in "" $("$binary" judge::differential judge::teardown --list 2> /dev/null | sed -n 's/: test$//p'); do
        # shellcheck disable=SC2086 # None is wanted where it is empty.
        code=0
        FAULT=$fault ci/judge.sh 1 "$binary" $test > "$output" || code=$?
        ((code < 2)) || { cat "$output"; exit 2; }
        ((code == 0)) || { noticed=yes; break; }
    done
    if [[ ! $noticed ]]; then
        by='nothing'
        failed=1
    else
        by=$(sed -n 's/^    judge::\([a-z_:]*\)$/\1/p' "$output" | sort -u | paste -sd ' ')
        # Of an abort or a hang only the exit code is known.
        by=${by:-$(sed -n 's/^a difference (\(.*\)): .*/\1/p' "$output")}
        # Ran out of time: only of the fault that hangs is that a sign.
        if [[ $by =~ code\ (124|137) ]]; then
            by="the time limit"
            [[ $fault == *-for-ever ]] || failed=1
        fi
    fi
    read -r programs seconds < <(sed -n '$s/.*: \([0-9]*\) programs, \([0-9]*\) s$/\1 \2/p' "$output")
    printf '%-42s %8s %9s  %s\n' "$fault" "$seconds" "$programs" "$by"
done
exit $failed
