//! Channels, barriers, what happens once, ends of threads and tries to take a mutex, under Rust's memory model.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering::{Relaxed, SeqCst};
use std::time::Duration;

use raceproof::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use raceproof::sync::{Arc, Barrier, Condvar, Mutex, Once, mpsc};
use raceproof::{Assumption, Explorer, Memory, Outcome, choose, hint, outcome, thread};

use super::mirror::{fail, prove, weak};

/// Executions of senders and a receiver are as many as orders of the sends.
#[test]
fn receives_have_no_order_of_their_own() {
    for (senders, each, orders) in [(1, 4, 1), (2, 2, 6), (3, 1, 6), (3, 2, 90)] {
        let executions = prove(move || {
            let (sender, receiver) = mpsc::channel();
            for _ in 0..senders {
                let sender = sender.clone();
                thread::spawn(move || (0..each).for_each(|i| sender.send(i).unwrap()));
            }
            drop(sender);
            assert_eq!(receiver.iter().count(), senders * each);
        });
        assert_eq!(executions, orders);
    }
}

/// The parties of a barrier arrive in no order, and a round comes after the one before. (More threads than parties
/// have one: which of them meet is another execution.)
#[test]
fn arrivals_have_no_order_unless_there_is_a_crowd() {
    let rounds = |parties: usize, threads: usize, rounds: usize| {
        move || {
            let barrier = Arc::new(Barrier::new(parties));
            let meet = move |barrier: &Barrier| {
                for _ in 0..rounds {
                    barrier.wait();
                }
            };
            for _ in 1..threads {
                let barrier = Arc::clone(&barrier);
                thread::spawn(move || meet(&barrier));
            }
            meet(&barrier);
        }
    };
    for (parties, count) in [(1, 1), (1, 3), (2, 2), (3, 2), (4, 3)] {
        assert_eq!(prove(rounds(parties, parties, count)), 1, "{parties} parties, {count} rounds");
    }
    let explored = |memory| {
        let crowd = Explorer::new().memory(memory).keep_going().check(rounds(2, 3, 1));
        (crowd.executions, crowd.deadlocks)
    };
    assert_eq!(explored(Memory::C11), explored(Memory::Sequential));
    let met = || {
        let barrier = Arc::new((Barrier::new(2), AtomicU32::new(0)));
        let others = [0, 1, 2].map(|_| {
            let shared = Arc::clone(&barrier);
            thread::spawn(move || {
                shared.1.fetch_add(1, Relaxed);
                shared.0.wait();
                shared.1.load(Relaxed)
            })
        });
        barrier.0.wait();
        assert!(others.map(|other| other.join().unwrap()).iter().all(|seen| *seen > 0));
    };
    assert!(prove(met) > 1);
}

/// What was sent happens before it is received, and no more.
#[test]
fn channels_order_what_they_say() {
    let passed = || {
        let (sender, receiver) = mpsc::channel();
        let data = Arc::new(AtomicU32::new(0));
        let theirs = Arc::clone(&data);
        let other = thread::spawn(move || {
            theirs.store(1, Relaxed);
            sender.send(()).unwrap();
        });
        receiver.recv().unwrap();
        assert_eq!(data.load(Relaxed), 1);
        other.join().unwrap();
    };
    assert_eq!(prove(passed), 1);
    // Neither of two sends happens before the other.
    let seen = weak().keep_going().check(|| {
        let (sender, receiver) = mpsc::channel();
        let data = Arc::new(AtomicU32::new(0));
        let (theirs, also) = (Arc::clone(&data), sender.clone());
        thread::spawn(move || {
            theirs.store(1, Relaxed);
            also.send(1).unwrap();
        });
        let other = thread::spawn(move || {
            sender.send(2).unwrap();
            data.load(Relaxed)
        });
        let order = [receiver.recv().unwrap(), receiver.recv().unwrap()];
        outcome(format!("{order:?} {}", other.join().unwrap()));
    });
    let seen = seen.outcomes.keys().map(String::as_str).collect::<Vec<_>>();
    assert_eq!(seen, ["[1, 2] 0", "[1, 2] 1", "[2, 1] 0", "[2, 1] 1"]);
}

