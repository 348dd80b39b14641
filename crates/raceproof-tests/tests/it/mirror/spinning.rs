//! Loops that wait by yielding.

use super::*;

#[test]
fn spinning_waits_for_a_change() {
    let result = prove(|| {
        let flag = Arc::new(AtomicBool::new(false));
        let theirs = Arc::clone(&flag);
        let other = thread::spawn(move || theirs.store(true, SeqCst));
        while !flag.load(SeqCst) {
            hint::spin_loop();
        }
        other.join().unwrap();
    });
    // Looks before or after; if before, looks once more, before or after.
    assert_eq!(result.executions, 3);
    prove(|| {
        let lock = Arc::new((AtomicBool::new(false), AtomicUsize::new(0)));
        let add = |lock: &(AtomicBool, AtomicUsize)| {
            while lock.0.swap(true, SeqCst) {
                thread::yield_now();
            }
            lock.1.store(lock.1.load(SeqCst) + 1, SeqCst);
            lock.0.store(false, SeqCst);
        };
        let others: Vec<_> = (0..2)
            .map(|_| {
                let lock = Arc::clone(&lock);
                thread::spawn(move || add(&lock))
            })
            .collect();
        others.into_iter().for_each(|other| other.join().unwrap());
        assert_eq!(lock.1.load(SeqCst), 2);
    });
}

#[test]
fn a_pause_loses_no_interleaving() {
    let model = |pause: fn()| {
        move || {
            let count = Arc::new(AtomicUsize::new(2));
            let down = move |count: &AtomicUsize| {
                let seen = count.load(SeqCst);
                pause();
                count.store(seen - 1, SeqCst);
            };
            let theirs = Arc::clone(&count);
            let other = thread::spawn(move || down(&theirs));
            down(&count);
            other.join().unwrap();
            outcome(count.load(SeqCst));
        }
    };
    for pause in [thread::yield_now, hint::spin_loop, || thread::sleep(SOON), || ()] {
        let result = prove(model(pause));
        let expected = [("0".to_owned(), 2), ("1".to_owned(), 2)];
        assert_eq!(result.outcomes, BTreeMap::from(expected));
    }
}

#[test]
fn a_livelock_is_told_and_short() {
    let result = Explorer::new().check(|| {
        let flag = AtomicBool::named("never", false);
        while !flag.load(SeqCst) {
            thread::yield_now();
        }
    });
    let Outcome::Failed(failure) = result.outcome else { panic!("it never ends") };
    assert_eq!(failure.kind, FailureKind::Livelock);
    let (begin, end) = failure.message.split_once(" at spinning.rs:").unwrap();
    assert_eq!(begin, "nothing changes any more: `main` reads never again and again, and pauses");
    let advice = "; no other thread could run. A loop that ends after more than 200 such rounds needs \
                  a higher `Explorer::livelock_after`";
    assert!(end.ends_with(advice), "{end}");
    assert!(failure.trace.steps.len() < 10, "{failure}");
}

#[test]
fn a_bounded_spin_comes_to_its_end() {
    prove(|| {
        let flag = AtomicBool::new(false);
        for _ in 0..50 {
            if flag.load(SeqCst) {
                break;
            }
            hint::spin_loop();
        }
    });
}
