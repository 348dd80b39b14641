//! Objects in the process that has them, and what becomes of them there.

use super::{
    Array, Dict, List, Manager, ManagerError, Namespace, Value, sequence::Sequence, table::Table,
};
use crate::{
    backend::{Dpor, Std, execution::Execution},
    dpor,
    primitives::process::{Lock, remote::Remote, wire},
};
use std::fmt::Debug;

fn dict() -> Dict<Std, i64, i64> {
    Dict::new(Remote::new(Table::new()))
}

fn sequence(elements: &[i64]) -> Remote<Std, Sequence<Std>> {
    let elements = elements.iter().map(|element| wire::data(element).unwrap());
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
    fn shown(object: &dyn Debug, kind: &str) {
        let text = format!("{object:?}");
        assert!(text.starts_with(kind) && text.contains("Here"), "{text}");
    }
    shown(&dict(), "Dict(");
    shown(&List::<Std, i64>::new(sequence(&[])), "List(");
    shown(&array(&[]), "Array(");
    shown(&Value::<Std, i64>::new(sequence(&[1]), Lock::new()), "Value(");
    shown(&Namespace::<Std>::new(Remote::new(Table::new())), "Namespace(");
    modelled(|manager| shown(&manager, "Manager("));
}

/// Runs `program` under a checker, where a manager is no process.
fn modelled(program: fn(Manager<Dpor>)) {
    dpor::model(move || {
        Execution::default().enter::<Dpor>(|| program(Manager::start().unwrap()));
    });
}

#[test]
fn a_manager_ends_when_it_is_dropped() {
    modelled(|manager| {
        let list = manager.list().unwrap();
        assert_eq!(list.push(&1), Ok(()));
        drop(manager);
        assert_eq!(list.push(&2), Err(ManagerError::Gone));
    });
}
