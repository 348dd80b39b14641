//! Programs with mutexes: `synthetic`, `ipr` and `lapor`. Under LAPOR GenMC takes critical sections that do not
//! conflict for unordered; the checker orders them, as GenMC does without it.

use std::sync::atomic::Ordering::{Relaxed, SeqCst};

use crate::literature::{DONE, Done, Row, assume, atomics, row};
use raceproof::sync::Mutex;
use raceproof::sync::atomic::AtomicI64;

/// A mutex and what its owner reads and writes.
struct Locked<const N: usize> {
    mutex: Mutex<()>,
    values: [AtomicI64; N],
}

fn locked<const N: usize>() -> Locked<N> {
    Locked { mutex: Mutex::new(()), values: atomics([0; N])() }
}

fn add(value: &AtomicI64) {
    value.store(value.load(Relaxed) + 1, Relaxed);
}

/// N threads that do this with the mutex.
fn with_mutex<const N: usize>(
    name: &str,
    threads: usize,
    count: u64,
    code: fn(&[AtomicI64; N], usize),
) -> Row {
    row(format!("{name} N={threads}"), [count; 2], threads, locked::<N>, move |shared, me| {
        let _guard = shared.mutex.lock().ok()?;
        code(&shared.values, me);
        DONE
    })
}

const FACTORIALS: [(usize, u64); 6] = [(2, 2), (3, 6), (4, 24), (5, 120), (6, 720), (7, 5_040)];

/// Threads that add to what a mutex guards.
pub fn increments(rows: &mut Vec<Row>) {
    for (n, count) in FACTORIALS {
        rows.extend([
            with_mutex("lockinc", n, count, |[x], _| add(x)),
            with_mutex("lock2inc", n, count, |[x, y], _| [x, y].map(add).into_iter().collect()),
        ]);
    }
}

/// `ipr`: what a thread does beside its critical section.
pub fn in_place(rows: &mut Vec<Row>) {
    rows.extend([
        row("lock-inplace2", [3; 2], 2, locked::<1>, |shared, me| {
            let [x] = &shared.values;
            if me == 0 {
                x.fetch_add(1, SeqCst);
            }
            let _guard = shared.mutex.lock().ok()?;
            if me == 1 {
                x.fetch_add(1, SeqCst);
            }
            DONE
        }),
        row("lockrev-in-place", [8; 2], 3, locked::<1>, |shared, me| {
            let [x] = &shared.values;
            if me == 0 {
                x.store(42, Relaxed);
                return DONE;
            }
            let _guard = shared.mutex.lock().ok()?;
            x.store(me as i64, Relaxed);
            if me == 2 {
                x.load(Relaxed);
            }
            DONE
        }),
        row("lock-nested", [12; 2], 4, || (locked::<3>(), Mutex::new(())), nested).published(
            [6; 2],
            "in-place revisiting; under IMM, where there is none, GenMC counts 12",
        ),
    ]);
}

/// Two that race for the inner mutex, one that holds it and takes the outer, one that has the outer.
fn nested(shared: &(Locked<3>, Mutex<()>), me: usize) -> Done {
    let (Locked { mutex: inner, values: [own, count, flag] }, outer) = shared;
    match me {
        0 | 1 => {
            assume(count.fetch_add(1, SeqCst) < 2)?;
            let _guard = inner.lock().ok()?;
            own.store(1, SeqCst);
            DONE
        }
        2 => {
            let _guard = inner.lock().ok()?;
            assume(count.fetch_add(1, SeqCst) == 3)?;
            flag.store(1, SeqCst);
            let _outer = outer.lock().ok()?;
            DONE
        }
        _ => {
            let _outer = outer.lock().ok()?;
            assume(count.fetch_add(1, SeqCst) == 2)?;
            assume(flag.load(SeqCst) == 1)
        }
    }
}

/// Threads that take the only mutex by turns.
struct Sections<const N: usize> {
    name: String,
    threads: usize,
    /// How often each thread takes it.
    each: usize,
    /// What GenMC counts under LAPOR.
    lapor: u64,
    /// The orders in which they can take it.
    count: u64,
    code: fn(&mut [i64; N], usize),
}

