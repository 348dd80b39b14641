//! Three walkers come to a gate that opens for two at a time.
//!
//! A barrier waits for a fixed number of parties. As long as the walkers come in pairs, every
//! walker gets through. With three, the first two make a pair and go on, and the third waits for a
//! partner that never comes. This happens with every work list whose length is not a multiple of
//! the number of workers. It also happens when one worker of a group ends early, for example
//! because of an error: the others wait for it at the next barrier forever.
//!
//! A barrier cannot know that no more parties will come; some thread has to tell it. *abort* breaks
//! the barrier once the pairs are through. A walker that waits then, or comes later, gets an error
//! instead of waiting. *timeout* needs no such thread: a walker that has waited too long breaks the
//! barrier for all. Every walker must then be prepared for the error, because the time limit may
//! pass just before the partner comes.

use super::sharing;
use crate::backend::Capability::Timeouts;
use crate::{
    backend::{Arc, Backend, Engine, execution::outcome, join_all},
    primitives::{Barrier, Semaphore},
    program::{Group, Program, Scenario, Variant},
    sizes,
};
use std::time::Duration;

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "barrier-remainder",
    group: Group::Gates,
    lesson: "A barrier waits for all of its parties, even for those that never come",
    source: include_str!("barrier_remainder.rs"),
    variants: &[
        Variant::new(
            "remainder",
            &Remainder { walkers: 3, parties: 2 },
            "Two walkers go on together, and the third waits for a partner.",
        )
        .deadlocks("waits for gate opens")
        .swept(sizes!(Remainder { walkers: 1..=3, parties: 1..=2 } if walkers % parties != 0)),
        Variant::new(
            "abort",
            &Abort { walkers: 3, parties: 2 },
            "Once the pairs are through, the gate is broken, and the walker left over gets an \
             error.",
        )
        .outcomes(&["2 through, 1 turned back"])
        .sized(&[(Engine::Loom, &Abort { walkers: 1, parties: 2 })])
        .swept(sizes!(Abort { walkers: 1..=3, parties: 1..=2 })),
        Variant::new(
            "timeout",
            &Timeout { walkers: 3, parties: 2 },
            "A walker that has waited too long breaks the gate, so no walker waits forever.",
        )
        .needs(&[Timeouts])
        .outcomes(&["0 through, 3 turned back", "2 through, 1 turned back"])
        .swept(sizes!(Timeout { walkers: 1..=3, parties: 1..=2 })),
    ],
};

/// How many went through and how many did not.
fn report(through: usize, walkers: usize) {
    outcome(format!("{through} through, {} turned back", walkers - through));
}

#[derive(Debug)]
struct Remainder {
    walkers: usize,
    parties: usize,
}

impl Program for Remainder {
    fn run<B: Backend>(&self) {
        let gate = Arc::new(Barrier::<B>::named("gate", self.parties).expect("some parties"));
        join_all((0..self.walkers).map(|n| {
            let body = sharing(&gate, |gate: &Barrier<B>| gate.wait().is_ok());
            B::spawn(format!("walker {n}"), body)
        }));
    }
}

#[derive(Debug)]
struct Abort {
    walkers: usize,
    parties: usize,
}

impl Program for Abort {
    fn run<B: Backend>(&self) {
        let gate = Barrier::<B>::named("gate", self.parties).expect("some parties");
        let gate = Arc::new((gate, Semaphore::<B>::named("walkers through", 0)));
        let walkers: Vec<_> = (0..self.walkers)
            .map(|n| {
                let body = sharing(&gate, |(gate, through): &(Barrier<B>, Semaphore<B>)| {
                    let passed = gate.wait().is_ok();
                    if passed {
                        through.release().expect("unbounded");
                    }
                    passed
                });
                B::spawn(format!("walker {n}"), body)
            })
            .collect();
        for _ in 0..self.walkers - self.walkers % self.parties {
            gate.1.acquire();
        }
        gate.0.abort();
        let through = join_all(walkers).into_iter().filter(|&passed| passed).count();
        report(through, self.walkers);
        assert_eq!(through, self.walkers - self.walkers % self.parties, "a pair was parted");
    }
}

#[derive(Debug)]
struct Timeout {
    walkers: usize,
    parties: usize,
}

impl Program for Timeout {
    fn run<B: Backend>(&self) {
        let gate = Arc::new(Barrier::<B>::named("gate", self.parties).expect("some parties"));
        let walkers = join_all((0..self.walkers).map(|n| {
            let body = sharing(&gate, |gate: &Barrier<B>| {
                gate.wait_timeout(Duration::from_millis(1)).is_ok()
            });
            B::spawn(format!("walker {n}"), body)
        }));
        let through = walkers.into_iter().filter(|&passed| passed).count();
        report(through, self.walkers);
        assert_eq!(through % self.parties, 0, "a pair was parted");
    }
}
