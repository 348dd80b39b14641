//! An execution of a search, whichever it is, comes to the same when it is run again by its schedule.

use std::cell::{Cell, RefCell};

use raceproof::{Explorer, FailureKind, Outcome, telling};

/// Has the first run fail at its end, then the second, and so on, up to this one; each execution is run again to be told.
/// False if there is none, or if one fails by itself.
pub(crate) fn compare(explorer: &Explorer, most: u64, model: &dyn Fn() -> String) -> bool {
    for nth in 1..=most {
        let (runs, searched, told) = (Cell::new(0), RefCell::default(), Cell::new(false));
        let found = explorer.check(|| {
            runs.set(runs.get() + 1);
            let seen = model();
            told.set(told.get() || telling::wanted());
            if !told.get() {
                searched.replace(seen.clone());
            }
            assert!(runs.get() < nth, "it sees {seen}");
        });
        let Outcome::Failed(failure) = found.outcome else { return nth > 1 };
        if failure
            .message
            .starts_with("the first execution ends well, and run again: assertion: it sees")
        {
            // The search runs the first once more, which is none of its own.
            continue;
        }
        if failure.kind != FailureKind::Nondeterminism && !failure.message.contains("it sees") {
            return false;
        }
        assert_eq!(
            failure.message,
            format!("it sees {}", searched.borrow()),
            "run {nth}: {failure}"
        );
    }
    true
}
