//! Programs whose atomics have orderings, for the table of memory models.

/// The programs, for one library, whose `sync` and `hint` have std's names; the other module has its programs of the
/// table of engines.
macro_rules! orderings {
    ($module:ident, $engines:ident: $($library:tt)*) => {
        mod $module {
            use $($library)*::{
                hint,
                sync::{
                    atomic::{
                        AtomicBool, AtomicUsize, fence,
                        Ordering::{Acquire, Relaxed, Release, SeqCst},
                    },
                },
            };
            use super::$engines::{crew, locked};

            /// Every program by its name, with the number of threads it starts.
            pub(crate) static ALL: &[(&str, usize, fn())] = &[
                ("locked counter 4x2", 4, || locked(4, 2)),
                ("lastzero 15", 16, || lastzero(15)),
                ("load-store 5", 5, || load_store(5)),
                ("Treiber push 2", 2, || treiber_push(2)),
                ("Treiber push 3", 3, || treiber_push(3)),
                ("Treiber push 4", 4, || treiber_push(4)),
                ("spin lock 2", 2, || spin_lock(2)),
                ("spin lock 3", 3, || spin_lock(3)),
                ("ticket lock 2", 2, || ticket_lock(2)),
                ("ticket lock 3", 3, || ticket_lock(3)),
                ("seqlock 1 write, 1 reader", 2, || seqlock(1, 1)),
                ("seqlock 2 writes, 1 reader", 2, || seqlock(2, 1)),
                ("seqlock 2 writes, 2 readers", 3, || seqlock(2, 2)),
            ];

            /// As in the table of engines, with release and acquire: (n + 3)·2^(n - 2) executions.
            fn lastzero(n: usize) {
                let cells: Vec<_> = (0..=n).map(|_| AtomicUsize::new(0)).collect();
                crew(n + 1, move |i| {
                    if i == 0 {
                        let mut at = n;
                        while cells[at].load(Acquire) != 0 {
                            at -= 1;
                        }
                    } else {
                        let before = cells[i - 1].load(Acquire);
                        cells[i].store(before + 1, Release);
                    }
                });
            }

            /// `n` threads each load, then store: (n!)^2 executions under either model.
            fn load_store(n: usize) {
                let count = AtomicUsize::new(0);
                crew(n, move |_| {
                    let seen = count.load(SeqCst);
                    count.store(seen + 1, SeqCst);
                });
            }

            /// `n` threads each push a node of their own.
            fn treiber_push(n: usize) {
                let head = AtomicUsize::new(0);
                let next: Vec<_> = (0..=n).map(|_| AtomicUsize::new(0)).collect();
                crew(n, move |i| {
                    let mut top = head.load(Relaxed);
                    loop {
                        next[i + 1].store(top, Relaxed);
                        match head.compare_exchange(top, i + 1, Release, Relaxed) {
                            Ok(_) => break,
                            Err(there) => top = there,
                        }
                    }
                });
            }

            /// `n` threads each take a lock by compare-and-swap once.
            fn spin_lock(n: usize) {
                let (locked, count) = (AtomicBool::new(false), AtomicUsize::new(0));
                crew(n, move |_| {
                    while locked.compare_exchange(false, true, Acquire, Relaxed).is_err() {
                        hint::spin_loop();
                    }
                    count.store(count.load(Relaxed) + 1, Relaxed);
                    locked.store(false, Release);
                });
            }

            /// `n` threads each take a ticket and wait for their turn.
            fn ticket_lock(n: usize) {
                let (next, turn) = (AtomicUsize::new(0), AtomicUsize::new(0));
                let count = AtomicUsize::new(0);
                crew(n, move |_| {
                    let ticket = next.fetch_add(1, Relaxed);
                    while turn.load(Acquire) != ticket {
                        hint::spin_loop();
                    }
                    count.store(count.load(Relaxed) + 1, Relaxed);
                    turn.store(ticket + 1, Release);
                });
            }

            /// A writer writes two cells so often; readers each read them once, and see them alike if the sequence
            /// number says so.
            fn seqlock(writes: usize, readers: usize) {
                let (sequence, cells) =
                    (AtomicUsize::new(0), [AtomicUsize::new(0), AtomicUsize::new(0)]);
                crew(1 + readers, move |i| {
                    if i > 0 {
                        let before = sequence.load(Acquire);
                        let seen = [cells[0].load(Relaxed), cells[1].load(Relaxed)];
                        fence(Acquire);
                        let valid = before % 2 == 0 && sequence.load(Relaxed) == before;
                        assert!(!valid || seen[0] == seen[1]);
                        return;
                    }
                    for write in 1..=writes {
                        sequence.store(2 * write - 1, Relaxed);
                        fence(Release);
                        cells.iter().for_each(|cell| cell.store(write, Relaxed));
                        sequence.store(2 * write, Release);
                    }
                });
            }
        }
    };
}
pub(crate) use orderings;
