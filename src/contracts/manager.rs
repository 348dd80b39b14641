//! The promises of a manager: every single operation of its objects is atomic, and after its end all are
//! refused.

use super::{Of, aside, together};
use crate::{
    backend::{Arc, Backend, execution::outcome},
    primitives::manager::{Dict, List, Manager, ManagerError},
    program::{Group, Scenario, Variant},
};
use std::fmt;

/// The contracts of [`Manager`], [`Dict`] and [`List`].
pub static SCENARIO: Scenario = scenario::<Real>("manager");

/// Names a manager with its objects.
pub trait Kind: fmt::Debug + 'static {
    /// The type.
    type On<B: Backend>: Subject;
}

/// The methods that the contracts call, of a manager that keeps one dictionary and one list of numbers.
/// `None` means that there is no such key or index.
pub trait Subject: Send + Sync + 'static {
    /// A manager with an empty dictionary and an empty list.
    fn start() -> Self;
    /// Sets the value of `key`; returns the old one.
    fn insert(&self, key: i64, value: i64) -> Option<i64>;
    /// The value of `key`, which is set to `value` if it has none.
    fn get_or_insert(&self, key: i64, value: i64) -> i64;
    /// The value of `key`.
    fn get(&self, key: i64) -> Option<i64>;
    /// Removes the entry of `key`, and returns its value.
    fn remove(&self, key: i64) -> Option<i64>;
    /// All entries, as they are at one moment.
    fn items(&self) -> Vec<(i64, i64)>;
    /// Appends `element` to the list; returns whether the manager is still there.
    fn push(&self, element: i64) -> bool;
    /// Appends both elements.
    fn extend(&self, elements: [i64; 2]);
    /// Removes the last element, and returns it.
    fn pop(&self) -> Option<i64>;
    /// All elements, as they are at one moment.
    fn elements(&self) -> Vec<i64>;
    /// Ends the manager.
    fn shutdown(&self);
}

/// Names [`Manager`].
#[derive(Debug)]
pub struct Real;

impl Kind for Real {
    type On<B: Backend> = Managed<B>;
}

/// A manager with two objects.
#[derive(Debug)]
pub struct Managed<B: Backend> {
    manager: Manager<B>,
    dict: Dict<B, i64, i64>,
    list: List<B, i64>,
}

/// The value, or `None` if there is none.
#[track_caller]
fn found<T>(result: Result<T, ManagerError>) -> Option<T> {
    match result {
        Ok(value) => Some(value),
        Err(ManagerError::NoSuchKey | ManagerError::NoSuchIndex) => None,
        Err(error) => panic!("{error}"),
    }
}

impl<B: Backend> Subject for Managed<B> {
    fn start() -> Self {
        let manager = Manager::start().expect("nothing forbids it");
        let (dict, list) = (manager.dict().expect("started"), manager.list().expect("started"));
        Self { manager, dict, list }
    }
    fn insert(&self, key: i64, value: i64) -> Option<i64> {
        self.dict.insert(&key, &value).expect("it is there")
    }
    fn get_or_insert(&self, key: i64, value: i64) -> i64 {
        self.dict.get_or_insert(&key, &value).expect("it is there")
    }
    fn get(&self, key: i64) -> Option<i64> {
        found(self.dict.get(&key))
    }
    fn remove(&self, key: i64) -> Option<i64> {
        found(self.dict.remove(&key))
    }
    fn items(&self) -> Vec<(i64, i64)> {
        self.dict.items().expect("it is there")
    }
    fn push(&self, element: i64) -> bool {
        self.list.push(&element) != Err(ManagerError::Gone)
    }
    fn extend(&self, elements: [i64; 2]) {
        self.list.extend(&elements).expect("it is there");
    }
    fn pop(&self) -> Option<i64> {
        found(self.list.pop())
    }
    fn elements(&self) -> Vec<i64> {
        self.list.to_vec().expect("it is there")
    }
    fn shutdown(&self) {
        self.manager.shutdown();
    }
}

/// The contracts of managers of kind `K`.
#[must_use]
pub const fn scenario<K: Kind>(id: &'static str) -> Scenario {
    let lesson = "Every single operation of a managed object is atomic";
    let source = include_str!("manager.rs");
    Scenario { id, group: Group::Contracts, lesson, source, variants: Contracts::<K>::ALL }
}

struct Contracts<K>(Of<K>);