impl<const N: usize> Sections<N> {
    fn row(self) -> Row {
        let Sections { name, threads, each, lapor, count, code } = self;
        let new = || Mutex::new([0; N]);
        let row = row(name, [count; 2], threads, new, move |values, me| {
            for _ in 0..each {
                code(&mut *values.lock().ok()?, me);
            }
            DONE
        });
        if lapor == count { row } else { row.published([lapor; 2], "LAPOR") }
    }
}

fn factorial(n: usize) -> u64 {
    (1..=n as u64).product()
}

/// Threads with one mutex.
pub fn one_mutex(rows: &mut Vec<Row>) {
    for (threads, lapor) in [(6, 1), (7, 1), (8, 1)] {
        let (name, count) = (format!("N-reads-lock N={threads}"), factorial(threads));
        let code: fn(&mut [i64; 1], usize) = |[x], _| assert_eq!(*x, 0);
        let row = Sections { name, threads, each: 1, lapor, count, code }.row();
        rows.extend([if threads == 8 { row.large() } else { row }]);
    }
    for threads in [2, 3, 4] {
        let count = factorial(threads);
        let of = |name, code: fn(&mut [i64; 2], usize)| {
            let name = format!("{name} N={threads}");
            Sections { name, threads, each: 1, lapor: count, count, code }.row()
        };
        rows.extend([
            of("N-writes-lock", |[x, _], _| *x = 42),
            of("N-ww-lock-rr", |both, me| *both = [me as i64; 2]),
        ]);
    }
    rows.extend([(2, 2), (3, 5), (4, 14), (5, 43), (6, 144)].map(|(threads, lapor)| {
        let (name, count) = (format!("casrot-locks N={threads}"), factorial(threads));
        let code: fn(&mut [i64; 1], usize) = |[x], me| {
            if *x == me as i64 {
                *x += 1;
            }
        };
        Sections { name, threads, each: 1, lapor, count, code }.row()
    }));
    rows.extend([(3, 5), (4, 13), (5, 33), (6, 81)].map(|(threads, lapor)| {
        let (name, count) = (format!("wcas-locks N={}", threads - 1), factorial(threads));
        let code: fn(&mut [i64; 1], usize) = |[x], me| match me {
            0 => *x = 2,
            _ if *x == 2 => *x = 3,
            _ => {}
        };
        Sections { name, threads, each: 1, lapor, count, code }.row()
    }));
    rows.push({
        let code: fn(&mut [i64; 1], usize) = |[x], me| *x = *x * 10 + me as i64;
        let name = "N-rw-lock N=6".to_owned();
        Sections { name, threads: 6, each: 1, lapor: 720, count: 720, code }.row()
    });
    let three = |name: &str, lapor, code: fn(&mut [i64; 2], usize)| {
        let name = name.to_owned();
        Sections { name, threads: 3, each: 1, lapor, count: 6, code }.row()
    };
    let add: fn(&mut [i64; 2], usize) = |[x, _], me| *x += me as i64;
    rows.extend([
        three("cii-locks", 6, |[x, _], me| {
            if me > 0 || *x == 1 {
                *x += 1
            }
        }),
        three("lazy01", 6, add),
        three("lock-r+w+r", 4, |[x, _], me| {
            if me == 1 {
                *x = 42
            }
        }),
        three("lock-w+w+r", 6, |[x, _], me| {
            if me < 2 {
                *x = [42, 17][me]
            }
        }),
        three("lock-wx+wy+rxry", 3, |both, me| {
            if me < 2 {
                both[me] = 42
            }
        }),
        Sections {
            name: "lock-wxwy+rxry".to_owned(),
            threads: 2,
            each: 1,
            lapor: 2,
            count: 2,
            code: add,
        }
        .row(),
        Sections {
            name: "stack-1".to_owned(),
            threads: 2,
            each: 5,
            lapor: 252,
            count: 252,
            code: add,
        }
        .row(),
        // Two of the four sections add to one number, two to another.
        Sections {
            name: "stateful01-2".to_owned(),
            threads: 2,
            each: 2,
            lapor: 4,
            count: 6,
            code: add,
        }
        .row(),
        // Each thread swaps if the value is still 0, and then writes.
        Sections {
            name: "casw-locks N=2".to_owned(),
            threads: 2,
            each: 2,
            lapor: 6,
            count: 6,
            code: add,
        }
        .row(),
        Sections {
            name: "casw-locks N=3".to_owned(),
            threads: 3,
            each: 2,
            lapor: 66,
            count: 90,
            code: add,
        }
        .row(),
        Sections {
            name: "casw-locks N=4".to_owned(),
            threads: 4,
            each: 2,
            lapor: 1_200,
            count: 2_520,
            code: add,
        }
        .row(),
    ]);
}

