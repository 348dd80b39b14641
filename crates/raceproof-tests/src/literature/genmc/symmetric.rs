//! `ipr` and `sr`: programs on which GenMC shows its in-place revisiting and its symmetry reduction. The first
//! leaves out executions that are not complete; the second counts executions once that differ in the numbers of
//! threads only.

use std::sync::atomic::Ordering::SeqCst;

use crate::literature::{DONE, Row, assume, atomics, row};
use raceproof::sync::atomic::AtomicI64;

fn swap(x: &AtomicI64, old: i64, new: i64) -> bool {
    x.compare_exchange(old, new, SeqCst, SeqCst).is_ok()
}

/// `ipr`: threads that assume what others write.
pub fn in_place(rows: &mut Vec<Row>) {
    let four = |name, reader: usize| {
        row(name, [2; 2], 4, atomics([0; 2]), move |[x, y], me| {
            match me {
                2 => x.store(1, SeqCst),
                3 => y.store(1, SeqCst),
                _ if me == reader => {
                    y.load(SeqCst);
                }
                _ => assume(x.load(SeqCst) == 1)?,
            }
            DONE
        })
    };
    rows.extend([
        four("ax+ry+wx+wy", 1),
        four("ry+ax+wx+wy", 0),
        row("r+nw", [1; 2], 2, atomics([0]), |[x], me| {
            if me == 0 {
                return assume(x.load(SeqCst) == 4);
            }
            (1..=4).for_each(|i| x.store(i, SeqCst));
            DONE
        }),
        row("ncas+fai", [6; 2], 4, atomics([0]), |[x], me| {
            if me < 3 {
                return assume(swap(x, 1, 1));
            }
            x.fetch_add(1, SeqCst);
            DONE
        }),
        row("ry+awx+2rmwx+rmwxwy", [4; 2], 4, atomics([0; 2]), |[x, y], me| {
            match me {
                0 => {
                    y.load(SeqCst);
                }
                1 => assume(swap(x, 0, 1))?,
                2 if swap(x, 0, 1) => {
                    x.fetch_add(1, SeqCst);
                    x.fetch_add(1, SeqCst);
                }
                3 if swap(x, 2, 0) => y.store(1, SeqCst),
                _ => {}
            }
            DONE
        }),
    ]);
}

/// Threads that swap what they find for 42, once it comes off; others swap it for 0, or 42 for 0. GenMC counts as
/// many without symmetry reduction, when it bounds rounds and the bound is large enough
/// (`expected.rb.in`).
pub fn symmetric_threads(rows: &mut Vec<Row>) {
    const WHY: &str = "symmetry reduction";
    let conf_loop = |name, threads, count, published| {
        row(name, [count; 2], threads, atomics([0]), move |[x], me| match (threads, me) {
            (7, 0 | 5) | (5, 4) => assume(swap(x, x.load(SeqCst), 0)),
            (7, 1 | 6) | (5, 0) => {
                swap(x, 42, 0);
                DONE
            }
            _ => assume(swap(x, x.load(SeqCst), 42)),
        })
        .published([published; 2], WHY)
    };
    rows.extend([
        conf_loop("conf-loop-small", 5, 744, 124),
        conf_loop("conf-loop", 7, 128_160, 5_520).large(),
        row("ainc", [2; 2], 2, atomics([0]), |[x], _| {
            x.fetch_add(1, SeqCst);
            DONE
        })
        .published([1; 2], WHY),
    ]);
}
