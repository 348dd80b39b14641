//! The crate as cargo is to see it: its own files, but another lock file.
//!
//! A package that takes the place of loom changes what `Cargo.lock` must say, and cargo writes that file beside the
//! manifest of the workspace. So the workspace is given another place: a tree of links below the target directory,
//! with a copy of the lock file. Nothing has to be put back at the end, however the program ends.
//!
//! For paths that lead out of the workspace, the tree has the folders above it as well, with links to what else is in
//! them: `../other` is there.

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use crate::lock;

/// A tree of links to the files of a workspace.
#[derive(Debug)]
pub(crate) struct Mirror {
    /// The folder that stands for `/`.
    tree: PathBuf,
    /// The workspace.
    root: PathBuf,
    /// The lock file that cargo has left last time.
    last: String,
}

impl Mirror {
    /// Makes the tree in `folder`, anew. `hidden` is not linked: the target directory, in which
    /// the tree is.
    pub(crate) fn make(folder: &Path, root: &Path, hidden: &Path) -> io::Result<Mirror> {
        let mut mirror =
            Mirror { tree: folder.join("tree"), root: root.to_owned(), last: String::new() };
        mirror.last = mirror.read_lock().unwrap_or_default();
        match fs::remove_dir_all(&mirror.tree) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        fs::create_dir_all(mirror.of(root))?;
        let mut below = None;
        for real in root.ancestors() {
            mirror.link(real, below, hidden)?;
            below = Some(real);
        }
        match fs::read_to_string(root.join("Cargo.lock")) {
            Ok(lock) => fs::write(mirror.lock(), lock)?,
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Err(_) if !mirror.last.is_empty() => fs::write(mirror.lock(), &mirror.last)?,
            Err(_) => {}
        }
        Ok(mirror)
    }

    /// Links what is in a folder, but for what is a folder of the tree itself.
    fn link(&self, real: &Path, below: Option<&Path>, hidden: &Path) -> io::Result<()> {
        let entries = match fs::read_dir(real) {
            Ok(entries) => entries,
            // A folder above may be closed, but not the workspace.
            Err(_) if below.is_some() => return Ok(()),
            Err(error) => return Err(error),
        };
        for entry in entries {
            let path = entry?.path();
            let is_lock =
                below.is_none() && path.file_name().is_some_and(|name| name == "Cargo.lock");
            if !is_lock && path != hidden && Some(path.as_path()) != below {
                symlink(&path, self.of(&path))?;
            }
        }
        Ok(())
    }

    /// Where a path is in the tree.
    pub(crate) fn of(&self, path: &Path) -> PathBuf {
        self.tree.join(path.strip_prefix("/").unwrap_or(path))
    }

    pub(crate) fn tree(&self) -> &Path {
        &self.tree
    }

    fn lock(&self) -> PathBuf {
        self.of(&self.root).join("Cargo.lock")
    }

    /// The lock file that cargo sees.
    pub(crate) fn read_lock(&self) -> io::Result<String> {
        fs::read_to_string(self.lock())
    }

    /// Has cargo look for loom anew.
    pub(crate) fn free_loom(&self) -> io::Result<()> {
        fs::write(self.lock(), lock::without_loom(&self.read_lock()?, &self.last))
    }
}
