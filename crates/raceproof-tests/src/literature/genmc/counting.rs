//! `synthetic`: programs in which no thread waits.

use std::sync::atomic::Ordering::{Acquire, Relaxed, Release, SeqCst};

use crate::literature::{DONE, Done, Row, atomics, row};
use raceproof::sync::atomic::{AtomicI64, fence};

/// The same program in several sizes: the parameter, the threads, the counts.
fn sizes<const N: usize>(
    name: &str,
    sizes: &[(usize, usize, [u64; 2])],
    code: fn(&[AtomicI64; N], usize),
) -> Vec<Row> {
    let row = |&(size, threads, counts): &(usize, usize, [u64; 2])| {
        let code = move |shared: &[AtomicI64; N], me| {
            code(shared, me);
            DONE
        };
        let long = counts[0].max(counts[1]) > LONG;
        let row = row(format!("{name} N={size}"), counts, threads, atomics([0; N]), code);
        Row { large: long, ..row }
    };
    sizes.iter().map(row).collect()
}

/// Executions beyond which a row is a large one.
const LONG: u64 = 10_000;

/// N threads, and `more`: their counts, which are the same under both models.
fn same<const S: usize>(counts: [(usize, u64); S], more: usize) -> [(usize, usize, [u64; 2]); S] {
    counts.map(|(n, count)| (n, n + more, [count; 2]))
}

/// Threads that add to what all have.
pub fn increments(rows: &mut Vec<Row>) {
    let factorials = [(2, 2), (3, 6), (4, 24), (5, 120), (6, 720), (7, 5_040)];
    rows.extend(sizes("ainc", &same(factorials, 0), |[x], _| {
        x.fetch_add(1, Relaxed);
    }));
    rows.extend(sizes("binc", &same([(2, 4), (3, 36), (4, 576)], 0), |[x, y], _| {
        x.fetch_add(1, Relaxed);
        y.fetch_add(1, Relaxed);
    }));
    rows.extend(sizes("cinc", &same([(2, 8), (3, 216), (4, 13_824)], 0), |[x, y, z], _| {
        x.fetch_add(1, Relaxed);
        y.fetch_add(1, Relaxed);
        z.fetch_add(1, Relaxed);
    }));
    rows.extend(sizes("inc", &same([(2, 4), (3, 36), (4, 576)], 0), |[x], me| {
        x.store(x.load(Relaxed) + (1 << me), Release);
    }));
    rows.extend(sizes("wainc", &same([(2, 6), (3, 24), (4, 120)], 1), |[x], me| match me {
        0 => x.store(42, Release),
        _ => {
            x.fetch_add(1, Relaxed);
        }
    }));
}

/// Threads that swap values for others.
pub fn compare_and_swap(rows: &mut Vec<Row>) {
    rows.extend(sizes("cas", &same([(2, 2), (3, 3), (4, 4), (5, 5)], 0), |[x], me| {
        swap(x, 0, me as i64 + 1);
    }));
    let counts = [(2, 2), (3, 5), (4, 14), (5, 43), (6, 144), (7, 523), (8, 2_048), (9, 8_597)];
    rows.extend(sizes("casrot", &same(counts, 0), |[x], me| {
        swap(x, me as i64, me as i64 + 1);
    }));
    rows.extend(sizes("casw", &same([(2, 6), (3, 66), (4, 1_200), (5, 32_880)], 0), |[x], me| {
        swap(x, 0, 1);
        x.store(me as i64 + 3, Release);
    }));
    let counts = [(2, 5), (3, 13), (4, 33), (5, 81), (6, 193), (7, 449), (8, 1_025), (9, 2_305)];
    rows.extend(sizes("wcas", &same(counts, 1), |[x], me| match me {
        0 => x.store(2, Release),
        _ => {
            swap(x, 2, 3);
        }
    }));
}

fn swap(x: &AtomicI64, old: i64, new: i64) -> bool {
    x.compare_exchange(old, new, Relaxed, Relaxed).is_ok()
}

