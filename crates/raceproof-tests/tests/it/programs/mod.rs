//! Programs whose traces have been counted, here and in the literature.

use raceproof::sync::atomic::{AtomicI64, AtomicUsize, Ordering::SeqCst};
use raceproof::sync::{Arc, Condvar, Mutex};
use raceproof::thread;

/// Runs n threads to their ends.
fn each(n: usize, f: impl Fn(usize) + Send + Sync + 'static) {
    let f = Arc::new(f);
    let threads: Vec<_> = (0..n)
        .map(|i| {
            let f = Arc::clone(&f);
            thread::spawn(move || f(i))
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
}

/// n threads, each adding one under a lock, k times.
pub(crate) fn locked(n: usize, k: usize) -> impl Fn() + Sync {
    move || {
        let count = Arc::new(Mutex::new(0));
        let theirs = Arc::clone(&count);
        each(n, move |_| {
            for _ in 0..k {
                *theirs.lock().unwrap() += 1;
            }
        });
        assert_eq!(*count.lock().unwrap(), n * k);
    }
}

/// n threads, each adding one by a load and a store.
pub(crate) fn unlocked(n: usize) -> impl Fn() + Sync {
    move || {
        let count = AtomicI64::new(0);
        each(n, move |_| count.store(count.load(SeqCst) + 1, SeqCst));
    }
}

/// One writer, n readers.
pub(crate) fn readers(n: usize) -> impl Fn() + Sync {
    move || {
        let x = AtomicI64::new(0);
        each(n + 1, move |i| {
            if i == 0 {
                x.store(1, SeqCst);
            } else {
                x.load(SeqCst);
            }
        });
    }
}

/// Thread i copies cell i − 1, plus one, to cell i; another looks for the last zero.
pub(crate) fn lastzero(n: usize) -> impl Fn() + Sync {
    move || {
        let cells: Vec<_> = (0..=n).map(|_| AtomicI64::new(0)).collect();
        each(n + 1, move |i| {
            if i == 0 {
                let mut at = n;
                while cells[at].load(SeqCst) != 0 {
                    at -= 1;
                }
            } else {
                cells[i].store(cells[i - 1].load(SeqCst) + 1, SeqCst);
            }
        });
    }
}

/// Threads put four values each in a hash table of 128 with compare-and-swap.
pub(crate) fn indexer(n: usize) -> impl Fn() + Sync {
    move || {
        let table: Vec<_> = (0..128).map(|_| AtomicUsize::new(0)).collect();
        each(n, move |t| {
            for m in 1..=4 {
                let w = 11 * m + t;
                let mut at = 7 * w % 128;
                while table[at].compare_exchange(0, w, SeqCst, SeqCst).is_err() {
                    at = (at + 1) % 128;
                }
            }
        });
    }
}

/// Threads allocate a block for their inode, if it has none.
pub(crate) fn filesystem(n: usize) -> impl Fn() + Sync {
    move || {
        let inodes: Vec<_> = (0..32).map(|_| Mutex::new(0)).collect();
        let blocks: Vec<_> = (0..26).map(|_| Mutex::new(false)).collect();
        each(n, move |t| {
            let i = t % 32;
            let mut inode = inodes[i].lock().unwrap();
            if *inode == 0 {
                let mut b = i * 2 % 26;
                loop {
                    let mut busy = blocks[b].lock().unwrap();
                    if !*busy {
                        *busy = true;
                        *inode = b + 1;
                        break;
                    }
                    drop(busy);
                    b = (b + 1) % 26;
                }
            }
        });
    }
}

/// n philosophers eat once; each takes the lower fork first.
pub(crate) fn philosophers(n: usize) -> impl Fn() + Sync {
    move || {
        let forks: Vec<_> = (0..n).map(|_| Mutex::new(())).collect();
        each(n, move |i| {
            let (left, right) = (i, (i + 1) % n);
            let _first = forks[left.min(right)].lock().unwrap();
            let _second = forks[left.max(right)].lock().unwrap();
        });
    }
}

/// n producers put one item each in a buffer of one, n consumers take one each.
pub(crate) fn bounded_buffer(n: usize) -> impl Fn() + Sync {
    move || {
        let shared = (Mutex::new(0), Condvar::new(), Condvar::new());
        each(2 * n, move |i| {
            let (items, filled, drained) = &shared;
            let mut items = items.lock().unwrap();
            if i < n {
                while *items == 1 {
                    items = drained.wait(items).unwrap();
                }
                *items += 1;
                filled.notify_one();
            } else {
                while *items == 0 {
                    items = filled.wait(items).unwrap();
                }
                *items -= 1;
                drained.notify_one();
            }
        });
    }
}
