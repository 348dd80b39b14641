//! A handler begins by clearing its event, "to start from a clean state", and then waits for it.
//!
//! The first line of the handler is `pressed.clear()`, left over from a test that ran it twice. If
//! the button is pressed after the handler has started, all is well. If it is pressed *before*,
//! while the handler's thread is still starting, the first line throws the press away, and the
//! handler waits for a press that has already come. The slower the machine starts its threads, the
//! more often the program hangs.
//!
//! A thread must not clear the event it is about to wait for. An event starts clear. If it is
//! reused, the thread that has *seen* it set clears it, after it has acted on it and before it
//! announces that it is ready for the next.

use super::sharing;
use crate::{
    backend::{Arc, Backend, Engine, join_all},
    primitives::Event,
    program::{Group, Program, Scenario, Variant},
    sizes,
};

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "clear-on-entry",
    group: Group::Events,
    lesson: "Do not clear an event just before you wait for it: it may be set already",
    source: include_str!("clear_on_entry.rs"),
    variants: &[
        Variant::new(
            "clear",
            &Clear { handlers: 1 },
            "The button is pressed first, and the handler clears that press.",
        )
        .deadlocks("`handler 0` waits for pressed was set")
        .swept(sizes!(Clear { handlers: 1..=3 })),
        Variant::new(
            "no-clear",
            &NoClear { handlers: 1 },
            "A press that came early is still there when the handler looks.",
        )
        .sized(&[
            (Engine::Dpor, &NoClear { handlers: 4 }),
            (Engine::Loom, &NoClear { handlers: 2 }),
        ])
        .swept(sizes!(NoClear { handlers: 1..=4 })),
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
