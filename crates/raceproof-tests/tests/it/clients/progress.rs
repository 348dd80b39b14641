//! Progress: which operations end if some threads stop.

use raceproof::linearizable::{Checked, Clients, Counterexample, Property};
use raceproof::sync::Mutex;
use raceproof::sync::atomic::{AtomicBool, AtomicU8, Ordering::SeqCst};
use raceproof::telling::lanes::Page;
use raceproof::{FailureKind, linearizable, thread};

use super::{broken, proved, stack::Stack};

/// The line on which a flag is taken without a pause.
const SWAP: u32 = 68;

#[track_caller]
fn found(checked: &Checked) -> &Counterexample {
    checked.counterexample.as_ref().unwrap_or_else(|| panic!("{checked}"))
}

/// Adds one: with a lock, with a loop that changes what it found, with one that waits for a flag, or with one that first
/// writes who it is and begins anew if another thread has written there since.
enum Adder {
    Locked(Mutex<u8>),
    Swapped(AtomicU8),
    Flagged(AtomicBool, AtomicU8),
    /// As `Flagged`; it does not pause.
    Spinning(AtomicBool, AtomicU8),
    Claimed(AtomicU8, AtomicU8),
}

impl Adder {
    fn locked() -> Self {
        Adder::Locked(Mutex::named("count", 0))
    }

    fn swapped() -> Self {
        Adder::Swapped(AtomicU8::named("count", 0))
    }

    fn flagged() -> Self {
        Adder::Flagged(AtomicBool::named("flag", false), AtomicU8::named("count", 0))
    }

    fn spinning() -> Self {
        Adder::Spinning(AtomicBool::named("flag", false), AtomicU8::named("count", 0))
    }

    fn claimed() -> Self {
        Adder::Claimed(AtomicU8::named("claim", 0), AtomicU8::named("count", 0))
    }

    fn add(&self, me: u8) {
        match self {
            Adder::Locked(count) => *count.lock().unwrap() += 1,
            Adder::Swapped(count) => {
                let mut old = count.load(SeqCst);
                while let Err(seen) = count.compare_exchange(old, old + 1, SeqCst, SeqCst) {
                    old = seen;
                }
            }
            Adder::Flagged(flag, count) => {
                while flag.swap(true, SeqCst) {
                    thread::yield_now();
                }
                count.fetch_add(1, SeqCst);
                flag.store(false, SeqCst);
            }
            Adder::Spinning(flag, count) => {
                while flag.swap(true, SeqCst) {}
                count.fetch_add(1, SeqCst);
                flag.store(false, SeqCst);
            }
            Adder::Claimed(claim, count) => {
                claim.store(me, SeqCst);
                while claim.load(SeqCst) != me {
                    claim.store(me, SeqCst);
                }
                count.fetch_add(1, SeqCst);
            }
        }
    }
}

fn clients(property: Property, make: fn() -> Adder) -> Clients<Adder> {
    linearizable! { @clients
        object: Adder = make();
        property: property;
        fn add(&self, me in fresh(1..)) {}
    }
}

fn check(property: Property, make: fn() -> Adder) -> Checked {
    clients(property, make).check()
}

#[test]
fn what_always_ends_is_lock_free() {
    proved(&check(Property::LockFree, Adder::swapped));
    let stack = linearizable! { @clients
        object: Stack = Stack::new(true);
        property: Property::LockFree;
        sizes: 2 x 1;
        before: 1;
        fn push(&self, value in fresh(1..)) {}
        fn pop(&self) -> Option<u8> {}
    };
    proved(&stack.check());
}

#[test]
fn locks_and_flags_are_not_obstruction_free() {
    let check = |make| check(Property::ObstructionFree, make);
    proved(&check(Adder::swapped));
    let locked = check(Adder::locked);
    broken(&locked, 2, 2);
    assert!(found(&locked).failure.message.contains("two threads take count"), "{locked}");
    for make in [Adder::flagged, Adder::spinning] {
        let flagged = check(make);
        broken(&flagged, 2, 2);
        assert_eq!(found(&flagged).failure.kind, FailureKind::StepLimit, "{flagged}");
        assert!(
            found(&flagged).failure.message.starts_with("not obstruction free: in 10,000 steps")
        );
    }
}