#[test]
fn each_party_of_a_barrier_may_lead() {
    for (parties, rounds) in [(2, 1), (2, 2), (3, 1), (3, 2)] {
        let model = move || {
            let shared = Arc::new((Barrier::new(parties), AtomicU32::new(0)));
            let meet = move |shared: &(Barrier, AtomicU32)| {
                let leads = (0..rounds).map(|round| {
                    shared.1.fetch_add(1, Relaxed);
                    let leads = shared.0.wait().is_leader();
                    // What the others have done before is there.
                    assert!(shared.1.load(Relaxed) >= parties as u32 * (round + 1));
                    leads
                });
                leads.collect::<Vec<_>>()
            };
            let others = (1..parties).map(|_| {
                let theirs = Arc::clone(&shared);
                thread::spawn(move || meet(&theirs))
            });
            let others = others.collect::<Vec<_>>();
            let mut all = vec![meet(&shared)];
            all.extend(others.into_iter().map(|other| other.join().unwrap()));
            outcome(format!("{all:?}"));
        };
        let explored = |memory| Explorer::new().memory(memory).check(model);
        let (weakly, sequentially) = (explored(Memory::C11), explored(Memory::Sequential));
        assert!(matches!(weakly.outcome, Outcome::Proved), "{weakly:?}");
        assert_eq!(weakly.outcomes.len(), parties.pow(rounds), "{weakly:?}");
        assert!(weakly.outcomes.keys().eq(sequentially.outcomes.keys()), "{weakly:?}");
        assert_eq!(weakly.redundant, 0);
    }
    // That a thread leads orders nothing: the leader may not have seen what another has done.
    let model = || {
        let shared = Arc::new((Barrier::new(2), AtomicU32::new(0)));
        let theirs = Arc::clone(&shared);
        let other = thread::spawn(move || {
            let leads = theirs.0.wait().is_leader();
            theirs.1.store(1, Relaxed);
            leads
        });
        let led = shared.0.wait().is_leader();
        outcome(format!("{led} {}", shared.1.load(Relaxed)));
        assert_ne!(led, other.join().unwrap());
    };
    let found = Explorer::new().memory(Memory::C11).check(model);
    assert_eq!((found.executions, found.outcomes.len()), (4, 4), "{found:?}");
}

#[test]
fn barriers_and_what_happens_once_order_memory() {
    let met = || {
        let shared = Arc::new((Barrier::new(2), AtomicU32::new(0)));
        let theirs = Arc::clone(&shared);
        let other = thread::spawn(move || {
            theirs.1.store(1, Relaxed);
            theirs.0.wait();
        });
        shared.0.wait();
        assert_eq!(shared.1.load(Relaxed), 1);
        other.join().unwrap();
    };
    prove(met);
    let once = |looks: bool| {
        move || {
            let shared = Arc::new((Once::new(), AtomicU32::new(0), AtomicBool::new(false)));
            let theirs = Arc::clone(&shared);
            let other = thread::spawn(move || {
                theirs.0.call_once(|| theirs.1.store(1, Relaxed));
                theirs.2.store(true, Relaxed);
            });
            if looks && shared.2.load(Relaxed) {
                assert!(shared.0.is_completed(), "looked too early");
            }
            if !looks {
                shared.0.call_once(|| shared.1.store(1, Relaxed));
                assert_eq!(shared.1.load(Relaxed), 1);
            }
            other.join().unwrap();
        }
    };
    let found = weak().check(once(false));
    assert!(matches!(found.outcome, Outcome::Proved), "{:?}", found.outcome);
    assert!(fail(once(true)).message.contains("looked too early"));
}

/// The machine of a number may be another in another execution.
#[test]
fn a_channel_may_have_another_size_in_each_execution() {
    let found = weak().keep_going().check(|| {
        let room = choose(2) + 1;
        let (sender, receiver) = mpsc::sync_channel(room);
        let other = thread::spawn(move || (0..2).filter(|i| sender.try_send(*i).is_ok()).count());
        let sent = other.join().unwrap();
        outcome(format!("{room} {sent}"));
        drop(receiver);
    });
    let seen = found.outcomes.into_iter().collect::<Vec<_>>();
    assert_eq!(seen, [("1 1".to_owned(), 1), ("2 2".to_owned(), 1)]);
}

/// A thread that has ended is not a thread that was joined.
#[test]
fn to_ask_whether_a_thread_has_ended_orders_nothing() {
    let failure = fail(|| {
        let data = Arc::new(AtomicU32::new(0));
        let theirs = Arc::clone(&data);
        let other = thread::spawn(move || theirs.store(1, Relaxed));
        while !other.is_finished() {
            hint::spin_loop();
        }
        assert_eq!(data.load(Relaxed), 1, "stale");
    });
    assert!(failure.message.contains("stale"), "{failure}");
}

