#!/usr/bin/env bash
# The packages `crates/shuttle` and `crates/parking_lot`, which are outside of the workspace: format, lints, tests, and that
# older versions build.
set -euo pipefail
cd "$(dirname "$0")/.."
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-target}"
for package in shuttle parking_lot; do
    cargo fmt --manifest-path "crates/$package/Cargo.toml" --check
    cargo clippy --manifest-path "crates/$package/Cargo.toml" --all-targets -- -D warnings
    cargo test --manifest-path "crates/$package/Cargo.toml"
done
for version in 0.8 0.7; do
    cargo check --manifest-path "crates/shuttle-$version/Cargo.toml"
done