/// Two threads add to each other's number five times; a third takes the mutex twice.
pub fn sums_under_a_mutex(rows: &mut Vec<Row>) {
    let row = |name| {
        let orders = factorial(12) / factorial(5) / factorial(5) / factorial(2);
        row(
            name,
            [orders; 2],
            3,
            || Mutex::new([1; 2]),
            |values, me| {
                for _ in 0..if me == 2 { 2 } else { 5 } {
                    let mut values = values.lock().ok()?;
                    if me < 2 {
                        values[me] += values[1 - me];
                    }
                    assert!(values[0] <= 144 && values[1] <= 144);
                }
                DONE
            },
        )
        .published([5_922; 2], "LAPOR")
        .large()
    };
    rows.extend(["fib_bench1", "triangular-1"].map(row));
}

/// Threads that take two mutexes by turns.
pub fn two_mutexes(rows: &mut Vec<Row>) {
    let new = || [0; 2].map(Mutex::new);
    rows.extend([(2, 4), (3, 36), (4, 576)].map(|(n, count)| {
        row(format!("binc-locks N={n}"), [count; 2], n, new, |[x, y], _| {
            *x.lock().ok()? += 1;
            *y.lock().ok()? += 1;
            DONE
        })
    }));
    // The orders of both mutexes between which there is no cycle.
    rows.extend([(2, 6, 10), (3, 90, 342)].map(|(n, lapor, count)| {
        row(format!("complex-lock N={n}"), [count; 2], n, new, |[x, y], _| {
            *x.lock().ok()? += 1;
            drop(y.lock());
            *x.lock().ok()? += 1;
            DONE
        })
        .published([lapor; 2], "LAPOR")
    }));
}

/// Critical sections, and atomics outside of them.
pub fn mutexes_beside_atomics(rows: &mut Vec<Row>) {
    rows.extend([
        row("sb+locks", [4; 2], 2, locked::<4>, |shared, me| {
            let [y, x, seen @ ..] = &shared.values;
            let [own, other] = if me == 0 { [y, x] } else { [x, y] };
            own.store(1, Relaxed);
            drop(shared.mutex.lock());
            seen[me].store(other.load(Relaxed), Relaxed);
            DONE
        })
        .published(
            [3; 2],
            "LAPOR takes the two sections for unordered if each thread sees the other's write",
        ),
        row("lb-induces-wb", [0; 2], 4, locked::<3>, |shared, me| {
            let [x, y, z] = &shared.values;
            let guard = shared.mutex.lock().ok()?;
            match me {
                0 | 3 => {
                    [y, z][me / 3].store(1, SeqCst);
                    drop(guard);
                    assume(x.load(SeqCst) == if me == 0 { 2 } else { 1 })
                }
                _ => {
                    x.store(me as i64, SeqCst);
                    assume([y, z][me - 1].load(SeqCst) == 0)
                }
            }
        }),
    ]);
}

/// How many threads have a read-write lock.
#[derive(Default)]
struct Held {
    writers: u32,
    readers: u32,
}

impl Held {
    /// The first two threads write.
    fn by(&mut self, thread: usize) -> &mut u32 {
        if thread < 2 { &mut self.writers } else { &mut self.readers }
    }
}

/// A read-write lock of a mutex and two numbers.
pub fn a_read_write_lock_of_a_mutex(rows: &mut Vec<Row>) {
    let new = || (Mutex::new(Held::default()), atomics([0; 2])());
    rows.extend([row("read_write_lock-1", [120; 2], 4, new, |(held, [x, y]), me| {
        let mut taken = held.lock().ok()?;
        assume(taken.writers == 0 && (me >= 2 || taken.readers == 0))?;
        *taken.by(me) += 1;
        drop(taken);
        if me < 2 {
            x.store(3, SeqCst);
        } else {
            y.store(x.load(SeqCst), SeqCst);
            assert_eq!(y.load(SeqCst), x.load(SeqCst));
        }
        *held.lock().ok()?.by(me) -= 1;
        DONE
    })]);
}