/// A try to take a mutex may fail although the mutex has been given back, unless something orders the two.
#[test]
fn a_try_to_take_a_mutex_may_be_stale() {
    let outcomes = |ordering: Ordering| {
        let found = weak().keep_going().check(move || {
            let shared = Arc::new((Mutex::new(0), AtomicBool::new(false)));
            let theirs = Arc::clone(&shared);
            let other = thread::spawn(move || {
                *theirs.0.lock().unwrap() += 1;
                theirs.1.store(true, ordering);
            });
            let given_back = shared.1.load(ordering);
            outcome(format!("{given_back} {}", shared.0.try_lock().is_ok()));
            other.join().unwrap();
            assert_eq!(*shared.0.lock().unwrap(), 1);
        });
        assert_eq!(found.failures, 0, "{:?}", found.outcome);
        found.outcomes.into_keys().collect::<Vec<_>>()
    };
    assert_eq!(outcomes(SeqCst), ["false false", "false true", "true true"]);
    assert_eq!(outcomes(Relaxed), ["false false", "false true", "true false", "true true"]);
}

/// What a thread finds out by it that comes too early, and nothing orders, is no matter of one interleaving.
#[test]
fn looks_at_poison_order_no_memory() {
    fn explored(two: impl Fn(&AtomicU32) -> [bool; 2]) -> Vec<String> {
        let found = Explorer::new().check(|| outcome(format!("{:?}", two(&AtomicU32::new(0)))));
        let of_memory = |it: &Assumption| matches!(it, Assumption::SequentialMemory { .. });
        assert!(!found.assumptions.iter().any(of_memory), "{found:?}");
        assert!(matches!(found.outcome, Outcome::Proved), "{found:?}");
        found.outcomes.into_keys().collect()
    }
    // Each stores or changes something, and then looks at what the other does.
    let all = ["[false, false]", "[false, true]", "[true, false]", "[true, true]"];
    let once = explored(|x| {
        let once = Once::new();
        catch_unwind(AssertUnwindSafe(|| once.call_once(|| panic!("as it should")))).unwrap_err();
        thread::scope(|scope| {
            let other = scope.spawn(|| {
                let mut stored = false;
                once.call_once_force(|_| stored = x.load(SeqCst) == 1);
                stored
            });
            x.store(1, SeqCst);
            let poisoned = catch_unwind(AssertUnwindSafe(|| once.call_once(|| ()))).is_err();
            [poisoned, other.join().unwrap()]
        })
    });
    assert_eq!(once, all);
    let clear = explored(|x| {
        let mutex = Mutex::new(());
        let poisons = || {
            let _held = mutex.lock();
            panic!("as it should")
        };
        catch_unwind(AssertUnwindSafe(poisons)).unwrap_err();
        thread::scope(|scope| {
            let other = scope.spawn(|| {
                mutex.clear_poison();
                x.load(SeqCst) == 1
            });
            x.store(1, SeqCst);
            [mutex.lock().is_err(), other.join().unwrap()]
        })
    });
    assert_eq!(clear, all);
}

/// The mutex of those that wait orders what comes before a notification, if the thread that notifies holds it.
#[test]
fn a_notification_under_another_lock_orders_no_memory() {
    let explored = |under: Option<usize>, at_first: Option<usize>| {
        let found = Explorer::new().check(|| {
            let (x, locks, changed) = (AtomicU32::new(0), [(); 2].map(Mutex::new), Condvar::new());
            let notify = |under: Option<usize>| {
                let _held = under.map(|which| locks[which].lock());
                changed.notify_one();
            };
            if at_first.is_some() {
                notify(at_first);
            }
            thread::scope(|scope| {
                scope.spawn(|| {
                    x.store(1, Relaxed);
                    notify(under);
                });
                let held = locks[0].lock().unwrap();
                let (_held, ended) = changed.wait_timeout(held, Duration::from_millis(1)).unwrap();
                outcome(format!("{} {}", ended.timed_out(), x.load(Relaxed)));
            });
        });
        assert!(matches!(found.outcome, Outcome::Proved), "{found:?}");
        let of_memory = |it: &Assumption| matches!(it, Assumption::SequentialMemory { .. });
        assert!(!found.assumptions.iter().any(of_memory), "{found:?}");
        found.outcomes.into_keys().collect::<Vec<_>>()
    };
    let ordered = ["false 1", "true 0", "true 1"];
    let any = ["false 0", "false 1", "true 0", "true 1"];
    assert_eq!(explored(Some(0), None), ordered);
    assert_eq!(explored(Some(0), Some(0)), ordered);
    for under in [Some(1), None] {
        for at_first in [None, Some(0), Some(1)] {
            assert_eq!(explored(under, at_first), any, "{under:?} {at_first:?}");
        }
    }
    // Of a condition variable whose first notification is not under the mutex, all are looked at as graphs.
    assert_eq!(explored(Some(0), Some(1)), ordered);
}

