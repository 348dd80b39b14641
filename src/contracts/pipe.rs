//! The promises of a pipe: messages arrive once and in order, no more are under way than there is room
//! for, and the close of an end is seen at the other, where no thread is left waiting.

use super::{Of, aside};
use crate::{
    backend::{Arc, Backend, Capability::Timeouts, execution::outcome},
    primitives::{Pipe, PipeEnd, SendError},
    program::{Group, Scenario, Variant},
};
use std::{fmt, time::Duration};

/// The contracts of [`Pipe`].
pub static SCENARIO: Scenario = scenario::<Real>("pipe");

/// Names a pipe type for numbers.
pub trait Kind: fmt::Debug + 'static {
    /// The type of its ends.
    type On<B: Backend>: Subject;
}

/// The methods that the contracts call; meanings as for [`PipeEnd`].
pub trait Subject: Sized + Send + Sync + 'static {
    /// Both ends of a pipe that goes both ways.
    fn duplex(capacity: usize) -> (Self, Self);
    /// Blocks until there is room; returns the message if it cannot arrive.
    fn send(&self, message: i64) -> Result<(), i64>;
    /// Like [`send`](Self::send), but gives up after a short time.
    fn send_timeout(&self, message: i64) -> Result<(), i64>;
    /// Blocks until there is a message; `None` at the end of file.
    fn recv(&self) -> Option<i64>;
    /// Takes a message if there is one, without blocking.
    fn try_recv(&self) -> Option<i64>;
    /// Whether there is a message or the end of file, after a short time.
    fn poll_timeout(&self) -> bool;
    /// Closes this end, which the other end sees.
    fn close(&self);
}

/// Names [`Pipe`].
#[derive(Debug)]
pub struct Real;

impl Kind for Real {
    type On<B: Backend> = PipeEnd<B, i64>;
}

/// Says that the `PipeEnd` in scope, of the `Pipe` there, is a [`Subject`]: its methods have the same names.
macro_rules! subject {
    () => {
        impl<B: Backend> Subject for PipeEnd<B, i64> {
            fn duplex(capacity: usize) -> (Self, Self) {
                Pipe::duplex(capacity).expect("there is room")
            }
            fn send(&self, message: i64) -> Result<(), i64> {
                self.send(message).map_err(SendError::into_inner)
            }
            fn send_timeout(&self, message: i64) -> Result<(), i64> {
                self.send_timeout(message, MOMENT).map_err(SendError::into_inner)
            }
            fn recv(&self) -> Option<i64> {
                self.recv().ok()
            }
            fn try_recv(&self) -> Option<i64> {
                self.try_recv().ok()
            }
            fn poll_timeout(&self) -> bool {
                self.poll_timeout(MOMENT) == Ok(true)
            }
            fn close(&self) {
                self.close();
            }
        }
    };
}
pub(super) use subject;

/// Long enough for real threads to do something, short enough to pass.
pub(super) const MOMENT: Duration = Duration::from_micros(20);

subject!();

/// The contracts of pipes of kind `K`.
#[must_use]
pub const fn scenario<K: Kind>(id: &'static str) -> Scenario {
    let lesson = "Messages arrive once and in order, and the close of an end is seen at the other";
    let source = include_str!("pipe.rs");
    Scenario { id, group: Group::Contracts, lesson, source, variants: Contracts::<K>::ALL }
}

struct Contracts<K>(Of<K>);

impl<K: Kind> Contracts<K> {
    const ALL: &'static [Variant] = &[
        Variant::new(
            "in-order",
            &InOrder::<K>(Of::THIS),
            "Messages arrive in the order in which they were sent, through a pipe with room for \
             one.",
        ),
        Variant::new(
            "both-ways",
            &BothWays::<K>(Of::THIS),
            "The two directions do not disturb each other.",
        ),
        Variant::new(
            "two-readers",
            &TwoReaders::<K>(Of::THIS),
            "Two threads at one end get one message each.",
        ),
        Variant::new(
            "end-of-file",
            &EndOfFile::<K>(Of::THIS),
            "After a close the messages already sent arrive, and then every reader is woken.",
        ),
        Variant::new(
            "broken-pipe",
            &BrokenPipe::<K>(Of::THIS),
            "After a close every writer at the other end is woken, with its message.",
        ),
        Variant::new(
            "timed",
            &Timed::<K>(Of::THIS),
            "A timed send has sent the message, or gives up and returns it.",
        )
        .needs(&[Timeouts])
        .outcomes(&["gave up", "sent"]),
        Variant::new(
            "poll-takes-nothing",
            &Poll::<K>(Of::THIS),
            "A thread that only polls does not take the message's wake-up from one that receives.",
        )
        .needs(&[Timeouts]),
    ];
}

