#!/usr/bin/env bash
# Mutation testing of the primitives: which small changes of their code does no check notice?
#
#     ci/mutants.sh              # every primitive
#     ci/mutants.sh queue lock   # these
#
# Needs cargo-mutants (`cargo install cargo-mutants --locked`). Three passes a primitive, each over what
# survived the last, the quickest first: contracts under dpor and property tests; unit tests and
# linearizability; doctests. A mutant that makes a check hang is noticed too. Fails if one survives that
# `.cargo/mutants.toml` does not explain.
set -euo pipefail
cd "$(dirname "$0")/.."
export CARGO_TARGET_DIR="$PWD/target/mutants"

# Mutates the primitive $1, where no check has noticed it yet, and runs `cargo test` with the other arguments.
pass() {
    local primitive=$1 out="target/mutants/$1"
    shift
    mkdir -p "$out"
    # Survivors are no failure yet (2: missed, 3: hung).
    cargo mutants --iterate --baseline skip --timeout 30 --build-timeout 300 --no-shuffle \
        --colors never --output "$out" --file "src/primitives/$primitive.rs" \
        --file "src/primitives/$primitive/**" "$@" || [[ $? == [23] ]]
    cat "$out"/mutants.out/timeout.txt >> "$out"/mutants.out/caught.txt
}

for primitive in "${@:-$(ls src/primitives | sed 's/\.rs$//' | grep -vx mod)}"; do
    checks=$primitive
    # What others share is checked by them.
    if [[ $primitive == waiting ]]; then checks=queue; fi
    pass "$primitive" -C=--test=dpor -C=--test=properties -- -- "$checks"
    pass "$primitive" -C=--lib -- -- primitives
    pass "$primitive" -C=--test=linearizable -- -- "$checks"
done
