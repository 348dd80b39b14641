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
