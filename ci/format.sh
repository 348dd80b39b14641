#!/usr/bin/env bash
# Formatting. `cargo fmt` skips modules that a macro declares, so every file is named.
set -euo pipefail
cd "$(dirname "$0")/.."
git ls-files '*.rs' | xargs rustfmt --check --edition 2024 --config-path .
