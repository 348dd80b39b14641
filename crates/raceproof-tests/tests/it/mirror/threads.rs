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
        // That it has ended orders nothing yet.
        other.join().unwrap();
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

thread_local! {
    static MADE: std::cell::Cell<u32> = const { std::cell::Cell::new(0) };
}

fn made() -> u32 {
    MADE.set(MADE.get() + 1);
    7
}

raceproof::thread_local! {
    static NUMBER: std::cell::Cell<u32> = std::cell::Cell::new(made());
    static WORDS: std::cell::RefCell<Vec<&'static str>> = std::cell::RefCell::default();
}

#[test]
fn thread_locals_of_cells_have_std_s_shorthands() {
    prove(|| {
        MADE.set(0);
        NUMBER.set(1);
        assert_eq!((NUMBER.get(), NUMBER.replace(2), NUMBER.take(), NUMBER.get()), (1, 1, 2, 0));
        assert_eq!(MADE.get(), 0, "what is set first is not made");
        assert_eq!(thread::spawn(|| NUMBER.replace(3)).join().unwrap(), 7);
        WORDS.set(vec!["a"]);
        WORDS.with_borrow_mut(|words| words.push("b"));
        assert_eq!(WORDS.with_borrow(Vec::len), 2);
        assert_eq!(WORDS.replace(vec!["c"]), ["a", "b"]);
        assert_eq!(WORDS.take(), ["c"]);
        assert!(thread::spawn(|| WORDS.with_borrow(Vec::is_empty)).join().unwrap());
    });
}

#[test]
#[allow(unsafe_code)]
fn a_thread_may_borrow_without_a_scope() {
    prove(|| {
        let count = AtomicUsize::new(0);
        let builder = thread::Builder::new().name("borrower".into());
        // SAFETY: it is joined before the count ends.
        let borrower = unsafe { builder.spawn_unchecked(|| count.fetch_add(1, SeqCst)) };
        assert_eq!(borrower.unwrap().join().unwrap(), 0);
        assert_eq!(count.into_inner(), 1);
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
