#!/usr/bin/env bash
# The package `crates/shuttle`, which is outside of the workspace: format, lints, tests, and that older versions build.
set -euo pipefail
cd "$(dirname "$0")/.."
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-target}"
cargo fmt --manifest-path crates/shuttle/Cargo.toml --check
cargo clippy --manifest-path crates/shuttle/Cargo.toml --all-targets -- -D warnings
cargo test --manifest-path crates/shuttle/Cargo.toml
for version in 0.8 0.7; do
    cargo check --manifest-path "crates/shuttle-$version/Cargo.toml"
done
