//! A writer and a reader; when the writer has ended, the reader is terminated.
//!
//! Main starts both, waits for the writer, and then, since the reader's loop has no end, terminates
//! it. All items *have been written* at that moment. They have not all been read: some are still in
//! the pipe, one perhaps half dealt with. Terminating does not wait for a good moment. How many
//! items are lost depends on how far behind the reader is; on an idle machine, none.
//!
//! Here to terminate the reader is to close its end of the pipe under its hands, which is what
//! becomes of the open files of a process that is killed: what is in the pipe is gone. The reader
//! must be allowed to end by itself. A sentinel, sent when the writer has ended, arrives behind the
//! last item; then main joins the reader.

use super::sharing;
use crate::{
    backend::{Backend, Engine, execution::outcome},
    primitives::{BothEnds, Pipe, PipeEnd},
    program::{FailureKind, Group, Program, Scenario, Variant},
};
use std::sync::Arc;

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "terminate-reader",
    group: Group::Queues,
    lesson: "That all is written does not mean that all is read: let the reader end by itself",
    source: include_str!("terminate_reader.rs"),
    variants: &[
        Variant::new(
            "terminate",
            &Terminate { items: 2 },
            "The reader is stopped with items still in the pipe.",
        )
        .fails(FailureKind::Assertion, "items lost")
        .outcomes(&["0", "1", "2"]),
        Variant::new(
            "sentinel",
            &Sentinel { items: 2 },
            "The sentinel comes behind the last item, so the reader has read them all.",
        )
        .outcomes(&["2"])
        .sized(&[(Engine::Dpor, &Sentinel { items: 4 }), (Engine::Loom, &Sentinel { items: 1 })]),
    ],
};

/// Items, and `None` as the sentinel.
type Ends<B> = BothEnds<B, Option<usize>>;

fn pipe<B: Backend>() -> Arc<Ends<B>> {
    Arc::new(Pipe::one_way(9).expect("some capacity"))
}

/// Reads until the sentinel, or until the end is closed; how many items that were.
fn read<B: Backend>((reader, _): &Ends<B>) -> usize {
    std::iter::from_fn(|| reader.recv().ok().flatten()).count()
}

fn write<B: Backend>(writer: &PipeEnd<B, Option<usize>>, items: usize) {
    (0..items).for_each(|item| writer.send(Some(item)).expect("open"));
}

fn check(read: usize, items: usize) {
    outcome(read);
    assert_eq!(read, items, "items lost");
}

#[derive(Debug)]
struct Terminate {
    items: usize,
}

impl Program for Terminate {
    fn run<B: Backend>(&self) {
        let (ends, items) = (pipe::<B>(), self.items);
        let reader = B::spawn("reader", sharing(&ends, read::<B>));
        let body = sharing(&ends, move |(_, writer): &Ends<B>| write(writer, items));
        B::spawn("writer", body).join().expect("no panic");
        ends.0.close();
        check(reader.join().expect("no panic"), items);
    }
}

#[derive(Debug)]
struct Sentinel {
    items: usize,
}

impl Program for Sentinel {
    fn run<B: Backend>(&self) {
        let (ends, items) = (pipe::<B>(), self.items);
        let reader = B::spawn("reader", sharing(&ends, read::<B>));
        let body = sharing(&ends, move |(_, writer): &Ends<B>| write(writer, items));
        B::spawn("writer", body).join().expect("no panic");
        ends.1.send(None).expect("open");
        check(reader.join().expect("no panic"), items);
    }
}
