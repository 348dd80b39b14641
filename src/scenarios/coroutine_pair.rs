//! A producer makes things, a consumer takes them, and each waits for the other.
//!
//! With two threads and a queue between them the order is open: the producer may be any number of
//! items ahead, and the log differs from run to run. Two partners that only ever work in turns gain
//! nothing from threads and pay for a lock, a queue, and all those orders.
//!
//! A *coroutine* expresses it directly. The consumer is a function that stops at its `yield` and
//! continues when the producer sends it the next item; its next `yield` returns the answer. At
//! every moment exactly one of the two runs, and control passes only where the program says so. A
//! model checker finds *one* execution, and its transcript is the only one there is: no lock, no
//! race, nothing to explore. The price: a coroutine that does not yield keeps all others waiting,
//! and the pair never uses more than one processor.

use crate::{
    backend::{Arc, Backend, Mutex, execution::outcome},
    primitives::{Coroutine, CoroutineState::Yielded, Queue},
    program::{FailureKind, Group, Program, Scenario, Variant},
    sizes,
};

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "coroutine-pair",
    group: Group::Cooperation,
    lesson: "Two partners that work strictly in turns need no threads: there is one execution",
    source: include_str!("coroutine_pair.rs"),
    variants: &[
        Variant::new(
            "threads",
            &Threads { items: 2 },
            "The producer makes the second item before the consumer has taken the first.",
        )
        .fails(FailureKind::Assertion, "out of turn")
        .outcomes(&["made 1, took 1, made 2, took 2", "made 1, made 2, took 1, took 2"])
        .swept(sizes!(Threads { items: 1..=3 } if items > 1)),
        Variant::new(
            "coroutines",
            &Coroutines { items: 3 },
            "The consumer runs only while the producer waits for its answer.",
        )
        .outcomes(&["made 1, took 1, made 2, took 2, made 3, took 3"])
        .swept(sizes!(Coroutines { items: 1..=3 })),
    ],
};

/// What happened, in order.
type Transcript<B> = Arc<Mutex<B, Vec<String>>>;

fn transcript<B: Backend>() -> Transcript<B> {
    Arc::new(Mutex::named("transcript", Vec::new()))
}

fn note<B: Backend>(transcript: &Transcript<B>, did: &str, item: usize) {
    transcript.lock().push(format!("{did} {item}"));
}

fn check<B: Backend>(transcript: &Transcript<B>, items: usize) {
    let transcript = transcript.lock();
    outcome(transcript.join(", "));
    let turns = (1..=items).flat_map(|item| [format!("made {item}"), format!("took {item}")]);
    assert!(turns.eq(transcript.iter().cloned()), "out of turn: {transcript:?}");
}

#[derive(Debug)]
struct Threads {
    items: usize,
}

impl Program for Threads {
    fn run<B: Backend>(&self) {
        let transcript = transcript::<B>();
        let queue = Arc::new(Queue::<B, usize>::named("queue", 0));
        let (theirs, items, from) = (Arc::clone(&transcript), self.items, Arc::clone(&queue));
        let consumer = B::spawn("consumer", move || {
            (0..items).for_each(|_| note(&theirs, "took", from.get().expect("open")));
        });
        for item in 1..=self.items {
            note(&transcript, "made", item);
            queue.put(item).expect("open");
        }
        consumer.join().expect("no panic");
        check(&transcript, self.items);
    }
}

#[derive(Debug)]
struct Coroutines {
    items: usize,
}

impl Program for Coroutines {
    fn run<B: Backend>(&self) {
        let transcript = transcript::<B>();
        let theirs = Arc::clone(&transcript);
        let mut consumer =
            Coroutine::<B, usize, &str, ()>::named("consumer", move |yielder, item| {
                let mut item = item;
                loop {
                    note(&theirs, "took", item);
                    item = yielder.suspend("thanks");
                }
            });
        for item in 1..=self.items {
            note(&transcript, "made", item);
            assert_eq!(consumer.resume(item), Ok(Yielded("thanks")));
        }
        drop(consumer);
        check(&transcript, self.items);
    }
}
