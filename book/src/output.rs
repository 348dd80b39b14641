//! The folder that the book is written to.

use anyhow::{Context, bail};
use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

/// The file by which a folder is known to be a book.
pub(crate) const MARK: &str = "raceproof-book.txt";

/// Makes the folder ready to be written to: a new one, an empty one, or an older book, which goes.
///
/// # Errors
///
/// It has something else in it, or cannot be written.
pub(crate) fn claim(out: &Path) -> anyhow::Result<()> {
    let is_book = out.join(MARK).is_file();
    let is_full = fs::read_dir(out).is_ok_and(|mut entries| entries.next().is_some());
    if is_full && !is_book {
        bail!("{} is there already and is no book: choose another folder", out.display());
    }
    if is_book {
        fs::remove_dir_all(out).with_context(|| format!("cannot replace {}", out.display()))?;
    }
    fs::create_dir_all(out)
        .and_then(|()| {
            fs::write(out.join(MARK), "The book of races, written by `raceproof book`.\n")
        })
        .with_context(|| format!("cannot write to {}", out.display()))
}

/// How many files there are in a folder, and how many bytes.
///
/// # Errors
///
/// It cannot be read.
pub(crate) fn size(folder: &Path) -> anyhow::Result<(u64, u64)> {
    let (mut files, mut bytes) = (0, 0);
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.metadata()?;
        let (more_files, more_bytes) =
            if kind.is_dir() { size(&entry.path())? } else { (1, kind.len()) };
        files += more_files;
        bytes += more_bytes;
    }
    Ok((files, bytes))
}

/// Opens a page in the browser of the desktop.
///
/// # Errors
///
/// No program that opens pages can be started.
pub(crate) fn open(page: &Path) -> anyhow::Result<()> {
    let opener = match std::env::consts::OS {
        "macos" => "open",
        "windows" => "explorer",
        _ => "xdg-open",
    };
    Command::new(opener)
        .arg(page)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .with_context(|| format!("cannot start {opener}: open {} yourself", page.display()))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_book_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let (full, out) = (folder.path().join("full"), folder.path().join("out"));
        fs::create_dir(&full).unwrap();
        fs::write(full.join("thesis.tex"), "years of work").unwrap();
        let error = claim(&full).unwrap_err().to_string();
        assert!(
            error.ends_with("is there already and is no book: choose another folder"),
            "{error}"
        );
        assert!(full.join("thesis.tex").is_file());
        claim(&out).unwrap();
        fs::write(out.join("old.html"), "").unwrap();
        claim(&out).unwrap();
        assert!(!out.join("old.html").exists());
        let error = claim(&full.join("thesis.tex/book")).unwrap_err().to_string();
        assert!(error.starts_with("cannot write to "), "{error}");
    }
}
