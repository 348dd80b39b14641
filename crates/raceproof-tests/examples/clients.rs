//! Prints the tables of `docs/linearizable.md`, and the counterexample there; with `RACEPROOF_UPDATE=1` it writes them
//! into the page, with `RACEPROOF_UPDATE=counterexample` only that.
//!
//! ```sh
//! RACEPROOF_UPDATE=1 cargo run --release -p raceproof-tests --example clients
//! ```

use std::fmt::Write;
use std::time::Duration;

use raceproof::linearizable::{Checked, Clients, Counterexample};
use raceproof::{Explorer, linearizable};
use stack::Stack;

#[path = "../tests/it/clients/queue.rs"]
mod queue;
#[path = "../tests/it/clients/stack.rs"]
mod stack;

/// As long as one size may take.
const LIMIT: Duration = Duration::from_secs(60);

/// Threads and operations of each, and operations before them.
const SIZES: [(&[(usize, usize)], usize); 8] = [
    (&[(2, 1)], 0),
    (&[(2, 1)], 2),
    (&[(2, 2)], 0),
    (&[(3, 1)], 0),
    (&[(2, 2), (3, 1)], 0),
    (&[(2, 2)], 1),
    (&[(2, 3)], 0),
    (&[(3, 2)], 0),
];

fn check<O: Send + Sync + 'static, S: 'static>(
    clients: Clients<O, S>,
    (sizes, before): (&[(usize, usize)], usize),
) -> Checked {
    let explorer = Explorer::new().time_limit(LIMIT);
    clients.sizes(sizes).before(before).limit(LIMIT).explorer(explorer).check()
}

fn cell(checked: &Checked) -> String {
    assert!(checked.counterexample.is_none(), "{checked}");
    let more = if checked.is_whole { "" } else { "more than " };
    let took = checked.elapsed.as_secs_f64();
    let took = if took < 1.0 { format!("{:.0} ms", took * 1e3) } else { format!("{took:.1} s") };
    format!("{more}{} clients, {} executions, {took}", checked.clients, checked.executions)
}

fn table() -> String {
    let mut text =
        "| clients | stack | queue | queue, nodes used again |\n| --- | --- | --- | --- |\n"
            .to_owned();
    for size in SIZES {
        let (sizes, before) = size;
        let sizes = sizes.iter().map(|(threads, length)| format!("{threads} x {length}"));
        let mut name = sizes.collect::<Vec<_>>().join(" and ");
        if before > 0 {
            let _ = write!(name, ", after up to {before}");
        }
        let stack = cell(&check(stack::clients(true), size));
        let new = cell(&check(queue::clients(queue::Kind::New), size));
        let again = cell(&check(queue::clients(queue::Kind::Again), size));
        let row = format!("| {name} | {stack} | {new} | {again} |\n");
        eprint!("{row}");
        text += &row;
    }
    text
}

/// Puts a text between the page's marks of this name.
fn put(page: &str, name: &str, text: &str) -> String {
    let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- end of {name} -->"));
    let (before, rest) = page.split_once(&begin).expect("a mark");
    let (_, after) = rest.split_once(&end).expect("its end");
    format!("{before}{begin}{text}{end}{after}")
}

/// The smallest client of a stack whose top has no count that fails.
fn broken() -> Option<Counterexample> {
    let clients = linearizable! { @clients
        object: Stack = Stack::new(false);
        spec: Vec<u8> = Vec::new();
        sizes: 2 x 3;
        fn push(&self, value in fresh(1..)) { spec: |vec| vec.push(value) }
        fn pop(&self) -> Option<u8> { spec: |vec| vec.pop() }
    };
    clients.check().counterexample
}

fn main() {
    let found = broken().expect("the stack is broken");
    let found = format!("```text\n{found}```\n");
    let update = std::env::var("RACEPROOF_UPDATE").unwrap_or_default();
    let table = if update == "counterexample" { None } else { Some(table()) };
    print!("{}\n{found}", table.as_deref().unwrap_or_default());
    if !update.is_empty() {
        let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/linearizable.md");
        let text = std::fs::read_to_string(page).expect("the page");
        let text = put(&text, "counterexample", &found);
        let text = table.map_or(text.clone(), |table| put(&text, "table", &table));
        std::fs::write(page, text).expect("the page");
    }
}
