//! The programs, and what is published of each.

use std::collections::BTreeMap;
use std::rc::Rc;

use raceproof::Memory;
use raceproof_tests::literature::unfolding::{self, Took};
use raceproof_tests::literature::{Counted, Row, genmc, nidhugg};

use crate::language::{model, parse};

/// Who has published a count.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Source {
    /// CAV 2018, with the times of DPU and of Nidhugg. There is no count where no tool came to an end.
    Unfolding { counted: bool, dpu: Took, nidhugg: Took },
    /// The test suite of GenMC.
    Genmc,
    /// Miri's tests with GenMC.
    Miri,
    /// The smoke tests of Nidhugg.
    Nidhugg,
}

/// A program under a memory model.
#[derive(Clone)]
pub(crate) struct Program {
    /// Its place among all of them.
    pub(crate) place: usize,
    pub(crate) row: Rc<Row>,
    pub(crate) memory: Memory,
    pub(crate) source: Source,
    /// None where no tool came to an end.
    pub(crate) published: Option<u64>,
}

/// All of them.
pub(crate) fn all() -> Vec<Program> {
    let mut programs = Vec::new();
    let mut add = |row: Row, source: Source| {
        let row = Rc::new(row);
        for memory in row.models.iter().copied() {
            let (row, published) = (Rc::clone(&row), row.published_count(memory));
            let published = match source {
                Source::Unfolding { counted: false, .. } => None,
                Source::Genmc if !is_published(&row.name, memory, published) => continue,
                _ => Some(published),
            };
            let place = programs.len();
            programs.push(Program { place, row, memory, source, published });
        }
    };
    for unfolding::Line { row, counted, dpu, nidhugg } in unfolding::table() {
        add(row, Source::Unfolding { counted, dpu, nidhugg });
    }
    for row in genmc::rows().into_iter().filter(|row| !row.loops) {
        let source = if row.models.len() == 2 { Source::Genmc } else { Source::Miri };
        add(row, source);
    }
    for row in litmus_tests() {
        add(row, Source::Genmc);
    }
    for row in nidhugg::rows() {
        add(row, Source::Nidhugg);
    }
    programs
}

/// Whether GenMC's test suite has this count. It has none of its programs with LAPOR under sequential consistency.
fn is_published(name: &str, memory: Memory, count: u64) -> bool {
    let index = usize::from(memory == Memory::C11);
    genmc::published().any(|it| it.name == name && it.counts[index] == Some(count))
}

/// Names of litmus tests that are other programs than GenMC's of that name: their data is atomic.
const OTHERS: [&str; 3] = ["MP+relf+acqf", "S+rel+acq", "MPU2+rel+acq(plain)"];

/// What `litmus.txt` has after the name of a program whose data is plain memory, as GenMC's is, or relaxed where it
/// explores without its detection of races.
const PLAIN: [&str; 2] = ["(plain)", "(guarded)"];

const TWO_EVENTS: &str = "a read-modify-write is two events in GenMC's order of `SeqCst` accesses";

/// Those of GenMC's litmus tests that `litmus.txt` has.
fn litmus_tests() -> Vec<Row> {
    let published = genmc::published().map(|it| (it.name, it.counts));
    let published = published.collect::<BTreeMap<_, _>>();
    let table = include_str!("../../tests/it/c11/litmus.txt");
    let row = |line: &str| {
        let (head, tail) = line.split_once(" => ").expect("an arrow");
        let (name, program) = head.split_once(": ").expect("a name");
        if OTHERS.contains(&name) {
            return None;
        }
        let name = PLAIN.iter().find_map(|mark| name.strip_suffix(mark)).unwrap_or(name);
        let name = if name == "rel-pporf" { "rel-pporf USE_STORE" } else { name };
        let [Some(sequential), Some(c11)] = *published.get(name)? else { return None };
        let counts = tail.split_whitespace().rev().take(2);
        let counts = counts.map(|count| count.parse().expect("a count")).collect::<Vec<u64>>();
        let program = parse(program);
        let row = Row::new(name, [counts[0], counts[1]], move || drop(model(&program)));
        let row = row.counted(Counted::Executions);
        Some(if counts == [sequential, c11] {
            row
        } else {
            row.published([sequential, c11], TWO_EVENTS)
        })
    };
    table.lines().filter_map(row).collect()
}

/// The programs of GenMC's test suite that are not written here, by folder.
pub(crate) fn not_written() -> BTreeMap<&'static str, Vec<String>> {
    let written = all().into_iter().filter(|it| it.source == Source::Genmc);
    let written = written.map(|it| it.row.name.clone()).collect::<Vec<_>>();
    let mut missing = BTreeMap::<_, Vec<String>>::new();
    for it in genmc::published().filter(|it| !written.iter().any(|name| name == it.name)) {
        let name = it.name.replace("CONFIG_", "");
        missing.entry(it.folder).or_default().push(name);
    }
    missing
}
