//! A handler begins by clearing its event, "to start from a clean state", and then waits for it.
//!
//! The first line of the handler is `pressed.clear()`, left over from a test that ran it twice. If
//! the button is pressed after the handler has started, all is well. If it is pressed *before*,
//! while the handler's thread is still being started, the first line throws the press away, and the
//! handler waits for one that has come already. The slower the machine starts its threads, the more
//! often it hangs.
//!
//! Whoever waits must not destroy what it waits for. An event starts clear; if it is to be used
//! again, it is cleared by whoever has *seen* it set, after having acted on it, and before that
//! thread says that it is ready for the next.

use super::sharing;
use crate::{
    backend::{Backend, Engine, join_all},
    primitives::Event,
    program::{Group, Program, Scenario, Variant},
};
use std::sync::Arc;

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "clear-on-entry",
    group: Group::Events,
    lesson: "Do not clear what you are about to wait for: it may have come already",
    source: include_str!("clear_on_entry.rs"),
    variants: &[
        Variant::new(
            "clear",
            &Clear { handlers: 1 },
            "The button is pressed first, and the handler throws that away.",
        )
        .deadlocks("`handler 0` waits for pressed was set"),
        Variant::new(
            "no-clear",
            &NoClear { handlers: 1 },
            "A press that came early is still there when the handler looks.",
        )
        .sized(&[
            (Engine::Dpor, &NoClear { handlers: 4 }),
            (Engine::Loom, &NoClear { handlers: 2 }),
        ]),
    ],
};

#[derive(Debug)]
struct Clear {
    handlers: usize,
}

impl Program for Clear {
    fn run<B: Backend>(&self) {
        let pressed = Arc::new(Event::<B>::named("pressed"));
        let handlers: Vec<_> = (0..self.handlers)
            .map(|n| {
                let body = sharing(&pressed, |pressed: &Event<B>| {
                    pressed.clear();
                    pressed.wait();
                });
                B::spawn(format!("handler {n}"), body)
            })
            .collect();
        pressed.set();
        join_all(handlers);
    }
}

#[derive(Debug)]
struct NoClear {
    handlers: usize,
}

impl Program for NoClear {
    fn run<B: Backend>(&self) {
        let pressed = Arc::new(Event::<B>::named("pressed"));
        let handlers: Vec<_> = (0..self.handlers)
            .map(|n| B::spawn(format!("handler {n}"), sharing(&pressed, Event::wait)))
            .collect();
        pressed.set();
        join_all(handlers);
    }
}
