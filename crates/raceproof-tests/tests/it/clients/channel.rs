//! A channel that can be closed. The broken one looks for messages first and for the end then: a message that is sent
//! between the two is forgotten.

use raceproof::linearizable;
use raceproof::linearizable::Checked;
use raceproof::sync::atomic::{
    AtomicBool, AtomicU8, AtomicUsize,
    Ordering::{Acquire, Relaxed, Release},
};
use raceproof::thread;

use super::{broken, proved};

struct Channel {
    messages: [AtomicU8; 3],
    sent: AtomicUsize,
    received: AtomicUsize,
    closed: AtomicBool,
    looks_again: bool,
}

impl Channel {
    fn new(looks_again: bool) -> Self {
        Channel {
            messages: std::array::from_fn(|n| AtomicU8::named(format!("message {n}"), 0)),
            sent: AtomicUsize::named("sent", 0),
            received: AtomicUsize::named("received", 0),
            closed: AtomicBool::named("closed", false),
            looks_again,
        }
    }

    fn send(&self, value: u8) {
        let sent = self.sent.load(Relaxed);
        self.messages[sent].store(value, Relaxed);
        self.sent.store(sent + 1, Release);
    }

    fn close(&self) {
        self.closed.store(true, Release);
    }

    fn take(&self) -> Option<u8> {
        let received = self.received.load(Relaxed);
        if self.sent.load(Acquire) == received {
            return None;
        }
        self.received.store(received + 1, Relaxed);
        Some(self.messages[received].load(Relaxed))
    }

    fn receive(&self) -> Option<u8> {
        loop {
            if let Some(value) = self.take() {
                return Some(value);
            }
            if self.closed.load(Acquire) {
                return if self.looks_again { self.take() } else { None };
            }
            thread::yield_now();
        }
    }
}

fn check(looks_again: bool) -> Checked {
    linearizable! { @clients
        object: Channel = Channel::new(looks_again);
        spec: (std::collections::VecDeque<u8>, bool) = Default::default();
        sizes: 2 x 2;
        fn send(&self, value in fresh(1..)) { spec: |(queue, _)| queue.push_back(value), only: sender }
        fn close(&self) { spec: |(_, closed)| *closed = true, only: sender, last }
        fn receive(&self) -> Option<u8> {
            waits: |(queue, closed)| {
                if queue.is_empty() && !*closed { None } else { Some(queue.pop_front()) }
            },
            only: receiver
        }
    }
    .check()
}

#[test]
fn right() {
    proved(&check(true));
}

#[test]
fn the_last_message_forgotten() {
    broken(&check(false), 3, 2);
}
