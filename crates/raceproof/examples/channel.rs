//! A channel made of a mutex and a condition variable: the checker finds the error of its first form, and
//! proves the second one.
//!
//! ```sh
//! cargo run -p raceproof --example channel
//! ```

use raceproof::{
    Explorer, Outcome,
    sync::{Arc, Condvar, Mutex},
    thread,
};
use std::collections::VecDeque;

/// A queue of messages for any number of senders and receivers.
struct Channel<T> {
    messages: Mutex<VecDeque<T>>,
    not_empty: Condvar,
}

impl<T> Channel<T> {
    fn new() -> Self {
        Self {
            messages: Mutex::named("messages", VecDeque::new()),
            not_empty: Condvar::named("not empty"),
        }
    }

    fn send(&self, message: T) {
        self.messages.lock().unwrap().push_back(message);
        self.not_empty.notify_one();
    }

    /// The broken form: another receiver may take the message between the wake-up and the lock.
    fn receive_with_if(&self) -> T {
        let mut messages = self.messages.lock().unwrap();
        if messages.is_empty() {
            messages = self.not_empty.wait(messages).unwrap();
        }
        messages.pop_front().expect("a message after the wake-up")
    }

    /// The fixed form: the wait is in a loop.
    fn receive(&self) -> T {
        let messages = self.messages.lock().unwrap();
        let mut messages = self.not_empty.wait_while(messages, |m| m.is_empty()).unwrap();
        messages.pop_front().expect("there is one")
    }
}

/// Two receivers, and a sender of one message for each.
fn program(receive: fn(&Channel<i32>) -> i32) {
    let channel = Arc::new(Channel::new());
    let receivers = [(); 2].map(|()| {
        let channel = Arc::clone(&channel);
        thread::spawn(move || receive(&channel))
    });
    channel.send(1);
    channel.send(2);
    let mut received = receivers.map(|receiver| receiver.join().unwrap());
    received.sort_unstable();
    assert_eq!(received, [1, 2]);
}

#[cfg_attr(test, test)]
fn main() {
    let Outcome::Failed(failure) =
        Explorer::new().check(|| program(Channel::receive_with_if)).outcome
    else {
        panic!("the broken form must fail");
    };
    println!("with `if`:\n{failure}");

    let proof = Explorer::new().check(|| program(Channel::receive));
    assert!(matches!(proof.outcome, Outcome::Proved), "the fixed form must be proved");
    println!("with a loop: proved in {} executions", proof.executions);
}
