//! Channels.

use super::*;

#[test]
fn channels_deliver_in_order_and_disconnect() {
    prove(|| {
        let (sender, receiver) = mpsc::channel();
        let second = sender.clone();
        let a = thread::spawn(move || [1, 2].map(|n| sender.send(n).unwrap()));
        let b = thread::spawn(move || second.send(10).unwrap());
        let got: Vec<i32> = receiver.iter().collect();
        assert_eq!(got.iter().filter(|n| **n < 10).collect::<Vec<_>>(), [&1, &2]);
        assert_eq!(got.len(), 3);
        assert_eq!(receiver.try_recv(), Err(TryRecvError::Disconnected));
        a.join().unwrap();
        b.join().unwrap();
    });
    prove(|| {
        let (sender, receiver) = mpsc::channel();
        drop(receiver);
        assert_eq!(sender.send(7).unwrap_err().0, 7);
    });
}

#[test]
fn a_bounded_channel_has_no_more_than_its_bound() {
    prove(|| {
        let (sender, receiver) = mpsc::sync_channel(1);
        let full = sender.clone();
        sender.send(1).unwrap();
        assert!(matches!(full.try_send(9), Err(TrySendError::Full(9))));
        drop(full);
        let other = thread::spawn(move || sender.send(2));
        assert_eq!((receiver.recv(), receiver.recv()), (Ok(1), Ok(2)));
        other.join().unwrap().unwrap();
        assert!(receiver.recv().is_err());
    });
    let found = outcomes(|| {
        let (sender, receiver) = mpsc::sync_channel(0);
        let flag = Arc::new(AtomicBool::new(false));
        let theirs = Arc::clone(&flag);
        let other = thread::spawn(move || {
            sender.send(1).unwrap();
            theirs.load(SeqCst)
        });
        flag.store(true, SeqCst);
        receiver.recv().unwrap();
        outcome(other.join().unwrap());
    });
    assert_eq!(found, ["true"], "a send without room ends only after the receive has begun");
}

#[test]
fn a_value_handed_over_to_nobody_comes_back() {
    let found = outcomes(|| {
        let (sender, receiver) = mpsc::sync_channel(0);
        let other = thread::spawn(move || sender.send(5).map_err(|error| error.0));
        drop(receiver);
        outcome(format!("{:?}", other.join().unwrap()));
    });
    assert_eq!(found, ["Err(5)"]);
}

/// "This function will never block": a value is handed over to a receiver that waits, or not at all.
#[test]
fn try_send_hands_over_to_a_receiver_that_waits() {
    let found = outcomes(|| {
        let (sender, receiver) = mpsc::sync_channel(0);
        let other = thread::spawn(move || outcome(format!("sent: {}", sender.try_send(1).is_ok())));
        outcome(format!("received: {}", receiver.recv().is_ok()));
        other.join().unwrap();
    });
    let mut orders: Vec<_> = found.iter().map(|found| found.matches("true").count()).collect();
    orders.sort_unstable();
    orders.dedup();
    assert_eq!(orders, [0, 2], "{found:?}");
}

#[test]
fn a_loop_of_try_sends_reaches_the_receiver() {
    prove(|| {
        let (sender, receiver) = mpsc::sync_channel(0);
        let other = thread::spawn(move || receiver.recv().unwrap());
        while sender.try_send(1).is_err() {
            thread::yield_now();
        }
        assert_eq!(other.join().unwrap(), 1);
    });
}

/// A receiver that was given a value has it, though its time is over.
#[test]
fn what_try_send_hands_over_is_not_lost() {
    let found = outcomes(|| {
        let (sender, receiver) = mpsc::sync_channel(0);
        let second = sender.clone();
        let others = [(sender, 1), (second, 2)]
            .map(|(sender, value)| thread::spawn(move || sender.try_send(value).is_ok()));
        let received = receiver.recv_timeout(SOON).is_ok();
        let sent = others.map(|other| other.join().unwrap());
        let sent = sent.iter().filter(|sent| **sent).count();
        outcome(format!("{received} {sent}"));
    });
    assert_eq!(found, ["false 0", "true 1"]);
}
