//! Random numbers, statics, names.

use std::cell::Cell;

use shuttle::current::{get_current_task, get_name_for_task, me, set_name_for_task};
use shuttle::rand::{Rng, RngCore, thread_rng};
use shuttle::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use shuttle::sync::{Arc, Mutex};
use shuttle::{hint, thread};

use super::fails;

shuttle::lazy_static! {
    static ref LAZY: Mutex<Vec<u32>> = Mutex::new(vec![1]);
    pub static ref OTHER: AtomicUsize = AtomicUsize::new(0);
}

shuttle::thread_local! {
    static LOCAL: Cell<u32> = Cell::new(1);
}

#[test]
fn each_execution_has_its_own_statics() {
    shuttle::check_dfs(
        || {
            shuttle::lazy_static::initialize(&OTHER);
            let other = thread::spawn(|| {
                LAZY.lock().unwrap().push(2);
                OTHER.fetch_add(1, SeqCst);
                LOCAL.with(|local| local.replace(5))
            });
            assert_eq!((LOCAL.with(Cell::get), other.join().unwrap()), (1, 1));
            assert_eq!((&LAZY.lock().unwrap()[..], OTHER.load(SeqCst)), (&[1, 2][..], 1));
        },
        None,
    );
}

#[test]
fn random_numbers_are_those_of_the_seed() {
    let drawn = |seed| {
        let drawn = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
        let theirs = drawn.clone();
        let model = move || theirs.lock().unwrap().push(thread_rng().next_u64());
        shuttle::check_random_with_seed(model, seed, 1);
        drawn.lock().unwrap().clone()
    };
    assert_eq!(drawn(1), drawn(1));
    assert_ne!(drawn(1), drawn(2));
}

#[test]
fn threads_draw_in_either_order() {
    let model = || {
        let theirs = thread::spawn(|| thread_rng().gen_range(0..1_000_000));
        let mine = thread_rng().gen_range(0..1_000_000);
        assert!(mine < theirs.join().unwrap(), "the other order");
    };
    let turned = move || {
        let theirs = thread::spawn(|| thread_rng().gen_range(0..1_000_000));
        let mine = thread_rng().gen_range(0..1_000_000);
        assert!(mine > theirs.join().unwrap(), "the other order");
    };
    assert!(fails(move || shuttle::check_random(model, 10)).contains("the other order"));
    assert!(fails(move || shuttle::check_random(turned, 10)).contains("the other order"));
}

#[test]
fn a_draw_orders_nothing_else() {
    use shuttle::sync::atomic::Ordering::Relaxed;
    let model = || {
        let parts = Arc::new((AtomicUsize::new(0), AtomicUsize::new(0)));
        let theirs = parts.clone();
        let writer = thread::spawn(move || {
            theirs.0.store(1, Relaxed);
            thread_rng().next_u64();
            theirs.1.store(1, Relaxed);
        });
        if parts.1.load(Relaxed) == 1 {
            thread_rng().next_u64();
            assert_eq!(parts.0.load(Relaxed), 1, "the first store is not seen");
        }
        writer.join().unwrap();
    };
    assert!(fails(move || shuttle::check_dfs(model, None)).contains("not seen"));
}

#[test]
fn tasks_have_names() {
    assert!(get_current_task().is_none());
    shuttle::check_dfs(
        || {
            let main = me();
            assert_eq!(get_current_task(), Some(main));
            assert_eq!(set_name_for_task(main, "first"), None);
            let other = thread::Builder::new().name("second".to_owned());
            let other = other.spawn(move || {
                assert_eq!(String::from(get_name_for_task(me()).unwrap()), "second");
                assert_eq!(get_name_for_task(main).unwrap().to_string(), "first");
            });
            other.unwrap().join().unwrap();
        },
        None,
    );
}

#[test]
fn a_loop_that_spins_waits() {
    shuttle::check_dfs(
        || {
            let other = thread::spawn(|| OTHER.store(1, SeqCst));
            while OTHER.load(SeqCst) == 0 {
                hint::spin_loop();
            }
            other.join().unwrap();
        },
        None,
    );
}
