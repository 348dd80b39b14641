//! What traces tell of the values that threads share.

use std::sync::Arc;

use raceproof::cell::UnsafeCell;
use raceproof::sync::atomic::{AtomicBool, Ordering::SeqCst};
use raceproof::sync::{Condvar, Mutex, RwLock, mpsc};
use raceproof::{Explorer, Outcome, thread};

/// What the threads of a failing model do, in words, but for starts and joins.
fn actions(model: impl Fn()) -> Vec<String> {
    let Outcome::Failed(failure) = Explorer::new().check(model).outcome else {
        panic!("it ends in a panic")
    };
    let trace = failure.trace;
    let told = |step: &raceproof::Step| !step.operation.is_about_threads();
    trace.steps.iter().filter(|s| told(s)).map(|step| step.action(&trace.threads)).collect()
}

#[derive(Debug)]
struct Account {
    balance: i64,
}

#[test]
fn a_critical_section_tells_what_it_changes() {
    let told = actions(|| {
        let balance = Mutex::named("balance", 500);
        *balance.lock().unwrap() -= 100;
        drop(balance.lock());
        let account = Mutex::shown("account", Account { balance: 1 });
        account.lock().unwrap().balance = 2;
        let secret = Mutex::named("secret", Account { balance: 1 });
        drop(secret.try_lock());
        panic!("the end");
    });
    let expected = [
        "locks balance: 500",
        "unlocks balance: 500 → 400",
        "locks balance: 400",
        "unlocks balance",
        "locks account: Account { balance: 1 }",
        "unlocks account: Account { balance: 1 } → Account { balance: 2 }",
        "tries to lock secret: locks it",
        "unlocks secret",
        "panics: the end",
    ];
    assert_eq!(told, expected);
}

#[test]
fn a_wait_tells_what_it_gives_back_and_finds_and_a_notification_which_threads_it_wakes() {
    let told = actions(|| {
        let shared = Arc::new((Mutex::named("items", vec![1]), Condvar::named("filled")));
        let theirs = Arc::clone(&shared);
        let producer = thread::Builder::new().named("producer").spawn(move || {
            theirs.0.lock().unwrap().push(2);
            theirs.1.notify_all();
            theirs.1.notify_one();
        });
        let mut items = shared.0.lock().unwrap();
        items.clear();
        if items.is_empty() {
            items = shared.1.wait(items).unwrap();
        }
        drop(items);
        producer.unwrap().join().unwrap();
        panic!("the end");
    });
    let expected = [
        "locks items: [1]",
        "unlocks items: [1] → [], then waits for filled",
        "locks items: []",
        "unlocks items: [] → [2]",
        "notifies all of filled: wakes main",
        "notifies one of filled: no thread waits",
        "woken by filled, locks items: [2]",
        "unlocks items",
        "panics: the end",
    ];
    let mut sorted = (told.clone(), expected.map(String::from).to_vec());
    sorted.0.sort();
    sorted.1.sort();
    assert_eq!(sorted.0, sorted.1, "in this order: {told:#?}");
}

#[test]
fn read_write_locks_cells_and_channels_tell_theirs() {
    let told = actions(|| {
        let table = RwLock::named("table", (1, 2));
        table.write().unwrap().0 = 9;
        drop(table.read());
        let cell = UnsafeCell::named("cell", 'a');
        cell.write('b');
        cell.read();
        let (sender, _receiver) = mpsc::channel();
        sender.send(AtomicBool::new(true).load(SeqCst)).unwrap();
        panic!("the end");
    });
    let expected = [
        "write-locks table: (1, 2)",
        "write-unlocks table: (1, 2) → (9, 2)",
        "read-locks table: (9, 2)",
        "read-unlocks table",
        "writes cell: 'a' → 'b'",
        "reads cell: 'b'",
    ];
    assert_eq!(told[..6], expected);
    let sent = |told: &String| told.starts_with("sends to channel at values.rs");
    assert!(told.iter().any(|told| sent(told) && told.ends_with(": true")), "{told:?}");
}

#[test]
fn equal_names_are_numbered() {
    let told = actions(|| {
        let first = Mutex::named("done", 1);
        let second = Mutex::named("done", 2);
        drop((first.lock(), second.lock()));
        panic!("the end");
    });
    assert_eq!(told[..2], ["locks done: 1", "locks done #2: 2"]);
}

#[test]
fn unsized_data_is_told_too() {
    let told = actions(|| {
        let list: Arc<Mutex<dyn Send>> = Arc::new(Mutex::named("list", 7_u8));
        drop(list.lock());
        panic!("the end");
    });
    assert_eq!(told[0], "locks list: 7");
}

#[test]
fn every_place_is_the_programs_own() {
    let failure = Explorer::new().expect_failure("the end", || {
        let (sender, receiver) = mpsc::channel();
        let daemon = thread::Builder::new().daemon();
        daemon.spawn(move || while receiver.recv().is_ok() {}).unwrap();
        sender.send(1).unwrap();
        // The end of a channel is steps that no line asks for.
        drop(sender);
        thread::stop_daemons();
        panic!("the end");
    });
    let steps = &failure.trace.steps;
    assert!(steps.iter().any(|step| step.place.is_none()), "{failure}");
    for place in steps.iter().filter_map(|step| step.place.as_ref()) {
        assert_eq!(place.file, file!(), "{failure}");
    }
}
