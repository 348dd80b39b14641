//! Coroutines in one real thread.

use super::*;
use crate::backend::Std;
use CoroutineState::{Returned, Yielded};
use std::{cell::RefCell, rc::Rc};

type Numbers = Coroutine<Std, i32, i32, i32>;

/// Notes in its destructor that it was dropped.
struct Note(Rc<RefCell<Vec<&'static str>>>, &'static str);

impl Drop for Note {
    fn drop(&mut self) {
        self.0.borrow_mut().push(self.1);
    }
}

fn panic_of(run: impl FnOnce()) -> String {
    let payload = catch_unwind(AssertUnwindSafe(run)).expect_err("a panic");
    crate::backend::panic_message(&*payload)
}

#[test]
fn values_go_both_ways() {
    let mut adder = Numbers::new(|yielder, first| {
        let second = yielder.suspend(first + 1);
        first + second
    });
    assert_eq!(adder.resume(1), Ok(Yielded(2)));
    assert_eq!(adder.resume(10), Ok(Returned(11)));
    assert_eq!(adder.resume(7), Err(CoroutineEnded(7)));
    assert_eq!((adder.close(), adder.has_ended()), (Ok(None), true));
}

#[test]
fn a_close_runs_destructors_last_first() {
    let notes = Rc::new(RefCell::new(Vec::new()));
    let [first, second] = ["first", "second"].map(|name| Note(Rc::clone(&notes), name));
    let mut closed = Numbers::new(move |yielder, n| {
        let _first = first;
        let _second = second;
        yielder.suspend(n);
        unreachable!("it is closed")
    });
    assert_eq!(closed.resume(1), Ok(Yielded(1)));
    assert_eq!([closed.close(), closed.close()], [Ok(None); 2]);
    assert_eq!(*notes.borrow(), ["second", "first"]);
}

#[test]
fn what_never_began_is_dropped() {
    let owned = Rc::new(());
    let theirs = Rc::clone(&owned);
    let mut never = Numbers::new(move |_, n| {
        drop(theirs);
        n
    });
    assert_eq!(never.close(), Ok(None));
    assert_eq!(Rc::strong_count(&owned), 1);
    assert_eq!(never.resume(1), Err(CoroutineEnded(1)));
}

#[test]
fn the_destructors_of_a_panicking_thread_close_it() {
    let notes = Rc::new(RefCell::new(Vec::new()));
    let note = Note(Rc::clone(&notes), "closed");
    let message = panic_of(|| {
        let mut inside = Numbers::new(move |yielder, n| {
            let _note = note;
            yielder.suspend(n)
        });
        inside.resume(1).unwrap();
        panic!("of the thread");
    });
    assert_eq!((message.as_str(), &**notes.borrow()), ("of the thread", &["closed"][..]));
}

#[test]
fn a_nested_one_is_closed_with_the_outer() {
    let notes = Rc::new(RefCell::new(Vec::new()));
    let theirs = Rc::clone(&notes);
    let mut outer = Numbers::new(move |yielder, n| {
        let inner_note = Note(Rc::clone(&theirs), "inner");
        let _note = Note(theirs, "outer");
        let mut inner = Numbers::new(move |yielder, n| {
            let _note = inner_note;
            yielder.suspend(n)
        });
        let Ok(Yielded(n)) = inner.resume(n) else { unreachable!("it suspends") };
        yielder.suspend(n)
    });
    assert_eq!(outer.resume(1), Ok(Yielded(1)));
    drop(outer);
    assert_eq!(*notes.borrow(), ["inner", "outer"]);
}

#[test]
fn a_panic_of_a_destructor_comes_out_of_the_close() {
    struct Angry;
    impl Drop for Angry {
        fn drop(&mut self) {
            panic!("in a destructor");
        }
    }
    let never_begun = |angry| Numbers::new(move |_, n| (angry, n).1);
    assert_eq!(panic_of(|| drop(never_begun(Angry))), "in a destructor");
    let mut closed = never_begun(Angry);
    assert_eq!(panic_of(|| assert_eq!(closed.close(), Ok(None))), "in a destructor");
    assert!(closed.has_ended());
}

#[test]
fn one_that_catches_the_close_and_returns_says_so() {
    let mut stubborn = Numbers::new(|yielder, n| {
        let caught = catch_unwind(AssertUnwindSafe(|| yielder.suspend(n)));
        if caught.is_err() { 42 } else { n }
    });
    stubborn.resume(1).unwrap();
    assert_eq!(stubborn.close(), Ok(Some(42)));
}

#[test]
fn one_that_catches_the_close_and_panics_is_heard() {
    let mut angry = Numbers::new(|yielder, n| {
        let caught = catch_unwind(AssertUnwindSafe(|| yielder.suspend(n)));
        panic!("closed: {}", caught.is_err())
    });
    angry.resume(1).unwrap();
    assert_eq!(panic_of(|| assert_eq!(angry.close(), Ok(None))), "closed: true");
    assert!(angry.has_ended());
}

#[test]
fn one_that_catches_the_close_and_suspends_goes_on() {
    let stubborn = |yielder: &Yielder<'_, i32, i32>, mut n| {
        loop {
            n = catch_unwind(AssertUnwindSafe(|| yielder.suspend(n))).unwrap_or(-1);
        }
    };
    let mut ignoring = Numbers::new(stubborn);
    ignoring.resume(1).unwrap();
    for _ in 0..2 {
        assert_eq!(ignoring.close(), Err(CoroutineIgnoredClose(Some(-1))));
    }
    assert_eq!(ignoring.resume(3), Ok(Yielded(3)));
    // Its stack stays, and nothing hangs.
    drop(ignoring);
}

#[test]
fn one_that_suspends_in_a_destructor_is_left_alone() {
    struct Late<'a>(&'a Yielder<'a, i32, i32>);
    impl Drop for Late<'_> {
        fn drop(&mut self) {
            self.0.suspend(9);
        }
    }
    std::thread::spawn(|| {
        let mut late = Numbers::new(|yielder, n| {
            let _late = Late(yielder);
            yielder.suspend(n)
        });
        late.resume(1).unwrap();
        assert_eq!(late.close(), Err(CoroutineIgnoredClose(Some(9))));
        assert_eq!(late.close(), Err(CoroutineIgnoredClose(None)));
        drop(late);
    })
    .join()
    .unwrap();
}

#[test]
fn an_iterator_ends_with_the_body() {
    let mut numbers = Coroutine::<Std, (), _, _>::new(|yielder, ()| {
        yielder.suspend(1);
        "the result"
    });
    assert_eq!([numbers.next(), numbers.next(), numbers.next()], [Some(1), None, None]);
}

#[test]
fn a_yielder_is_shown() {
    let mut shows =
        Coroutine::<Std, (), (), _>::new(|yielder: &Yielder<'_, _, _>, ()| format!("{yielder:?}"));
    assert_eq!(shows.resume(()), Ok(Returned("Yielder { .. }".into())));
}

#[test]
fn thousands_begin_and_end() {
    for n in 0..5_000 {
        let mut short = Numbers::new(|yielder, n| yielder.suspend(n));
        assert_eq!(short.resume(n), Ok(Yielded(n)));
    }
}
