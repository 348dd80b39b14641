//! Entries by key, serialised: the base of dictionaries and namespaces.

use crate::{
    backend::{Backend, Mutex},
    primitives::process::{Client, kept::Stored, remote::Object},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A serialised key. Equal keys have equal bytes.
pub(super) type Bytes = Vec<u8>;

/// Entries by key, in the order in which their keys were inserted.
pub(super) struct Table<B: Backend>(Mutex<B, Entries>);

#[derive(Default)]
struct Entries {
    /// The values, each with the number of its key.
    values: BTreeMap<Bytes, (u64, Stored)>,
    /// The number of the next new key.
    next: u64,
}

#[derive(Serialize, Deserialize)]
pub(super) enum Request {
    Insert(Bytes, Stored),
    /// Inserts if the key is missing. The reply is the value that is there then.
    Default(Bytes, Stored),
    Get(Bytes),
    Remove(Bytes),
    Length,
    Entries,
    Clear,
}

#[derive(Serialize, Deserialize)]
pub(super) enum Reply {
    Value(Option<Stored>),
    Length(usize),
    Entries(Vec<(Bytes, Stored)>),
}

impl<B: Backend> Table<B> {
    #[track_caller]
    pub(super) fn new() -> Self {
        Self(Mutex::named("managed dict", Entries::default()))
    }
}

impl<B: Backend> Object for Table<B> {
    type Request = Request;
    type Reply = Reply;

    const BLOCKS: bool = false;

    #[track_caller]
    fn perform(&self, request: Request, _: &Client<'_>) -> Reply {
        let mut entries = self.0.lock();
        match request {
            Request::Insert(key, value) => Reply::Value(entries.insert(key, value)),
            Request::Default(key, value) => {
                let there = entries.get(&key);
                if there.is_none() {
                    entries.insert(key, value.clone());
                }
                Reply::Value(Some(there.unwrap_or(value)))
            }
            Request::Get(key) => Reply::Value(entries.get(&key)),
            Request::Remove(key) => {
                Reply::Value(entries.values.remove(&key).map(|(_, value)| value))
            }
            Request::Length => Reply::Length(entries.values.len()),
            Request::Entries => Reply::Entries(entries.in_order()),
            Request::Clear => {
                entries.values.clear();
                Reply::Value(None)
            }
        }
    }
}

impl Entries {
    fn get(&self, key: &[u8]) -> Option<Stored> {
        self.values.get(key).map(|(_, value)| value.clone())
    }

    /// A key that is already there keeps its place.
    fn insert(&mut self, key: Bytes, value: Stored) -> Option<Stored> {
        if let Some((_, place)) = self.values.get_mut(&key) {
            return Some(std::mem::replace(place, value));
        }
        self.values.insert(key, (self.next, value));
        self.next += 1;
        None
    }

    fn in_order(&self) -> Vec<(Bytes, Stored)> {
        let mut numbered: Vec<_> = self.values.iter().collect();
        numbered.sort_unstable_by_key(|(_, (number, _))| *number);
        numbered.into_iter().map(|(key, (_, value))| (key.clone(), value.clone())).collect()
    }
}
