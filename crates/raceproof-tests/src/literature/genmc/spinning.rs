//! `data-structures`: locks that spin. Two threads take each and write to plain memory.

use std::sync::atomic::Ordering::{self, AcqRel, Acquire, Relaxed, Release, SeqCst};

use crate::literature::{DONE, Done, Patience, Row, assume, atomics, row, waiting};
use raceproof::FailureKind;
use raceproof::cell::UnsafeCell;
use raceproof::sync::Mutex;
use raceproof::sync::atomic::{AtomicI64, fence};

fn swap(x: &AtomicI64, old: i64, new: i64, success: Ordering) -> bool {
    let failure = if success == Release { Relaxed } else { success };
    x.compare_exchange(old, new, success, failure).is_ok()
}

/// A lock of a few words, and what it guards.
struct Guarded<const N: usize>([AtomicI64; N], UnsafeCell<usize>);

/// Two threads that take a lock.
fn lock<const N: usize>(
    name: &str,
    count: u64,
    acquire: fn(&[AtomicI64; N], usize, &Patience) -> Done,
    release: fn(&[AtomicI64; N], usize, &Patience) -> Done,
) -> [Row; 2] {
    let new = || Guarded(atomics([0; N])(), UnsafeCell::new(0));
    waiting(name, [count; 2], 2, new, move |Guarded(words, cell), me, patience| {
        acquire(words, me, patience)?;
        cell.write(me);
        assert_eq!(cell.read(), me);
        release(words, me, patience)
    })
}

fn give_back([word]: &[AtomicI64; 1], _: usize, _: &Patience) -> Done {
    word.store(0, Release);
    DONE
}

/// Tickets, and who is next.
fn next(owner: &AtomicI64) -> i64 {
    let next = owner.load(Relaxed) + 1;
    owner.store(next, Release);
    next
}

/// Locks of one word, and of tickets.
pub fn words(rows: &mut Vec<Row>) {
    let spin = lock::<1>(
        "spinlock",
        4,
        |[word], _, patience| {
            patience.until(|| word.load(Relaxed) == 0)?;
            patience.until(|| swap(word, 0, 1, Acquire))
        },
        give_back,
    );
    let ttas = lock::<1>(
        "ttaslock",
        4,
        |[word], _, patience| {
            patience.until(|| word.load(Relaxed) == 0)?;
            patience.until(|| word.swap(1, Acquire) == 0)
        },
        give_back,
    );
    let tickets = lock::<2>(
        "ticketlock",
        2,
        |[ticket, owner], _, patience| {
            let mine = ticket.fetch_add(1, Relaxed);
            patience.until(|| owner.load(Acquire) == mine)
        },
        |[_, owner], _, _| {
            next(owner);
            DONE
        },
    );
    let twa = lock::<6>(
        "twalock",
        4,
        |[ticket, owner, ..], _, patience| {
            let mine = ticket.fetch_add(1, Relaxed);
            // No thread is further behind than the next.
            if owner.load(Acquire) == mine {
                return DONE;
            }
            patience.until(|| owner.load(Acquire) == mine)
        },
        |[_, owner, counters @ ..], _, _| {
            let next = next(owner);
            counters[next as usize + 1].fetch_add(1, Release);
            DONE
        },
    );
    rows.extend(spin.into_iter().chain(ttas).chain(tickets).chain(twa));
}

/// The tail, and of each thread the next one and whether it may go on.
pub fn a_queue(rows: &mut Vec<Row>) {
    let [looks, loops] = lock::<5>(
        "mcs_spinlock N=2",
        6,
        |[tail, nodes @ ..], me, patience| {
            let [next, go] = [&nodes[me], &nodes[me + 2]];
            go.store(0, Relaxed);
            next.store(0, Relaxed);
            let before = tail.swap(me as i64 + 1, AcqRel);
            if before == 0 {
                return DONE;
            }
            nodes[before as usize - 1].store(me as i64 + 1, Relaxed);
            patience.until(|| go.load(Acquire) != 0)
        },
        |[tail, nodes @ ..], me, patience| {
            let mut next = nodes[me].load(Relaxed);
            if next == 0 {
                if swap(tail, me as i64 + 1, 0, Release) {
                    return DONE;
                }
                patience.until(|| {
                    next = nodes[me].load(Relaxed);
                    next != 0
                })?;
            }
            nodes[next as usize + 1].store(1, Release);
            DONE
        },
    );
    // Nothing orders the first write of `go` and the last: C11 has no dependencies.
    rows.extend([looks, loops.fails_under_c11(FailureKind::Livelock)]);
}

/// A mutex that sleeps: the signal stands for the futex.
pub fn a_futex(rows: &mut Vec<Row>) {
    let new = || Guarded(atomics([0; 2])(), UnsafeCell::new(0));
    rows.extend([row("mutex", [12; 2], 2, new, |Guarded([word, signal], cell), me| {
        if !swap(word, 0, 1, Acquire) {
            loop {
                swap(word, 1, 2, Relaxed);
                let seen = signal.load(Acquire);
                if word.load(Acquire) == 2 {
                    assume(signal.load(Acquire) != seen)?;
                }
                if swap(word, 0, 2, Acquire) {
                    break;
                }
            }
        }
        cell.write(me);
        assert_eq!(cell.read(), me);
        if !swap(word, 1, 0, Release) {
            word.store(0, Release);
            signal.fetch_add(1, Release);
        }
        DONE
    })]);
}

/// A writer and a reader that meet.
pub fn a_barrier(rows: &mut Vec<Row>) {
    let new = || Guarded(atomics([0; 2])(), UnsafeCell::new(0));
    rows.extend(waiting(
        "barrier",
        [2; 2],
        2,
        new,
        |Guarded([waits, step], cell), me, patience| {
            if me == 0 {
                cell.write(42);
            }
            let seen = step.load(SeqCst);
            if waits.fetch_add(1, SeqCst) == 1 {
                waits.store(0, SeqCst);
                step.fetch_add(1, SeqCst);
            } else {
                patience.until(|| step.load(SeqCst) != seen)?;
            }
            assert!(me == 0 || cell.read() == 42);
            DONE
        },
    ));
}

/// A writer, and a reader that looks again if it has to: if the count was odd or has changed.
pub fn a_sequence(rows: &mut Vec<Row>) {
    let new = || (Mutex::new(()), atomics([0; 2])());
    rows.extend([
        row("seqlock-atomic", [2; 2], 2, new, |(mutex, [count, data]), me| {
            if me == 0 {
                let before = count.load(Relaxed);
                assume(before % 2 == 0)?;
                fence(AcqRel);
                data.load(Relaxed);
                fence(AcqRel);
                return assume(count.load(Relaxed) == before);
            }
            let _guard = mutex.lock().ok()?;
            count.store(count.load(Relaxed) + 1, Relaxed);
            fence(AcqRel);
            data.store(42, Relaxed);
            fence(AcqRel);
            count.store(count.load(Relaxed) + 1, Relaxed);
            DONE
        }),
        row(
            "seqlock",
            [2; 2],
            2,
            || Mutex::new(0),
            |data, me| {
                let mut data = data.lock().ok()?;
                if me == 0 {
                    *data = 42;
                }
                DONE
            },
        ),
    ]);
}
