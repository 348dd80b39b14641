//! A configuration is replaced at run time. Readers load the pointer to the present one and raise
//! its reference count; the writer stores a new pointer and lowers the count of the old one, which
//! is freed at zero.
//!
//! Between the load and the raise a reader owns nothing. If the writer comes there, the count goes
//! to zero, the configuration is freed, and the reader raises the count of freed memory. A library
//! for exactly this purpose needed several corrections until no such gap was left (arc-swap #164,
//! #198).
//!
//! A count protects only those who have raised it. A reader may raise it only from a value above
//! zero, since zero means that it is too late; if it is, it loads the pointer again. (That the
//! count itself may still be read then needs an owner as well: here the two configurations are
//! never really freed. Hazard pointers and epochs are two ways to have one.)

use super::sharing;
use crate::{
    backend::{Arc, AtomicUsize, Backend},
    program::{FailureKind, Group, Program, Scenario, Variant},
};
use std::sync::atomic::Ordering::SeqCst;

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "count-too-late",
    group: Group::Trackers,
    lesson: "A pointer that was loaded owns nothing: raise the count only if it is not zero yet",
    source: include_str!("count_too_late.rs"),
    variants: &[
        Variant::new(
            "raise-anyway",
            &RaiseAnyway,
            "The old configuration is freed between the load of the pointer and the raise.",
        )
        .fails(FailureKind::Assertion, "a freed configuration is used"),
        Variant::new(
            "raise-if-alive",
            &RaiseIfAlive,
            "A count that is zero stays zero, and the reader loads the new pointer.",
        ),
    ],
};

struct Configurations<B: Backend> {
    /// Which of the two is the present one.
    present: AtomicUsize<B>,
    /// How many own each.
    owners: [AtomicUsize<B>; 2],
}

impl<B: Backend> Configurations<B> {
    fn new() -> Arc<Self> {
        let owners = ["owners of old", "owners of new"].map(|name| AtomicUsize::named(name, 1));
        Arc::new(Self { present: AtomicUsize::named("present", 0), owners })
    }

    fn replace(&self) {
        let old = self.present.swap(1, SeqCst);
        self.owners[old].fetch_sub(1, SeqCst);
    }

    /// The count of the present one, raised.
    fn load_and_raise(&self) -> &AtomicUsize<B> {
        let owners = &self.owners[self.present.load(SeqCst)];
        let before = owners.fetch_add(1, SeqCst);
        assert!(before > 0, "a freed configuration is used");
        owners
    }

    /// The same, if it is still alive.
    fn load_and_raise_if_alive(&self) -> Option<&AtomicUsize<B>> {
        let owners = &self.owners[self.present.load(SeqCst)];
        let mut before = owners.load(SeqCst);
        while before > 0 {
            match owners.compare_exchange(before, before + 1, SeqCst, SeqCst) {
                Ok(_) => return Some(owners),
                Err(now) => before = now,
            }
        }
        None
    }
}

#[derive(Debug)]
struct RaiseAnyway;

impl Program for RaiseAnyway {
    fn run<B: Backend>(&self) {
        let all = Configurations::<B>::new();
        let writer = B::spawn("writer", sharing(&all, Configurations::replace));
        all.load_and_raise().fetch_sub(1, SeqCst);
        writer.join().expect("no panic");
    }
}

#[derive(Debug)]
struct RaiseIfAlive;

impl Program for RaiseIfAlive {
    fn run<B: Backend>(&self) {
        let all = Configurations::<B>::new();
        let writer = B::spawn("writer", sharing(&all, Configurations::replace));
        // It is replaced once, so the second try succeeds at the latest.
        let owners = all.load_and_raise_if_alive().or_else(|| all.load_and_raise_if_alive());
        owners.expect("the new one is alive").fetch_sub(1, SeqCst);
        writer.join().expect("no panic");
    }
}
