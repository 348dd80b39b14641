//! Handles of objects of any type, and values that are kept together with the handles among them.

use super::{
    Unreachable, Unsendable,
    native::{
        export::{self, Served, Ticket},
        proxy::Proxy,
    },
    wire::{self, Held},
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, de::DeserializeOwned, ser};
use std::{
    io,
    sync::{Arc, Weak},
};

/// A handle of an object of any type.
#[derive(Clone)]
pub(super) enum Kept {
    Here(Arc<dyn Served>),
    There(Arc<Proxy>),
}

impl Kept {
    /// The object, to be told when a process that had the handle is killed.
    pub(super) fn held(&self) -> Weak<dyn Held> {
        match self {
            Self::Here(object) => Arc::downgrade(&Arc::clone(object).held()),
            // A checked process is in the same memory, so there is none.
            Self::There(_) => Weak::<Nothing>::new(),
        }
    }

    /// What another process needs to reach the object.
    fn ticket(&self) -> io::Result<Ticket> {
        match self {
            Self::Here(object) => export::ticket(object.number(), || Arc::downgrade(object)),
            Self::There(proxy) => Ok(proxy.ticket().clone()),
        }
    }

    fn of(ticket: Ticket) -> Result<Self, Unreachable> {
        match export::at_home(&ticket) {
            Some(object) => Ok(Self::Here(object)),
            None => Proxy::connect(ticket).map(|proxy| Self::There(Arc::new(proxy))),
        }
    }
}

/// The type of a weak reference to nothing.
struct Nothing;

impl Held for Nothing {
    fn handed_over(&self) -> usize {
        0
    }

    fn abandoned(&self, _: usize) {}
}

impl Serialize for Kept {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match wire::handle(|| self.clone()) {
            wire::Handle::Address => {
                let ticket = self.ticket().map_err(|why| ser::Error::custom(wire::note(why)))?;
                ticket.serialize(serializer)
            }
            wire::Handle::Place(place) => serializer.serialize_u32(place),
            wire::Handle::Noted => serializer.serialize_unit(),
            wire::Handle::Refused => {
                Err(ser::Error::custom(wire::note("a handle among it is no data")))
            }
        }
    }
}

impl<'de> Deserialize<'de> for Kept {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if wire::is_beside() {
            let place = u32::deserialize(deserializer)?;
            return wire::at(place).ok_or_else(|| de::Error::custom("no handle is there"));
        }
        let ticket = Ticket::deserialize(deserializer)?;
        Self::of(ticket).map_err(|why| de::Error::custom(wire::note(why)))
    }
}

/// A value of any type that is kept, with the handles among it: as long as it is kept, their objects are.
#[derive(Clone, Serialize, Deserialize)]
pub(in crate::primitives) struct Stored {
    bytes: Vec<u8>,
    handles: Vec<Kept>,
}

impl Stored {
    pub(in crate::primitives) fn of<T: Serialize + ?Sized>(value: &T) -> Result<Self, Unsendable> {
        let (bytes, handles) = wire::beside(value)?;
        Ok(Self { bytes, handles })
    }

    pub(in crate::primitives) fn value<T: DeserializeOwned>(&self) -> Result<T, Unsendable> {
        wire::read_beside(&self.bytes, &self.handles)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        backend::Std,
        primitives::process::{Lock, Pipe},
    };

    #[test]
    fn a_kept_handle_is_the_same_object_and_keeps_it() {
        let lock = Lock::<Std>::new();
        let kept = Stored::of(&(1_u8, &lock, &lock, "and so on")).unwrap();
        // Kept values are kept in one another.
        let kept: Stored = Stored::of(&("kept", kept)).unwrap().value::<(String, _)>().unwrap().1;
        let (one, first, second, rest) =
            kept.value::<(u8, Lock<Std>, Lock<Std>, String)>().unwrap();
        assert_eq!((one, rest.as_str()), (1, "and so on"));
        first.acquire().unwrap();
        assert_eq!([lock.locked(), second.locked()], [Ok(true), Ok(true)]);
        drop((lock, first, second));
        let again = kept.value::<(u8, Lock<Std>)>().unwrap().1;
        assert_eq!(again.locked(), Ok(true));
    }

    #[test]
    fn an_end_of_a_pipe_is_not_kept() {
        let (end, _other) = Pipe::<Std, u8>::duplex(1).unwrap();
        let error = Stored::of(&end).map(drop).unwrap_err().to_string();
        assert!(error.ends_with("an end of a pipe cannot be kept"), "{error}");
        assert!(wire::data(&Lock::<Std>::new()).unwrap_err().to_string().contains("no data"));
    }
}
