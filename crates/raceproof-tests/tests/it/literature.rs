//! Execution counts that other tools publish of their own programs.
//!
//! Rows that take long are left out unless the variable `LARGE` is set:
//! `LARGE=1 cargo test --release -p raceproof-tests --test it literature`. `ROW=TEXT` explores only rows with that text in
//! their names. `cargo bench -p raceproof-tests --bench literature` explores all of them, and tells the times.

mod genmc;

use std::time::{Duration, Instant};

use raceproof::{Equivalence, Explorer, Memory};
use raceproof_tests::literature::{Counted, Row, nidhugg, unfolding};

/// The rows, but for the large ones if they are not asked for.
fn wanted(rows: &[Row]) -> impl Iterator<Item = &Row> {
    wanted_of(rows.iter())
}

fn wanted_of<'a>(rows: impl Iterator<Item = &'a Row>) -> impl Iterator<Item = &'a Row> {
    let large = std::env::var_os("LARGE").is_some();
    let only = std::env::var("ROW").ok();
    rows.filter(move |row| {
        (large || !row.large) && only.as_ref().is_none_or(|only| row.name.contains(only.as_str()))
    })
}

/// As many executions by reads-from as Nidhugg counts of how reads may read, without its mutexes.
#[test]
fn smoke_tests_of_nidhugg_by_reads_from() {
    let rows = nidhugg::rows();
    let counted = rows.iter().filter(|row| row.counted == Counted::Outcomes);
    let explorer = Explorer::new().keep_going().memory(Memory::Sequential);
    let explorer = explorer.equivalence(Equivalence::ReadsFrom);
    let others = wanted_of(counted).filter_map(|row| {
        let executions = explorer.check(&row.program).executions;
        (executions != row.count(Memory::Sequential)).then(|| {
            format!("{}: {executions}, {} expected", row.name, row.count(Memory::Sequential))
        })
    });
    let others = others.collect::<Vec<_>>();
    assert!(others.is_empty(), "{}", others.join("\n"));
}

/// Those whose stores nobody tells apart have more traces, as docs/large.md says.
#[test]
fn traces_beside_reads_from() {
    let rows = nidhugg::rows();
    let expected = [
        ("redundant_co_4", 3_150),
        ("n_writers_a_reader_4", 120),
        ("n_writes_a_read_two_threads_4", 182),
    ];
    for (name, traces) in expected {
        let row = rows.iter().find(|row| row.name == name).expect("it is a row");
        assert_eq!(row.explore(Memory::Sequential, 1, None).executions, traces, "{name}");
    }
}

/// Explores each row that is wanted.
fn hold(rows: impl IntoIterator<Item = Row>) {
    let rows = rows.into_iter().collect::<Vec<_>>();
    let mut faults = Vec::new();
    for row in wanted(&rows) {
        let start = Instant::now();
        for memory in row.models {
            faults.extend(row.faults(*memory, &row.explore(*memory, 1, None)));
        }
        let took = start.elapsed();
        if took > Duration::from_millis(300) {
            println!("{}: {took:?}", row.name);
        }
        if let Some((published, why)) = row.published {
            println!("{}: {:?}, published {published:?}: {why}", row.name, row.counts);
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn unfoldings() {
    hold(unfolding::table().into_iter().map(|line| line.row));
}

#[test]
fn smoke_tests_of_nidhugg() {
    hold(nidhugg::rows());
}
