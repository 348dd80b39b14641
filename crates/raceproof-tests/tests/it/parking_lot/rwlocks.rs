//! Read-write locks with upgradable reads.

use std::time::Duration;

use raceproof::parking_lot::{
    MappedRwLockReadGuard, MappedRwLockWriteGuard, RwLock, RwLockReadGuard,
    RwLockUpgradableReadGuard as Upgradable, RwLockWriteGuard,
};
use raceproof::sync::Arc;
use raceproof::{outcome, thread};

use super::{fails, holds, holds_sequentially, outcomes};

const LONG: Duration = Duration::from_secs(1);

fn shared<T>(value: T) -> [Arc<RwLock<T>>; 2] {
    let lock = Arc::new(RwLock::named("cache", value));
    [Arc::clone(&lock), lock]
}

#[test]
fn a_writer_excludes_and_readers_do_not() {
    holds(|| {
        let [lock, theirs] = shared(0);
        let other = thread::spawn(move || *theirs.write() += 1);
        *lock.write() += 1;
        other.join().unwrap();
        assert_eq!(*lock.read(), 2);
    });
    holds(|| {
        let [lock, theirs] = shared(0);
        let mine = lock.read();
        let other = thread::spawn(move || *theirs.read());
        assert_eq!(other.join().unwrap(), *mine);
    });
    fails("deadlock", || {
        let [lock, theirs] = shared(0);
        let _mine = lock.read();
        thread::spawn(move || *theirs.write() = 1).join().unwrap();
    });
}

#[test]
fn as_many_executions_as_with_std_s() {
    let own = holds(|| {
        let [lock, theirs] = shared(0);
        let [first, second] = [Arc::clone(&lock), theirs];
        let first = thread::spawn(move || *first.write() += 1);
        let second = thread::spawn(move || *second.write() += 1);
        _ = *lock.read();
        first.join().unwrap();
        second.join().unwrap();
    });
    let std = holds(|| {
        let lock = Arc::new(raceproof::sync::RwLock::new(0));
        let [first, second] = [Arc::clone(&lock), Arc::clone(&lock)];
        let first = thread::spawn(move || *first.write().unwrap() += 1);
        let second = thread::spawn(move || *second.write().unwrap() += 1);
        _ = *lock.read().unwrap();
        first.join().unwrap();
        second.join().unwrap();
    });
    assert_eq!(own, std);
}

/// "This means that readers trying to acquire the lock will block even if the lock is unlocked when there are writers
/// waiting to acquire the lock": parking_lot's documentation of `RwLock`, and so a recursive read may deadlock.
#[test]
fn a_second_read_behind_a_waiting_writer_may_deadlock() {
    let failure = fails("`main` waits to read cache, behind `thread 1`", || {
        let [lock, theirs] = shared(0);
        let other = thread::spawn(move || *theirs.write() = 1);
        let first = lock.read();
        let second = lock.read();
        drop((first, second));
        other.join().unwrap();
    });
    let drawn = failure.to_string();
    assert!(!drawn.contains("right to write") && drawn.contains("read-locks cache"), "{drawn}");
}

#[test]
fn an_upgradable_read_excludes_writers_and_its_like_only() {
    holds(|| {
        let [lock, theirs] = shared(0);
        let mine = lock.upgradable_read();
        let other = thread::spawn(move || *theirs.read());
        assert_eq!(other.join().unwrap(), *mine);
    });
    let second = |writes: bool| {
        move || {
            let [lock, theirs] = shared(0);
            let _mine = lock.upgradable_read();
            let other = thread::spawn(move || match writes {
                true => drop(theirs.write()),
                false => drop(theirs.upgradable_read()),
            });
            other.join().unwrap();
        }
    };
    let failure = fails("waits for the right to write cache, held by `main`", second(false));
    assert!(failure.message.starts_with("`main` waits for the end of `thread 1`"), "{failure}");
    fails("waits for the right to write cache, held by `main`", second(true));
}

/// Makes a value unless there is one, after a look.
fn make(lock: &RwLock<Option<u32>>, upgrades: bool, value: u32) {
    if upgrades {
        let looked = lock.upgradable_read();
        if looked.is_none() {
            let mut written = Upgradable::upgrade(looked);
            assert!(written.is_none(), "another has made one");
            *written = Some(value);
        }
    } else if lock.read().is_none() {
        let mut written = lock.write();
        assert!(written.is_none(), "another has made one");
        *written = Some(value);
    }
}

#[test]
fn no_writer_comes_between_a_read_and_its_upgrade() {
    let model = |upgrades: bool| {
        move || {
            let [lock, theirs] = shared(None);
            let other = thread::spawn(move || make(&theirs, upgrades, 1));
            make(&lock, upgrades, 2);
            outcome(lock.read().unwrap());
            other.join().unwrap();
        }
    };
    holds(model(true));
    assert_eq!(outcomes(model(true)), ["1", "2"]);
    fails("another has made one", model(false));
}

