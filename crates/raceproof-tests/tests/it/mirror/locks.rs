//! Read-write locks.

use super::*;

#[test]
fn a_read_write_lock_lets_readers_in_together() {
    let result = prove(|| {
        let lock = Arc::new(RwLock::new(0));
        let inside = Arc::new(AtomicUsize::new(0));
        let threads: Vec<_> = (0..2)
            .map(|_| {
                let (lock, inside) = (Arc::clone(&lock), Arc::clone(&inside));
                thread::spawn(move || {
                    let guard = lock.read().unwrap();
                    let before = inside.fetch_add(1, SeqCst);
                    inside.fetch_sub(1, SeqCst);
                    (*guard, before)
                })
            })
            .collect();
        *lock.write().unwrap() += 1;
        let seen: Vec<_> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
        outcome(format!("{seen:?}"));
    });
    assert!(result.outcomes.contains_key("[(0, 0), (0, 1)]"));
    assert!(
        result.outcomes.contains_key("[(1, 1), (0, 0)]")
            || result.outcomes.contains_key("[(1, 0), (0, 0)]")
    );
}

#[test]
fn a_read_write_lock_is_poisoned_by_writers_only() {
    prove(|| {
        let lock = Arc::new(RwLock::new(0));
        let (reader, writer) = (Arc::clone(&lock), Arc::clone(&lock));
        let read = thread::spawn(move || {
            let _guard = reader.read().unwrap();
            panic!("while reading");
        });
        assert!(read.join().is_err());
        assert!(!lock.is_poisoned());
        let written = thread::spawn(move || {
            let _guard = writer.write().unwrap();
            panic!("while writing");
        });
        assert!(written.join().is_err());
        assert!(lock.is_poisoned());
        assert!(lock.try_read().is_err());
    });
}
