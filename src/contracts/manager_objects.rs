//! The promises of managed objects in one another, and of objects of a type of one's own.

use super::{Of, aside, together};
use crate::{
    backend::{Arc, Backend, Mutex},
    primitives::{
        manager::{Dict, List, Managed, Manager, ManagerError, Methods, Proxy, class},
        process::Entry,
    },
    program::{Group, Scenario, Variant},
};
use std::fmt;

/// The contracts of [`Dict`] with lists in it, and of [`Managed`] types.
pub static SCENARIO: Scenario = scenario::<Real>("manager-objects");

/// Names a manager with its objects.
pub trait Kind: fmt::Debug + 'static {
    /// The type.
    type On<B: Backend>: Subject;
}

/// The methods that the contracts call, of a manager with a dictionary of lists and with an account.
pub trait Subject: Send + Sync + 'static {
    /// A manager with an empty dictionary, and an account without money.
    fn start() -> Self;
    /// Puts a new list into the dictionary.
    fn nest(&self);
    /// Appends `element` to the list in the dictionary.
    fn push(&self, element: i64);
    /// The elements of the list in the dictionary.
    fn elements(&self) -> Vec<i64>;
    /// Takes the list out of the dictionary, appends `element`, and returns all elements.
    fn take_out(&self, element: i64) -> Vec<i64>;
    /// Calls the account's method `pay_in`.
    fn pay_in(&self, money: i64);
    /// Calls the account's method `withdraw`; returns whether it did not panic for want of money.
    fn withdraw(&self, money: i64) -> bool;
    /// Calls the account's method `money`.
    fn money(&self) -> i64;
}

/// Names [`Manager`].
#[derive(Debug)]
pub struct Real;

impl Kind for Real {
    type On<B: Backend> = Managing<B>;
}

/// A manager with two objects.
#[derive(Debug)]
pub struct Managing<B: Backend> {
    manager: Manager<B>,
    lists: Dict<B, u8, List<B, i64>>,
    account: Proxy<B, Account<B>>,
}

/// A type of one's own.
pub struct Account<B: Backend>(Mutex<B, i64>);

impl<B: Backend> Managed for Account<B> {
    type Arguments = i64;

    fn new(money: i64) -> Self {
        Self(Mutex::named("account", money))
    }

    fn methods() -> Methods<Self> {
        Methods::<Self>::new()
            .method("pay_in", |account, money: i64| *account.0.lock() += money)
            .method("withdraw", |account, money: i64| {
                let mut there = account.0.lock();
                let enough = *there >= money;
                *there -= if enough { money } else { 0 };
                drop(there);
                assert!(enough, "not enough money");
            })
            .method("money", |account, ()| *account.0.lock())
    }
}

impl<B: Backend> Subject for Managing<B> {
    fn start() -> Self {
        let manager = Manager::start().expect("nothing forbids it");
        let lists = manager.dict().expect("started");
        let account = manager.object(&0).expect("it is registered");
        Self { manager, lists, account }
    }
    fn nest(&self) {
        self.lists.insert(&0, &self.manager.list().expect("started")).expect("it is there");
    }
    fn push(&self, element: i64) {
        self.lists.get(&0).expect("it is there").push(&element).expect("it is there");
    }
    fn elements(&self) -> Vec<i64> {
        self.lists.get(&0).expect("it is there").to_vec().expect("it is there")
    }
    fn take_out(&self, element: i64) -> Vec<i64> {
        let list = self.lists.remove(&0).expect("it is there");
        list.push(&element).expect("it is kept by its handle");
        list.to_vec().expect("it is kept by its handle")
    }
    fn pay_in(&self, money: i64) {
        self.account.call("pay_in", &money).expect("it is there")
    }
    fn withdraw(&self, money: i64) -> bool {
        match self.account.call::<_, ()>("withdraw", &money) {
            Err(ManagerError::Panicked(message)) => {
                assert_eq!(message, "not enough money");
                false
            }
            result => result.is_ok(),
        }
    }
    fn money(&self) -> i64 {
        self.account.call("money", &()).expect("it is there")
    }
}

/// The contracts of managers of kind `K`.
#[must_use]
pub const fn scenario<K: Kind>(id: &'static str) -> Scenario {
    let lesson = "A managed object in another is one object, and methods run in the manager";
    let source = include_str!("manager_objects.rs");
    Scenario { id, group: Group::Contracts, lesson, source, variants: Contracts::<K>::ALL }
}

struct Contracts<K>(Of<K>);

impl<K: Kind> Contracts<K> {
    const ALL: &'static [Variant] = &[
        Variant::new(
            "nests-the-object",
            &NestsTheObject::<K>(Of::THIS, 2),
            "A list in a dictionary is one list for all: every element is there, once.",
        ),
        Variant::new(
            "keeps-what-was-taken-out",
            &KeepsWhatWasTakenOut::<K>(Of::THIS),
            "A list that was taken out of a dictionary is there as long as there is a handle.",
        ),
        Variant::new(
            "calls-each-once",
            &CallsEachOnce::<K>(Of::THIS, 2),
            "Every call of a method is done, once.",
        ),
        Variant::new(
            "tells-of-a-panic",
            &TellsOfAPanic::<K>(Of::THIS),
            "A panic in a method is told to the caller alone, and the object is still there.",
        ),
    ];
}

/// The types of managed objects.
pub(super) fn tasks<B: Backend>() -> Vec<Entry> {
    vec![class::<Account<B>>()]
}

programs! {
    <K: Kind>;

    NestsTheObject(threads: usize)<B> {
        let managing = Arc::new(K::On::<B>::start());
        managing.nest();
        together::<B, _, _>(&managing, threads, |managing, n| managing.push(n as i64));
        let mut elements = managing.elements();
        elements.sort_unstable();
        assert!(elements.into_iter().eq(0..threads as i64), "an element is lost or doubled");
    }

    KeepsWhatWasTakenOut<B> {
        let managing = Arc::new(K::On::<B>::start());
        managing.nest();
        let other = aside::<B, _, _>(&managing, "other", |managing| managing.take_out(2));
        let elements = other.join().unwrap();
        assert_eq!(elements, [2], "the list is another one");
    }

    CallsEachOnce(threads: usize)<B> {
        let managing = Arc::new(K::On::<B>::start());
        together::<B, _, _>(&managing, threads, |managing, _| managing.pay_in(1));
        assert_eq!(managing.money(), threads as i64, "a call is lost or doubled");
    }

    TellsOfAPanic<B> {
        let managing = Arc::new(K::On::<B>::start());
        let other = aside::<B, _, _>(&managing, "other", |managing| managing.withdraw(1));
        managing.pay_in(0);
        assert!(!other.join().unwrap(), "there was no money");
        managing.pay_in(1);
        assert!(managing.withdraw(1), "there was money");
    }
}