impl<K: Kind> Contracts<K> {
    const ALL: &'static [Variant] = &[
        Variant::new(
            "appends-all",
            &AppendsAll::<K>(Of::THIS, 2),
            "Every element that processes append is there, once.",
        ),
        Variant::new(
            "inserts-once",
            &InsertsOnce::<K>(Of::THIS, 2),
            "Of several that insert if the key is missing, one does, and all see its value.",
        ),
        Variant::new(
            "replaces-in-turn",
            &ReplacesInTurn::<K>(Of::THIS),
            "Of two that replace a value one gets the initial value, and the other gets the first \
             one's.",
        ),
        Variant::new(
            "removes-once",
            &RemovesOnce::<K>(Of::THIS),
            "An element, and an entry, is removed by one thread only.",
        ),
        Variant::new(
            "extends-as-a-whole",
            &ExtendsAsAWhole::<K>(Of::THIS),
            "No thread sees only a part of elements that were appended together.",
        )
        .outcomes(&["0", "2"]),
        Variant::new(
            "items-at-one-moment",
            &ItemsAtOneMoment::<K>(Of::THIS),
            "All entries are those of one moment: a later one is not seen without an earlier one.",
        )
        .outcomes(&["0", "1", "2"]),
        Variant::new(
            "refuses-after-its-end",
            &RefusesAfterItsEnd::<K>(Of::THIS),
            "A request during the shutdown is done or refused, and later ones are refused.",
        )
        .outcomes(&["done", "refused"]),
    ];
}

programs! {
    <K: Kind>;

    AppendsAll(threads: usize)<B> {
        let managed = Arc::new(K::On::<B>::start());
        together::<B, _, _>(&managed, threads, |managed, n| {
            assert!(managed.push(n as i64), "gone before its end");
        });
        let mut elements = managed.elements();
        elements.sort_unstable();
        assert!(elements.into_iter().eq(0..threads as i64), "an element is lost or doubled");
    }

    InsertsOnce(threads: usize)<B> {
        let managed = Arc::new(K::On::<B>::start());
        let seen = together::<B, _, _>(&managed, threads, |managed, n| {
            managed.get_or_insert(0, n as i64)
        });
        let value = managed.get(0);
        assert!(seen.into_iter().all(|seen| Some(seen) == value), "inserted twice");
    }

    ReplacesInTurn<B> {
        let managed = Arc::new(K::On::<B>::start());
        let other = aside::<B, _, _>(&managed, "other", |managed| managed.insert(0, 1));
        let replaced = [managed.insert(0, 2), other.join().unwrap()];
        let last = managed.get(0).expect("no thread removes it");
        let expected = if last == 2 { [Some(1), None] } else { [None, Some(2)] };
        assert_eq!(replaced, expected, "a value came back twice, or not at all");
    }

    RemovesOnce<B> {
        let managed = Arc::new(K::On::<B>::start());
        managed.insert(7, 1);
        managed.push(1);
        let remove = |managed: &K::On<B>| (managed.remove(7), managed.pop());
        let other = aside::<B, _, _>(&managed, "other", remove);
        let (mine, theirs) = (remove(&managed), other.join().unwrap());
        assert_eq!([mine.0, theirs.0].into_iter().flatten().count(), 1, "an entry removed twice");
        assert_eq!([mine.1, theirs.1].into_iter().flatten().count(), 1, "an element removed twice");
    }

    ExtendsAsAWhole<B> {
        let managed = Arc::new(K::On::<B>::start());
        let other = aside::<B, _, _>(&managed, "other", |managed| managed.extend([1, 2]));
        let seen = managed.elements().len();
        assert_ne!(seen, 1, "a part was seen");
        outcome(seen);
        other.join().unwrap();
        assert_eq!(managed.elements(), [1, 2], "out of order");
    }

    ItemsAtOneMoment<B> {
        let managed = Arc::new(K::On::<B>::start());
        let other = aside::<B, _, _>(&managed, "other", |managed| {
            managed.insert(2, 1);
            managed.insert(1, 2);
        });
        let items = managed.items();
        assert!([(2, 1), (1, 2)].starts_with(&items), "not of one moment, or out of order");
        outcome(items.len());
        other.join().unwrap();
    }

    RefusesAfterItsEnd<B> {
        let managed = Arc::new(K::On::<B>::start());
        let other = aside::<B, _, _>(&managed, "other", |managed| managed.push(1));
        managed.shutdown();
        assert!(!managed.push(2), "done after its end");
        outcome(if other.join().unwrap() { "done" } else { "refused" });
    }
}
