//! What a search keeps, and the memory of its process.

use std::time::Duration;

use raceproof::Memory;

use crate::child::{Child, Report};

/// The programs, by their names.
const PROGRAMS: [&str; 2] = ["multiprodcon 5, 5", "big2"];

/// After how long a search is stopped.
const LIMIT: Duration = Duration::from_secs(45);

/// What a search has taken.
pub(crate) struct Kept {
    pub(crate) name: &'static str,
    pub(crate) memory: Memory,
    pub(crate) workers: usize,
    pub(crate) report: Report,
}

/// Measures all.
pub(crate) fn measure() -> Vec<Kept> {
    let models = [(Memory::Sequential, 1), (Memory::Sequential, 2), (Memory::C11, 1)];
    let all = PROGRAMS.into_iter().flat_map(|name| models.map(|model| (name, model)));
    all.filter_map(|(name, (memory, workers))| {
        let child = Child { name: name.to_owned(), memory, workers, limit: LIMIT };
        let report = child.run(true)?;
        Some(Kept { name, memory, workers, report })
    })
    .collect()
}
