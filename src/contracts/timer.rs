//! The promises of a timer: its action runs at most once, and never after a cancel that came in
//! time.

use super::{Of, aside, together};
use crate::{
    backend::{Arc, AtomicUsize, Backend, Capability::Timeouts, execution::outcome},
    primitives::Timer,
    program::{Group, Scenario, Variant},
};
use std::{fmt, sync::atomic::Ordering::SeqCst, time::Duration};

/// The contracts of [`Timer`].
pub static SCENARIO: Scenario = scenario::<Real>("timer");

/// Names a timer type.
pub trait Kind: fmt::Debug + 'static {
    /// The type.
    type On<B: Backend>: Subject;
}

/// The methods that the contracts call; meanings as for [`Timer`].
pub trait Subject: Send + Sync + 'static {
    /// A timer that will run `action` after `interval`.
    fn new(interval: Duration, action: impl FnOnce() + Send + 'static) -> Self;
    /// Starts it; returns whether it was accepted.
    fn start(&self) -> bool;
    /// Cancels it; returns whether that prevented the action.
    fn cancel(&self) -> bool;
    /// Blocks until it is over; returns whether it had been started.
    fn join(&self) -> bool;
}

/// Names [`Timer`].
#[derive(Debug)]
pub struct Real;

impl Kind for Real {
    type On<B: Backend> = Timer<B>;
}

impl<B: Backend> Subject for Timer<B> {
    fn new(interval: Duration, action: impl FnOnce() + Send + 'static) -> Self {
        Self::new(interval, action)
    }
    fn start(&self) -> bool {
        self.start().is_ok()
    }
    fn cancel(&self) -> bool {
        self.cancel()
    }
    fn join(&self) -> bool {
        self.join().is_ok()
    }
}

/// The contracts of timers of kind `K`.
#[must_use]
pub const fn scenario<K: Kind>(id: &'static str) -> Scenario {
    let lesson = "The action runs at most once, and never after a cancel that came in time";
    let source = include_str!("timer.rs");
    Scenario { id, group: Group::Contracts, lesson, source, variants: Contracts::<K>::ALL }
}

struct Contracts<K>(Of<K>);

impl<K: Kind> Contracts<K> {
    const ALL: &'static [Variant] = &[
        Variant::new(
            "cancelled-or-run",
            &CancelledOrRun::<K>(Of::THIS),
            "Either the cancel comes in time or the action runs, never both and never neither.",
        )
        .needs(&[Timeouts])
        .outcomes(&["cancelled", "ran"]),
        Variant::new(
            "one-cancel-wins",
            &OneCancel::<K>(Of::THIS),
            "Of two cancels one prevents the action, and the timer's thread ends at once.",
        ),
        Variant::new(
            "cancelled-before-the-start",
            &BeforeTheStart::<K>(Of::THIS),
            "A timer that is cancelled first never runs, even if it is started afterwards.",
        ),
        Variant::new(
            "started-once",
            &StartedOnce::<K>(Of::THIS),
            "Of two starts one is refused, and the action runs once.",
        )
        .needs(&[Timeouts]),
    ];
}

/// An hour: for a timer that real threads cancel in time.
const LONG: Duration = Duration::from_secs(3600);
/// A moment: for a timer whose time may come before or after any other step.
const SHORT: Duration = Duration::from_micros(20);

/// A timer, and the number of times its action has run.
type Counted<B, K> = (<K as Kind>::On<B>, Arc<AtomicUsize<B>>);

/// A timer that counts how often its action runs.
fn counting<B: Backend, K: Kind>(interval: Duration) -> Arc<Counted<B, K>> {
    let runs = Arc::new(AtomicUsize::<B>::named("runs", 0));
    let counted = Arc::clone(&runs);
    let action = move || {
        counted.fetch_add(1, SeqCst);
    };
    Arc::new((K::On::<B>::new(interval, action), runs))
}

programs! {
    <K: Kind>;

    CancelledOrRun<B> {
        let shared = counting::<B, K>(SHORT);
        let (timer, runs) = &*shared;
        assert!(timer.start(), "refused the first start");
        let cancelled = timer.cancel();
        if cancelled {
            assert_eq!(runs.load(SeqCst), 0, "cancelled too late");
        }
        assert!(timer.join(), "refused to be joined");
        assert_eq!(runs.load(SeqCst), usize::from(!cancelled), "ran after cancel, or not at all");
        outcome(if cancelled { "cancelled" } else { "ran" });
    }

    OneCancel<B> {
        let shared = counting::<B, K>(LONG);
        assert!(!shared.0.join(), "joined before the start");
        assert!(shared.0.start(), "refused the first start");
        // Under a checker with timeouts the hour may pass at once.
        let cancels = together::<B, _, _>(&shared, 2, |(timer, _), _| timer.cancel());
        assert!(shared.0.join(), "refused to be joined");
        let ran = shared.1.load(SeqCst);
        let prevented = cancels.iter().filter(|&&cancelled| cancelled).count();
        assert_eq!(prevented + ran, 1, "neither prevented nor run, or more than once");
    }

    BeforeTheStart<B> {
        let shared = counting::<B, K>(Duration::ZERO);
        assert!(shared.0.cancel(), "too late before the start");
        assert!(shared.0.start() && shared.0.join(), "refused a start after the cancel");
        assert_eq!(shared.1.load(SeqCst), 0, "ran after cancel");
    }

    StartedOnce<B> {
        let shared = counting::<B, K>(Duration::ZERO);
        let other = aside::<B, _, _>(&shared, "other", |(timer, _)| timer.start());
        let mine = shared.0.start();
        assert_ne!(mine, other.join().unwrap(), "started twice, or not at all");
        assert!(shared.0.join(), "refused to be joined");
        assert_eq!(shared.1.load(SeqCst), 1, "ran twice, or not at all");
    }
}