/// Threads that read and write the same atomics.
pub fn reads_and_writes(rows: &mut Vec<Row>) {
    rows.extend(sizes("rw", &same([(2, 4), (3, 36), (4, 576)], 0), |[x], me| {
        x.load(Relaxed);
        x.store(me as i64, Release);
    }));
    rows.extend(sizes("readers", &same([(2, 4), (8, 256), (13, 8_192)], 1), |[x], me| match me {
        0 => x.store(42, Release),
        _ => {
            x.load(Acquire);
        }
    }));
    rows.extend(sizes("wrw", &same([(2, 22), (3, 300), (4, 6_576)], 1), |[x], me| {
        if me > 0 {
            x.load(Relaxed);
        }
        x.store(me as i64, Release);
    }));
    rows.extend(sizes("N-writers", &[(4, 6, [720; 2])], |[x], me| match me {
        5 => {
            x.load(Acquire);
        }
        _ => x.store(me as i64, Release),
    }));
    let counts =
        [(1, [4, 4]), (2, [15, 16]), (3, [130, 144]), (4, [2_028, 2_304]), (5, [49_776, 57_600])];
    rows.extend(sizes(
        "CoA",
        &counts.map(|(n, counts)| (n, n + 1, counts)),
        |[x, y, z], me| match me {
            0 | 1 => {
                x.store(me as i64 + 1, Release);
                [y, z][me].load(Acquire);
                x.load(Acquire);
            }
            _ => {
                y.store(me as i64, Release);
                z.store(me as i64, Release);
            }
        },
    ));
}

