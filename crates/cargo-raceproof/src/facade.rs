//! The package that takes the place of loom.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The sources of raceproof's package `loom`.
#[derive(Debug)]
pub(crate) struct Facade {
    loom: PathBuf,
    raceproof: PathBuf,
}

impl Facade {
    /// Looks for the sources: where the command line says, or else `RACEPROOF_LOOM`, or else beside this program's own.
    pub(crate) fn find(asked: Option<&Path>) -> Result<Facade, String> {
        let variable = env::var_os("RACEPROOF_LOOM").filter(|value| !value.is_empty());
        let (folder, told_by) = match (asked, &variable) {
            (Some(folder), _) => (folder.to_owned(), "--facade"),
            (None, Some(folder)) => (PathBuf::from(folder), "RACEPROOF_LOOM"),
            (None, None) => (
                Path::new(env!("CARGO_MANIFEST_DIR")).join("../loom"),
                "the sources this program was built from",
            ),
        };
        let found = folder.canonicalize().ok().and_then(|loom| {
            let raceproof = loom.parent()?.join("raceproof");
            let is_there =
                loom.join("src/lib.rs").is_file() && raceproof.join("Cargo.toml").is_file();
            is_there.then_some(Facade { loom, raceproof })
        });
        found.ok_or_else(|| {
            format!(
                "there is no package to take loom's place in {} ({told_by}): set RACEPROOF_LOOM, or --facade, to \
                 `crates/loom` of raceproof's sources",
                folder.display()
            )
        })
    }

    /// Writes a package with this version of loom into a folder of its own below `folder`, and returns that. Its code is the same
    /// for each version; but cargo takes it only where the crate asks for its version.
    pub(crate) fn write(&self, folder: &Path, version: &str) -> io::Result<PathBuf> {
        let package = folder.join(format!("loom-{version}"));
        let manifest = format!(
            "[package]\nname = \"loom\"\nversion = \"{version}\"\nedition = \"2024\"\npublish = false\n\
             [lib]\npath = {:?}\n\
             [features]\ndefault = []\nfutures = []\ncheckpoint = []\n\
             [dependencies]\nraceproof = {{ path = {:?} }}\n\
             [workspace]\n",
            self.loom.join("src/lib.rs"),
            self.raceproof
        );
        fs::create_dir_all(&package)?;
        write_if_new(&package.join("Cargo.toml"), &manifest)?;
        Ok(package)
    }
}

/// Cargo takes a file that is written for one that has changed.
pub(crate) fn write_if_new(file: &Path, text: &str) -> io::Result<()> {
    if fs::read_to_string(file).is_ok_and(|there| there == text) {
        return Ok(());
    }
    fs::write(file, text)
}

/// Whether raceproof's package `loom` has the interface of this version.
pub(crate) fn serves(version: &str) -> bool {
    let mut numbers = version.split('.').map(str::parse);
    matches!((numbers.next(), numbers.next()), (Some(Ok(0)), Some(Ok(5..=7))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cargo::cargo;
    use serde_json::Value;

    /// The version, and what must be the same in each of the packages.
    fn package(folder: &Path) -> (String, [String; 3]) {
        let mut metadata = cargo();
        metadata.args([
            "metadata",
            "--format-version",
            "1",
            "--no-deps",
            "--offline",
            "--manifest-path",
        ]);
        let told = metadata.arg(folder.join("Cargo.toml")).output().unwrap();
        let found: Value = serde_json::from_slice(&told.stdout).unwrap();
        let packages = found["packages"].as_array().unwrap();
        let package = packages.iter().find(|package| package["name"] == "loom").unwrap();
        let sources =
            Path::new(package["targets"][0]["src_path"].as_str().unwrap()).canonicalize().unwrap();
        let raceproof = &package["dependencies"];
        assert_eq!(raceproof.as_array().unwrap().len(), 1);
        let raceproof = Path::new(raceproof[0]["path"].as_str().unwrap()).canonicalize().unwrap();
        let features = package["features"].to_string();
        let paths = [sources, raceproof].map(|path| path.display().to_string());
        (
            package["version"].as_str().unwrap().to_owned(),
            [features, paths.concat(), package["edition"].to_string()],
        )
    }

    #[test]
    fn packages_differ_by_their_versions() {
        let folder = tempfile();
        let written = Facade::find(None).unwrap().write(&folder, "0.6.1").unwrap();
        let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let [own, older, made] =
            [crates.join("loom"), crates.join("loom-0.5"), written].map(|folder| package(&folder));
        fs::remove_dir_all(folder).unwrap();
        assert!(own.0.starts_with("0.7.") && older.0.starts_with("0.5.") && made.0 == "0.6.1");
        assert_eq!(own.1, older.1);
        assert_eq!(own.1, made.1);
    }

    fn tempfile() -> PathBuf {
        env::temp_dir().join(format!("cargo-raceproof-facade-{}", std::process::id()))
    }

    #[test]
    fn versions_with_another_interface_are_not_served() {
        let served = ["0.4.9", "0.5.6", "0.6.1", "0.7.3", "0.8.0", "1.5.0"].map(serves);
        assert_eq!(served, [false, true, true, true, false, false]);
    }
}
