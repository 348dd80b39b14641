//! Barriers, and what happens once.

use super::*;

#[test]
fn a_barrier_lets_all_through_with_one_leader() {
    prove(|| {
        let barrier = Arc::new(Barrier::new(3));
        let others: Vec<_> = (0..2)
            .map(|_| {
                let barrier = Arc::clone(&barrier);
                thread::spawn(move || barrier.wait().is_leader())
            })
            .collect();
        let mut leaders = usize::from(barrier.wait().is_leader());
        for other in others {
            leaders += usize::from(other.join().unwrap());
        }
        assert_eq!(leaders, 1);
    });
}

#[test]
fn once_is_once() {
    prove(|| {
        let shared = Arc::new((Once::new(), AtomicUsize::new(0)));
        let threads: Vec<_> = (0..2)
            .map(|_| {
                let shared = Arc::clone(&shared);
                thread::spawn(move || {
                    shared.0.call_once(|| {
                        shared.1.fetch_add(1, SeqCst);
                    });
                    assert_eq!(shared.1.load(SeqCst), 1);
                })
            })
            .collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        assert!(shared.0.is_completed());
    });
}

#[test]
fn a_once_that_panicked_is_poisoned() {
    prove(|| {
        let once = Arc::new(Once::new());
        let theirs = Arc::clone(&once);
        assert!(thread::spawn(move || theirs.call_once(|| panic!("in once"))).join().is_err());
        once.call_once_force(|state| assert!(state.is_poisoned()));
        once.call_once(|| unreachable!());
    });
}

#[test]
fn once_lock_and_lazy_lock_hold_one_value() {
    let found = outcomes(|| {
        let cell = Arc::new(OnceLock::new());
        let theirs = Arc::clone(&cell);
        let other = thread::spawn(move || theirs.set(1).is_ok());
        let mine = cell.set(2).is_ok();
        let theirs = other.join().unwrap();
        assert!(mine != theirs);
        outcome(cell.get().unwrap());
    });
    assert_eq!(found, ["1", "2"]);
    prove(|| {
        let made = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&made);
        let lazy = Arc::new(LazyLock::new(move || counted.fetch_add(1, SeqCst) + 5));
        let theirs = Arc::clone(&lazy);
        let other = thread::spawn(move || **theirs);
        assert_eq!(**lazy + other.join().unwrap(), 10);
        assert_eq!(made.load(SeqCst), 1);
    });
}
