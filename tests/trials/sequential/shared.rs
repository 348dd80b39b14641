//! Objects shared by processes: the real ones, asked from another process than their owner, and
//! models of them.

use super::{BLOCKS, Call, Object, none, number, truth};
use raceproof_suite::{
    native::{manager::Manager, process::JoinableQueue},
    primitives::{
        manager::ManagerError,
        process::{GetError, PutError},
    },
};
use std::{collections::BTreeMap, sync::OnceLock, time::Duration};

/// One manager for all; it ends with this process.
pub(super) fn manager() -> &'static Manager {
    static MANAGER: OnceLock<Manager> = OnceLock::new();
    MANAGER.get_or_init(|| Manager::start().expect("`main` serves"))
}

/// Python's name of the error.
fn name(error: &ManagerError, missing: &'static str) -> &'static str {
    match error {
        ManagerError::NoSuchKey | ManagerError::NoSuchIndex => missing,
        _ => "another error",
    }
}

fn value_or(result: Result<i64, ManagerError>, missing: &'static str) -> String {
    number(result.map_err(|error| name(&error, missing)))
}

fn done_or<T>(result: Result<T, ManagerError>, missing: &'static str) -> String {
    none(result.map(drop).map_err(|error| name(&error, missing)))
}

pub(super) fn dict(_: i64) -> Object {
    let dict = manager().dict::<i64, i64>().expect("it is there");
    Box::new(move |(operation, n): Call| match operation {
        "insert" => done_or(dict.insert(&(n / 2), &n), ""),
        "get" => value_or(dict.get(&(n / 2)), "KeyError"),
        "get_or_insert" => value_or(dict.get_or_insert(&(n / 2), &n), ""),
        "remove" => value_or(dict.remove(&(n / 2)), "KeyError"),
        "contains" => truth(dict.contains(&(n / 2)).expect("it is there")),
        "len" => dict.len().expect("it is there").to_string(),
        "items" => format!("{:?}", dict.items().expect("it is there")),
        _ => done_or(dict.clear(), ""),
    })
}

pub(super) fn dict_model(_: i64) -> Object {
    let mut entries: Vec<(i64, i64)> = Vec::new();
    Box::new(move |(operation, n)| {
        let at = entries.iter().position(|&(key, _)| key == n / 2);
        match (operation, at) {
            ("insert", Some(at)) => {
                entries[at].1 = n;
                "None".into()
            }
            ("insert", None) => {
                entries.push((n / 2, n));
                "None".into()
            }
            ("get_or_insert", None) => {
                entries.push((n / 2, n));
                n.to_string()
            }
            ("get" | "get_or_insert", Some(at)) => entries[at].1.to_string(),
            ("remove", Some(at)) => entries.remove(at).1.to_string(),
            ("get" | "remove", None) => "KeyError".into(),
            ("contains", at) => truth(at.is_some()),
            ("len", _) => entries.len().to_string(),
            ("items", _) => format!("{entries:?}"),
            _ => {
                entries.clear();
                "None".into()
            }
        }
    })
}

pub(super) fn list(_: i64) -> Object {
    let list = manager().list::<i64>().expect("it is there");
    Box::new(move |(operation, n): Call| {
        let index = usize::try_from(n).expect("not negative");
        match operation {
            "push" => done_or(list.push(&n), ""),
            "extend" => done_or(list.extend(&[n, n + 1]), ""),
            "insert" => done_or(list.insert(index, &n), ""),
            "get" => value_or(list.get(index), "IndexError"),
            "set" => done_or(list.set(index, &(10 * n)), "IndexError"),
            "pop" => value_or(list.pop(), "IndexError"),
            "remove" => value_or(list.remove(index), "IndexError"),
            "len" => list.len().expect("it is there").to_string(),
            "to_vec" => format!("{:?}", list.to_vec().expect("it is there")),
            _ => done_or(list.clear(), ""),
        }
    })
}

/// A list or an array with these initial elements.
fn elements(mut elements: Vec<i64>) -> Object {
    Box::new(move |(operation, n)| {
        let index = usize::try_from(n).expect("not negative");
        let missing = index >= elements.len();
        match operation {
            "get" | "set" | "remove" if missing => return "IndexError".into(),
            "get" => return elements[index].to_string(),
            "remove" => return elements.remove(index).to_string(),
            "pop" => return number(elements.pop().ok_or("IndexError")),
            "len" => return elements.len().to_string(),
            "to_vec" => return format!("{elements:?}"),
            "set" => elements[index] = 10 * n,
            "push" => elements.push(n),
            "extend" => elements.extend([n, n + 1]),
            "insert" => elements.insert(index.min(elements.len()), n),
            _ => elements.clear(),
        }
        "None".into()
    })
}

pub(super) fn list_model(_: i64) -> Object {
    elements(Vec::new())
}

pub(super) fn namespace(_: i64) -> Object {
    let namespace = manager().namespace().expect("it is there");
    Box::new(move |(operation, n): Call| {
        let attribute = if n / 2 == 0 { "a" } else { "b" };
        match operation {
            "set" => done_or(namespace.set(attribute, &n), ""),
            "get" => value_or(namespace.get(attribute), "AttributeError"),
            _ => done_or(namespace.delete(attribute), "AttributeError"),
        }
    })
}

pub(super) fn namespace_model(_: i64) -> Object {
    let mut attributes = BTreeMap::new();
    Box::new(move |(operation, n)| match operation {
        "set" => {
            attributes.insert(n / 2, n);
            "None".into()
        }
        "get" => number(attributes.get(&(n / 2)).copied().ok_or("AttributeError")),
        _ => none(attributes.remove(&(n / 2)).map(drop).ok_or("AttributeError")),
    })
}

fn zeros(size: i64) -> Vec<i64> {
    vec![0; usize::try_from(size).expect("not negative")]
}

pub(super) fn array(size: i64) -> Object {
    let array = manager().array(&zeros(size)).expect("it is there");
    Box::new(move |(operation, n): Call| {
        let index = usize::try_from(n).expect("not negative");
        match operation {
            "get" => value_or(array.get(index), "IndexError"),
            "set" => done_or(array.set(index, &(10 * n)), "IndexError"),
            "len" => array.len().expect("it is there").to_string(),
            _ => format!("{:?}", array.to_vec().expect("it is there")),
        }
    })
}

pub(super) fn array_model(size: i64) -> Object {
    elements(zeros(size))
}

pub(super) fn value(value: i64) -> Object {
    let value = manager().value(&value).expect("it is there");
    Box::new(move |(operation, n): Call| match operation {
        "get" => value_or(value.get(), ""),
        _ => done_or(value.set(&n), ""),
    })
}

pub(super) fn value_model(mut value: i64) -> Object {
    Box::new(move |(operation, n)| {
        if operation == "get" {
            return value.to_string();
        }
        value = n;
        "None".into()
    })
}

pub(super) fn process_queue(size: i64) -> Object {
    let queue = JoinableQueue::new(usize::try_from(size).expect("not negative"));
    let put = |result: Result<(), PutError<i64>>| none(result.map_err(|_| "Full"));
    let got = |result: Result<i64, GetError>| number(result.map_err(|_| "Empty"));
    Box::new(move |(operation, item): Call| match operation {
        "put" if queue.full() == Ok(true) => BLOCKS.into(),
        "put" => put(queue.put(item)),
        "try_put" => put(queue.try_put(item)),
        "put_zero" => put(queue.put_timeout(item, Duration::ZERO)),
        "get" if queue.empty() == Ok(true) => BLOCKS.into(),
        "get" => got(queue.get()),
        "try_get" => got(queue.try_get()),
        "get_zero" => got(queue.get_timeout(Duration::ZERO)),
        "qsize" => queue.qsize().expect("it is here").to_string(),
        "empty" => truth(queue.empty() == Ok(true)),
        "full" => truth(queue.full() == Ok(true)),
        _ => none(queue.task_done().map_err(|_| "ValueError")),
    })
}
