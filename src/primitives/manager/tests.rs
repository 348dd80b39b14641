//! Objects in the process that owns them.

use super::{
    Array, Dict, List, Manager, ManagerError, Namespace, Value, sequence::Sequence, table::Table,
};
use crate::{
    backend::{Dpor, Std},
    primitives::process::{
        Lock,
        kept::Stored,
        remote::Remote,
        tests::{modelled, shown_here},
    },
};

fn dict() -> Dict<Std, i64, i64> {
    Dict::new(Remote::new(Table::new()))
}

fn sequence(elements: &[i64]) -> Remote<Std, Sequence<Std>> {
    let elements = elements.iter().map(|element| Stored::of(element).unwrap());
    Remote::new(Sequence::new("elements", elements.collect()))
}

fn array(elements: &[i64]) -> Array<Std, i64> {
    Array::new(sequence(elements), Lock::new())
}

#[test]
fn what_has_nothing_is_empty() {
    let (dict, list) = (dict(), List::new(sequence(&[])));
    assert_eq!((dict.is_empty(), list.is_empty()), (Ok(true), Ok(true)));
    dict.insert(&1, &2).unwrap();
    list.push(&1).unwrap();
    assert_eq!((dict.is_empty(), list.is_empty()), (Ok(false), Ok(false)));
    assert_eq!((array(&[]).is_empty(), array(&[1]).is_empty()), (Ok(true), Ok(false)));
}

#[test]
fn each_array_has_one_lock() {
    let array = array(&[1]);
    let _held = array.get_lock().lock().unwrap();
    assert_eq!(array.clone().get_lock().locked(), Ok(true));
}

#[test]
fn names_are_in_the_order_in_which_they_came() {
    let namespace = Namespace::<Std>::new(Remote::new(Table::new()));
    namespace.set("b", &1).unwrap();
    namespace.set("a", &"text".to_string()).unwrap();
    assert_eq!(namespace.names(), Ok(vec!["b".into(), "a".into()]));
}

#[test]
fn all_are_shown_with_where_they_are() {
    shown_here(&dict(), "Dict(");
    shown_here(&List::<Std, i64>::new(sequence(&[])), "List(");
    shown_here(&array(&[]), "Array(");
    shown_here(&Value::<Std, i64>::new(sequence(&[1]), Lock::new()), "Value(");
    shown_here(&Namespace::<Std>::new(Remote::new(Table::new())), "Namespace(");
    modelled(|| shown_here(&Manager::<Dpor>::start().unwrap(), "Manager("));
}

#[test]
fn a_manager_ends_when_it_is_dropped() {
    // Here it is not a process.
    modelled(|| {
        let manager = Manager::<Dpor>::start().unwrap();
        let list = manager.list().unwrap();
        assert_eq!(list.push(&1), Ok(()));
        drop(manager);
        assert_eq!(list.push(&2), Err(ManagerError::Gone));
    });
}