/// Both ends of a pipe with room for one message, to be shared.
fn ends<B: Backend, K: Kind>() -> Arc<(K::On<B>, K::On<B>)> {
    Arc::new(K::On::<B>::duplex(1))
}

programs! {
    <K: Kind>;

    InOrder<B> {
        let ends = ends::<B, K>();
        let writer = aside::<B, _, _>(&ends, "writer", |(_, right)| {
            assert!((1..=2).all(|message| right.send(message).is_ok()), "closed by no thread");
        });
        assert_eq!([ends.0.recv(), ends.0.recv()], [Some(1), Some(2)], "out of order");
        writer.join().unwrap();
        assert_eq!(ends.0.try_recv(), None, "a message from nowhere");
    }

    BothWays<B> {
        let ends = ends::<B, K>();
        let other = aside::<B, _, _>(&ends, "other", |(_, right)| {
            assert_eq!(right.send(2), Ok(()), "closed by no thread, on the right");
            right.recv()
        });
        assert_eq!(ends.0.send(1), Ok(()), "closed by no thread, on the left");
        let got = (ends.0.recv(), other.join());
        assert_eq!(got, (Some(2), Ok(Some(1))), "a message came back");
    }

    TwoReaders<B> {
        let ends = ends::<B, K>();
        let readers = [0, 1].map(|_| aside::<B, _, _>(&ends, "reader", |(left, _)| left.recv()));
        assert_eq!([ends.1.send(1), ends.1.send(2)], [Ok(()), Ok(())], "closed by no thread");
        let mut got = readers.map(|reader| reader.join().unwrap());
        got.sort_unstable();
        assert_eq!(got, [Some(1), Some(2)], "a message got twice, or not at all");
    }

    EndOfFile<B> {
        let ends = ends::<B, K>();
        let readers = [0, 1].map(|_| aside::<B, _, _>(&ends, "reader", |(left, _)| left.recv()));
        assert_eq!(ends.1.send(1), Ok(()), "closed by no thread");
        ends.1.close();
        let mut got = readers.map(|reader| reader.join().unwrap());
        got.sort_unstable();
        assert_eq!(got, [None, Some(1)], "a message sent before the close was lost");
    }

    BrokenPipe<B> {
        let ends = ends::<B, K>();
        assert_eq!(ends.1.send(1), Ok(()), "closed by no thread");
        let writers = [2, 3].map(|message| {
            let ends = Arc::clone(&ends);
            B::spawn(format!("writer {message}"), move || ends.1.send(message))
        });
        ends.0.close();
        let sent = writers.map(|writer| writer.join().unwrap());
        assert_eq!(sent, [Err(2), Err(3)], "sent to a closed end");
        assert_eq!(ends.0.recv(), None, "received at a closed end");
    }

    Timed<B> {
        let ends = ends::<B, K>();
        assert_eq!(ends.1.send(1), Ok(()), "closed by no thread");
        let writer = aside::<B, _, _>(&ends, "writer", |(_, right)| right.send_timeout(2));
        assert_eq!(ends.0.recv(), Some(1), "out of order");
        let sent = writer.join().unwrap();
        let left = ends.0.try_recv();
        let kept = matches!((sent, left), (Ok(()), Some(2)) | (Err(2), None));
        assert!(kept, "given back and sent, or neither: {sent:?}, {left:?}");
        outcome(if sent.is_ok() { "sent" } else { "gave up" });
    }

    Poll<B> {
        let ends = ends::<B, K>();
        let reader = aside::<B, _, _>(&ends, "reader", |(left, _)| left.recv());
        let looker = aside::<B, _, _>(&ends, "looker", |(left, _)| left.poll_timeout());
        assert_eq!(ends.1.send(1), Ok(()), "closed by no thread");
        assert_eq!(reader.join(), Ok(Some(1)), "another message");
        looker.join().unwrap();
    }
}
