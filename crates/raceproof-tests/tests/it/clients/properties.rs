//! What clients are checked for, and what operations may do.

use raceproof::linearizable::{Checked, Counted, Counterexample, Property};
use raceproof::sync::atomic::{
    AtomicBool, AtomicU8,
    Ordering::{Acquire, Relaxed, Release, SeqCst},
};
use raceproof::sync::{Condvar, Mutex};
use raceproof::{FailureKind, linearizable};

use super::{broken, proved};

#[track_caller]
fn found(checked: &Checked) -> &Counterexample {
    checked.counterexample.as_ref().unwrap_or_else(|| panic!("{checked}"))
}

/// A register of two: threads write the first, and read the second until somebody brings it up to date.
#[derive(Default)]
struct Buffered {
    written: AtomicU8,
    shown: AtomicU8,
}

impl Buffered {
    fn write(&self, value: u8) {
        self.written.store(value, SeqCst);
    }

    fn flush(&self) {
        self.shown.store(self.written.load(SeqCst), SeqCst);
    }

    fn read(&self) -> u8 {
        self.shown.load(SeqCst)
    }
}

fn buffered(property: Property) -> Checked {
    linearizable! { @clients
        object: Buffered = Buffered::default();
        spec: u8 = 0;
        property: property;
        sizes: 2 x 1;
        // One writer, who never reads.
        fn write(&self, value in [1]) { spec: |register| *register = value, only: writer }
        fn read(&self) -> u8 { spec: |register| *register, only: reader }
    }
    .check()
}

#[test]
fn late_writes_are_sequentially_consistent_and_not_linearizable() {
    proved(&buffered(Property::SequentiallyConsistent));
    // A read that comes after a write must see it.
    let checked = buffered(Property::Linearizable);
    broken(&checked, 2, 2);
    assert!(found(&checked).test.contains("returned_1.load"), "{checked}");
}

#[test]
fn what_no_order_of_a_thread_explains_is_not_sequentially_consistent() {
    let checked = linearizable! { @clients
        object: Buffered = Buffered::default();
        spec: u8 = 0;
        property: Property::SequentiallyConsistent;
        fn write(&self, value in [1]) { spec: |register| *register = value }
        fn read(&self) -> u8 { spec: |register| *register }
    };
    // A thread does not read what it has written itself.
    let checked = checked.check();
    broken(&checked, 2, 1);
    let flushed = linearizable! { @clients
        object: Buffered = Buffered::default();
        spec: u8 = 0;
        fn write(&self, value in [1]) { does: |object| { object.write(value); object.flush() }, spec: |register| *register = value }
        fn read(&self) -> u8 { spec: |register| *register }
    };
    proved(&flushed.check());
}

/// A tree of balancers that gives out numbers (Aspnes, Herlihy and Shavit, "Counting networks", JACM 1994), of width 2.
#[derive(Default)]
struct Counting {
    toggle: AtomicBool,
    wires: [AtomicU8; 2],
}

impl Counting {
    fn next(&self) -> u8 {
        let wire = usize::from(self.toggle.fetch_xor(true, SeqCst));
        self.wires[wire].fetch_add(1, SeqCst) * 2 + wire as u8
    }
}

fn counting(property: Property) -> Checked {
    linearizable! { @clients
        object: Counting = Counting::default();
        spec: u8 = 0;
        sizes: 2 x 3, 3 x 1;
        property: property;
        fn next(&self) -> u8 { spec: |count| { *count += 1; *count - 1 } }
    }
    .check()
}

#[test]
fn a_counting_network_is_quiescently_consistent_and_not_linearizable() {
    proved(&counting(Property::QuiescentlyConsistent));
    // One thread waits with number 0 while the other gets 1, then 2 before it.
    broken(&counting(Property::Linearizable), 3, 2);
}

/// Two locks, taken in one order or in the other.
#[derive(Default)]
struct Locks(Mutex<u8>, Mutex<u8>);

