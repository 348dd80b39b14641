//! Threads and their locals.

use std::cell::Cell;
use std::rc::Rc;

use loom::thread;

loom::thread_local! {
    static LOCAL: Cell<u32> = Cell::new(1);
}

#[test]
fn what_a_thread_is_given_need_not_be_send() {
    loom::model(|| {
        let shared = Rc::new(Cell::new(0));
        let theirs = shared.clone();
        let other = thread::spawn(move || {
            theirs.set(1);
            theirs
        });
        assert_eq!(other.join().unwrap().get(), 1);
    });
}

#[test]
#[should_panic(expected = "outside of a model")]
fn but_in_a_model_only() {
    thread::spawn(|| ());
}

#[test]
fn a_thread_has_locals_of_its_own() {
    loom::model(|| {
        LOCAL.with(|local| local.set(2));
        thread::spawn(|| assert_eq!(LOCAL.with(Cell::get), 1)).join().unwrap();
        assert_eq!(LOCAL.try_with(Cell::get), Ok(2));
    });
}

#[test]
fn a_parked_thread_is_unparked() {
    loom::model(|| {
        let main = thread::current();
        thread::spawn(move || main.unpark());
        thread::park();
    });
}

#[test]
fn the_first_thread_has_no_name() {
    loom::model(|| {
        assert_eq!(thread::current().name(), None);
        let builder = thread::Builder::new().name("worker".to_owned()).stack_size(1 << 14);
        let other = builder.spawn(|| thread::current().name().map(str::to_owned)).unwrap();
        assert_eq!(other.thread().name(), Some("worker"));
        assert_ne!(other.thread().id(), thread::current().id());
        assert_eq!(other.join().unwrap().as_deref(), Some("worker"));
    });
}

#[test]
fn more_threads_than_loom_has() {
    loom::model(|| {
        let others = (0..8).map(|_| thread::spawn(|| ())).collect::<Vec<_>>();
        others.into_iter().for_each(|other| other.join().unwrap());
    });
}
