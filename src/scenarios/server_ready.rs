//! Workers connect to a server that another thread is starting.
//!
//! The server takes a while until it listens. A worker that connects at once is sometimes refused.
//! The usual remedy, a sleep before the first connection, makes the failure rarer and every start
//! slower. The server knows exactly when it listens, so it *sets an event*, and the workers wait
//! for it. They may come early or late, in any number: an event that stays set cannot be missed.
//!
//! A worker that wants to do something else meanwhile, or to report "still waiting", waits with a
//! time limit and checks the result: *true* means ready, *false* only that the time has passed. A
//! worker that connects after a *false* makes the first mistake again.

use super::sharing;
use crate::backend::Capability::Timeouts;
use crate::{
    backend::{Arc, AtomicBool, Backend, Engine, execution::outcome, join_all},
    primitives::Event,
    program::{FailureKind, Group, Program, Scenario, Variant},
    sizes,
};
use std::{sync::atomic::Ordering::SeqCst, time::Duration};

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "server-ready",
    group: Group::Events,
    lesson: "Do not guess how long a start takes: let the server say when it is ready",
    source: include_str!("server_ready.rs"),
    variants: &[
        Variant::new(
            "no-wait",
            &NoWait { workers: 1 },
            "The worker connects before the server listens.",
        )
        .fails(FailureKind::Assertion, "connection refused")
        .swept(sizes!(NoWait { workers: 1..=3 })),
        Variant::new(
            "wait",
            &Wait { workers: 1 },
            "The event is set when the server listens, and stays set for workers that come later.",
        )
        .sized(&[(Engine::Dpor, &Wait { workers: 3 }), (Engine::Loom, &Wait { workers: 2 })])
        .swept(sizes!(Wait { workers: 1..=3 })),
        Variant::new(
            "poll-with-timeout",
            &Poll { workers: 1, attempts: 2 },
            "The worker connects only after a true result; otherwise it reports and tries again.",
        )
        .needs(&[Timeouts])
        .outcomes(&["connected", "gave up"])
        .sized(&[(Engine::Dpor, &Poll { workers: 2, attempts: 2 })])
        .swept(sizes!(Poll { workers: 1..=2, attempts: 1..=2 })),
    ],
};

struct Server<B: Backend> {
    listens: AtomicBool<B>,
    ready: Event<B>,
}

impl<B: Backend> Server<B> {
    fn new() -> Arc<Self> {
        let listens = AtomicBool::named("listens", false);
        Arc::new(Self { listens, ready: Event::named("ready") })
    }

    fn start(&self) {
        self.listens.store(true, SeqCst);
        self.ready.set();
    }

    fn connect(&self) {
        assert!(self.listens.load(SeqCst), "connection refused");
    }
}

#[derive(Debug)]
struct NoWait {
    workers: usize,
}

impl Program for NoWait {
    fn run<B: Backend>(&self) {
        let server = Server::<B>::new();
        let workers: Vec<_> = (0..self.workers)
            .map(|n| B::spawn(format!("worker {n}"), sharing(&server, Server::connect)))
            .collect();
        server.start();
        join_all(workers);
    }
}

#[derive(Debug)]
struct Wait {
    workers: usize,
}

impl Program for Wait {
    fn run<B: Backend>(&self) {
        let server = Server::<B>::new();
        let workers: Vec<_> = (0..self.workers)
            .map(|n| {
                let body = sharing(&server, |server: &Server<B>| {
                    server.ready.wait();
                    server.connect();
                });
                B::spawn(format!("worker {n}"), body)
            })
            .collect();
        server.start();
        join_all(workers);
    }
}

#[derive(Debug)]
struct Poll {
    workers: usize,
    attempts: usize,
}

impl Program for Poll {
    fn run<B: Backend>(&self) {
        let server = Server::<B>::new();
        let attempts = self.attempts;
        let workers: Vec<_> = (0..self.workers)
            .map(|n| {
                let body = sharing(&server, move |server: &Server<B>| {
                    for _ in 0..attempts {
                        if server.ready.wait_timeout(Duration::from_millis(1)) {
                            server.connect();
                            return "connected";
                        }
                    }
                    "gave up"
                });
                B::spawn(format!("worker {n}"), body)
            })
            .collect();
        server.start();
        join_all(workers).into_iter().for_each(outcome);
    }
}
