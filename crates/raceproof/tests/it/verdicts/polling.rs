//! Loops that look for something and pause.

use super::{SOON, holds};
use raceproof::sync::mpsc;
use raceproof::thread;

#[test]
fn a_poll_of_timed_receives_ends() {
    holds(|| {
        let (sender, receiver) = mpsc::channel();
        let other = thread::spawn(move || sender.send(1).unwrap());
        while receiver.recv_timeout(SOON) == Err(mpsc::RecvTimeoutError::Timeout) {}
        other.join().unwrap();
    });
}
