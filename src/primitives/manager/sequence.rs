//! Elements by index, serialised: the base of lists, arrays and values.

use crate::{
    backend::{Backend, Mutex},
    primitives::process::{Client, kept::Stored, remote::Object},
};
use serde::{Deserialize, Serialize};

/// Elements by index.
pub(super) struct Sequence<B: Backend>(Mutex<B, Vec<Stored>>);

#[derive(Serialize, Deserialize)]
pub(super) enum Request {
    Get(usize),
    Set(usize, Stored),
    Push(Stored),
    Extend(Vec<Stored>),
    Insert(usize, Stored),
    Pop,
    Remove(usize),
    Length,
    Elements,
    Clear,
}

#[derive(Serialize, Deserialize)]
pub(super) enum Reply {
    /// The element at that index, if there is one; a change returns the old element.
    Element(Option<Stored>),
    Done,
    Length(usize),
    Elements(Vec<Stored>),
}

impl<B: Backend> Sequence<B> {
    #[track_caller]
    pub(super) fn new(name: &'static str, elements: Vec<Stored>) -> Self {
        Self(Mutex::named(name, elements))
    }
}

impl<B: Backend> Object for Sequence<B> {
    type Request = Request;
    type Reply = Reply;

    const BLOCKS: bool = false;

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
fn change(elements: &mut Vec<Stored>, request: Request) {
    match request {
        Request::Push(element) => elements.push(element),
        Request::Extend(more) => elements.extend(more),
        Request::Insert(index, element) => elements.insert(index.min(elements.len()), element),
        _ => elements.clear(),
    }
}
