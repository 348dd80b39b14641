//! `synthetic` and `liveness`: programs that wait for each other.

use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst};

use crate::literature::{DONE, Done, Patience, Row, assume, atomics, row, waiting};
use raceproof::FailureKind;
use raceproof::sync::atomic::{AtomicI64, Ordering, fence};

/// Peterson's lock.
fn peterson(
    [one, two, turn, x]: &[AtomicI64; 4],
    me: usize,
    patience: &Patience,
    [load, store]: [Ordering; 2],
) -> Done {
    let [own, other] = if me == 0 { [one, two] } else { [two, one] };
    let yields = 1 - me as i64;
    own.store(1, store);
    turn.store(yields, store);
    patience.until(|| other.load(load) != 1 || turn.load(load) != yields)?;
    x.store(me as i64, store);
    x.load(load);
    own.store(0, store);
    DONE
}

/// Peterson's lock, with two orderings.
pub fn petersons_lock(rows: &mut Vec<Row>) {
    let shared = atomics([0; 4]);
    let weak = waiting("peterson", [4, 22], 2, shared, |shared, me, patience| {
        peterson(shared, me, patience, [Acquire, Release])
    });
    let strong = waiting("peterson-sc", [4; 2], 2, shared, |shared, me, patience| {
        peterson(shared, me, patience, [SeqCst; 2])
    });
    rows.extend(weak.into_iter().chain(strong));
}

/// Szymanski's lock.
fn szymanski([one, two, x]: &[AtomicI64; 3], me: usize, patience: &Patience) -> Done {
    let [own, other] = if me == 0 { [one, two] } else { [two, one] };
    let enter = |value| {
        own.store(value, Relaxed);
        fence(SeqCst);
    };
    enter(1);
    patience.until(|| other.load(Relaxed) < 3)?;
    enter(3);
    if other.load(Relaxed) == 1 {
        enter(2);
        patience.until(|| other.load(Relaxed) == 4)?;
    }
    enter(4);
    patience.until(|| other.load(Relaxed) < 2)?;
    x.store(me as i64, Relaxed);
    x.load(Relaxed);
    assert_eq!(x.load(Relaxed), me as i64);
    fence(SeqCst);
    patience.until(|| 2 > other.load(Relaxed) || other.load(Relaxed) > 3)?;
    own.store(0, Relaxed);
    DONE
}

/// Lamport's fast lock.
fn lamport([x, y, flags @ ..]: &[AtomicI64; 4], me: usize, patience: &Patience) -> Done {
    let thread = me as i64 + 1;
    loop {
        flags[me].store(1, SeqCst);
        x.store(thread, SeqCst);
        if y.load(SeqCst) != 0 {
            flags[me].store(0, SeqCst);
            patience.until(|| y.load(SeqCst) == 0)?;
            continue;
        }
        y.store(thread, SeqCst);
        if x.load(SeqCst) == thread {
            break;
        }
        flags[me].store(0, SeqCst);
        for flag in flags {
            patience.until(|| flag.load(SeqCst) == 0)?;
        }
        if y.load(SeqCst) == thread {
            break;
        }
        patience.until(|| y.load(SeqCst) == 0)?;
    }
    y.store(0, SeqCst);
    flags[me].store(0, SeqCst);
    DONE
}

/// Szymanski's lock.
pub fn szymanskis_lock(rows: &mut Vec<Row>) {
    let [looks, loops] = waiting("szymanski", [6; 2], 2, atomics([0; 3]), szymanski);
    // Both may see the other at 3, and then wait for each other at 4.
    rows.extend([looks, loops.fails(FailureKind::Livelock).large()]);
}

/// Lamport's fast lock.
pub fn lamports_lock(rows: &mut Vec<Row>) {
    rows.extend(waiting("lamport N=2", [16; 2], 2, atomics([0; 4]), lamport));
}

