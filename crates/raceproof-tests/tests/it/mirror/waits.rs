//! Waits: with time limits, several waiters, no reason to wake; parking.

use super::*;

#[test]
fn timed_waits_time_out_or_not() {
    let found = outcomes(|| {
        let pair = Arc::new((Mutex::new(()), Condvar::new()));
        let theirs = Arc::clone(&pair);
        let other = thread::spawn(move || theirs.1.notify_one());
        let guard = pair.0.lock().unwrap();
        let (guard, result) = pair.1.wait_timeout(guard, SOON).unwrap();
        drop(guard);
        outcome(result.timed_out());
        other.join().unwrap();
    });
    assert_eq!(found, ["false", "true"]);
    let found = outcomes(|| {
        let (sender, receiver) = mpsc::channel();
        let other = thread::spawn(move || sender.send(1).unwrap());
        outcome(format!("{:?}", receiver.recv_timeout(SOON)));
        other.join().unwrap();
        drop(receiver);
    });
    assert_eq!(found, ["Err(Timeout)", "Ok(1)"]);
    assert_eq!(RecvTimeoutError::Timeout.to_string(), "timed out waiting on channel");
}

#[test]
fn a_loop_of_timed_waits_ends() {
    prove(|| {
        let pair = Arc::new((Mutex::new(false), Condvar::new()));
        let theirs = Arc::clone(&pair);
        let other = thread::spawn(move || *theirs.0.lock().unwrap() = true);
        let mut ready = pair.0.lock().unwrap();
        while !*ready {
            ready = pair.1.wait_timeout(ready, SOON).unwrap().0;
        }
        drop(ready);
        other.join().unwrap();
    });
}

#[test]
fn any_waiter_may_be_notified() {
    let found = outcomes(|| {
        let shared = Arc::new((Mutex::new(Vec::new()), Condvar::new()));
        let waiters: Vec<_> = (1..=2)
            .map(|i| {
                let shared = Arc::clone(&shared);
                thread::spawn(move || {
                    let mut order = shared.0.lock().unwrap();
                    order.push(0);
                    let mut order = shared.1.wait(order).unwrap();
                    order.push(i);
                })
            })
            .collect();
        loop {
            let order = shared.0.lock().unwrap();
            if order.len() == 2 {
                shared.1.notify_one();
                break;
            }
            drop(order);
            thread::yield_now();
        }
        loop {
            let order = shared.0.lock().unwrap();
            if order.len() == 3 {
                shared.1.notify_one();
                break;
            }
            drop(order);
            thread::yield_now();
        }
        waiters.into_iter().for_each(|waiter| waiter.join().unwrap());
        outcome(format!("{:?}", shared.0.lock().unwrap()));
    });
    assert_eq!(found, ["[0, 0, 1, 2]", "[0, 0, 2, 1]"]);
}

#[test]
fn spurious_wakeups_only_if_wanted() {
    let model = || {
        let pair = Arc::new((Mutex::new(false), Condvar::new()));
        let theirs = Arc::clone(&pair);
        let other = thread::spawn(move || {
            *theirs.0.lock().unwrap() = true;
            theirs.1.notify_one();
        });
        let mut ready = pair.0.lock().unwrap();
        if !*ready {
            ready = pair.1.wait(ready).unwrap();
        }
        outcome(*ready);
        drop(ready);
        other.join().unwrap();
    };
    assert_eq!(outcomes(model), ["true"]);
    let with = proved(&Explorer::new().spurious_wakeups(true), model);
    assert_eq!(with.outcomes.into_keys().collect::<Vec<_>>(), ["false", "true"]);
    proved(&Explorer::new().spurious_wakeups(true), || {
        let pair = Arc::new((Mutex::new(false), Condvar::new()));
        let theirs = Arc::clone(&pair);
        let other = thread::spawn(move || {
            *theirs.0.lock().unwrap() = true;
            theirs.1.notify_one();
        });
        let ready = pair.1.wait_while(pair.0.lock().unwrap(), |ready| !*ready).unwrap();
        assert!(*ready);
        drop(ready);
        other.join().unwrap();
    });
}

#[test]
fn park_takes_its_token() {
    prove(|| {
        let flag = Arc::new(AtomicBool::new(false));
        let theirs = Arc::clone(&flag);
        let parked = thread::spawn(move || {
            while !theirs.load(SeqCst) {
                thread::park();
            }
        });
        flag.store(true, SeqCst);
        parked.thread().unpark();
        parked.join().unwrap();
    });
    let result = Explorer::new().check(thread::park);
    let Outcome::Failed(failure) = result.outcome else { panic!("nobody unparks it") };
    assert_eq!(
        (failure.kind, failure.message.as_str()),
        (FailureKind::Deadlock, "`main` waits for its token")
    );
    prove(|| thread::park_timeout(SOON));
    prove(|| {
        thread::current().unpark();
        thread::current().unpark();
        thread::park();
    });
}
