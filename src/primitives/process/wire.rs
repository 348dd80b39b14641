//! How values cross from one process to another: as bytes, while handles stay handles.
//!
//! A handle (of a queue, say) in a value is written as the address of its object. Until the receiver has
//! connected to the owner, the object could be dropped. So messages that carry handles are marked, and their
//! sender keeps the value until they are acknowledged. Bytes that are kept have the handles beside them.

use super::kept::Kept;
use serde::{Serialize, de::DeserializeOwned};
use std::{cell::RefCell, fmt, sync::Weak};

/// A value that cannot cross to another process.
///
/// Its `Serialize` and `Deserialize` must agree, and must not need a self-describing format (as
/// `#[serde(untagged)]` does).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, serde::Deserialize)]
#[error("a value cannot be sent to another process: {0}")]
pub struct Unsendable(pub String);

impl From<postcard::Error> for Unsendable {
    fn from(error: postcard::Error) -> Self {
        use postcard::Error::{SerdeDeCustom, SerdeSerCustom};
        let told = WHY.take().filter(|_| matches!(error, SerdeSerCustom | SerdeDeCustom));
        Self(told.unwrap_or_else(|| error.to_string()))
    }
}

/// The largest size of a value in bytes: more is a mistake, not a message.
pub(super) const LARGEST: usize = 1 << 30;

/// The callback for the death of a process that held a handle.
pub(in crate::primitives) trait Held: Send + Sync {
    /// Another process gets the handle; returns the number of this holder.
    fn handed_over(&self) -> usize;
    /// This holder will not use it again. If it has passed it on, there is another holder.
    fn abandoned(&self, holder: usize);
}

/// Handles, each with the number of its holder.
pub(super) type Handles = Vec<(Weak<dyn Held>, usize)>;

/// What happens to the handles in the value that is being written.
enum Writing {
    /// They are refused: the bytes may be kept forever.
    Data,
    /// They are written as addresses; the flag records that there was one.
    Message(bool),
    /// They are recorded, and the bytes are discarded.
    Survey(Handles),
    /// They are kept, and their places are written.
    Beside(Vec<Kept>),
}

