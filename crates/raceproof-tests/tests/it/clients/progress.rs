//! Progress: which operations end if some threads stop.

use raceproof::linearizable::{Checked, Counterexample, Property};
use raceproof::sync::Mutex;
use raceproof::sync::atomic::{AtomicBool, AtomicU8, Ordering::SeqCst};
use raceproof::telling::lanes::Page;
use raceproof::{FailureKind, linearizable, thread};

use super::{broken, proved, stack::Stack};

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

fn check(property: Property, make: fn() -> Adder) -> Checked {
    linearizable! { @clients
        object: Adder = make();
        property: property;
        fn add(&self, me in fresh(1..)) {}
    }
    .check()
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
    let flagged = check(Adder::flagged);
    broken(&flagged, 2, 2);
    let kind = found(&flagged).failure.kind;
    assert!(matches!(kind, FailureKind::Deadlock | FailureKind::Livelock), "{flagged}");
    let spinning = check(Adder::spinning);
    broken(&spinning, 2, 2);
    assert_eq!(found(&spinning).failure.kind, FailureKind::StepLimit, "{spinning}");
}

#[test]
fn locks_and_flags_are_not_lock_free() {
    let locked = check(Property::LockFree, Adder::locked);
    broken(&locked, 2, 2);
    println!("{}", found(&locked).describe(Page::plain()));
    let flagged = check(Property::LockFree, Adder::flagged);
    broken(&flagged, 2, 2);
    println!("{}", found(&flagged).describe(Page::plain()));
    let spinning = check(Property::LockFree, Adder::spinning);
    broken(&spinning, 2, 2);
    println!("{}", found(&spinning).describe(Page::plain()));
}

#[test]
fn threads_that_undo_each_others_steps_are_obstruction_free_and_not_lock_free() {
    proved(&check(Property::ObstructionFree, Adder::claimed));
    let checked = check(Property::LockFree, Adder::claimed);
    broken(&checked, 2, 2);
    println!("{}", found(&checked).describe(Page::plain()));
}
