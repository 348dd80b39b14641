//! Structures from the registry, unchanged: every small client of each is checked for linearizability.
//!
//! Each has its operations in a file of its own. See `ci/structures.sh`.

mod channels;
mod maps;
mod queues;

use std::fmt::Write;
use std::time::Duration;

use raceproof::Explorer;
use raceproof::linearizable::{Checked, Clients, Counterexample};

/// A structure, and what is known of it.
struct Structure {
    name: &'static str,
    /// Its package and type, and the operations that clients call.
    what: &'static str,
    check: fn(&Limits) -> Checked,
    /// Why it fails, if it does.
    reason: Option<&'static str>,
}

/// How long a search may be.
struct Limits {
    time: Duration,
}

impl Limits {
    fn check<O: Send + Sync + 'static, S: 'static>(&self, clients: Clients<O, S>) -> Checked {
        // None of them has as many, unless a loop goes on without end.
        let explorer = Explorer::new().time_limit(self.time).max_steps(500);
        clients.limit(self.time).explorer(explorer).check()
    }
}

fn structures() -> Vec<Structure> {
    [queues::all(), channels::all(), maps::all()].into_iter().flatten().collect()
}

const HEAD: &str = "\
# Structures from the registry

Every client of up to 2 threads with 2 operations each, and 3 threads with one, of structures as the registry has them:
`ci/structures.sh` builds them with `--cfg loom` and [`crates/loom`](../crates/loom) in the place of loom, and writes this page. The
answers are compared with a sequential spec, which stands beside the operations in
[`ci/structures/src`](../ci/structures/src). Each has SECONDS seconds on two cores that had other work.

";

const FOOT: &str = "
`crossbeam-queue` 0.3.14 (`ArrayQueue`, `SegQueue`) is not here: its sources use the atomics of `core`, whatever the flags;
`--cfg crossbeam_loom` reaches `crossbeam-utils` and `crossbeam-epoch` only. The queues of concurrent-queue have the same
algorithms. Nor are flume, kanal and dashmap, which name no loom in their packages, and tachyonix, for which loom is a dependency
of its own tests only.

What is not an atomic of loom is no step: async-channel counts its senders and receivers with those of `core`. No operation here makes or drops one.
";

/// What came of it, in a cell.
fn result(checked: &Checked) -> String {
    match &checked.counterexample {
        Some(found) => {
            format!("fails: {} operations in {} threads", found.operations, found.threads.len() - 2)
        }
        None if checked.is_whole => "proved".to_owned(),
        None => "passed, not all".to_owned(),
    }
}

fn row(structure: &Structure, checked: &Checked) -> String {
    format!(
        "| {} | {} | {} | {} | {} | {:.1} |\n",
        structure.name,
        structure.what,
        result(checked),
        checked.clients,
        checked.executions,
        checked.elapsed.as_secs_f64(),
    )
}

fn counterexample(structure: &Structure, found: &Counterexample) -> String {
    format!(
        "\n## {}\n\n{}\n\n```text\n{}```\n",
        structure.name,
        structure.reason.unwrap_or("Why is not known."),
        from_the_registry(&found.to_string())
    )
}

/// A text in which the sources of packages begin with the package.
fn from_the_registry(text: &str) -> String {
    let word = |word: &str| {
        let packages = word.find("/registry/src/").map(|at| &word[at + "/registry/src/".len()..]);
        match packages.and_then(|path| path.split_once('/')) {
            Some((_, package)) => package.to_owned(),
            None => word.to_owned(),
        }
    };
    let line = |line: &str| line.split(' ').map(word).collect::<Vec<_>>().join(" ") + "\n";
    text.lines().map(line).collect()
}

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let seconds = std::env::var("STRUCTURES_SECONDS").ok();
    let seconds = seconds.map_or(60, |text| text.parse().expect("STRUCTURES_SECONDS is a number"));
    let limits = Limits { time: Duration::from_secs(seconds) };
    let is_wanted = |structure: &Structure| {
        wanted.is_empty() || wanted.iter().any(|name| name == structure.name)
    };
    let mut page = HEAD.replace("SECONDS", &seconds.to_string());
    page += "| structure | operations | result | clients | executions | seconds |\n| --- | --- | --- | --: | --: | --: |\n";
    let (mut found, mut as_known, mut assumed) = (String::new(), true, Vec::new());
    for structure in structures().into_iter().filter(is_wanted) {
        let checked = (structure.check)(&limits);
        print!("{}", row(&structure, &checked));
        let _ = write!(page, "{}", row(&structure, &checked));
        for assumption in checked.assumptions.iter().map(|it| format!("- {it}\n")) {
            if !assumed.contains(&assumption) {
                assumed.push(assumption);
            }
        }
        as_known &= checked.counterexample.is_some() == structure.reason.is_some();
        if let Some(it) = &checked.counterexample {
            found += &counterexample(&structure, it);
        }
    }
    print!("{found}");
    if wanted.is_empty() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/STRUCTURES.md");
        page = page + "\nSome or all of the proofs assume that\n\n" + &assumed.concat();
        std::fs::write(path, page + FOOT + &found).expect("the page can be written");
    }
    assert!(as_known, "a structure fails of which that is not known, or no longer does");
}