thread_local! {
    static WRITING: RefCell<Writing> = const { RefCell::new(Writing::Data) };
    /// The handles beside the bytes that are being read, if they are there and not in the bytes.
    static READING: RefCell<Option<Vec<Kept>>> = const { RefCell::new(None) };
    /// Why a handle could not be written or read: the format keeps no messages.
    static WHY: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Records why a handle cannot be written or read.
pub(super) fn note(why: impl ToString) -> impl fmt::Display {
    WHY.set(Some(why.to_string()));
    "a handle"
}

/// What a handle must do while it is written.
pub(super) enum Handle {
    Address,
    Noted,
    Refused,
    /// It is at this place beside the bytes.
    Place(u32),
}

/// Tells that a handle is being written.
pub(super) fn handle(kept: impl FnOnce() -> Kept) -> Handle {
    WRITING.with_borrow_mut(|writing| match writing {
        Writing::Data => Handle::Refused,
        Writing::Message(carries) => {
            *carries = true;
            Handle::Address
        }
        Writing::Beside(beside) => {
            let place = u32::try_from(beside.len()).expect("each has a byte of its own, at least");
            beside.push(kept());
            Handle::Place(place)
        }
        Writing::Survey(handles) => {
            let held = kept().held();
            let holder = held.upgrade().map_or(0, |held| held.handed_over());
            handles.push((held, holder));
            Handle::Noted
        }
    })
}

fn write<T: Serialize + ?Sized>(how: Writing, value: &T) -> (Result<Vec<u8>, Unsendable>, Writing) {
    WHY.take();
    let outer = Outer(Some(WRITING.replace(how)));
    let bytes = postcard::to_stdvec(value).map_err(Unsendable::from);
    (bytes.and_then(|bytes| small(bytes, LARGEST)), outer.restore())
}

/// The mode of the enclosing value, which is restored even after a panic.
struct Outer(Option<Writing>);

impl Outer {
    fn restore(mut self) -> Writing {
        WRITING.replace(self.0.take().unwrap_or(Writing::Data))
    }
}

impl Drop for Outer {
    fn drop(&mut self) {
        if let Some(outer) = self.0.take() {
            WRITING.set(outer);
        }
    }
}

fn small(bytes: Vec<u8>, largest: usize) -> Result<Vec<u8>, Unsendable> {
    if bytes.len() <= largest {
        return Ok(bytes);
    }
    Err(Unsendable(format!("it has {} bytes, and {largest} are the most", bytes.len())))
}

/// A value as bytes, for a receiver that waits for them.
pub(super) struct Message {
    pub(super) bytes: Vec<u8>,
    /// Whether the value must be kept until it has arrived.
    pub(super) carries_handles: bool,
}

/// Writes `value` for another process.
pub(super) fn message<T: Serialize + ?Sized>(value: &T) -> Result<Message, Unsendable> {
    let (bytes, writing) = write(Writing::Message(false), value);
    Ok(Message { bytes: bytes?, carries_handles: matches!(writing, Writing::Message(true)) })
}

/// Writes a `value` without handles, to be stored.
pub(in crate::primitives) fn data<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, Unsendable> {
    write(Writing::Data, value).0
}

/// The handles in `value`, which can be written.
pub(super) fn survey<T: Serialize + ?Sized>(value: &T) -> Result<Handles, Unsendable> {
    match write(Writing::Survey(Vec::new()), value) {
        (Ok(_), Writing::Survey(handles)) => Ok(handles),
        (Err(error), _) => Err(error),
        (Ok(_), _) => Ok(Vec::new()),
    }
}

/// Writes `value` to be kept, with the handles among it beside the bytes.
pub(super) fn beside<T: Serialize + ?Sized>(value: &T) -> Result<(Vec<u8>, Vec<Kept>), Unsendable> {
    match write(Writing::Beside(Vec::new()), value) {
        (Ok(bytes), Writing::Beside(handles)) => Ok((bytes, handles)),
        (Err(error), _) => Err(error),
        (Ok(bytes), _) => Ok((bytes, Vec::new())),
    }
}

/// Whether the value that is being written is to be kept.
pub(super) fn is_kept() -> bool {
    WRITING.with_borrow(|writing| matches!(writing, Writing::Beside(_)))
}

/// Reads what [`message`] or [`data`] has written.
pub(in crate::primitives) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Unsendable> {
    read_with(bytes, None)
}

/// Reads what [`beside`] has written.
pub(super) fn read_beside<T: DeserializeOwned>(
    bytes: &[u8],
    handles: &[Kept],
) -> Result<T, Unsendable> {
    read_with(bytes, Some(handles.to_vec()))
}

fn read_with<T: DeserializeOwned>(
    bytes: &[u8],
    handles: Option<Vec<Kept>>,
) -> Result<T, Unsendable> {
    WHY.take();
    let _outer = Enclosing(READING.replace(handles));
    Ok(postcard::from_bytes(bytes)?)
}

/// The handles of the enclosing value, which are restored even after a panic.
struct Enclosing(Option<Vec<Kept>>);

impl Drop for Enclosing {
    fn drop(&mut self) {
        READING.set(self.0.take());
    }
}

/// Whether the handles in the value that is being read are beside its bytes.
pub(super) fn is_beside() -> bool {
    READING.with_borrow(Option::is_some)
}

/// The handle at this place beside the bytes that are being read.
pub(super) fn at(place: u32) -> Option<Kept> {
    READING.with_borrow(|handles| handles.as_ref()?.get(place as usize).cloned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_describe_itself_is_refused() {
        #[derive(Debug, Serialize, serde::Deserialize, PartialEq)]
        #[serde(untagged)]
        enum Either {
            Number(i64),
            Text(String),
        }
        let bytes = data(&Either::Number(1)).unwrap();
        assert!(read::<Either>(&bytes).unwrap_err().to_string().contains("another process"));
        assert_eq!(read(&data(&(1, "a")).unwrap()), Ok((1, String::from("a"))));
    }

    #[test]
    fn what_is_too_large_is_refused() {
        assert_eq!(small(vec![0; 3], 3), Ok(vec![0; 3]));
        let error = small(vec![0; 4], 3).unwrap_err().to_string();
        assert!(error.ends_with("it has 4 bytes, and 3 are the most"), "{error}");
    }

    #[test]
    fn a_panic_leaves_nothing_half_written() {
        struct Panics;
        impl Serialize for Panics {
            fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
                panic!("not me")
            }
        }
        assert!(std::panic::catch_unwind(|| survey(&Panics).is_ok()).is_err());
        assert!(matches!(handle(|| unreachable!("not surveyed")), Handle::Refused));
    }
}
