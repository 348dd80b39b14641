//! The smoke tests of Nidhugg whose number of traces under sequential consistency its repository has
//! (`nidhugg/nidhugg:tests/smoke/C-tests`, `reference.results.txt`).
//!
//! By default it counts the ways in which reads may read from writes, which are the outcomes here. The programs with
//! mutexes, and those that it explores with `-optimal`, have as many executions as it counts.
//!
//! Left out are tests of what is Nidhugg's own: awaits, which it blocks where others would look again, read-modify-writes
//! that commute, the transformation of loops, weaker models than sequential consistency, mutexes that are destroyed; and
//! two longer programs, `parker_2` and `safestack_c21_21`.

use raceproof::sync::atomic::{AtomicI64, Ordering::SeqCst};
use raceproof::sync::{Arc, Mutex};
use raceproof::{FailureKind, Memory, outcome, thread};

use super::{Counted, Row, atomics};

/// What a thread has read, in order.
type Read = Vec<i64>;

/// So many threads that run this code on what they share, each with its number. The outcome is what they read, which
/// each write makes different, so that it says from which write.
fn row<S: Send + Sync + 'static>(
    name: impl Into<String>,
    count: u64,
    threads: usize,
    shared: impl Fn() -> S + Sync + 'static,
    code: impl Fn(&S, usize, &mut Read) -> Option<()> + Copy + Send + Sync + 'static,
) -> Row {
    let program = move || {
        let shared = Arc::new(shared());
        let start = |me| {
            let theirs = Arc::clone(&shared);
            thread::spawn(move || {
                let mut read = Read::new();
                if code(&theirs, me, &mut read).is_none() {
                    read.push(STOPPED);
                }
                read
            })
        };
        let threads = (0..threads).map(start).collect::<Vec<_>>();
        let read = threads.into_iter().map(|thread| thread.join().expect("no thread panics"));
        outcome(format!("{:?}", read.collect::<Vec<_>>()));
    };
    Row::new(name, [count; 2], program).only(Memory::Sequential).counted(Counted::Outcomes)
}

const STOPPED: i64 = -1;

/// All of them.
pub fn rows() -> Vec<Row> {
    let mut rows = one_atomic();
    rows.extend(fibonacci());
    rows.extend(several_atomics());
    rows.extend(exchanges());
    rows.extend(mutexes());
    rows.extend(tries());
    rows
}

fn one_atomic() -> Vec<Row> {
    let mut rows = Vec::new();
    for n in 1..=4 {
        rows.push(row(
            format!("n_writers_a_reader_{n}"),
            n as u64 + 1,
            n + 1,
            atomics([0]),
            move |[x], me, read| {
                if me < n {
                    x.store(me as i64 + 1, SeqCst);
                } else {
                    read.push(x.load(SeqCst));
                }
                Some(())
            },
        ));
        rows.push(row(
            format!("n_writes_a_read_two_threads_{n}"),
            2 * n as u64 + 1,
            2,
            atomics([0]),
            move |[x], me, read| {
                (0..n).for_each(|i| x.store(tag(me, i), SeqCst));
                read.push(x.load(SeqCst));
                Some(())
            },
        ));
        rows.push(row(format!("readers_{n}"), 1 << n, n + 1, atomics([0]), |[x], me, read| {
            if me == 0 {
                x.store(42, SeqCst);
            } else {
                read.push(x.load(SeqCst));
            }
            Some(())
        }));
        rows.push(row(
            format!("redundant_co_{n}"),
            (3 * n * n + 3 * n + 1) as u64,
            3,
            atomics([0]),
            move |[x], me, read| {
                if me < 2 {
                    (0..n).for_each(|i| x.store(tag(me, i), SeqCst));
                } else {
                    read.extend([x.load(SeqCst), x.load(SeqCst)]);
                }
                Some(())
            },
        ));
    }
    rows
}

/// What a thread writes as its i-th, unlike what others write.
fn tag(me: usize, i: usize) -> i64 {
    (10 * (me + 1) + i) as i64
}

/// A thread's accesses of two atomics.
#[derive(Clone, Copy)]
enum Access {
    Load(usize),
    Store(usize),
}

use Access::{Load, Store};

