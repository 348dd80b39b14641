#!/usr/bin/env bash
# loom's own tests on `crates/loom`. They are in loom's package, which Cargo.lock names; a scratch package
# outside of the tree has them and depends on `crates/loom` in the place of loom. Each test has ten seconds, and its
# verdict must be the one in `crates/loom/tests/verdicts.txt`.
#
#     ci/loom.sh             # compares
#     ci/loom.sh --write     # writes the verdicts anew; reasons are kept, and have to be given where they are missing
set -euo pipefail
cd "$(dirname "$0")/.."
tree=$PWD
target=$(cargo metadata --format-version 1 --no-deps |
    python3 -c 'import json, sys; print(json.load(sys.stdin)["target_directory"])')
loom=$(cargo metadata --format-version 1 --locked | python3 -c '
import json, os, sys
packages = json.load(sys.stdin)["packages"]
[manifest] = [p["manifest_path"] for p in packages if p["name"] == "loom" and p["source"]]
print(os.path.dirname(manifest))')
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/src"
: > "$scratch/src/lib.rs"
cp -r "$loom/tests" "$scratch/tests"
cat > "$scratch/Cargo.toml" << END
[package]
name = "looms-own"
version = "0.0.0"
edition = "2018"

[features]
default = ["futures"]
futures = []

[dependencies]
loom = { path = "$tree/crates/loom", features = ["futures", "checkpoint"] }

[dev-dependencies]
futures-util = "0.3"

# Built for longer than they are run.
[profile.release.package.looms-own]
opt-level = 1

[workspace]
END
cp Cargo.lock "$scratch/Cargo.lock"
cd "$scratch"
# Some of the tests deny warnings, of which there are others here. (With other flags, all that they depend on would be built
# once more.)
sed -i 's/^#!\[deny(.*)\]$//' tests/*.rs
export RUSTFLAGS="--cfg loom" CARGO_TARGET_DIR="$target"
exec python3 "$tree/ci/loom.py" "$tree/crates/loom/tests/verdicts.txt" "$@"
