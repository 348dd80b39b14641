//! Channels: what they come to, and in how many executions.

use std::sync::Arc;

use raceproof::sync::Barrier;
use raceproof::sync::mpsc::{TryRecvError, channel, sync_channel};
use raceproof::{Explorer, FailureKind, Outcome, cell, outcome, thread};

use super::{SOON, executions, fails_with, holds};

/// loom's `commutative_senders`, with any number of them: one execution for each order of the sends.
#[test]
fn one_execution_for_each_order_of_the_sends() {
    let senders = |count: i32| {
        move || {
            let (sender, receiver) = channel();
            for value in 0..count {
                let sender = sender.clone();
                thread::spawn(move || sender.send(value).unwrap());
            }
            let sum: i32 = (0..count).map(|_| receiver.recv().unwrap()).sum();
            assert_eq!(sum, (0..count).sum::<i32>());
        }
    };
    assert_eq!(executions(senders(2)), 2);
    assert_eq!(executions(senders(3)), 6);
    assert_eq!(executions(senders(4)), 24);
}

#[test]
fn a_pipeline_has_one_execution() {
    for room in [None, Some(0), Some(1), Some(3)] {
        let model = move || {
            let values = 0..5;
            let sum: i32 = values.clone().sum();
            let receiver = match room {
                None => {
                    let (sender, receiver) = channel();
                    thread::spawn(move || values.for_each(|value| sender.send(value).unwrap()));
                    receiver
                }
                Some(room) => {
                    let (sender, receiver) = sync_channel(room);
                    thread::spawn(move || values.for_each(|value| sender.send(value).unwrap()));
                    receiver
                }
            };
            assert_eq!(receiver.into_iter().sum::<i32>(), sum);
        };
        assert_eq!(executions(model), 1, "{room:?}");
    }
}

/// shuttle's `mpsc_rendezvous_two_threads`.
#[test]
fn rendezvous_two_threads() {
    let model = || {
        let (sender, receiver) = sync_channel(0);
        let other = sender.clone();
        thread::spawn(move || sender.send(10).unwrap());
        thread::spawn(move || other.send(20).unwrap());
        assert_eq!(receiver.recv().unwrap() + receiver.recv().unwrap(), 30);
    };
    assert_eq!(executions(model), 2);
}

/// shuttle's `mpsc_many_senders_drop_receiver`: none, one or two of four send before the end.
#[test]
fn many_senders_drop_receiver() {
    let model = || {
        let (sender, receiver) = sync_channel(2);
        let senders: Vec<_> = (0..4)
            .map(|value| {
                let sender = sender.clone();
                thread::spawn(move || _ = sender.send(value))
            })
            .collect();
        drop((sender, receiver));
        senders.into_iter().for_each(|sender| sender.join().unwrap());
    };
    assert_eq!(executions(model), 1 + 4 + 4 * 3);
}

/// shuttle's test of this name: each of 4 leaders, and each order of 3 sends.
#[test]
fn barrier_test_many_ok() {
    let model = || {
        let barrier = Arc::new(Barrier::new(4));
        let (sender, receiver) = channel();
        let others: Vec<_> = (0..3)
            .map(|_| {
                let (barrier, sender) = (Arc::clone(&barrier), sender.clone());
                thread::spawn(move || sender.send(barrier.wait().is_leader()).unwrap())
            })
            .collect();
        let mut leaders = usize::from(barrier.wait().is_leader());
        (0..3).for_each(|_| leaders += usize::from(receiver.recv().unwrap()));
        assert_eq!(leaders, 1);
        others.into_iter().for_each(|other| other.join().unwrap());
    };
    assert_eq!(executions(model), 4 * 6);
}

#[test]
fn a_look_for_a_value_depends_on_its_send_alone() {
    let model = |looks: usize| {
        move || {
            let (sender, receiver) = channel();
            let send = move || (0..3).for_each(|value| sender.send(value).unwrap());
            let other = thread::spawn(send);
            let found = (0..looks).filter(|_| receiver.try_recv().is_ok()).count();
            outcome(found);
            other.join().unwrap();
        }
    };
    assert_eq!((executions(model(1)), holds(model(1)).len()), (2, 2));
    assert_eq!((executions(model(2)), holds(model(2)).len()), (4, 3));
}

#[test]
fn a_wait_for_a_time_gets_the_value_or_does_not() {
    let model = || {
        let (sender, receiver) = channel();
        let other = thread::spawn(move || sender.send(1));
        let first = receiver.recv_timeout(SOON);
        outcome(format!("{first:?} {}", other.join().unwrap().is_ok()));
    };
    assert!(holds(model).iter().eq(["Err(Timeout) true", "Ok(1) true"]));
    assert_eq!(executions(model), 2);
}

#[test]
fn the_ends_of_both_halves_are_seen() {
    let found = holds(|| {
        let (sender, receiver) = channel::<u8>();
        let other = thread::spawn(move || drop(sender));
        outcome(format!("{:?} {:?}", receiver.try_recv(), receiver.recv()));
        other.join().unwrap();
    });
    assert!(found.iter().eq(["Err(Disconnected) Err(RecvError)", "Err(Empty) Err(RecvError)"]));
    let found = holds(|| {
        let (sender, receiver) = sync_channel(1);
        let other = thread::spawn(move || drop(receiver));
        let sent = [1, 2].map(|value| sender.send(value).map_err(|error| error.0));
        outcome(format!("{sent:?}"));
        other.join().unwrap();
    });
    assert!(found.iter().eq(["[Err(1), Err(2)]", "[Ok(()), Err(2)]"]), "{found:?}");
}

