//! Lazy statics.

use loom::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use loom::sync::{Arc, Mutex};
use loom::thread;

loom::lazy_static! {
    static ref COUNT: AtomicUsize = AtomicUsize::new(1);
    /// Seen from outside.
    pub(crate) static ref NAMES: Mutex<Vec<&'static str>> = Mutex::new(vec!["Ada"]);
    pub static ref SHARED: Arc<u32> = Arc::new(5);
}

#[test]
fn each_execution_has_its_own() {
    loom::model(|| {
        let other = thread::spawn(|| COUNT.fetch_add(1, SeqCst));
        let mine = COUNT.fetch_add(1, SeqCst);
        assert_eq!(other.join().unwrap() + mine, 3);
        assert_eq!(NAMES.lock().unwrap().len(), 1);
        NAMES.lock().unwrap().push("Grace");
    });
}

#[test]
fn what_they_hold_is_no_leak() {
    loom::model(|| assert_eq!(*Arc::clone(&SHARED), 5));
}
