//! Which build this is. Places, labels and their numbers mean something in one build only.

use std::fs::File;
use std::hash::{DefaultHasher, Hasher};
use std::io::{self, Read};
use std::sync::OnceLock;

/// A hash of this program's file.
pub(super) fn this() -> io::Result<u64> {
    static BUILD: OnceLock<u64> = OnceLock::new();
    if let Some(build) = BUILD.get() {
        return Ok(*build);
    }
    let mut file = File::open(std::env::current_exe()?)?;
    let (mut hasher, mut part) = (DefaultHasher::new(), vec![0; 1 << 16]);
    loop {
        match file.read(&mut part)? {
            0 => break,
            read => hasher.write(&part[..read]),
        }
    }
    Ok(*BUILD.get_or_init(|| hasher.finish()))
}

/// A hash that is the same in every run of one build.
pub(super) fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(bytes);
    hasher.finish()
}
