//! A lost update: two deposits, one of which may vanish.
//!
//! ```sh
//! cargo run -p raceproof --example lost_update
//! ```
//!
//! It fails, which is its purpose: [`model`] panics, and its message shows the execution in which the balance
//! is wrong. Under `cargo test` the body of `main` would be the body of a `#[test]`.

use raceproof::{
    model,
    sync::{Arc, Mutex},
    thread,
};

fn main() {
    model(|| {
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
