//! Pipes between processes.

mod end;
mod served;

pub use self::end::PipeEnd;

use super::Item;
use crate::{
    backend::Backend,
    primitives::{self, NoCapacity},
};
use std::marker::PhantomData;

/// Creates pipes whose ends can be sent to other processes.
///
/// Like Python's `multiprocessing.Pipe`. An end is one object in one process. Sending it (in a
/// [`Task`](super::Task), in a message) moves it, where Python copies it and each process must close the copies
/// that it does not use. It is closed when it is dropped, and when its process dies. The messages are in the
/// process that made the pipe, and the capacity is a number of messages, not a number of bytes that the system
/// chooses.
///
/// ```
/// use raceproof_suite::{backend::Std, primitives::process::Pipe};
///
/// let (left, right) = Pipe::<Std, _>::duplex(2)?;
/// left.send("ping".to_string())?;
/// assert_eq!(right.recv(), Ok("ping".into()));
/// drop(left);
/// assert_eq!(right.recv().unwrap_err().to_string(), "end of file: the other end of the pipe is closed");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Pipe<B: Backend, T: Item>(PhantomData<(B, T)>);

/// The two ends of a [`Pipe`].
pub type BothEnds<B, T> = (PipeEnd<B, T>, PipeEnd<B, T>);

impl<B: Backend, T: Item> Pipe<B, T> {
    /// A pipe that goes both ways, with room for `capacity` messages each way.
    ///
    /// # Errors
    ///
    /// [`NoCapacity`] if `capacity` is zero.
    ///
    /// ```
    /// # use raceproof_suite::native::process::Pipe;
    /// let (left, right) = Pipe::duplex(1)?;
    /// left.send(1).unwrap();
    /// right.send(2).unwrap();
    /// assert_eq!((left.recv(), right.recv()), (Ok(2), Ok(1)));
    /// assert!(Pipe::<u32>::duplex(0).is_err());
    /// # Ok::<(), raceproof_suite::primitives::NoCapacity>(())
    /// ```
    #[track_caller]
    pub fn duplex(capacity: usize) -> Result<BothEnds<B, T>, NoCapacity> {
        let (left, right) = primitives::Pipe::duplex(capacity)?;
        Ok((PipeEnd::new(left), PipeEnd::new(right)))
    }

    /// A pipe from its second end, which only sends, to its first, which only receives, with room for
    /// `capacity` messages.
    ///
    /// # Errors
    ///
    /// [`NoCapacity`] if `capacity` is zero.
    ///
    /// ```
    /// # use raceproof_suite::native::process::Pipe;
    /// let (reader, writer) = Pipe::one_way(1)?;
    /// writer.send(1).unwrap();
    /// assert_eq!(reader.recv(), Ok(1));
    /// assert!(reader.send(2).is_err());
    /// # Ok::<(), raceproof_suite::primitives::NoCapacity>(())
    /// ```
    #[track_caller]
    pub fn one_way(capacity: usize) -> Result<BothEnds<B, T>, NoCapacity> {
        let (reader, writer) = primitives::Pipe::one_way(capacity)?;
        Ok((PipeEnd::new(reader), PipeEnd::new(writer)))
    }
}
