//! Threads: scopes, ends, locals, names, many of them.

use super::*;

#[test]
fn scoped_threads_borrow() {
    prove(|| {
        let count = AtomicU8::new(0);
        let mut local = 0;
        let sum = thread::scope(|scope| {
            let first = scope.spawn(|| count.fetch_add(1, SeqCst));
            scope.spawn(|| {
                local += 5;
                count.fetch_add(2, SeqCst);
            });
            usize::from(first.join().unwrap())
        });
        assert!(sum == 0 || sum == 2);
        assert_eq!((count.load(SeqCst), local), (3, 5));
    });
}

#[test]
fn a_finished_thread_says_so() {
    let found = outcomes(|| {
        let other = thread::spawn(|| ());
        outcome(other.is_finished());
        other.join().unwrap();
    });
    assert_eq!(found, ["false", "true"]);
    prove(|| {
        let flag = Arc::new(AtomicBool::new(false));
        let theirs = Arc::clone(&flag);
        let other = thread::spawn(move || theirs.store(true, SeqCst));
        while !other.is_finished() {
            thread::yield_now();
        }
        assert!(flag.load(SeqCst));
    });
}

raceproof::thread_local! {
    static MINE: std::cell::Cell<u32> = const { std::cell::Cell::new(7) };
    static DROPPED: Tell = Tell(std::cell::RefCell::new(None));
}

struct Tell(std::cell::RefCell<Option<Arc<AtomicUsize>>>);

impl Drop for Tell {
    fn drop(&mut self) {
        if let Some(count) = self.0.borrow().as_ref() {
            count.fetch_add(1, SeqCst);
        }
    }
}

#[test]
fn thread_locals_are_each_thread_s_own() {
    prove(|| {
        let count = Arc::new(AtomicUsize::new(0));
        let theirs = Arc::clone(&count);
        MINE.with(|mine| mine.set(1));
        let other = thread::spawn(move || {
            DROPPED.with(|tell| *tell.0.borrow_mut() = Some(theirs));
            MINE.with(|mine| mine.replace(2))
        });
        assert_eq!(other.join().unwrap(), 7);
        assert_eq!(MINE.with(std::cell::Cell::get), 1);
        assert_eq!(count.load(SeqCst), 1);
    });
}

#[test]
fn threads_have_names_and_identities() {
    prove(|| {
        assert_eq!(thread::current().name(), Some("main"));
        let me = thread::current().id();
        let other = thread::Builder::new().named("worker").spawn(move || {
            assert_eq!(thread::current().name(), Some("worker"));
            assert_ne!(thread::current().id(), me);
            thread::current().id()
        });
        let other = other.unwrap();
        let id = other.thread().id();
        assert_eq!(other.join().unwrap(), id);
    });
}

#[test]
fn sixty_four_threads_fit_in_a_model() {
    let result = prove(|| {
        let cells: Arc<Vec<_>> = Arc::new((0..64).map(|_| AtomicUsize::new(0)).collect());
        let threads: Vec<_> = (0..64)
            .map(|i| {
                let cells = Arc::clone(&cells);
                let cell = if i < 20 { i / 2 } else { i };
                thread::spawn(move || cells[cell].fetch_add(1, SeqCst))
            })
            .collect();
        let sum: usize = threads.into_iter().map(|thread| thread.join().unwrap()).sum();
        assert_eq!(sum, 10);
    });
    assert_eq!(result.executions, 1 << 10);
}
