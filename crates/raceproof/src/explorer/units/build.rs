//! Which build this is. Places, labels and their numbers mean something in one build only.

use std::fs::File;
use std::io::{self, Read};
use std::sync::OnceLock;

/// A hash of this program's file.
pub(super) fn this() -> io::Result<u64> {
    static BUILD: OnceLock<u64> = OnceLock::new();
    if let Some(build) = BUILD.get() {
        return Ok(*build);
    }
    let mut file = File::open(std::env::current_exe()?)?;
    let (mut fold, mut part) = (Fold::new(), vec![0; 1 << 16]);
    loop {
        match file.read(&mut part)? {
            0 => break,
            read => fold.add(&part[..read]),
        }
    }
    Ok(*BUILD.get_or_init(|| fold.end()))
}

/// A hash that is the same everywhere.
pub(super) fn hash(bytes: &[u8]) -> u64 {
    let mut fold = Fold::new();
    fold.add(bytes);
    fold.end()
}

struct Fold(u64);

impl Fold {
    fn new() -> Self {
        Fold(0x6a09_e667_f3bc_c908)
    }

    fn add(&mut self, bytes: &[u8]) {
        for word in bytes.chunks(8) {
            let mut number = [0; 8];
            number[..word.len()].copy_from_slice(word);
            let mixed = (self.0 ^ u64::from_le_bytes(number)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            self.0 = (mixed ^ mixed >> 32).wrapping_add(word.len() as u64);
        }
    }

    fn end(self) -> u64 {
        let mixed = (self.0 ^ self.0 >> 29).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 32
    }
}
