//! The programs that stand beside this one, so that what they need is built only for them.

use anyhow::bail;
use std::{env, path::Path, process::Command};

/// The program `name` if it stands beside this one, and otherwise cargo, which makes it from the package of that
/// name.
///
/// # Errors
///
/// There is neither the program nor the source.
pub(super) fn program(name: &str) -> anyhow::Result<Command> {
    let file = format!("{name}{}", env::consts::EXE_SUFFIX);
    let beside = env::current_exe().ok().map(|own| own.with_file_name(file));
    if let Some(beside) = beside.filter(|beside| beside.is_file()) {
        return Ok(Command::new(beside));
    }
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    if !manifest.is_file() {
        bail!("there is no `{name}` beside this program, and no source to build it from");
    }
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["run", "--release", "--quiet", "--package", name, "--manifest-path"]);
    cargo.arg(manifest).arg("--");
    Ok(cargo)
}