/// Two threads read, two write.
fn big(
    name: &str,
    counts: [u64; 2],
    reads: [&'static [usize]; 2],
    writes: [&'static [usize]; 2],
) -> Row {
    let code = move |shared: &[AtomicI64; 4], me: usize| {
        if let Some(reads) = reads.get(me) {
            for at in *reads {
                shared[*at].load(Acquire);
            }
        } else {
            let writes = writes[me - 2];
            for (i, at) in writes.iter().enumerate() {
                shared[*at].store((me * 10 + i) as i64, Release);
            }
        }
        DONE
    };
    row(name, counts, 4, atomics([0; 4]), code).large()
}

/// Two threads that read several atomics, and two that write them.
pub fn big_ones(rows: &mut Vec<Row>) {
    let by_turns: [&[usize]; 2] = [&[0, 1, 0, 1, 0, 1], &[2, 3, 2, 3, 2, 3]];
    let both: &[usize] = &[0, 1, 2, 0, 1, 2];
    rows.extend(vec![
        big("big0", [69_112, 82_472], [&[0, 1, 2, 3, 0, 1, 2], &[0, 1, 2]], by_turns),
        big(
            "big1",
            [1_820_474, 2_950_753],
            [&[0, 1, 2, 3, 0, 1, 2, 3], &[0, 1, 2, 3, 0, 1]],
            by_turns,
        ),
        big("big2", [5_284_890, 14_973_624], [&[0, 1, 2, 0, 1], &[0, 1, 2, 0]], [both, both]),
    ]);
}

/// Dekker's lock.
pub fn dekker(rows: &mut Vec<Row>) {
    let dekker2 = |n: i64| {
        let code = move |[x, y, z, w]: &[AtomicI64; 4], me| {
            match me {
                0 | 1 => {
                    let [own, other, won] = if me == 0 { [y, x, z] } else { [x, y, w] };
                    own.store(1, SeqCst);
                    if other.load(SeqCst) == 0 {
                        won.store(1, Relaxed);
                    }
                }
                _ if z.load(Relaxed) != 0 && w.load(Relaxed) != 0 => {
                    for i in 0..n {
                        if me == 2 {
                            x.store(i, Relaxed);
                        } else {
                            x.load(Relaxed);
                        }
                    }
                }
                _ => {}
            }
            DONE
        };
        row(format!("dekker2-fixed N={n}"), [6; 2], 4, atomics([0; 4]), code)
    };
    rows.extend([2, 3, 4].map(dekker2));
    rows.extend(vec![row("dekker_f", [3; 2], 2, atomics([0; 3]), |[x, y, c], me| {
        let [own, other] = if me == 0 { [y, x] } else { [x, y] };
        own.store(1, Relaxed);
        fence(SeqCst);
        if other.load(Relaxed) == 0 {
            let value = 1 - me as i64;
            c.store(value, Relaxed);
            assert_eq!(c.load(Relaxed), value);
        }
        DONE
    })]);
}

/// Both threads strike out the multiples of what is not struck out.
fn sieve(naturals: &[AtomicI64; 5]) {
    for i in 0..5 {
        if naturals[i].load(Acquire) == 0 {
            naturals[i].store(1, Release);
            for j in (2 * i + 2..5).step_by(i + 2) {
                naturals[j].store(2, Release);
            }
        }
    }
}

/// Programs with loops of a known length.
pub fn loops(rows: &mut Vec<Row>) {
    rows.extend(vec![
        row("eratosthenes N=5", [398, 1_512], 2, atomics([0; 5]), |naturals, _| {
            sieve(naturals);
            DONE
        }),
        row("fib_bench", [218_243, 525_630], 3, atomics([1; 2]), |[x, y], me| {
            for _ in 0..5 {
                if me < 2 {
                    let sum = x.load(Acquire) + y.load(Acquire);
                    [x, y][me].store(sum, Release);
                }
            }
            assert!(me < 2 || x.load(Acquire) <= 144 && y.load(Acquire) <= 144);
            DONE
        })
        .large(),
        row("lastzero N=5", [64; 2], 6, atomics([0; 6]), lastzero),
        row("lastzero N=10", [3_328; 2], 11, atomics([0; 11]), lastzero),
        row("lastzero N=15", [147_456; 2], 16, atomics([0; 16]), lastzero).large(),
        row("indexer N=12", [8; 2], 12, atomics([0; 128]), indexer),
        row("indexer N=15", [4_096; 2], 15, atomics([0; 128]), indexer).large(),
        // A thread gives up after so many rounds.
        row("commits N=2", [1_734; 2], 2, atomics([0]), |[x], me| {
            let mut commits = 0;
            for _ in 0..6 {
                x.store(me as i64 + 1, Release);
                commits += usize::from(x.load(Acquire) == me as i64 + 1);
                if commits == 2 {
                    return DONE;
                }
            }
            DONE
        }),
    ]);
    rows.extend([400, 500, 600].map(par_length));
}

fn lastzero<const N: usize>(cells: &[AtomicI64; N], me: usize) -> Done {
    if me == 0 {
        cells.iter().rposition(|cell| cell.load(Acquire) == 0);
    } else {
        cells[me].store(cells[me - 1].load(Acquire) + 1, Release);
    }
    DONE
}

/// Puts four values in a hash table.
fn indexer(table: &[AtomicI64; 128], me: usize) -> Done {
    for i in 0..4 {
        let value = 11 * i + me;
        let mut at = 7 * value % table.len();
        while table[at].compare_exchange(0, value as i64, Relaxed, Relaxed).is_err() {
            at = (at + 1) % table.len();
        }
    }
    DONE
}

fn par_length(n: i64) -> Row {
    let code = move |shared: &[AtomicI64; 3], me: usize| {
        for i in 0..n {
            shared[me].store(i, SeqCst);
            shared[me].load(SeqCst);
        }
        shared[2].store(me as i64, SeqCst);
        shared[2].load(SeqCst);
        DONE
    };
    row(format!("par_length N={n}"), [4; 2], 2, atomics([0; 3]), code)
}

/// Two threads count what they read a hundred times, and add to what was chosen last.
pub fn shared_pointer(rows: &mut Vec<Row>) {
    rows.extend(vec![row("SharedPtr N=100", [410; 2], 2, atomics([3, 4, 0]), |shared, me| {
        let [x, y, p] = shared;
        p.store(1 - me as i64, Release);
        for _ in 0..100 {
            [x, y][me].load(Acquire);
        }
        let chosen = [x, y][p.load(Acquire) as usize];
        chosen.store(chosen.load(Acquire) + 3, Release);
        DONE
    })]);
}

/// A reader looks 41 times.
pub fn publish(rows: &mut Vec<Row>) {
    rows.extend(vec![row("publish", [42; 2], 2, atomics([0; 2]), |[x, flag], me| {
        if me == 0 {
            x.store(42, Release);
            flag.store(1, Release);
        } else if (0..41).any(|_| flag.load(Acquire) == 1) {
            assert_eq!(x.load(Acquire), 42);
        }
        DONE
    })]);
}

/// A thread that writes and reads twice beside another that writes.
pub fn coherence(rows: &mut Vec<Row>) {
    rows.extend(vec![row("wrc11_fp", [4; 2], 2, atomics([0]), |[x], me| {
        x.store(me as i64 + 1, Release);
        if me == 1 {
            let seen = [x.load(Acquire), x.load(Acquire)];
            assert_ne!(seen, [1, 2]);
        }
        DONE
    })]);
}
