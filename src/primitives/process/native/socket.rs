//! Local sockets that carry frames.
//!
//! They are those of std, not of the `interprocess` crate, which has no connected pair that a child could
//! find as its standard input.

use super::system::{self, Stream};
use crate::primitives::process::wire::{self, LARGEST, Message};
use serde::{Deserialize, Serialize};
use std::{
    io::{self, Read, Write},
    process::Stdio,
};

/// The size of a frame's header in bytes: its length, and whether it carries handles.
const HEAD: usize = 5;

/// The address on which a process listens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::primitives::process) struct Address {
    name: String,
    /// Known only to processes that were sent a handle, because the names of sockets are public.
    pub(in crate::primitives::process) key: [u8; 16],
}

/// A received frame.
pub(in crate::primitives::process) struct Frame {
    pub(in crate::primitives::process) bytes: Vec<u8>,
    /// Whether the sender waits for an acknowledgement.
    carries_handles: bool,
}

/// A connection, on which both sides take turns.
#[derive(Debug)]
pub(in crate::primitives) struct Connection(Stream);

/// A listening socket.
pub(in crate::primitives::process) struct Listener(system::Listener);

impl Listener {
    pub(in crate::primitives::process) fn bind() -> io::Result<(Self, Address)> {
        let [name, key] = [system::random()?, system::random()?];
        let name: String = name.iter().map(|byte| format!("{byte:02x}")).collect();
        let listener = Self(system::bind(&name)?);
        Ok((listener, Address { name, key }))
    }

    pub(in crate::primitives::process) fn accept(&self) -> io::Result<Connection> {
        Ok(Connection(system::accept(&self.0)?))
    }
}

impl Connection {
    pub(in crate::primitives::process) fn connect(address: &Address) -> io::Result<Self> {
        Ok(Self(system::connect(&address.name)?))
    }

    /// A connection, with its other side as the standard input of a child.
    pub(in crate::primitives::process) fn for_child() -> io::Result<(Self, Stdio)> {
        let (ours, theirs) = system::for_child()?;
        Ok((Self(ours), theirs))
    }

    /// The connection that this process, a child, finds as its standard input, which is empty from then on.
    pub(in crate::primitives::process) fn to_parent() -> io::Result<Self> {
        Ok(Self(system::to_parent()?))
    }

    /// The same connection, for another thread.
    pub(in crate::primitives::process) fn share(&self) -> io::Result<Self> {
        Ok(Self(self.0.try_clone()?))
    }

    /// Sends a frame, and waits until the handles that it carries have arrived.
    pub(in crate::primitives::process) fn send(&self, message: &Message) -> io::Result<()> {
        self.begin(message)?;
        if message.carries_handles {
            let mut arrived = [0];
            (&self.0).read_exact(&mut arrived)?;
        }
        Ok(())
    }

    /// Sends a frame. The values that it carries must be kept until it has arrived.
    pub(in crate::primitives::process) fn begin(&self, message: &Message) -> io::Result<()> {
        let length = u32::try_from(message.bytes.len()).map_err(io::Error::other)?;
        let mut frame = Vec::with_capacity(HEAD + message.bytes.len());
        frame.extend(length.to_le_bytes());
        frame.push(message.carries_handles.into());
        frame.extend(&message.bytes);
        (&self.0).write_all(&frame)
    }

    /// Sends a reply, or the reason why it cannot be sent.
    pub(in crate::primitives::process) fn answer<T: Serialize>(
        &self,
        reply: &Result<T, wire::Unsendable>,
    ) -> io::Result<()> {
        let message = wire::message(reply).or_else(|error| wire::message(&Err::<(), _>(error)));
        self.send(&message.map_err(io::Error::other)?)
    }

    /// Acknowledges the frame and the handles that it carries.
    pub(in crate::primitives::process) fn arrived(&self, frame: &Frame) -> io::Result<()> {
        if frame.carries_handles { (&self.0).write_all(&[1]) } else { Ok(()) }
    }

    /// Blocks until there is a frame; `None` if the other side is closed.
    pub(in crate::primitives::process) fn receive(&self) -> io::Result<Option<Frame>> {
        let mut head = [0; HEAD];
        match (&self.0).read(&mut head)? {
            0 => return Ok(None),
            read => (&self.0).read_exact(&mut head[read..])?,
        }
        let [a, b, c, d, handles] = head;
        let length = u32::from_le_bytes([a, b, c, d]);
        if length as usize > LARGEST {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let mut bytes = Vec::new();
        // Grows with the received bytes, whatever length was announced.
        (&self.0).take(length.into()).read_to_end(&mut bytes)?;
        if bytes.len() < length as usize {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(Some(Frame { bytes, carries_handles: handles != 0 }))
    }

    /// Whether the other side, which is not to send now, is still there.
    pub(in crate::primitives) fn is_open(&self) -> bool {
        let look = || {
            self.0.set_nonblocking(true)?;
            let read = (&self.0).read(&mut [0]);
            self.0.set_nonblocking(false)?;
            read
        };
        matches!(look(), Err(error) if error.kind() == io::ErrorKind::WouldBlock)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The result of a frame that breaks off after these bytes.
    fn received(sent: &[u8]) -> Result<Option<Vec<u8>>, io::ErrorKind> {
        let (listener, address) = Listener::bind().unwrap();
        let client = Connection::connect(&address).unwrap();
        let server = listener.accept().unwrap();
        (&client.0).write_all(sent).unwrap();
        drop(client);
        server.receive().map(|frame| frame.map(|frame| frame.bytes)).map_err(|error| error.kind())
    }

    #[test]
    fn a_frame_is_taken_as_a_whole() {
        assert_eq!(received(&[]), Ok(None));
        assert_eq!(received(&[2, 0, 0, 0, 0, 7, 8]), Ok(Some(vec![7, 8])));
        assert_eq!(received(&[2, 0]), Err(io::ErrorKind::UnexpectedEof));
        assert_eq!(received(&[2, 0, 0, 0, 0, 7]), Err(io::ErrorKind::UnexpectedEof));
    }

    #[test]
    fn a_frame_has_a_limit() {
        let head = |length: usize| {
            let length = u32::try_from(length).unwrap();
            [&length.to_le_bytes()[..], &[0]].concat()
        };
        assert_eq!(received(&head(LARGEST)), Err(io::ErrorKind::UnexpectedEof));
        assert_eq!(received(&head(LARGEST + 1)), Err(io::ErrorKind::InvalidData));
    }
}
