//! `litmus`: the tests that the language of `c11/litmus.txt` has no words for, because a thread assumes something,
//! or looks at what it read before it goes on.

use std::sync::atomic::Ordering::{Acquire, Relaxed, Release, SeqCst};

use crate::literature::{DONE, Done, Row, assume, atomics, row};
use raceproof::sync::Arc;
use raceproof::sync::atomic::{AtomicI64, Ordering, fence};
use raceproof::thread;

/// A thread may not read what depends on its own writes.
pub fn load_buffering(rows: &mut Vec<Row>) {
    let address = |me: usize, [x, y, z]: &[AtomicI64; 3]| {
        if me == 0 {
            let at = x.load(Relaxed) as usize;
            [y, z][at].load(Relaxed);
            y.store(1, Relaxed);
        } else {
            x.store(y.load(Relaxed), Release);
        }
        DONE
    };
    let control = |second: Ordering| {
        move |[x, y]: &[AtomicI64; 2], me: usize| {
            let [own, other] = if me == 0 { [x, y] } else { [y, x] };
            let seen = own.load(Relaxed);
            if me == 1 && second == Release {
                other.store(1, Release);
            } else if seen == 0 {
                other.store(1, Relaxed);
            } else {
                other.store(2, Relaxed);
            }
            DONE
        }
    };
    rows.extend(vec![
        row("LB+addr", [3; 2], 2, atomics([0; 3]), move |shared, me| address(me, shared)),
        row("LB+ctrl", [3; 2], 2, atomics([0; 2]), control(Relaxed)),
        row("LB+ctrl+rel", [3; 2], 2, atomics([0; 2]), control(Release)),
        row("TC2", [4; 2], 2, atomics([0; 2]), |[x, y], me| {
            match me {
                0 if x.load(Relaxed) == x.load(Relaxed) => y.store(1, Relaxed),
                0 => {}
                _ => x.store(y.load(Relaxed), Relaxed),
            }
            DONE
        }),
    ]);
}

/// A message that two compare-and-swaps pass on; how it is sent and taken.
fn mpu2(sent: &'static str, fenced: bool, counts: [u64; 2]) -> Row {
    let code = move |[x, y]: &[AtomicI64; 2], me: usize| {
        match me {
            0 => {
                x.store(1, Relaxed);
                match sent {
                    "rel" => y.store(1, Release),
                    "relf" => {
                        fence(Release);
                        y.store(1, Relaxed);
                    }
                    _ => {
                        y.store(0, Release);
                        y.store(1, Relaxed);
                    }
                }
            }
            1 => drop(y.compare_exchange(2, 3, Relaxed, Relaxed)),
            2 => drop(y.compare_exchange(1, 2, Relaxed, Relaxed)),
            _ => {
                if y.load(if fenced { Relaxed } else { Acquire }) > 2 {
                    if fenced {
                        fence(Acquire);
                    }
                    x.store(2, Relaxed);
                }
            }
        }
        DONE
    };
    let name = format!("MPU2+{sent}+{}", if fenced { "acqf" } else { "acq" });
    row(name, counts, 4, atomics([0; 2]), code)
}

/// A message that read-modify-writes pass on.
pub fn message_passing(rows: &mut Vec<Row>) {
    let counts = [("rel", [14; 2]), ("relf", [14; 2]), ("rels", [35, 36])];
    let both = |(sent, counts)| [false, true].map(|fenced| mpu2(sent, fenced, counts));
    rows.extend(counts.into_iter().flat_map(both));
}

/// A thread joins another and reads what that wrote.
pub fn joins(rows: &mut Vec<Row>) {
    rows.extend(vec![row(
        "W+JW",
        [1; 2],
        1,
        || (),
        |(), _| {
            let shared = Arc::new(atomics([0; 2])());
            let theirs = Arc::clone(&shared);
            let first = thread::spawn(move || theirs[0].store(42, Relaxed));
            let second = thread::spawn(move || {
                first.join().expect("no thread panics");
                assert_eq!(shared[0].load(Relaxed), 42);
                shared[1].store(42, Relaxed);
            });
            second.join().ok()
        },
    )]);
}

/// Threads that assume what they read.
pub fn assumptions(rows: &mut Vec<Row>) {
    rows.extend(vec![
        row("WWR+2WR", [0; 2], 3, atomics([0; 3]), |[x, y, z], me| match me {
            0 => {
                x.store(1, SeqCst);
                y.store(1, SeqCst);
                assume(z.load(SeqCst) == 0)
            }
            1 => {
                z.store(1, SeqCst);
                assume(y.load(SeqCst) == 2)
            }
            _ => {
                y.store(2, SeqCst);
                assume(x.load(SeqCst) == 0)
            }
        }),
        row("assume-ctrl", [4; 2], 2, atomics([0; 2]), |[x, y], me| {
            if me == 0 {
                assume(2 > y.load(Relaxed) || y.load(Relaxed) > 3)?;
                x.store(1, Relaxed);
            } else {
                assume(x.load(Relaxed) < 3)?;
                y.store(3, Relaxed);
                fence(SeqCst);
                y.store(4, Relaxed);
            }
            DONE
        }),
        row("psc-ar", [0, 1], 3, atomics([0; 3]), psc_ar),
        row("psc-base-notin-ar", [1, 2], 3, atomics([0; 2]), |[x, y], me| {
            match me {
                0 => {
                    assume(x.load(Relaxed) == 2)?;
                    y.store(1, SeqCst);
                }
                1 => y.store(2, SeqCst),
                _ => {
                    let seen = y.load(Relaxed);
                    assume(seen == 2)?;
                    x.store(seen, Relaxed);
                }
            }
            DONE
        }),
        row("psc-sbhbsb", [1; 2], 2, atomics([0; 2]), |[x, y], me| {
            if me == 0 {
                x.store(1, SeqCst);
                y.store(1, SeqCst);
                return DONE;
            }
            assume(x.load(Acquire) == 1)?;
            assume(y.load(SeqCst) == 0)
        }),
    ]);
}