/// That all senders are gone orders nothing: a receiver that finds it out may read what was there before their ends.
#[test]
fn a_disconnected_channel_orders_no_memory() {
    for waits in [true, false] {
        for room in [None, Some(1), Some(0)] {
            let found = Explorer::new().check(|| {
                let x = AtomicU32::new(0);
                let (unbounded, receiver) = mpsc::channel::<u32>();
                let (bounded, bounded_receiver) = mpsc::sync_channel::<u32>(room.unwrap_or(1));
                let receiver = if room.is_none() { receiver } else { bounded_receiver };
                thread::scope(|scope| {
                    scope.spawn(|| {
                        x.store(1, Relaxed);
                        drop((unbounded, bounded));
                    });
                    let gone = match waits {
                        true => receiver.recv().is_err(),
                        false => receiver.try_recv() == Err(mpsc::TryRecvError::Disconnected),
                    };
                    let seen = x.load(Relaxed);
                    outcome(if gone { seen } else { 9 });
                });
            });
            assert!(matches!(found.outcome, Outcome::Proved), "{found:?}");
            let of_memory = |it: &Assumption| matches!(it, Assumption::SequentialMemory { .. });
            assert!(!found.assumptions.iter().any(of_memory), "{found:?}");
            let seen = found.outcomes.into_keys().collect::<Vec<_>>();
            assert_eq!(seen[..2], ["0", "1"], "{waits} {room:?}");
        }
    }
}

/// What a thread does with a `Once`, and what it says of that.
fn of_once(once: &Once, what: usize) -> String {
    let mut ran = false;
    let panics = |panics: bool| assert!(!panics, "as it should");
    let called = catch_unwind(AssertUnwindSafe(|| match what {
        0 | 1 => once.call_once(|| {
            ran = true;
            panics(what == 1);
        }),
        2 | 3 => once.call_once_force(|state| {
            ran = !state.is_poisoned();
            panics(what == 3);
        }),
        _ => ran = once.is_completed(),
    }));
    format!("{}{}", u8::from(ran), u8::from(called.is_err()))
}

/// A call that finds the panic of an earlier closure comes before another closure runs. One object has the same values
/// under every model, so each program has the same outcomes.
#[test]
fn calls_that_find_a_panic_come_before_another_closure() {
    let outcomes = |memory, threads: &[Vec<usize>]| {
        let model = || {
            let once = Arc::new(Once::new());
            let spawn = |operations: &Vec<usize>| {
                let (once, operations) = (Arc::clone(&once), operations.clone());
                thread::spawn(move || operations.iter().map(|what| of_once(&once, *what)).collect())
            };
            let threads = threads.iter().map(spawn).collect::<Vec<_>>();
            let told: Vec<String> = threads.into_iter().map(|it| it.join().unwrap()).collect();
            outcome(told.join(" "));
        };
        let found = Explorer::new().memory(memory).check(model);
        assert!(matches!(found.outcome, Outcome::Proved), "{threads:?}: {found:?}");
        found.outcomes.into_keys().collect::<Vec<_>>()
    };
    let compare = |threads: &[Vec<usize>]| {
        let [sequential, c11] = [Memory::Sequential, Memory::C11].map(|it| outcomes(it, threads));
        assert_eq!(c11, sequential, "{threads:?}");
    };
    fn digits<const N: usize>(mut number: usize) -> [usize; N] {
        std::array::from_fn(|_| {
            let digit = number % 5;
            number /= 5;
            digit
        })
    }
    for [a, b, c] in (0..125).map(digits) {
        compare(&[vec![a], vec![b], vec![c]]);
    }
    for [a, b, c, d] in (0..625).map(digits) {
        compare(&[vec![a, b], vec![c, d]]);
    }
}
