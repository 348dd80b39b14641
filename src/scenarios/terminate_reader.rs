//! A writer and a reader; when the writer has ended, the reader is terminated.
//!
//! Main starts both, waits for the writer, and then terminates the reader, because the reader's
//! loop has no end. All items *have been written* at that moment. They have not all been read: some
//! are still in the pipe, and one is perhaps half processed. A termination does not wait for a good
//! moment. The number of lost items depends on how far behind the reader is; on an idle machine it
//! is zero.
//!
//! Here main terminates the reader by closing its end of the pipe, which is what happens to the
//! open files of a killed process: the items in the pipe are gone. The reader must be allowed to
//! end by itself. A sentinel, sent when the writer has ended, arrives after the last item; then
//! main joins the reader.

use super::sharing;
use crate::{
    backend::{Arc, Backend, Engine, execution::outcome},
    primitives::{BothEnds, Pipe, PipeEnd},
    program::{FailureKind, Group, Program, Scenario, Variant},
    sizes,
};

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "terminate-reader",
    group: Group::Queues,
    lesson: "Written does not mean read: let the reader end by itself",
    source: include_str!("terminate_reader.rs"),
    variants: &[
        Variant::new(
            "terminate",
            &Terminate { items: 2 },
            "The reader is stopped with items still in the pipe.",
        )
        .fails(FailureKind::Assertion, "items lost")
        .outcomes(&["0", "1", "2"])
        .swept(sizes!(Terminate { items: 1..=3 })),
        Variant::new(
            "sentinel",
            &Sentinel { items: 2 },
            "The sentinel comes after the last item, so the reader has read them all.",
        )
        .outcomes(&["2"])
        .sized(&[(Engine::Dpor, &Sentinel { items: 4 }), (Engine::Loom, &Sentinel { items: 1 })])
        .swept(sizes!(Sentinel { items: 1..=4 })),
    ],
};

/// Items, and `None` as the sentinel.
type Ends<B> = BothEnds<B, Option<usize>>;

fn pipe<B: Backend>() -> Arc<Ends<B>> {
    Arc::new(Pipe::one_way(9).expect("some capacity"))
}

/// Reads until the sentinel, or until the end is closed; returns the number of items.
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