#[test]
fn deadlocks_and_races_are_found_without_a_spec() {
    let clients = |backwards: bool| {
        linearizable! { @clients
            object: Locks = Locks::default();
            property: Property::Runs;
            fn forth(&self) { does: |locks| { let _one = locks.0.lock(); let _two = locks.1.lock(); } }
            fn back(&self) {
                does: |locks| if backwards {
                    let _one = locks.1.lock();
                    let _two = locks.0.lock();
                }
            }
        }
    };
    proved(&clients(false).check());
    let checked = clients(true).check();
    broken(&checked, 2, 2);
    assert_eq!(found(&checked).failure.kind, FailureKind::Deadlock);
    let checked = linearizable! { @clients
        object: raceproof::cell::UnsafeCell<u8> = raceproof::cell::UnsafeCell::new(0);
        property: Property::Runs;
        fn get(&self) -> u8 { does: |cell| cell.read() }
        fn set(&self, value in [1]) { does: |cell| cell.write(value) }
    };
    let checked = checked.check();
    broken(&checked, 2, 2);
    assert_eq!(found(&checked).failure.kind, FailureKind::DataRace);
}

/// Takes what a slot holds, in one step or in two.
struct Slot {
    value: Mutex<Option<Counted<u8>>>,
    forgets: bool,
}

impl Slot {
    fn put(&self, value: Counted<u8>) {
        let old = self.value.lock().unwrap().replace(value);
        if self.forgets {
            std::mem::forget(old);
        }
    }
}

#[test]
fn each_value_is_dropped_once() {
    let clients = |forgets| {
        linearizable! { @clients
            object: Slot = Slot { value: Mutex::new(None), forgets };
            fn put(&self, value in [Counted::new(1)]) {}
            fn take(&self) -> Option<u8> { does: |slot| slot.value.lock().unwrap().take().map(|value| *value) }
        }
    };
    proved(&clients(false).check());
    let checked = clients(true).check();
    broken(&checked, 2, 2);
    assert!(found(&checked).failure.message.contains("a leak"), "{}", found(&checked));
}

/// A list that refuses what it has, by a panic with its lock held: so it is poisoned.
#[derive(Default)]
struct Picky(Mutex<Vec<u8>>);

impl Picky {
    fn push(&self, value: u8) -> Result<(), ()> {
        let mut values = self.0.lock().map_err(|_| ())?;
        assert!(!values.contains(&value), "it is there");
        values.push(value);
        Ok(())
    }
}

#[test]
fn panics_and_poison_are_answers() {
    let checked = linearizable! { @clients
        object: Picky = Picky::default();
        spec: (Vec<u8>, bool) = Default::default();
        fn push(&self, value in alike([1, 2])) -> Result<(), ()> {
            panics: |(values, poisoned)| {
                let panics = !*poisoned && values.contains(&value);
                *poisoned |= panics;
                panics
            },
            spec: |(values, poisoned)| if *poisoned { Err(()) } else { values.push(value); Ok(()) }
        }
    };
    proved(&checked.check());
    let own = linearizable! { @clients
        object: Picky = Picky::default();
        fn push(&self, value in alike([1, 2])) -> Result<(), ()> {}
    };
    proved(&own.check());
    let unsaid = linearizable! { @clients
        object: Picky = Picky::default();
        spec: Vec<u8> = Vec::new();
        fn push(&self, value in [1, 2]) -> Result<(), ()> { spec: |values| { values.push(value); Ok(()) } }
    };
    let checked = unsaid.check();
    broken(&checked, 2, 1);
    assert!(found(&checked).reason.starts_with("push(1) panics: it is there"), "{checked}");
}

/// A slot to which one thread hands what another waits for; it wakes one, or none.
struct Handover {
    value: Mutex<Option<u8>>,
    ready: Condvar,
    notifies: bool,
}

impl Handover {
    fn put(&self, value: u8) -> bool {
        let mut slot = self.value.lock().unwrap();
        let free = slot.is_none();
        if free {
            *slot = Some(value);
            if self.notifies {
                self.ready.notify_one();
            }
        }
        free
    }

    fn take(&self) -> u8 {
        let slot = self.value.lock().unwrap();
        self.ready.wait_while(slot, |slot| slot.is_none()).unwrap().take().expect("a value")
    }
}

#[test]
fn an_operation_waits_only_where_the_object_alone_does() {
    let clients = |notifies| {
        linearizable! { @clients
            object: Handover = Handover { value: Mutex::new(None), ready: Condvar::new(), notifies };
            fn put(&self, value in fresh(1..)) -> bool {}
            fn take(&self) -> u8 { waits }
        }
    };
    proved(&clients(true).check());
    let checked = clients(false).check();
    broken(&checked, 2, 2);
    assert_eq!(found(&checked).failure.kind, FailureKind::Deadlock);
    assert!(found(&checked).reason.contains("take() of thread"), "{checked}");
}