/// Threads that do this.
fn accesses(name: &str, count: u64, threads: &'static [&'static [Access]]) -> Row {
    row(name, count, threads.len(), atomics([0; 2]), |shared, me, read| {
        for (i, access) in threads[me].iter().enumerate() {
            match *access {
                Load(at) => read.push(shared[at].load(SeqCst)),
                Store(at) => shared[at].store(tag(me, i), SeqCst),
            }
        }
        Some(())
    })
}

/// Threads that add two numbers up, without a lock; none of their values decides anything.
fn fibonacci() -> Vec<Row> {
    const LOOK: [Access; 2] = [Load(0), Load(1)];
    const TWICE: [Access; 2] = [Load(0), Load(0)];
    const ADD: [[Access; 3]; 2] = [[Load(0), Load(1), Store(0)], [Load(0), Load(1), Store(1)]];
    const ADD_TWICE: [[Access; 6]; 2] = [
        [Load(0), Load(1), Store(0), Load(0), Load(1), Store(0)],
        [Load(0), Load(1), Store(1), Load(0), Load(1), Store(1)],
    ];
    const ONE: [Access; 3] = [Load(0), Load(0), Store(0)];
    vec![
        accesses("fib_bench_true_1", 11, &[&ADD[0], &ADD[1], &LOOK]),
        accesses("fib_bench_true_2", 140, &[&ADD_TWICE[0], &ADD_TWICE[1], &LOOK]),
        accesses("fib_one_variable_1", 31, &[&ONE, &ONE, &TWICE]),
        accesses("fib_true_too_few", 5, &[&[Store(0), Load(1)], &[Store(1), Load(0), Store(1)]]),
        accesses("fib_true_sw_too_few", 25, &[&[Load(0), Store(0)], &ONE, &TWICE]),
        accesses("fib_true_sw_too_many", 13, &[&[Load(0), Store(0)], &[Store(0)], &TWICE]),
    ]
}

fn several_atomics() -> Vec<Row> {
    let mut rows = [(1, 2), (2, 5), (3, 12), (4, 28)]
        .map(|(n, count)| {
            row(format!("lastzero_{n}"), count, n + 1, atomics([0; 5]), move |cells, me, read| {
                if me > 0 {
                    let before = cells[me - 1].load(SeqCst);
                    read.push(before);
                    cells[me].store(before + 1, SeqCst);
                    return Some(());
                }
                for cell in cells[..=n].iter().rev() {
                    let seen = cell.load(SeqCst);
                    read.push(i64::from(seen != 0));
                    if seen == 0 {
                        break;
                    }
                }
                Some(())
            })
        })
        .into_iter()
        .collect::<Vec<_>>();
    rows.extend([(2, 19), (3, 31)].map(|(n, count)| {
        row(format!("opt_lock_{n}"), count, 2, atomics([0; 2]), move |[last, x], me, read| {
            for i in 0..n {
                last.store(tag(me, i), SeqCst);
                x.store(tag(me, i), SeqCst);
                let seen = last.load(SeqCst);
                read.push(seen);
                if (tag(me, 0)..tag(me, n)).contains(&seen) {
                    read.push(x.load(SeqCst));
                    break;
                }
            }
            Some(())
        })
    }));
    rows.extend([(3, 12), (4, 64)].map(|(n, count)| sigma(n, count)));
    rows
}

/// Threads that write to the place of which they read the number; the main thread counts that up meanwhile.
fn sigma(n: usize, count: u64) -> Row {
    let program = move || {
        let (index, places) = (AtomicI64::new(-1), atomics([0; 4])());
        let shared = Arc::new((index, places));
        let start = |me| {
            shared.0.store(shared.0.load(SeqCst) + 1, SeqCst);
            let theirs = Arc::clone(&shared);
            thread::spawn(move || {
                let at = theirs.0.load(SeqCst);
                theirs.1[at as usize].store(me as i64 + 1, SeqCst);
                at
            })
        };
        let threads = (0..n).map(start).collect::<Vec<_>>();
        let at = threads.into_iter().map(|thread| thread.join().expect("no thread panics"));
        let at = at.collect::<Vec<_>>();
        let places = shared.1[..n].iter().map(|place| place.load(SeqCst)).collect::<Vec<_>>();
        outcome(format!("{at:?} {places:?}"));
    };
    let row = Row::new(format!("sigma_false_{n}"), [count; 2], program);
    row.only(Memory::Sequential).counted(Counted::Outcomes)
}

