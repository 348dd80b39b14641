//! Elements by index, as bytes: the base of lists, arrays and values.

use super::table::Bytes;
use crate::{
    backend::{Backend, Mutex},
    primitives::process::{Client, remote::Object},
};
use serde::{Deserialize, Serialize};

/// Elements by index.
pub(super) struct Sequence<B: Backend>(Mutex<B, Vec<Bytes>>);

#[derive(Serialize, Deserialize)]
pub(super) enum Request {
    Get(usize),
    Set(usize, Bytes),
    Push(Bytes),
    Extend(Vec<Bytes>),
    Insert(usize, Bytes),
    Pop,
    Remove(usize),
    Length,
    Elements,
    Clear,
}

#[derive(Serialize, Deserialize)]
pub(super) enum Reply {
    /// The element at that index, if there is one; a change returns the old element.
    Element(Option<Bytes>),
    Done,
    Length(usize),
    Elements(Vec<Bytes>),
}

impl<B: Backend> Sequence<B> {
    #[track_caller]
    pub(super) fn new(name: &'static str, elements: Vec<Bytes>) -> Self {
        Self(Mutex::named(name, elements))
    }
}

impl<B: Backend> Object for Sequence<B> {
    type Request = Request;
    type Reply = Reply;

    #[track_caller]
    fn perform(&self, request: Request, _: &Client<'_>) -> Reply {
        let mut elements = self.0.lock();
        match request {
            Request::Get(index) => Reply::Element(elements.get(index).cloned()),
            Request::Set(index, element) => {
                let place = elements.get_mut(index);
                Reply::Element(place.map(|place| std::mem::replace(place, element)))
            }
            Request::Pop => Reply::Element(elements.pop()),
            Request::Remove(index) => {
                let there = index < elements.len();
                Reply::Element(there.then(|| elements.remove(index)))
            }
            Request::Length => Reply::Length(elements.len()),
            Request::Elements => Reply::Elements(elements.clone()),
            Request::Push(_) | Request::Extend(_) | Request::Insert(..) | Request::Clear => {
                change(&mut elements, request);
                Reply::Done
            }
        }
    }
}

/// Makes a change that cannot be refused.
fn change(elements: &mut Vec<Bytes>, request: Request) {
    match request {
        Request::Push(element) => elements.push(element),
        Request::Extend(more) => elements.extend(more),
        Request::Insert(index, element) => elements.insert(index.min(elements.len()), element),
        _ => elements.clear(),
    }
}
