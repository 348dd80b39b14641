//! A thread writes a log in the background. What happens to it when main ends?
//!
//! - *daemon*: the process does not wait for daemons. It ends while the writer is somewhere in the
//!   middle. No destructor runs, no buffer is flushed, and the last lines, which say what went
//!   wrong, are the ones that are missing.
//! - *not-daemon-endless*: the process waits for the writer, and the writer waits for more to
//!   write. No thread tells it that nothing more will come, so the process never exits.
//! - *stop-event-and-join*: main tells the writer to stop, and waits until it has finished. This is
//!   the only form in which the end is decided by the program.
//!
//! A daemon is for work that may be cut off anywhere, such as refreshing a cache or a heartbeat. In
//! Rust *every* thread is a daemon in this sense: when `main` returns, all threads are gone.

use crate::{
    backend::{Arc, AtomicUsize, Backend, Capability::Daemons, Engine, execution::outcome},
    primitives::{Event, Thread, Threads},
    program::{FailureKind, Group, Program, Scenario, Variant},
    sizes,
};
use std::sync::atomic::Ordering::SeqCst;

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "daemon",
    group: Group::Threads,
    lesson: "A daemon is cut off, an endless thread never ends: tell it to stop, and join it",
    source: include_str!("daemon.rs"),
    variants: &[
        Variant::new(
            "daemon",
            &Daemon { lines: 2 },
            "The process ends and takes the daemon with it, wherever the daemon is.",
        )
        .needs(&[Daemons])
        .fails(FailureKind::Assertion, "lines lost at exit")
        .outcomes(&["0 of 2", "1 of 2", "2 of 2"])
        .swept(sizes!(Daemon { lines: 1..=3 })),
        Variant::new(
            "not-daemon-endless",
            &Endless { lines: 1 },
            "The process waits for a thread that waits to be told to stop.",
        )
        .deadlocks("`writer` waits for stop was set")
        .swept(sizes!(Endless { lines: 1..=3 })),
        Variant::new(
            "stop-event-and-join",
            &StopAndJoin { writers: 1, lines: 2 },
            "The thread is told to stop, writes all its lines, and is joined.",
        )
        .outcomes(&["2 of 2"])
        .sized(&[(Engine::Dpor, &StopAndJoin { writers: 2, lines: 2 })])
        .refused_by(Engine::C11, "daemons")
        .swept(sizes!(StopAndJoin { writers: 1..=2, lines: 1..=2 })),
    ],
};

/// A log and the event that tells its writer to stop.
struct Log<B: Backend> {
    written: AtomicUsize<B>,
    stop: Event<B>,
}

impl<B: Backend> Log<B> {
    fn new() -> Arc<Self> {
        Arc::new(Self { written: AtomicUsize::named("written", 0), stop: Event::named("stop") })
    }

    /// The writer's body: writes the lines, and then waits for the event.
    fn writer(log: &Arc<Self>, lines: usize) -> impl FnOnce() + Send + 'static {
        let log = Arc::clone(log);
        move || {
            for _ in 0..lines {
                log.written.fetch_add(1, SeqCst);
            }
            log.stop.wait();
        }
    }

    /// What the log holds when the process is gone.
    fn check(&self, lines: usize) {
        let written = self.written.load(SeqCst);
        outcome(format_args!("{written} of {lines}"));
        assert!(written == lines, "lines lost at exit");
    }
}

/// Starts the thread.
fn started<B: Backend>(thread: Thread<B>) -> Thread<B> {
    thread.start().expect("for the first time");
    thread
}

#[derive(Debug)]
struct Daemon {
    lines: usize,
}

impl Program for Daemon {
    fn run<B: Backend>(&self) {
        let (threads, log) = (Threads::<B>::new(), Log::<B>::new());
        started(threads.daemon("writer", Log::writer(&log, self.lines)));
        threads.finish().expect("no panic");
        log.check(self.lines);
    }
}

#[derive(Debug)]
struct Endless {
    lines: usize,
}

impl Program for Endless {
    fn run<B: Backend>(&self) {
        let (threads, log) = (Threads::<B>::new(), Log::<B>::new());
        started(threads.thread("writer", Log::writer(&log, self.lines)));
        threads.finish().expect("no panic");
        log.check(self.lines);
    }
}

#[derive(Debug)]
struct StopAndJoin {
    writers: usize,
    lines: usize,
}

impl Program for StopAndJoin {
    fn run<B: Backend>(&self) {
        let (threads, log) = (Threads::<B>::new(), Log::<B>::new());
        let start = |_| started(threads.thread("writer", Log::writer(&log, self.lines)));
        let writers: Vec<_> = (0..self.writers).map(start).collect();
        log.stop.set();
        for writer in writers {
            writer.join().expect("no panic");
        }
        threads.finish().expect("no panic");
        log.check(self.writers * self.lines);
    }
}