#[test]
fn locks_and_flags_are_not_lock_free() {
    let locked = check(Property::LockFree, Adder::locked);
    broken(&locked, 2, 2);
    assert_eq!(
        found(&locked).failure.summary(),
        "assertion: not lock free: two threads take count, which one of them may hold when it stops"
    );
    let flagged = check(Property::LockFree, Adder::flagged);
    broken(&flagged, 2, 2);
    let text = found(&flagged).describe(Page::plain());
    assert!(text.contains("kills thread 2"), "{text}");
    let spinning = check(Property::LockFree, Adder::spinning);
    broken(&spinning, 2, 2);
    let text = found(&spinning).describe(Page::plain());
    let lanes = "\
step │   thread 1                     │   thread 2
─────┼────────────────────────────────┼───────────────────────────────
   1 │ main starts thread 1
   2 │   add(1)                       │
   3 │ main starts thread 2
   4 │                                │   add(2)
   5 │     changes flag: false → true │                               │ progress.rs:SWAP
   6 │     changes count: 0 → 1       │                               │ progress.rs:ADD
   7»│                                │     changes flag: true → true │ progress.rs:SWAP
   8 │                                │     changes flag: true → true │ progress.rs:SWAP
";
    let lanes = lanes.replace("SWAP", &SWAP.to_string()).replace("ADD", &(SWAP + 1).to_string());
    assert!(text.contains(&lanes), "{text}");
    assert!(
        text.contains("in 10,000 steps of this execution, which repeats the last step shown, no"),
        "{text}"
    );
}

#[test]
fn threads_that_undo_each_others_steps_are_obstruction_free_and_not_lock_free() {
    // They keep each other busy for as long as they please, which is no failure: not every execution is explored.
    let alone = check(Property::ObstructionFree, Adder::claimed);
    assert!(alone.counterexample.is_none() && !alone.is_whole, "{alone}");
    assert!(
        alone.to_string().contains("not every interleaving (at most 2 preemptions)"),
        "{alone}"
    );
    let checked = check(Property::LockFree, Adder::claimed);
    broken(&checked, 2, 2);
    let found = found(&checked);
    let text = found.describe(Page::plain());
    println!("{text}");
    assert!(
        found
            .failure
            .message
            .ends_with("which repeats the last 4 steps shown, no operation returns"),
        "{text}"
    );
    // Both go on, and are shown to the second round.
    assert!(found.failure.trace.steps.len() < 20, "{text}");
    assert!(!text.contains("kills"), "{text}");
}

/// What a test of this name panics with.
fn fails(name: &str, clients: impl FnOnce() -> Clients<Adder> + Send + 'static) -> String {
    let thread = std::thread::Builder::new().name(name.to_owned());
    let payload = thread.spawn(move || clients().run()).unwrap().join().expect_err("it fails");
    payload.downcast_ref::<String>().cloned().unwrap_or_default()
}

#[test]
fn what_never_ends_is_remembered_and_seen_again() {
    let _alone = super::REMEMBERING.lock();
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("raceproof-regressions");
    let makes: [(Property, fn() -> Adder); 3] = [
        (Property::LockFree, Adder::claimed),
        (Property::ObstructionFree, Adder::spinning),
        (Property::LockFree, Adder::locked),
    ];
    for (at, (property, make)) in makes.into_iter().enumerate() {
        let name = format!("progress-that-is-remembered-{at}");
        let file = folder.join(format!("{name}.txt"));
        let _ = std::fs::remove_file(&file);
        let first = fails(&name, move || clients(property, make));
        let second = fails(&name, move || clients(property, make));
        std::fs::remove_file(&file).unwrap();
        let _ = std::fs::remove_dir(&folder);
        assert!(
            first.contains("it is remembered in raceproof-regressions/progress-that"),
            "{first}"
        );
        assert!(
            second.contains("It was remembered in raceproof-regressions/progress-that"),
            "{second}"
        );
        let head = |text: &str| text.lines().next().map(str::to_owned);
        assert_eq!(head(&first), head(&second));
    }
}