fn exchanges() -> Vec<Row> {
    // One that adds, one that reads and one that writes, twice.
    let rmw = |n: usize, others: usize, count| {
        let threads = n + 2 * others;
        row(format!("rmw_test{n}"), count, threads, atomics([0]), move |[x], me, read| {
            match me {
                me if me < n => read.push(x.fetch_add(1 + 100 * me as i64, SeqCst)),
                me if me < n + others => read.push(x.load(SeqCst)),
                _ => x.store(10_000 * me as i64, SeqCst),
            }
            Some(())
        })
    };
    vec![
        rmw(1, 0, 1),
        rmw(2, 2, 300),
        row("cmpxhg_test_3", 5, 3, atomics([0]), |[x], me, read| {
            let me = me as i64;
            read.push(x.compare_exchange(me, me + 1, SeqCst, SeqCst).unwrap_or_else(|seen| seen));
            Some(())
        }),
        row("pthread-demo-xchg", 58, 2, atomics([0; 2]), |[lock, value], me, read| {
            for i in 0..3 {
                let before = lock.swap(tag(me, i), SeqCst);
                read.push(before);
                if before > 0 {
                    return None;
                }
                value.store(value.load(SeqCst) + 1, SeqCst);
                lock.store(-tag(me, i), SeqCst);
            }
            Some(())
        }),
        row("broken_mutual_exclusion_opt", 4, 2, atomics([0]), |[x], me, read| {
            let seen = x.load(SeqCst);
            read.push(seen);
            if seen != 0 {
                return None;
            }
            x.store(me as i64 + 1, SeqCst);
            Some(())
        })
        .counted(Counted::Executions),
        row("bug_after_1k_sc", 1_716, 2, atomics([-1]), |[x], me, _| {
            let seen = if me == 0 { x.load(SeqCst) } else { -1 };
            (0..6).for_each(|i| x.store(i, SeqCst));
            assert_ne!(seen, 5);
            Some(())
        })
        .counted(Counted::Executions)
        .fails(FailureKind::Assertion),
    ]
}

/// Threads that take the only mutex and give it back, unless this is so of the thread's number and of how many have had
/// the mutex before.
fn locking(name: &str, count: u64, threads: usize, keeps: fn(usize, usize) -> bool) -> Row {
    row(
        name,
        count,
        threads,
        || Mutex::new(0),
        move |mutex, me, _| {
            let mut guard = mutex.lock().ok()?;
            let before = *guard;
            *guard += 1;
            if keeps(me, before) {
                std::mem::forget(guard);
            }
            Some(())
        },
    )
    .counted(Counted::Executions)
}

fn mutexes() -> Vec<Row> {
    let stuck = FailureKind::Deadlock;
    vec![
        locking("mutex_order_2", 2, 2, |_, _| false),
        locking("mutex_order_3", 6, 3, |_, _| false),
        locking("mutex_deadlock_2", 2, 2, |_, _| true).fails(stuck),
        locking("mutex_deadlock_3", 3, 3, |_, _| true).fails(stuck),
        locking("mutex_deadlock_one", 5, 3, |me, _| me == 2).fails(stuck),
        locking("mutex_deadlock_one_first", 5, 3, |me, _| me == 0).fails(stuck),
        locking("mutex_hard", 4, 3, |me, before| me != before).fails(stuck),
    ]
}

/// Threads that try to take the mutex, and so many that do take it.
fn trying(name: &str, count: u64, [tries, locks]: [usize; 2], keeps: bool) -> Row {
    row(
        name,
        count,
        tries + locks,
        || Mutex::new(()),
        move |mutex, me, read| {
            if me >= tries {
                drop(mutex.lock().ok()?);
                return Some(());
            }
            let guard = mutex.try_lock().ok();
            read.push(i64::from(guard.is_some()));
            if keeps {
                std::mem::forget(guard);
            }
            Some(())
        },
    )
    .counted(Counted::Executions)
}

/// Nidhugg orders two tries that fail; for the checker they only look, and do not race.
const TRIES: &str = "two tries that fail, which Nidhugg orders, do not race here";

fn tries() -> Vec<Row> {
    vec![
        trying("mutex_trylock_deadlock", 3, [3, 0], true).published([6; 2], TRIES),
        trying("mutex_trylock_unlock", 21, [3, 0], false).published([24; 2], TRIES),
        trying("mutex_vs_trylock_1", 3, [1, 1], false),
        trying("mutex_vs_trylock_2", 15, [2, 1], false).published([16; 2], TRIES),
    ]
}