/// Herlihy and Wing's queue: the next free place, and the places.
struct Queue {
    back: AtomicI64,
    places: [AtomicI64; 6],
}

impl Queue {
    fn enqueue(&self, value: i64) {
        let at = self.back.fetch_add(1, AcqRel);
        self.places[at as usize].store(value, Release);
    }

    fn dequeue(&self) -> Option<i64> {
        let back = self.back.load(Acquire);
        let mut taken = self.places[..back as usize].iter().map(|at| at.swap(0, AcqRel));
        taken.find(|value| *value != 0)
    }
}

/// Herlihy and Wing's queue.
pub fn a_queue_of_herlihy_and_wing(rows: &mut Vec<Row>) {
    let new = || Queue { back: AtomicI64::new(0), places: atomics([0; 6])() };
    rows.extend([row("hwqueue-ra", [5_155, 5_483], 4, new, |queue, me| {
        let taken = |queue: &Queue| queue.dequeue().map(drop);
        match me {
            0 => {
                queue.enqueue(1);
                taken(queue)
            }
            1 => {
                queue.enqueue(2);
                queue.enqueue(3);
                DONE
            }
            2 => {
                taken(queue)?;
                queue.enqueue(4);
                DONE
            }
            _ => {
                taken(queue)?;
                taken(queue)
            }
        }
    })]);
}

/// A latch and a flag that two threads pass to and fro.
pub fn a_bug_of_postgresql(rows: &mut Vec<Row>) {
    rows.extend([row("pgsql", [1, 4], 2, atomics([1, 0, 1, 0]), |shared, me| {
        let [latch, flag] = [me, me + 2].map(|at| &shared[at]);
        let [their_latch, their_flag] = [1 - me, 3 - me].map(|at| &shared[at]);
        // A thread gives up after three rounds.
        for _ in 0..3 {
            assume(latch.load(Relaxed) == 1)?;
            latch.store(0, Relaxed);
            if flag.load(Relaxed) == 1 {
                flag.store(0, Relaxed);
                their_flag.store(1, Relaxed);
                fence(SeqCst);
                their_latch.store(1, Relaxed);
            }
        }
        DONE
    })]);
}

/// Loops whose end does not hang on the schedule.
pub fn loops_that_end(rows: &mut Vec<Row>) {
    let double = waiting("doubleloop", [4; 2], 3, atomics([0; 2]), |[x, y], me, patience| {
        match me {
            0 => patience.until(|| x.load(SeqCst) != 0 || y.load(SeqCst) != 0)?,
            1 if x.load(SeqCst) == 0 => y.store(1, SeqCst),
            2 if y.load(SeqCst) == 0 => x.store(1, SeqCst),
            _ => {}
        }
        DONE
    });
    let passed = waiting("dsa-live", [1; 2], 2, atomics([0, 1]), |[x, lock], me, patience| {
        if me == 0 {
            x.store(1, Relaxed);
            lock.store(0, SeqCst);
            return DONE;
        }
        patience.until(|| lock.load(SeqCst) == 0)?;
        patience.until(|| lock.swap(1, SeqCst) == 0)?;
        assert_eq!(x.load(Relaxed), 1);
        DONE
    });
    let spin = waiting("spinloop", [1; 2], 2, atomics([0]), |[x], me, patience| {
        if me == 1 {
            x.store(42, SeqCst);
            return DONE;
        }
        patience.until(|| x.load(SeqCst) != 0)
    });
    let handed = waiting("wb-maximals+dsa", [1; 2], 2, atomics([0; 2]), |shared, me, patience| {
        let [locked, next] = shared;
        if me == 0 {
            locked.store(1, Relaxed);
            next.store(1, Release);
            return patience.until(|| locked.load(Relaxed) == 0);
        }
        patience.until(|| next.load(Acquire) != 0)?;
        locked.store(0, Relaxed);
        DONE
    });
    rows.extend(double.into_iter().chain(passed).chain(spin).chain(handed));
}
