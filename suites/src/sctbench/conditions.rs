//! Programs with conditions, and with flags that stand for them.

use crate::goker::{go, kernels};
use raceproof_suite::backend::{Backend, Condvar, Mutex, join_all};
use std::{collections::VecDeque, sync::Arc};

kernels! { "conditions.rs"
    Arithmetic = arithmetic "arithmetic-prog" assertion("the sum of the series")
        "A check that claims the opposite fails when all is well"
        "Producer and consumer have done their work, and the sum is what it is claimed not to be."
        "The check claims what is so."
    CircularBuffer = circular_buffer "circular-buffer" assertion("another item came")
        "A round of a loop in which there was nothing to take is not an item"
        "The receiver expects the number of its round, and in one of its rounds there was nothing."
        "It counts what it takes."
    Queue = queue "queue" assertion("another item came")
        "What is put where a loop's counter says is looked for where another loop's says"
        "The one thread stores by its round and the other looks by its own, and they are not in step."
        "Each counts what it has stored and taken."
    Stack = stack "stack" assertion("nothing to take")
        "A flag that says that there was something does not say that there is"
        "The flag is set once and never cleared, and the second take finds nothing."
        "The flag says whether something is there."
    Sync1 = sync_1 "sync01" deadlock("waits for empty")
        "Who announces that there is room must have made some"
        "The consumer takes nothing, and the producer waits for room for ever."
        "The consumer takes the item."
    Sync2 = sync_2 "sync02" deadlock("waits for empty")
        "As many must be taken as are there and are put"
        "Two items are there, two more are put, and two are taken."
        "None is there in the beginning."
}

/// How many items there are, and who waits for more or for less.
struct Slots<B: Backend> {
    items: Mutex<B, i64>,
    empty: Condvar<B>,
    full: Condvar<B>,
}

impl<B: Backend> Slots<B> {
    fn with(items: i64) -> Arc<Self> {
        Arc::new(Self {
            items: Mutex::named("items", items),
            empty: Condvar::named("empty"),
            full: Condvar::named("full"),
        })
    }

    fn put(&self) {
        *self.empty.wait_while(self.items.lock(), |items| *items > 0) += 1;
        self.full.notify_one();
    }

    fn take(&self, n: i64) {
        *self.full.wait_while(self.items.lock(), |items| *items == 0) -= n;
        self.empty.notify_one();
    }
}

fn arithmetic<B: Backend>(fixed: bool) {
    const N: i64 = 3;
    let slots = Slots::<B>::with(0);
    let producer = go::<B, _>("producer", &slots, |slots| (0..N).for_each(|_| slots.put()));
    let mut total = 0;
    for n in 0..N {
        slots.take(1);
        total += n;
    }
    total += N;
    join_all([producer]);
    assert_eq!(total == N * (N + 1) / 2, fixed, "the sum of the series");
}

fn sync_1<B: Backend>(fixed: bool) {
    let slots = Slots::<B>::with(1);
    let producer = go::<B, _>("producer", &slots, Slots::put);
    let consumer = go::<B, _>("consumer", &slots, move |slots| slots.take(i64::from(fixed)));
    join_all([producer, consumer]);
}

fn sync_2<B: Backend>(fixed: bool) {
    let slots = Slots::<B>::with(if fixed { 0 } else { 2 });
    let producer = go::<B, _>("producer", &slots, |slots| (0..2).for_each(|_| slots.put()));
    let consumer = go::<B, _>("consumer", &slots, |slots| (0..2).for_each(|_| slots.take(1)));
    join_all([producer, consumer]);
}

/// An item is under way or not, and the two threads take turns; each looks so many times whether it is its turn.
const ROUNDS: usize = 3;

fn circular_buffer<B: Backend>(fixed: bool) {
    // Whose turn it is, and what is in the buffer.
    let buffer = Arc::new(Mutex::<B, _>::named("buffer", (true, VecDeque::new())));
    let sender = go::<B, _>("sender", &buffer, |buffer| {
        let mut sent = 0;
        for _ in 0..ROUNDS {
            let mut held = buffer.lock();
            if held.0 {
                held.1.push_back(sent);
                held.0 = false;
                sent += 1;
            }
        }
    });
    let receiver = go::<B, _>("receiver", &buffer, move |buffer| {
        let mut received = 0;
        for round in 0..ROUNDS {
            let mut held = buffer.lock();
            if !held.0 {
                let expected = if fixed { received } else { round };
                assert_eq!(held.1.pop_front(), Some(expected), "another item came");
                held.0 = true;
                received += 1;
            }
        }
    });
    join_all([sender, receiver]);
}

#[derive(Debug, Default)]
struct Turns {
    queue: VecDeque<usize>,
    /// What was put, where the one who takes looks for it.
    stored: [Option<usize>; ROUNDS],
    taking: bool,
}

fn queue<B: Backend>(fixed: bool) {
    let turns = Arc::new(Mutex::<B, Turns>::shown("queue", Turns::default()));
    let puts = go::<B, _>("puts", &turns, move |turns| {
        let mut put = 0;
        for round in 0..ROUNDS {
            let mut held = turns.lock();
            if !held.taking {
                held.queue.push_back(put);
                held.stored[if fixed { put } else { round }] = Some(put);
                held.taking = true;
                put += 1;
            }
        }
    });
    let takes = go::<B, _>("takes", &turns, move |turns| {
        let mut taken = 0;
        for round in 0..ROUNDS {
            let mut held = turns.lock();
            if held.taking {
                let at = if fixed { taken } else { round };
                assert_eq!(held.queue.pop_front(), held.stored[at], "another item came");
                held.taking = false;
                taken += 1;
            }
        }
    });
    join_all([puts, takes]);
}

fn stack<B: Backend>(fixed: bool) {
    // The items, and the flag that says that there are any.
    let stack = Arc::new(Mutex::<B, _>::named("stack", (Vec::new(), false)));
    let pushes = go::<B, _>("pushes", &stack, |stack| {
        for n in 0..ROUNDS {
            let mut held = stack.lock();
            held.0.push(n);
            held.1 = true;
        }
    });
    let pops = go::<B, _>("pops", &stack, move |stack| {
        for _ in 0..ROUNDS {
            let mut held = stack.lock();
            if held.1 {
                assert!(held.0.pop().is_some(), "nothing to take");
                if fixed {
                    held.1 = !held.0.is_empty();
                }
            }
        }
    });
    join_all([pushes, pops]);
}
