//! What channels and `select` promise.

use super::{Channel, Kind, Of};
use raceproof_suite::{
    backend::{AtomicUsize, Backend, execution::outcome, join_all},
    program::Program,
};
use std::sync::{Arc, atomic::Ordering::SeqCst};

#[derive(Debug)]
pub(super) struct EachItemOnce<K: Kind>(pub(super) Of<K>, pub(super) usize);

impl<K: Kind> Program for EachItemOnce<K> {
    fn run<B: Backend>(&self) {
        let items = K::Chan::<B>::with_room("items", self.1);
        let receivers = ["first", "second"].map(|name| {
            let items = items.clone();
            B::spawn(name, move || items.recv().expect("it stays open"))
        });
        items.send(1);
        items.send(2);
        let got: Vec<_> = join_all(receivers).iter().map(ToString::to_string).collect();
        outcome(got.join(" "));
    }
}

#[derive(Debug)]
pub(super) struct InOrder<K: Kind>(pub(super) Of<K>);

impl<K: Kind> Program for InOrder<K> {
    fn run<B: Backend>(&self) {
        let items = K::Chan::<B>::with_room("items", 1);
        let sent = items.clone();
        let sender = B::spawn("sender", move || {
            (1..=3).for_each(|item| sent.send(item));
            sent.close();
        });
        let got: Vec<_> = (0..4).map(|_| items.recv()).collect();
        assert_eq!(got, [Some(1), Some(2), Some(3), None], "out of order");
        join_all([sender]);
    }
}

#[derive(Debug)]
pub(super) struct Rendezvous<K: Kind>(pub(super) Of<K>);

impl<K: Kind> Program for Rendezvous<K> {
    fn run<B: Backend>(&self) {
        let parts =
            Arc::new((K::Chan::<B>::with_room("items", 0), AtomicUsize::<B>::named("ready", 0)));
        let shared = Arc::clone(&parts);
        let receiver = B::spawn("receiver", move || {
            shared.1.store(1, SeqCst);
            shared.0.recv()
        });
        parts.0.send(7);
        assert_eq!(parts.1.load(SeqCst), 1, "sent before anybody came to receive");
        assert_eq!(join_all([receiver]), [Some(7)], "another item came");
    }
}

#[derive(Debug)]
pub(super) struct CloseWakesAll<K: Kind>(pub(super) Of<K>);

impl<K: Kind> Program for CloseWakesAll<K> {
    fn run<B: Backend>(&self) {
        let items = K::Chan::<B>::with_room("items", 0);
        let receivers = ["first", "second"].map(|name| {
            let items = items.clone();
            B::spawn(name, move || items.recv())
        });
        items.close();
        assert_eq!(join_all(receivers), [None, None], "an item came from nowhere");
    }
}

#[derive(Debug)]
pub(super) struct SelectTakesOne<K: Kind>(pub(super) Of<K>);

impl<K: Kind> Program for SelectTakesOne<K> {
    fn run<B: Backend>(&self) {
        let channels = [K::Chan::<B>::with_room("left", 1), K::Chan::<B>::with_room("right", 1)];
        let senders = [(0, "to left", 10), (1, "to right", 20)].map(|(n, name, item)| {
            let channel = channels[n].clone();
            B::spawn(name, move || channel.send(item))
        });
        let (case, item) = channels[0].recv_or(&channels[1]);
        let other = channels[1 - case].recv();
        assert_eq!(item.zip(other).map(|(a, b)| a + b), Some(30), "an item is lost");
        join_all(senders);
        outcome(format!("{case} {}", item.unwrap_or_default()));
    }
}

#[derive(Debug)]
pub(super) struct SelectMeets<K: Kind>(pub(super) Of<K>);

impl<K: Kind> Program for SelectMeets<K> {
    fn run<B: Backend>(&self) {
        let channels =
            [K::Chan::<B>::with_room("first's", 0), K::Chan::<B>::with_room("second's", 0)];
        let threads = [(0, "first", 10), (1, "second", 20)].map(|(n, name, item)| {
            let [own, other] = [channels[n].clone(), channels[1 - n].clone()];
            B::spawn(name, move || own.send_or_recv(item, &other))
        });
        let [first, second] = <[_; 2]>::try_from(join_all(threads)).expect("two");
        let met =
            matches!((first, second), ((0, None), (1, Some(10))) | ((1, Some(20)), (0, None)));
        assert!(met, "one has sent and the other has not received: {first:?} {second:?}");
        outcome(format!("{} {}", first.0, second.0));
    }
}
