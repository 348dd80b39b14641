#!/usr/bin/env bash
# Mutation testing of the primitives: which small changes of their code does no check notice?
#
#     ci/mutants.sh              # every primitive
#     ci/mutants.sh queue lock   # these
#
# Needs cargo-mutants (`cargo install cargo-mutants --locked`). Each mutant meets the contracts under dpor, then,
# if it survives, the unit tests, the property tests and, where it may be about processes of the system, the
# tests of those. One that makes a check hang is noticed too. Fails if one survives that `.cargo/mutants.toml`
# does not explain. What was noticed is kept in target/mutants, so that a second run tries the survivors only;
# remove that folder to begin again.
#
# There are 1,150, of which a third cannot be built. To build one takes 4 seconds on two idle cores and up to 25 on
# busy ones, to check it 1 to 5, or 20 if a check hangs: some two hours for all, by that measure.
set -euo pipefail
cd "$(dirname "$0")/.."
export CARGO_TARGET_DIR="$PWD/target/mutants"

# One copy is mutated in all passes: what is built is good only for the folder in which it was built.
tree=$CARGO_TARGET_DIR/tree
rm -rf "$tree"
mkdir -p "$tree"
git ls-files --cached --others --exclude-standard -z | tar --create --null --files-from - | tar --extract --touch --directory "$tree"

# `cargo mutants` on the primitive `$primitive`.
mutants() {
    cargo mutants --dir "$tree" --file "src/primitives/$primitive.rs" --file "src/primitives/$primitive/**" "$@"
}

# Runs `cargo test` with these arguments on each mutant of `$primitive` that nothing has noticed yet.
pass() {
    # Survivors are no failure yet (2: missed, 3: hung). No process of a mutant is to outlive its test.
    mutants --iterate --in-place --baseline skip --timeout 20 --build-timeout 300 --no-shuffle \
        --colors never --output "$out" "-C=--config=target.'cfg(unix)'.runner='$PWD/ci/alone.sh'" "$@" \
        || [[ $? == [23] ]]
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
    out=$CARGO_TARGET_DIR/$primitive
    mkdir -p "$out"
    # What several primitives share is checked by one of them.
    checks=${primitive/waiting/event}
    contracts=$checks/ properties=$checks
    case $primitive in
        net) properties=tcp ;;
        manager) properties=managed ;;
        # `process-queue/` and others beside `process/`.
        process) contracts=process ;;
    esac
    pass -C=--test=models -- -- "dpor/$contracts"
    pass -C=--lib -- -- primitives
    pass -C=--test=trials -- -- "properties/$properties"
    if [[ $primitive == @(process|manager) ]]; then
        pass -C=--test=trials -- -- processes/
    fi
    mutants --list | grep -vxFf "$out/unviable" > "$out/viable"
    if grep -vxFf "$out/noticed" "$out/viable"; then failed=1; fi
    echo "$primitive: $(grep -cxFf "$out/noticed" "$out/viable") of $(wc -l < "$out/viable") noticed"
done
exit $failed
