//! A lost update: two deposits, one of which may vanish.
//!
//! ```sh
//! cargo run -p raceproof --example lost_update
//! ```
//!
//! It fails, which is its purpose: it panics, and the message shows the execution in which the balance is
//! wrong. In your own crate the body of `main` is the body of a `#[test]`, and
//! `raceproof::model(|| { ... })` is enough.

use raceproof::{
    Explorer,
    sync::{Arc, Mutex},
    thread,
};

#[cfg_attr(test, test, should_panic(expected = "lost update (left: 100, right: 200)"))]
fn main() {
    // It fails on purpose, so there is no need to remember the failing schedule in a file.
    Explorer::new().regressions(false).model(|| {
        let balance = Arc::new(Mutex::named("balance", 0));
        let theirs = Arc::clone(&balance);
        let other = thread::spawn(move || {
            let seen = *theirs.lock().unwrap();
            *theirs.lock().unwrap() = seen + 100;
        });
        *balance.lock().unwrap() += 100;
        other.join().unwrap();
        assert_eq!(*balance.lock().unwrap(), 200, "lost update");
    });
}