fn psc_ar([x, y, z]: &[AtomicI64; 3], me: usize) -> Done {
    match me {
        0 => {
            assume(y.load(Relaxed) == 1)?;
            fence(SeqCst);
            assume(z.load(Relaxed) == 0)
        }
        1 => {
            z.store(1, Relaxed);
            fence(SeqCst);
            x.store(1, Relaxed);
            DONE
        }
        _ => {
            let seen = x.load(Relaxed) == 1;
            if seen {
                y.store(1, Relaxed);
            }
            assume(seen)
        }
    }
}

/// `synthetic`: tests in which few executions, or none, satisfy what is assumed.
pub fn sequential_axiom(rows: &mut Vec<Row>) {
    rows.extend(vec![
        row("psc-wb-fixpoint", [0; 2], 4, atomics([0; 3]), |[x, y, z], me| match me {
            0 => {
                x.store(1, SeqCst);
                assume(y.load(SeqCst) == 0)
            }
            2 => {
                y.store(1, SeqCst);
                assume(x.load(SeqCst) == 2)
            }
            _ => {
                let (own, value, other, wanted) = if me == 1 { (x, 2, z, 0) } else { (z, 1, x, 1) };
                own.store(value, Relaxed);
                fence(SeqCst);
                assume(other.load(Relaxed) == wanted)
            }
        }),
        row("psc-wb-fp-sezgin", [0; 2], 4, atomics([0; 3]), |[a, b, c], me| match me {
            0 => {
                c.store(2, SeqCst);
                a.store(2, SeqCst);
                assume(b.load(SeqCst) == 2)
            }
            1 => {
                c.store(1, SeqCst);
                assume(a.load(SeqCst) == 2)?;
                assume(b.load(SeqCst) == 1)
            }
            2 => {
                b.store(2, SeqCst);
                a.store(1, SeqCst);
                assume(c.load(SeqCst) == 2)
            }
            _ => {
                b.store(1, SeqCst);
                assume(a.load(SeqCst) == 1)?;
                assume(c.load(SeqCst) == 1)
            }
        }),
        row("psc-wb-why-fxp", [0; 2], 2, atomics([0; 2]), |[x, y], me| {
            let own = me as i64 + 1;
            x.store(own, SeqCst);
            assume(y.load(SeqCst) == 0)?;
            y.store(own, SeqCst);
            assume(x.load(SeqCst) == own)
        }),
    ]);
}

/// `synthetic`: what a read may find once others have assumed something of the modification order.
pub fn writes_before(rows: &mut Vec<Row>) {
    rows.extend(vec![
        row("wb1", [0; 2], 2, atomics([0]), |[x], me| {
            if me == 0 {
                x.store(1, SeqCst);
                assume(x.fetch_add(1, SeqCst) == 42)
            } else {
                assume(x.fetch_add(42, SeqCst) == 0)?;
                x.load(SeqCst);
                DONE
            }
        }),
        row("wb2", [1; 2], 4, atomics([0]), |[x], me| match me {
            0 => {
                assume(x.load(Relaxed) == 5)?;
                x.load(Relaxed);
                DONE
            }
            1 => {
                assume(x.load(Relaxed) == 4)?;
                x.store(5, Relaxed);
                DONE
            }
            2 => {
                x.store(3, Relaxed);
                x.store(4, Relaxed);
                DONE
            }
            _ => assume(x.fetch_add(10, Relaxed) == 3),
        }),
        row("wb3", [1; 2], 4, atomics([0]), |[x], me| match me {
            0 => {
                assume(x.load(Relaxed) == 6)?;
                x.load(Relaxed);
                DONE
            }
            1 => {
                x.store(4, Relaxed);
                x.store(6, Relaxed);
                DONE
            }
            2 => {
                x.store(3, Relaxed);
                assume(x.fetch_add(1, Relaxed) == 4)
            }
            _ => assume(x.fetch_add(10, Relaxed) == 3),
        }),
        row("wb4", [1; 2], 3, atomics([0]), move |[x], me| three_add(x, me, true)),
        row("wb5", [1; 2], 3, atomics([0]), move |[x], me| three_add(x, me, false)),
    ]);
}

fn three_add(x: &AtomicI64, me: usize, writes: bool) -> Done {
    match me {
        0 => assume(x.fetch_add(1, Relaxed) == i64::from(writes)),
        1 => {
            if writes {
                x.store(1, Relaxed);
            }
            assume(x.fetch_add(1, Relaxed) == 10)?;
            x.load(Relaxed);
            DONE
        }
        _ => {
            x.store(10, Relaxed);
            DONE
        }
    }
}
