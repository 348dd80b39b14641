//! How a client that fails is told: in words, as lanes, and as a test that can be pasted.

use std::panic::catch_unwind;

use raceproof::linearizable;
use raceproof::linearizable::{Clients, Counterexample};
use raceproof::sync::atomic::{AtomicU32, Ordering::SeqCst};
use raceproof::telling::lanes::Page;

/// The line on which a counter is read.
const LOAD: u32 = 21;

struct Counter(AtomicU32);

impl Counter {
    fn new() -> Self {
        Counter(AtomicU32::named("count", 0))
    }

    fn add(&self, more: u32) -> u32 {
        let old = self.0.load(SeqCst);
        self.0.store(old + more, SeqCst);
        old
    }
}

fn clients() -> Clients<Counter, u32> {
    linearizable! { @clients
        object: Counter = Counter::new();
        spec: u32 = 0;
        fn add(&self, more in alike([1, 2])) -> u32 { spec: |count| { *count += more; *count - more } }
    }
}

fn found() -> Counterexample {
    clients().check().counterexample.expect("a lost update")
}

#[test]
fn words_and_lanes() {
    // The line of the load, which the store follows.
    let line = LOAD;
    let expected = format!(
        "\
no order of the operations explains their answers

  thread 1  add(1) → 0
  thread 2  add(1) → 0

No order of these 2 operations gives these answers (what had returned when an operation was called
comes before it). The longest beginning of one that does has 1: add(1) → 0. After that, add(1) of
thread 2 answers 0, where it should answer 1.

 step │   thread 1              │   thread 2
──────┼─────────────────────────┼─────────────────────────
  1–2 │ main starts thread 1, thread 2
    3 │   add(1)                │
    4 │ ▶   reads count: 0      │                         │ telling.rs:{line}
    5»│                         │   add(1)
    6 │                         │     reads count: 0      │ telling.rs:{line}
    7 │                         │ ▶   writes count: 0 → 1 │ telling.rs:{store}
    8 │                         │   → 0
    9 │ ▶   writes count: 1 → 1 │                         │ telling.rs:{store}
   10 │   → 0                   │
11–12 │ main joins thread 1, thread 2
▶ the failure hangs on this step · » a preemption: the thread before could have gone on
",
        store = line + 1
    );
    assert_eq!(found().describe(Page::plain()), expected);
}

/// The source that a counterexample prints, but for its attribute.
mod pasted {
    use super::Counter;

    include!("pasted.txt");

    pub(super) fn run() {
        counterexample();
    }
}

#[test]
fn a_client_is_a_test_that_fails_in_the_same_way() {
    assert_eq!(found().test, format!("#[test]\n{}", include_str!("pasted.txt")));
    // On a thread without a name no schedule is remembered.
    let payload = std::thread::spawn(pasted::run).join().unwrap_err();
    let text = payload.downcast_ref::<String>().unwrap();
    assert!(text.starts_with("assertion: no order explains this (left"), "{text}");
}

#[test]
fn a_test_prints_how_to_see_it_again() {
    let ran = std::thread::spawn(|| catch_unwind(|| clients().run()).unwrap_err()).join().unwrap();
    let text = ran.downcast_ref::<String>().unwrap();
    assert!(
        text.contains("See it again:\n  RACEPROOF_REPLAY=")
            && text.contains("The client as a test:"),
        "{text}"
    );
}

/// What a test of this name prints or panics with.
fn ran(name: &str, clients: fn() -> Clients<Counter, u32>) -> Result<(), String> {
    let thread = std::thread::Builder::new().name(name.to_owned());
    let ran = thread.spawn(move || clients().run()).unwrap().join();
    ran.map_err(|payload| payload.downcast_ref::<String>().cloned().unwrap_or_default())
}

#[test]
fn what_failed_is_tried_first() {
    let _alone = super::REMEMBERING.lock();
    let name = "clients-that-are-remembered";
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("raceproof-regressions");
    let file = folder.join(format!("{name}.txt"));
    let _ = std::fs::remove_file(&file);
    let first = ran(name, clients).unwrap_err();
    assert!(first.contains("it is remembered in raceproof-regressions/clients-that"), "{first}");
    let second = ran(name, clients).unwrap_err();
    assert!(second.contains("It was remembered in raceproof-regressions/clients-that"), "{second}");
    let mended = || {
        linearizable! { @clients
            object: Counter = Counter::new();
            spec: u32 = 0;
            fn add(&self, more in alike([1, 2])) -> u32 {
                does: |counter| counter.0.fetch_add(more, SeqCst),
                spec: |count| { *count += more; *count - more }
            }
        }
    };
    let third = ran(name, mended);
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    let _ = std::fs::remove_dir(&folder);
    assert_eq!(third, Ok(()));
    assert!(
        text.contains("# thread 1 add(1) → 0 | thread 2 add(1) → 0: assertion: no order"),
        "{text}"
    );
}
