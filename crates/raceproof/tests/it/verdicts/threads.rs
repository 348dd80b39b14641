//! Joins and scopes.

use raceproof::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use raceproof::thread;

use super::holds;

#[test]
fn a_sibling_joins_a_scoped_thread() {
    holds(|| {
        let a = AtomicUsize::new(0);
        thread::scope(|scope| {
            let first = scope.spawn(|| a.load(SeqCst));
            scope.spawn(|| first.join().unwrap());
            a.load(SeqCst);
        });
    });
}