#[test]
fn an_upgrade_waits_for_readers_and_a_try_does_not() {
    let model = || {
        let [lock, theirs] = shared(0);
        let other = thread::spawn(move || *theirs.read());
        let looked = lock.upgradable_read();
        match Upgradable::try_upgrade(looked) {
            Ok(mut written) => {
                *written = 1;
                outcome("upgraded");
            }
            Err(looked) => {
                assert_eq!(*looked, 0);
                *Upgradable::upgrade(looked) = 2;
                outcome("waited");
            }
        }
        other.join().unwrap();
    };
    holds_sequentially(model);
    assert_eq!(outcomes(model), ["upgraded", "waited"]);
    fails("deadlock", || {
        let lock = RwLock::named("cache", 0);
        let looked = lock.upgradable_read();
        let _read = lock.read();
        drop(Upgradable::upgrade(looked));
    });
    holds_sequentially(|| {
        let lock = RwLock::new(0);
        let looked = lock.upgradable_read();
        let read = lock.read();
        let looked = Upgradable::try_upgrade_for(looked, LONG).unwrap_err();
        drop(read);
        *Upgradable::try_upgrade_for(looked, LONG).unwrap() = 1;
        assert_eq!(*lock.read(), 1);
    });
}

#[test]
fn guards_are_downgraded_with_no_writer_in_between() {
    let model = |how: u32| {
        move || {
            let [lock, theirs] = shared(0);
            let other = thread::spawn(move || *theirs.write() = 5);
            let mut written = lock.write();
            *written = 1;
            match how {
                0 => assert_eq!(*RwLockWriteGuard::downgrade(written), 1),
                1 => {
                    let looked = RwLockWriteGuard::downgrade_to_upgradable(written);
                    assert_eq!(*Upgradable::upgrade(looked), 1);
                }
                2 => {
                    let looked = RwLockWriteGuard::downgrade_to_upgradable(written);
                    assert_eq!(*Upgradable::downgrade(looked), 1);
                }
                _ => {
                    drop(written);
                    assert_eq!(*lock.read(), 1, "another has written");
                }
            }
            other.join().unwrap();
        }
    };
    (0..3).for_each(|how| _ = holds(model(how)));
    fails("another has written", model(3));
}

#[test]
fn an_upgrade_for_a_while() {
    holds(|| {
        let [lock, theirs] = shared(0);
        let other = thread::spawn(move || *theirs.write() += 10);
        let mut looked = lock.upgradable_read();
        let before = *looked;
        Upgradable::with_upgraded(&mut looked, |data| *data += 1);
        assert_eq!(*looked, before + 1);
        drop(looked);
        other.join().unwrap();
        assert_eq!(*lock.read(), 11);
    });
}

#[test]
fn guards_let_go_for_a_while() {
    let seen = outcomes(|| {
        let [lock, theirs] = shared(0);
        let other = thread::spawn(move || *theirs.write() += 1);
        let mut looked = lock.upgradable_read();
        Upgradable::unlocked(&mut looked, || ());
        let mut written = Upgradable::upgrade(looked);
        RwLockWriteGuard::bump(&mut written);
        let mut read = RwLockWriteGuard::downgrade(written);
        let before = *read;
        RwLockReadGuard::bump(&mut read);
        outcome(format!("{before} {}", *read));
        drop(read);
        other.join().unwrap();
    });
    assert_eq!(seen, ["0 0", "0 1", "1 1"]);
}

#[test]
fn tries_fail_where_the_lock_is_held() {
    holds_sequentially(|| {
        let lock = RwLock::new(0);
        let read = lock.read();
        assert!(lock.try_read().is_some() && lock.try_upgradable_read().is_some());
        assert!(lock.try_write().is_none() && lock.try_write_for(LONG).is_none());
        assert!(lock.is_locked() && !lock.is_locked_exclusive());
        drop(read);
        let looked = lock.upgradable_read();
        assert!(lock.try_read_for(LONG).is_some() && lock.try_write().is_none());
        assert!(lock.try_upgradable_read_for(LONG).is_none());
        drop(looked);
        let written = lock.try_write().unwrap();
        assert!(lock.try_read().is_none() && lock.is_locked_exclusive());
        drop(written);
        assert!(!lock.is_locked());
    });
}

#[test]
fn mapped_guards_hold_the_lock() {
    holds_sequentially(|| {
        let lock = RwLock::new((1, Some(2)));
        let mapped = RwLockWriteGuard::map(lock.write(), |pair| &mut pair.1);
        let mut mapped = MappedRwLockWriteGuard::try_map(mapped, Option::as_mut).unwrap();
        *mapped += 1;
        assert!(lock.try_read().is_none());
        drop(mapped);
        let mapped = RwLockReadGuard::map(lock.read(), |pair| &pair.1);
        let mapped = MappedRwLockReadGuard::try_map(mapped, Option::as_ref).unwrap();
        assert_eq!(*mapped, 3);
        assert!(lock.try_read().is_some() && lock.try_write().is_none());
        drop(mapped);
        assert!(!lock.is_locked());
    });
}