#[test]
fn what_a_sender_did_is_ordered_before_the_receive_of_its_value() {
    let model = |own: bool| {
        move || {
            let (sender, receiver) = channel();
            let memory = Arc::new(cell::UnsafeCell::new(0));
            let second = sender.clone();
            let (theirs, other) = (Arc::clone(&memory), thread::spawn(move || second.send(2)));
            let writer = thread::spawn(move || {
                theirs.with_mut(|_| ());
                sender.send(1)
            });
            let wanted = if own { 1 } else { 2 };
            if receiver.recv() == Ok(wanted) {
                memory.with(|_| ());
            }
            _ = (other.join(), writer.join());
        }
    };
    holds(model(true));
    fails_with(FailureKind::DataRace, "data race on cell", model(false));
}

#[test]
fn what_was_sent_and_not_received_is_dropped_with_the_receiver() {
    holds(|| {
        let (sender, receiver) = channel();
        let value = Arc::new(());
        sender.send(Arc::clone(&value)).unwrap();
        drop(receiver);
        assert_eq!(Arc::strong_count(&value), 1);
        let refused = sender.send(Arc::clone(&value)).unwrap_err().0;
        assert!(Arc::ptr_eq(&refused, &value));
    });
}

#[test]
fn a_wait_for_the_other_half_is_told() {
    fails_with(
        FailureKind::Deadlock,
        "`main` waits for a value from channel at channels.rs",
        || {
            let (sender, receiver) = channel::<u8>();
            _ = receiver.recv();
            drop(sender);
        },
    );
    fails_with(FailureKind::Deadlock, "`main` waits for room in channel at channels.rs", || {
        let (sender, receiver) = sync_channel(1);
        let _ = [1, 2].map(|value| sender.send(value).unwrap());
        drop(receiver);
    });
    fails_with(FailureKind::Deadlock, "`main` waits for the receiver of channel", || {
        let (sender, receiver) = sync_channel(0);
        sender.send(1).unwrap();
        drop(receiver);
    });
    let failure = Explorer::new().expect_failure("two", || {
        let (sender, receiver) = channel();
        let second = sender.clone();
        thread::spawn(move || sender.send(1));
        thread::spawn(move || second.send(2));
        assert_eq!(receiver.recv(), Ok(1), "two");
    });
    let text = failure.to_string();
    assert!(text.contains("sends to channel at"), "{text}");
    assert!(text.contains("receives from channel at"), "{text}");
}

/// That the receiver waits is a step where a thread tries to hand over; a schedule with such steps is run again.
#[test]
fn a_try_to_hand_over_is_found_again_by_its_schedule() {
    let model = || {
        let (sender, receiver) = sync_channel(0);
        let other = thread::spawn(move || receiver.recv());
        assert!(sender.try_send(1).is_err(), "it was handed over");
        drop(sender);
        _ = other.join();
    };
    let failure = Explorer::new().expect_failure("it was handed over", model);
    let again = Explorer::replay(&failure.schedule, model);
    let Outcome::Failed(again) = again.outcome else { panic!("{failure}") };
    assert_eq!(again.message, failure.message);
}

/// Miri finds such races in std's own channels, with and without a bound. Where values are handed over it finds none, but std promises
/// nothing there either.
#[test]
fn that_the_other_half_is_gone_orders_no_memory() {
    /// A thread writes a cell and drops its half of the channel; what does the other do?
    fn races<H, O>(halves: fn() -> (H, O), finds: fn(&O)) -> impl Fn()
    where
        H: Send + 'static,
        O: 'static,
    {
        move || {
            let (half, other) = halves();
            let cell = Arc::new(cell::UnsafeCell::new(0));
            let theirs = Arc::clone(&cell);
            let thread = thread::spawn(move || {
                theirs.with_mut(|_| ());
                drop(half);
            });
            finds(&other);
            cell.with(|_| ());
            thread.join().unwrap();
        }
    }
    let race = |model: &dyn Fn()| fails_with(FailureKind::DataRace, "data race", model);
    race(&races(channel::<u8>, |receiver| assert!(receiver.recv().is_err())));
    race(&races(channel::<u8>, |receiver| {
        while receiver.try_recv() == Err(TryRecvError::Empty) {
            thread::yield_now();
        }
    }));
    race(&races(channel::<u8>, |receiver| assert_eq!(receiver.iter().count(), 0)));
    race(&races(|| sync_channel::<u8>(1), |receiver| assert!(receiver.recv().is_err())));
    race(&races(|| sync_channel::<u8>(0), |receiver| assert!(receiver.recv().is_err())));
    let swapped = || {
        let (sender, receiver) = sync_channel::<u8>(0);
        (receiver, sender)
    };
    race(&races(swapped, |sender| assert!(sender.send(1).is_err())));
}
