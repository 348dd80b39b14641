//! Obstruction freedom: whether an operation ends if all other threads stop for ever.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use super::client::Client;
use super::counted;
use super::engine::{Engine, Explored, Failing};
use super::history::History;
use super::program::{Record, Running};
use crate::execution;
use crate::thread::{self, Builder};

impl<O: Send + Sync + 'static, S: 'static> Engine<O, S> {
    /// Has each thread of a client go on in turn, while the others stop at any of their steps.
    pub(super) fn explore_alone(&self, client: Client) -> Result<Explored, String> {
        let client = Arc::new(client);
        let mut explored = Explored::default();
        for survivor in 0..client.threads.len() {
            let running = Running {
                program: Arc::clone(&self.program),
                client: Arc::clone(&client),
                clocked: false,
                record: Arc::new(Mutex::new(Record::default())),
            };
            let model = || running.run_alone(survivor);
            let explorer = self.explorer.clone().minimise();
            if let Some(failure) = explored.add(explorer.check(model)) {
                explorer.run_again(&failure.schedule, model);
                let record = running.record().clone();
                explored.failing = Some(Failing::of(client, record, failure, None));
                return Ok(explored);
            }
        }
        Ok(explored)
    }
}

impl<O: Send + Sync + 'static, S: 'static> Running<O, S> {
    /// One execution in which this thread goes on, and the others stop.
    fn run_alone(&self, survivor: usize) {
        let threads = self.client.threads.len();
        *self.record() =
            Record { history: History(vec![Vec::new(); threads + 2]), ..Record::default() };
        // What stops drops nothing.
        let _ = counted::end();
        let object = Arc::new((self.program.make)());
        self.call_all(&object, 0, None);
        let start = |me: usize| {
            let (this, object) = (self.clone(), Arc::clone(&object));
            let builder = Builder::new().named(format!("thread {}", me + 1));
            let builder = if me == survivor { builder } else { builder.process() };
            builder.spawn(move || this.call_all(&object, me + 1, None)).expect("a thread")
        };
        let started: Vec<_> = (0..threads).map(start).collect();
        let mut goes_on = None;
        for (me, thread) in started.into_iter().enumerate() {
            if me == survivor {
                goes_on = Some(thread);
            } else {
                thread::kill(thread.thread());
            }
        }
        if let Some(thread) = goes_on {
            thread.join().unwrap_or_else(|payload| std::panic::resume_unwind(payload));
        }
        if let Some(lock) = self.shared_lock() {
            panic!(
                "not obstruction free: two threads take {lock}, which one of them may hold when it stops"
            );
        }
    }
}

impl<O, S> Running<O, S> {
    /// A lock that two of the threads have waited for or taken in this execution, by its name.
    fn shared_lock(&self) -> Option<String> {
        execution::kernel(|kernel| {
            let mut taken = BTreeSet::new();
            for event in kernel.events.all().iter().filter(|event| event.thread != 0) {
                if let Some(lock) = event.op.acquires() {
                    taken.insert((lock, event.thread));
                }
            }
            let locks: Vec<_> = taken.into_iter().map(|(lock, _)| lock).collect();
            let shared = locks.windows(2).find(|pair| pair[0] == pair[1])?;
            Some(kernel.object_name(shared[0]))
        })
    }
}
