//! `saver`: loops that look for a value, and assumptions about what was read.

use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst};

use crate::literature::{DONE, Done, Row, assume, atomics, row, waiting};
use raceproof::FailureKind;
use raceproof::sync::Mutex;
use raceproof::sync::atomic::AtomicI64;

/// Writes 1 to 42.
fn write_all(x: &AtomicI64) {
    (1..=42).for_each(|i| x.store(i, SeqCst));
}

/// Writes 1 to 42 to both.
fn write_both(x: &AtomicI64, y: &AtomicI64) {
    for i in 1..=42 {
        x.store(i, SeqCst);
        y.store(i, SeqCst);
    }
}

/// Writes 0 to 41.
fn write_from_zero(x: &AtomicI64) {
    (0..42).for_each(|i| x.store(i, SeqCst));
}

fn swap(x: &AtomicI64, old: i64, new: i64) -> Result<i64, i64> {
    x.compare_exchange(old, new, SeqCst, SeqCst)
}

/// A thread that writes to two atomics, and one that assumes something of them.
fn of_two(name: &str, count: u64, reader: fn(&AtomicI64, &AtomicI64) -> Done) -> Row {
    row(name, [count; 2], 2, atomics([0; 2]), move |[x, y], me| {
        if me == 1 {
            return reader(x, y);
        }
        write_both(x, y);
        DONE
    })
}

/// A thread that writes to an atomic, and one that assumes something of it.
fn of_one(name: &str, writer: fn(&AtomicI64), reader: fn(&AtomicI64, &AtomicI64) -> Done) -> Row {
    row(name, [1; 2], 2, atomics([0; 2]), move |[x, y], me| {
        if me == 1 {
            return reader(x, y);
        }
        writer(x);
        DONE
    })
}

/// Threads that assume what they read.
pub fn assumptions(rows: &mut Vec<Row>) {
    rows.extend([
        of_two("assume-2vars", 1, |x, y| assume(x.load(SeqCst) + y.load(SeqCst) == 2 * 42)),
        of_two("assume-2vars-cond", 1, |x, y| {
            let off = distance(x.load(SeqCst));
            assume(y.load(SeqCst) == 42 && off == 0)
        }),
        of_two("assume-conj", 1, |x, y| assume(x.load(SeqCst) == 42 && y.load(SeqCst) == 42)),
        of_two("assume-disj", 43, |x, y| assume(x.load(SeqCst) == 42 || y.load(SeqCst) == 42)),
        of_one("assume-cas", write_from_zero, |x, _| assume(swap(x, 41, 42).is_ok())),
        of_one("assume-cas2", write_from_zero, |x, _| {
            assume(swap(x, 41, 42).unwrap_or_else(|seen| seen) + 1 == 42)
        }),
        of_one("assume-mult-paths", write_all, |x, _| assume(distance(x.load(SeqCst)) == 0)),
        of_one("assume-nonclear-path", write_all, |x, y| {
            let seen = x.load(Relaxed);
            y.load(Relaxed);
            assume(seen == 42)
        }),
        of_one("assume-postdom", write_all, |x, _| assume(x.load(Relaxed) == 42)),
        row("IRIW-iter", [1; 2], 4, atomics([0; 2]), |[x, y], me| {
            let read = |[one, other]: [(&AtomicI64, i64); 2]| {
                assume(one.0.load(Acquire) == one.1)?;
                assume(other.0.load(Acquire) == other.1)
            };
            match me {
                0 | 1 => (1..=42).for_each(|i| [x, y][me].store(i, Release)),
                2 => read([(x, 42), (y, 0)])?,
                _ => read([(y, 0), (x, 42)])?,
            }
            DONE
        }),
        row("assume-exp NUM=1", [256; 2], 4, atomics([0; 9]), |[x, rest @ ..], me| {
            match me {
                0 => write_all(x),
                1 => assume(x.load(SeqCst) == 42)?,
                2 => rest.iter().for_each(|place| place.store(0, Relaxed)),
                _ => {
                    for place in rest {
                        place.load(Relaxed);
                    }
                }
            }
            DONE
        }),
        row("no-inline", [1; 2], 2, atomics([0; 4]), |places, me| {
            if me == 1 {
                return assume(places.iter().all(|place| place.load(SeqCst) == 2));
            }
            for place in places {
                place.store(1, SeqCst);
                place.store(2, SeqCst);
            }
            DONE
        }),
    ]);
}

/// How far what was seen is from 42, if it is not 0.
fn distance(seen: i64) -> i64 {
    if seen == 0 { -4_242 } else { seen - 42 }
}

/// A thread that waits for something, and one that writes. Looks that find something else are assumed away: as a
/// thread may look at each value or not, there is no end of what a loop may see.
fn until(name: &str, count: u64, writer: fn(&AtomicI64), so: fn(&AtomicI64) -> bool) -> Row {
    row(name, [count; 2], 2, atomics([0]), move |[x], me| {
        if me == 1 {
            return assume(so(x));
        }
        writer(x);
        DONE
    })
}

