#!/usr/bin/env bash
# Mutation testing of the primitives: which small changes of their code does no check notice?
#
#     ci/mutants.sh              # every primitive
#     ci/mutants.sh queue lock   # these
#
# Needs cargo-mutants (`cargo install cargo-mutants --locked`). Three passes a primitive, each over what
# survived the last, the quickest first: contracts under dpor and property tests; unit tests;
# linearizability. A mutant that makes a check hang is noticed too. Fails if one survives that
# `.cargo/mutants.toml` does not explain. What was noticed is kept in target/mutants, so that a second run
# tries the survivors only; remove that folder to begin again.
set -euo pipefail
cd "$(dirname "$0")/.."
export CARGO_TARGET_DIR="$PWD/target/mutants"

# `cargo mutants` on the primitive `$primitive`.
mutants() {
    cargo mutants --file "src/primitives/$primitive.rs" --file "src/primitives/$primitive/**" "$@"
}

# Runs `cargo test`, for at most $1 seconds, with the other arguments on each mutant of `$primitive` that
# nothing has noticed yet.
pass() {
    local timeout=$1
    shift
    # Survivors are no failure yet (2: missed, 3: hung).
    mutants --iterate --baseline skip --timeout "$timeout" --build-timeout 300 --no-shuffle \
        --colors never --output "$out" "$@" || [[ $? == [23] ]]
    cat "$out"/mutants.out/{caught,timeout}.txt >> "$out/noticed"
    cat "$out"/mutants.out/unviable.txt >> "$out/unviable"
    # The next pass is to leave out what hung as well.
    cat "$out"/mutants.out/timeout.txt >> "$out"/mutants.out/caught.txt
}

if [[ $# == 0 ]]; then
    # shellcheck disable=SC2046
    set -- $(ls src/primitives | sed 's/\.rs$//' | grep -vxE 'mod|names|native')
fi
failed=0
for primitive; do
    out=target/mutants/$primitive
    mkdir -p "$out"
    # What several primitives share is checked by one of them.
    checks=${primitive/waiting/event}
    pass 20 -C=--test=dpor -C=--test=properties -- -- "$checks"
    pass 20 -C=--lib -- -- primitives
    pass 120 -C=--test=linearizable -- -- "$checks"
    mutants --list | grep -vxFf "$out/unviable" > "$out/viable"
    if grep -vxFf "$out/noticed" "$out/viable"; then failed=1; fi
    echo "$primitive: $(grep -cxFf "$out/noticed" "$out/viable") of $(wc -l < "$out/viable") noticed"
done
exit $failed