#[test]
fn operations_come_first_last_and_once() {
    let checked = linearizable! { @clients
        object: Mutex<Vec<u8>> = Mutex::new(Vec::new());
        spec: Vec<u8> = Vec::new();
        fn fill(&self) { does: |list| list.lock().unwrap().extend([7, 8]), spec: |list| list.extend([7, 8]), first }
        fn pop(&self) -> Option<u8> { does: |list| list.lock().unwrap().pop(), spec: |list| list.pop() }
        fn clear(&self) { does: |list| list.lock().unwrap().clear(), spec: |list| list.clear(), once }
        fn rest(&self) -> Vec<u8> { does: |list| list.lock().unwrap().clone(), spec: |list| list.clone(), finally }
    };
    let checked = checked.check();
    proved(&checked);
    assert!(checked.histories > checked.clients);
}

#[test]
fn orderings_that_are_too_weak_show_in_answers() {
    let register = |order| {
        linearizable! { @clients
            object: [AtomicU8; 2] = [AtomicU8::new(0), AtomicU8::new(0)];
            spec: u8 = 0;
            sizes: 2 x 2;
            fn set(&self) {
                does: |pair| { pair[0].store(1, Relaxed); pair[1].store(1, order) },
                spec: |register| *register = 11,
                once
            }
            fn get(&self) -> u8 {
                does: |pair| if pair[1].load(Acquire) == 1 { 10 + pair[0].load(Relaxed) } else { 0 },
                spec: |register| *register
            }
        }
    };
    proved(&register(Release).check());
    broken(&register(Relaxed).check(), 2, 2);
}

#[test]
fn random_clients_come_after_all_small_ones() {
    let clients = |at_once: bool| {
        linearizable! { @clients
            object: AtomicU8 = AtomicU8::new(0);
            spec: u8 = 0;
            sizes: 2 x 1;
            random: 20 of 3 x 2;
            seed: 5;
            fn add(&self) {
                does: |count| if at_once {
                    count.fetch_add(1, SeqCst);
                } else {
                    // It loses an update to two others only.
                    let old = count.load(SeqCst);
                    if old != 1 || count.compare_exchange(1, 2, SeqCst, SeqCst).is_err() {
                        count.fetch_add(1, SeqCst);
                        if old == 2 { count.fetch_sub(1, SeqCst); }
                    }
                },
                spec: |count| *count += 1
            }
            fn get(&self) -> u8 { does: |count| count.load(SeqCst), spec: |count| *count }
        }
    };
    let checked = clients(true).check();
    assert_eq!((checked.random, checked.is_whole), (20, true));
    assert!(checked.to_string().contains("20 random clients of 3 x 2: passed"), "{checked}");
    let again = clients(false).check();
    let numbers = |checked: &Checked| found(checked).threads.clone();
    assert_eq!(numbers(&again), numbers(&clients(false).check()));
}

#[test]
fn a_number_of_clients_is_a_limit() {
    let checked = linearizable! { @clients
        object: AtomicU8 = AtomicU8::new(0);
        spec: u8 = 0;
        sizes: 2 x 1;
        at_most: 2;
        random: 3 of 2 x 2;
        fn add(&self) { does: |count| { count.fetch_add(1, SeqCst); }, spec: |count| *count += 1 }
        fn get(&self) -> u8 { does: |count| count.load(SeqCst), spec: |count| *count }
    };
    let checked = checked.check();
    assert_eq!((checked.clients, checked.random, checked.is_whole), (2, 3, false));
    assert!(checked.to_string().contains("the limit was reached after 2 clients of"), "{checked}");
}

/// Two registers with release and acquire: each operation is right by itself. Threads that do not order their calls
/// may both miss what the other has written; those that do may not. So the clocks must not order them either.
#[test]
fn calls_are_not_ordered_by_being_watched() {
    let checked = linearizable! { @clients
        object: [AtomicU8; 2] = [AtomicU8::named("left", 0), AtomicU8::named("right", 0)];
        spec: [u8; 2] = [0, 0];
        fn set(&self, at in [0, 1]) { does: |pair| pair[at].store(1, Release), spec: |pair| pair[at] = 1 }
        fn get(&self, at in [0, 1]) -> u8 { does: |pair| pair[at].load(Acquire), spec: |pair| pair[at] }
    };
    let checked = checked.check();
    broken(&checked, 4, 2);
    let threads = &found(&checked).threads;
    assert_eq!(threads[1], ["set(0)", "get(1) → 0"], "{checked}");
    assert_eq!(threads[2], ["set(1)", "get(0) → 0"], "{checked}");
}
