//! Two ends, and messages from one to the other.
//!
//! Unlike a [`Queue`](super::Queue) it has exactly two ends, one for each party, and each is closed
//! separately: a party that closes its end tells the other that it will send and receive nothing more.

mod channel;
mod end;
mod error;

pub use self::{
    end::PipeEnd,
    error::{NoCapacity, RecvError, SendError},
};

use crate::backend::{Arc, Backend};
use channel::Channel;
use std::marker::PhantomData;

/// Creates pipes.
///
/// Like Python's `multiprocessing.Pipe`, but it carries values instead of bytes, its capacity is given explicitly, and each end is one object:
/// where each of Python's processes has copies of both ends, threads share an end through an [`Arc`]. A message that was sent arrives even if the
/// sender has since closed its end with messages of the other unread, which gives CPython's reader a `ConnectionResetError`. Unlike the two halves
/// of [`std::sync::mpsc`], an end can send and receive.
///
/// ```
/// use raceproof_suite::{backend::Std, primitives::{Pipe, RecvError}};
///
/// let (left, right) = Pipe::<Std, _>::duplex(2)?;
/// left.send("ping")?;
/// assert_eq!(right.recv(), Ok("ping"));
/// right.send("pong")?;
/// right.close();
/// assert_eq!([left.recv(), left.recv()], [Ok("pong"), Err(RecvError::EndOfFile)]);
/// assert!(left.send("hello?").is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Pipe<B: Backend, T: Send>(PhantomData<(B, T)>);

/// The two ends of a [`Pipe`].
pub type BothEnds<B, T> = (PipeEnd<B, T>, PipeEnd<B, T>);

impl<B: Backend, T: Send> Pipe<B, T> {
    /// A pipe that goes both ways, with room for `capacity` messages each way.
    ///
    /// # Errors
    ///
    /// [`NoCapacity`] if `capacity` is zero.
    ///
    /// ```
    /// # use raceproof_suite::{native::Pipe, primitives::NoCapacity};
    /// let (left, right) = Pipe::duplex(1)?;
    /// left.send(1).unwrap();
    /// right.send(2).unwrap();
    /// assert_eq!((left.recv(), right.recv()), (Ok(2), Ok(1)));
    /// assert_eq!(Pipe::<i32>::duplex(0).err(), Some(NoCapacity));
    /// # Ok::<(), NoCapacity>(())
    /// ```
    #[track_caller]
    pub fn duplex(capacity: usize) -> Result<BothEnds<B, T>, NoCapacity> {
        let there = Channel::open("pipe there", capacity)?;
        let back = Channel::open("pipe back", capacity)?;
        Ok((
            PipeEnd::new(Some(Arc::clone(&back)), Some(Arc::clone(&there))),
            PipeEnd::new(Some(there), Some(back)),
        ))
    }

    /// A pipe from its second end, which only sends, to its first, which only receives (Python's
    /// `Pipe(duplex=False)`), with room for `capacity` messages.
    ///
    /// # Errors
    ///
    /// [`NoCapacity`] if `capacity` is zero.
    ///
    /// ```
    /// # use raceproof_suite::{backend::Std, primitives::{Pipe, RecvError, SendError}};
    /// let (reader, writer) = Pipe::<Std, _>::one_way(1)?;
    /// assert_eq!(writer.send(1), Ok(()));
    /// assert_eq!(writer.try_send(2), Err(SendError::Full(2)));
    /// assert_eq!(writer.recv(), Err(RecvError::WriteOnly));
    /// assert_eq!(reader.send(3), Err(SendError::ReadOnly(3)));
    /// drop(writer);
    /// assert_eq!([reader.recv(), reader.recv()], [Ok(1), Err(RecvError::EndOfFile)]);
    /// # Ok::<(), raceproof_suite::primitives::NoCapacity>(())
    /// ```
    #[track_caller]
    pub fn one_way(capacity: usize) -> Result<BothEnds<B, T>, NoCapacity> {
        let channel = Channel::open("pipe", capacity)?;
        Ok((PipeEnd::new(Some(Arc::clone(&channel)), None), PipeEnd::new(None, Some(channel))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::Std;
    use std::time::Duration;

    const SHORT: Duration = Duration::from_millis(1);

    #[test]
    fn there_must_be_room() {
        assert_eq!(Pipe::<Std, i32>::duplex(0).err(), Some(NoCapacity));
        assert_eq!(Pipe::<Std, i32>::one_way(0).err(), Some(NoCapacity));
    }

    #[test]
    fn a_full_pipe_gives_the_message_back() {
        let (left, right) = Pipe::<Std, _>::duplex(1).unwrap();
        assert_eq!(left.send_timeout("a", Duration::ZERO), Ok(()));
        assert_eq!(left.try_send("b"), Err(SendError::Full("b")));
        assert_eq!(left.send_timeout("b", SHORT).map_err(SendError::into_inner), Err("b"));
        assert_eq!((left.poll(), right.poll_timeout(SHORT)), (Ok(false), Ok(true)));
        assert_eq!(right.recv_timeout(Duration::ZERO), Ok("a"));
        assert_eq!(right.try_recv(), Err(RecvError::Empty));
        assert_eq!(right.recv_timeout(SHORT), Err(RecvError::Empty));
        assert_eq!(right.poll_timeout(SHORT), Ok(false));
    }

    #[test]
    fn what_was_sent_before_the_close_arrives() {
        let (left, right) = Pipe::<Std, _>::duplex(2).unwrap();
        left.send(1).unwrap();
        left.close();
        left.close();
        assert_eq!(right.poll(), Ok(true));
        assert_eq!([right.recv(), right.recv()], [Ok(1), Err(RecvError::EndOfFile)]);
        assert_eq!(right.poll(), Ok(true));
        assert_eq!(right.send(2), Err(SendError::BrokenPipe(2)));
        assert_eq!(left.send(3), Err(SendError::Closed(3)));
        assert_eq!((left.recv(), left.poll()), (Err(RecvError::Closed), Err(RecvError::Closed)));
    }

    #[test]
    fn one_way_is_one_way() {
        let (reader, writer) = Pipe::<Std, _>::one_way(1).unwrap();
        assert_eq!(reader.try_send(1), Err(SendError::ReadOnly(1)));
        assert_eq!(reader.send_timeout(1, SHORT), Err(SendError::ReadOnly(1)));
        assert_eq!(writer.poll(), Err(RecvError::WriteOnly));
        drop(reader);
        assert_eq!(writer.send(1), Err(SendError::BrokenPipe(1)));
    }
}