/// Loops that look until a value is there.
pub fn loops_that_load(rows: &mut Vec<Row>) {
    rows.extend([
        until("loop-peel", 2, write_from_zero, |x| x.load(SeqCst) == 0),
        row("loop-peel2", [4; 2], 3, atomics([0]), |[x], me| {
            if me > 0 {
                return assume(x.load(SeqCst) == 0);
            }
            write_from_zero(x);
            DONE
        }),
        until("spin+phi-header", 42, write_all, |x| x.load(SeqCst) != 0),
        until("spin-dowhile1", 2, write_all, |x| x.load(Acquire) == 42 || x.load(Relaxed) == 0),
        until("spin-plain+phi", 1, write_from_zero, |x| x.load(Relaxed) == 41),
        until(
            "spin-load",
            1,
            |x| x.store(17, SeqCst),
            |x| {
                let seen = x.load(SeqCst);
                let swapped = swap(x, seen, 42).is_ok();
                seen == 17 && swapped
            },
        ),
        row("spin-counter", [6; 2], 2, atomics([0]), |[x], me| {
            if me == 1 {
                x.store(17, SeqCst);
            } else {
                let _ = (0..4).any(|_| x.load(Relaxed) == 42);
                x.load(SeqCst);
            }
            DONE
        }),
    ]);
    let [looks, loops] =
        waiting("spin-samecas", [1; 2], 2, atomics([0; 2]), |[x, y], me, patience| {
            if me == 1 {
                x.store(42, SeqCst);
                return DONE;
            }
            // The swap never comes off.
            let zero = || x.load(Relaxed) == 0 || swap(y, 17, 42).is_ok();
            patience.until(zero)?;
            patience.until(zero)
        });
    // Nothing is 0 again.
    rows.extend([looks, loops.fails(FailureKind::Livelock)]);
}

/// Swaps until it comes off, from what it found last.
fn swap_until(x: &AtomicI64, mut old: i64) {
    while let Err(seen) = swap(x, old, 42) {
        old = seen;
    }
}

/// A thread that swaps until it comes off, and one that writes 1.
fn swaps(name: &str, count: u64, swapper: fn(&AtomicI64)) -> Row {
    row(name, [count; 2], 2, atomics([0]), move |[x], me| {
        match me {
            0 => swapper(x),
            _ => x.store(1, SeqCst),
        }
        DONE
    })
}

/// Loops that swap until it comes off.
pub fn loops_that_swap(rows: &mut Vec<Row>) {
    rows.extend([
        swaps("spin-cas-res-invalid2", 4, |x| {
            let old = x.load(SeqCst);
            while swap(x, old, 42).is_ok() {}
        }),
        swaps("spin-cas5", 3, |x| swap_until(x, x.load(SeqCst))),
        swaps("spin-cas7", 4, |x| swap_until(x, x.load(SeqCst) + 1)),
        swaps("spin-cas8", 3, |x| {
            let mut old = x.load(SeqCst);
            while let Err(seen) = x.compare_exchange_weak(old, 42, AcqRel, Acquire) {
                old = seen;
            }
        }),
        row("spin-cas2", [42; 2], 4, atomics([0]), |[x], me| {
            if me == 3 {
                x.store(1, SeqCst);
                return DONE;
            }
            assume(swap(x, x.load(SeqCst), 42).is_ok())
        }),
        row("spin-fai-fail", [20; 2], 3, atomics([0]), |[x], me| {
            if me == 2 {
                x.load(SeqCst);
                x.load(SeqCst);
            } else if x.fetch_add(1, SeqCst) != 0 {
                // A thread gives up after one round.
                x.fetch_add(-1, SeqCst);
            }
            DONE
        }),
    ]);
}

/// Loops that wait until a swap may come off.
pub fn loops_that_wait_for_a_swap(rows: &mut Vec<Row>) {
    let swaps = |x: &AtomicI64, old, new| swap(x, old, new).is_ok();
    rows.extend([
        until("spin-cas-res", 3, write_from_zero, |x| {
            let old = if x.load(SeqCst) == 42 { 0 } else { 1 };
            swap(x, old, 42).is_ok()
        }),
        until("spin-cas4", 2, |x| x.store(1, SeqCst), |x| swap(x, x.load(SeqCst), 42).is_ok()),
        until(
            "spin-cas6",
            2,
            |x| x.store(42, SeqCst),
            |x| swap(x, 1, 42).is_ok() || x.load(SeqCst) == 42,
        ),
        until("spin-2cas-join2", 43, write_all, |x| {
            let seen = x.load(SeqCst);
            swap(x, seen, if seen == 42 { 42 } else { 17 }).is_ok()
        }),
        of_two("spin-2cas-samebranch", 43, |x, y| {
            assume(swap(x, 42, 17).is_ok() || swap(y, 42, 17).is_ok())
        }),
        of_one("spin-cas-onebranch", write_all, |x, y| {
            assume(y.load(SeqCst) != 42 && swap(x, 17, 42).is_ok())
        }),
        row("spin-cas1", [2; 2], 3, atomics([0]), move |[x], me| {
            if me == 0 {
                return assume(swaps(x, 1, 42));
            }
            x.store(me as i64, SeqCst);
            DONE
        }),
    ]);
    let turns = |n: usize, count: u64| {
        let name = format!("spin-cas3 N={n}");
        waiting(&name, [count; 2], n, atomics([0]), |[x], _, patience| {
            patience.until(|| swap(x, 0, 1).is_ok())?;
            x.store(0, SeqCst);
            DONE
        })
    };
    let [all, loops] = turns(5, 120);
    rows.extend(turns(3, 6).into_iter().chain(turns(4, 24)).chain([all, loops.large()]));
}

/// Two workers, and one that looks until both are done.
pub fn a_loop_that_locks(rows: &mut Vec<Row>) {
    let new = || Mutex::new([None; 4]);
    rows.extend([row("spin-lock", [6; 2], 3, new, |places, me| {
        let Some(first) = (2 * me).checked_sub(2) else {
            return assume(places.lock().ok()?.iter().all(Option::is_some));
        };
        for at in [first, first + 1] {
            places.lock().ok()?[at] = Some(at);
        }
        DONE
    })]);
}
