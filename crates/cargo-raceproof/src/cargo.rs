//! What cargo is asked.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::args::Args;

/// The workspace that the tests are of.
#[derive(Debug)]
pub(crate) struct Workspace {
    /// The manifest of the package, or of the workspace, that was asked for.
    pub(crate) manifest: PathBuf,
    pub(crate) root: PathBuf,
    pub(crate) target: PathBuf,
    /// Whether a package of it depends on something called loom.
    pub(crate) names_loom: bool,
}

/// The cargo that runs this program, or else the one there is.
pub(crate) fn cargo() -> Command {
    Command::new(env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo")))
}

/// The output of a command. What it says on standard error is what is wrong, if it fails.
fn output(mut command: Command) -> Result<String, String> {
    let output = command.stdin(Stdio::null()).output();
    let output = output.map_err(|error| format!("cargo cannot be run: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr).trim_end().to_owned();
    Err(said.strip_prefix("error: ").map(str::to_owned).unwrap_or(said))
}

impl Workspace {
    /// The workspace of this folder, or of a manifest. Nothing is resolved, so no lock file is written.
    pub(crate) fn find(args: &Args) -> Result<Workspace, String> {
        let mut locate = cargo();
        locate.args(["locate-project", "--message-format", "plain"]);
        let mut metadata = cargo();
        metadata.args(["metadata", "--format-version", "1", "--no-deps"]);
        for command in [&mut locate, &mut metadata] {
            if let Some(manifest) = &args.manifest {
                command.arg("--manifest-path").arg(manifest);
            }
        }
        let manifest = PathBuf::from(output(locate)?.trim_end());
        let found: Value =
            serde_json::from_str(&output(metadata)?).map_err(|error| error.to_string())?;
        let path = |key: &str| {
            found[key].as_str().map(PathBuf::from).ok_or(format!("cargo metadata lacks {key}"))
        };
        let packages = found["packages"].as_array().into_iter().flatten();
        let mut names =
            packages.flat_map(|package| package["dependencies"].as_array().into_iter().flatten());
        let names_loom = names.any(|dependency| dependency["name"] == "loom");
        Ok(Workspace {
            manifest,
            root: path("workspace_root")?,
            target: path("target_directory")?,
            names_loom,
        })
    }
}

/// The platform that cargo builds for unless told otherwise by arguments.
pub(crate) fn host() -> Result<String, String> {
    let mut command = cargo();
    command.arg("-vV");
    let said = output(command)?;
    let host = said.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or("`cargo -vV` names no host".to_owned())
}

/// Has cargo complete a lock file, and change no version that is there.
pub(crate) fn complete_lock(manifest: &Path, offline: bool) -> Result<(), String> {
    let mut command = cargo();
    command.args(["update", "--workspace", "--quiet", "--manifest-path"]).arg(manifest);
    if offline {
        command.arg("--offline");
    }
    output(command).map(drop)
}
