//! A reader reads from a pipe until the end of file. No thread ever closes the write end.
//!
//! The end of file is not a message: a reader gets it when *the last write end is closed* and
//! everything has been read. Here the writer has sent its items and gone on to other things, or has
//! ended without closing. With processes, main may still hold a copy of the write end that it
//! forgot after the fork. As long as a write end is open, the reader has to wait.
//!
//! Close an end that you do not use, as soon as possible. In Rust an end is closed when it is
//! dropped, so it is enough to let the writer own it; a shared end is closed only when the last
//! owner drops it.

use super::sharing;
use crate::{
    backend::{Arc, Backend, Engine, execution::outcome},
    primitives::{BothEnds, Pipe},
    program::{Group, Program, Scenario, Variant},
    sizes,
};

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "pipe-eof",
    group: Group::Queues,
    lesson: "The end of file comes when the last write end is closed, and not before",
    source: include_str!("pipe_eof.rs"),
    variants: &[
        Variant::new(
            "nobody-closes",
            &NobodyCloses { items: 1 },
            "The writer is done, but its end is still open, and the reader waits for more.",
        )
        .deadlocks("`reader` waits for pipe readable")
        .swept(sizes!(NobodyCloses { items: 1..=3 })),
        Variant::new(
            "close",
            &Close { items: 2 },
            "The reader gets what was sent, and then the end of the file.",
        )
        .outcomes(&["2"])
        .sized(&[(Engine::Dpor, &Close { items: 4 }), (Engine::Loom, &Close { items: 1 })])
        .swept(sizes!(Close { items: 1..=4 })),
    ],
};

type Ends<B> = BothEnds<B, usize>;

fn read<B: Backend>((reader, _): &Ends<B>) -> usize {
    std::iter::from_fn(|| reader.recv().ok()).count()
}

#[derive(Debug)]
struct NobodyCloses {
    items: usize,
}

impl Program for NobodyCloses {
    fn run<B: Backend>(&self) {
        let ends: Arc<Ends<B>> = Arc::new(Pipe::one_way(9).expect("some capacity"));
        let reader = B::spawn("reader", sharing(&ends, read::<B>));
        (0..self.items).for_each(|item| ends.1.send(item).expect("open"));
        outcome(reader.join().expect("no panic"));
    }
}

#[derive(Debug)]
struct Close {
    items: usize,
}

impl Program for Close {
    fn run<B: Backend>(&self) {
        let ends: Arc<Ends<B>> = Arc::new(Pipe::one_way(9).expect("some capacity"));
        let reader = B::spawn("reader", sharing(&ends, read::<B>));
        (0..self.items).for_each(|item| ends.1.send(item).expect("open"));
        ends.1.close();
        outcome(reader.join().expect("no panic"));
    }
}
