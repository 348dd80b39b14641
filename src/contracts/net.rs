//! The promises of connections: bytes arrive once, in order, and at the other end of their own
//! connection; and no thread is left waiting at one that is closed.

mod subject;

pub use subject::{Connection, Kind, Real, Subject};

use super::{Of, aside};
use crate::{
    backend::{Arc, AtomicUsize, Backend, Capability::Timeouts, execution::outcome, join_all},
    primitives::NetError,
    program::{Group, Scenario, Variant},
};
use std::sync::atomic::Ordering::SeqCst;

/// The contracts of [`Listener`](crate::primitives::Listener) and [`Stream`](crate::primitives::Stream).
pub static SCENARIO: Scenario = scenario::<Real>("net");

/// The contracts of listeners of kind `K`.
#[must_use]
pub const fn scenario<K: Kind>(id: &'static str) -> Scenario {
    let lesson = "Bytes arrive once, in order, and at the other end of their own connection";
    let source = include_str!("net.rs");
    Scenario { id, group: Group::Contracts, lesson, source, variants: Contracts::<K>::ALL }
}

struct Contracts<K>(Of<K>);

impl<K: Kind> Contracts<K> {
    const ALL: &'static [Variant] = &[
        Variant::new(
            "in-order",
            &InOrder::<K>(Of::THIS),
            "Bytes come out in the order in which they were written, through a connection with \
             less room.",
        ),
        Variant::new(
            "own-bytes",
            &OwnBytes::<K>(Of::THIS),
            "No client ever sees another one's bytes.",
        ),
        Variant::new(
            "both-ways",
            &BothWays::<K>(Of::THIS),
            "The two directions do not disturb each other.",
        ),
        Variant::new(
            "bounded",
            &Bounded::<K>(Of::THIS),
            "In memory no more bytes are under way than there is room for.",
        ),
        Variant::new(
            "two-readers",
            &TwoReaders::<K>(Of::THIS),
            "Two threads that read the same end a byte at a time get each byte once.",
        ),
        Variant::new(
            "two-writers",
            &TwoWriters::<K>(Of::THIS),
            "Room for two bytes wakes two threads that write one each.",
        ),
        Variant::new(
            "end-of-file",
            &EndOfFile::<K>(Of::THIS),
            "After a close the bytes already written arrive, and then every reader is woken.",
        ),
        Variant::new(
            "half-closed",
            &HalfClosed::<K>(Of::THIS),
            "A shutdown of writing wakes every reader, and the answer can still be read.",
        ),
        Variant::new(
            "left-unread",
            &LeftUnread::<K>(Of::THIS),
            "An end that is closed with unread bytes resets the other.",
        ),
        Variant::new(
            "broken-pipe",
            &BrokenPipe::<K>(Of::THIS),
            "After a close every writer at the other end is woken.",
        ),
        Variant::new(
            "two-acceptors",
            &TwoAcceptors::<K>(Of::THIS),
            "Two threads that accept get one client each.",
        ),
        Variant::new(
            "listener-closed",
            &ListenerClosed::<K>(Of::THIS),
            "When the listener is closed every accept is woken, and later clients are refused.",
        ),
        Variant::new(
            "cut-off",
            &CutOff::<K>(Of::THIS),
            "A client that was not accepted gets an error when the listener is closed.",
        ),
        Variant::new(
            "timed",
            &Timed::<K>(Of::THIS),
            "A timed read takes the byte, or gives up and leaves it.",
        )
        .needs(&[Timeouts])
        .outcomes(&["gave up", "read"]),
        Variant::new(
            "timed-accept",
            &TimedAccept::<K>(Of::THIS),
            "A timed accept takes the client, or gives up and leaves it.",
        )
        .needs(&[Timeouts])
        .outcomes(&["accepted", "gave up"]),
    ];
}

/// An end of a connection of kind `K`.
type End<B, K> = <<K as Kind>::On<B> as Subject>::Stream;

/// Both ends of a connection, to be shared; the client's is the first.
fn ends<B: Backend, K: Kind>(capacity: usize) -> Arc<(End<B, K>, End<B, K>)> {
    let server = K::On::<B>::new(capacity);
    let client = connect(&server);
    Arc::new((client, server.accept().expect("a client")))
}

fn connect<S: Subject>(server: &S) -> S::Stream {
    S::connect(&server.address()).expect("it listens")
}

/// Reads one byte; `None` at the end of file.
fn byte(end: &impl Connection) -> Option<u8> {
    let mut byte = [0];
    (end.read(&mut byte).expect("no error") > 0).then_some(byte[0])
}

fn write_all(end: &impl Connection, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        let count = end.write(bytes).expect("the other end is open");
        assert!(count > 0, "nothing was written");
        bytes = &bytes[count..];
    }
}

/// Reads until the end of file, with room for two bytes at a time.
fn read_to_end(end: &impl Connection) -> Vec<u8> {
    let (mut bytes, mut buffer) = (Vec::new(), [0; 2]);
    while let count @ 1.. = end.read(&mut buffer).expect("no error") {
        bytes.extend(&buffer[..count]);
    }
    bytes
}

programs! {
    <K: Kind>;

    InOrder<B> {
        let ends = ends::<B, K>(2);
        let writer = aside::<B, _, _>(&ends, "writer", |(client, _)| {
            write_all(client, b"abc");
            client.shutdown_write();
        });
        assert_eq!(read_to_end(&ends.1), b"abc", "other bytes, or in another order");
        writer.join().unwrap();
    }

    OwnBytes<B> {
        let server = K::On::<B>::new(1);
        let address = server.address();
        let other = B::spawn("other", move || {
            let client = K::On::<B>::connect(&address).expect("it listens");
            write_all(&client, &[1]);
            byte(&client)
        });
        let mine = connect(&server);
        write_all(&mine, &[2]);
        // Only then are they answered, so both connections are open at once.
        let accepted = [(); 2].map(|()| server.accept().expect("a client"));
        let asked = accepted.each_ref().map(|end| byte(end).expect("a byte"));
        for (end, n) in accepted.iter().zip(asked) {
            write_all(end, &[n + 10]);
        }
        let got = (other.join(), byte(&mine));
        assert_eq!(got, (Ok(Some(11)), Some(12)), "another client's bytes");
    }

    BothWays<B> {
        let ends = ends::<B, K>(1);
        let other = aside::<B, _, _>(&ends, "server", |(_, server)| {
            write_all(server, b"s");
            byte(server)
        });
        write_all(&ends.0, b"c");
        let got = (byte(&ends.0), other.join());
        assert_eq!(got, (Some(b's'), Ok(Some(b'c'))), "a byte came back");
    }

    Bounded<B> {
        let ends = ends::<B, K>(2);
        let written = Arc::new(AtomicUsize::<B>::named("written", 0));
        let (theirs, counted) = (Arc::clone(&ends), Arc::clone(&written));
        let writer = B::spawn("writer", move || {
            while counted.load(SeqCst) < 3 && theirs.0.write(b"x").is_ok() {
                counted.fetch_add(1, SeqCst);
            }
        });
        let under_way = written.load(SeqCst);
        assert!(under_way <= 2 || B::engine().is_native(), "more bytes than there is room for");
        ends.1.close();
        writer.join().unwrap();
    }

    TwoReaders<B> {
        let ends = ends::<B, K>(3);
        let other = aside::<B, _, _>(&ends, "other", |(_, server)| [byte(server), byte(server)]);
        let reader = aside::<B, _, _>(&ends, "reader", |(_, server)| byte(server));
        // A thread that is woken for the first byte may find that another reader has taken it.
        write_all(&ends.0, b"a");
        write_all(&ends.0, b"bc");
        let [first, second] = other.join().unwrap();
        let mut got = [first, second, reader.join().unwrap()];
        got.sort_unstable();
        assert_eq!(got, [b'a', b'b', b'c'].map(Some), "a byte read twice, or not at all");
    }

    TwoWriters<B> {
        let ends = ends::<B, K>(2);
        write_all(&ends.0, b"ab");
        let writers = [0, 1].map(|_| {
            aside::<B, _, _>(&ends, "writer", |(client, _)| write_all(client, b"c"))
        });
        let mut first = [0; 2];
        let count = ends.1.read(&mut first).expect("no error");
        assert_eq!(first[..count], b"ab"[..count], "other bytes, or in another order");
        join_all(writers);
    }

    EndOfFile<B> {
        let ends = ends::<B, K>(1);
        let readers = [0, 1].map(|_| aside::<B, _, _>(&ends, "reader", |(_, server)| byte(server)));
        write_all(&ends.0, b"a");
        ends.0.close();
        let mut got = readers.map(|reader| reader.join().unwrap());
        got.sort_unstable();
        assert_eq!(got, [None, Some(b'a')], "a byte written before the close was lost");
    }

    HalfClosed<B> {
        let ends = ends::<B, K>(1);
        let readers = [0, 1].map(|_| {
            aside::<B, _, _>(&ends, "reader", |(_, server)| read_to_end(server))
        });
        ends.0.shutdown_write();
        let after = ends.0.write(b"b");
        assert_eq!(after, Err(NetError::BrokenPipe), "written after the end");
        assert_eq!(join_all(readers), [b"", b""], "bytes from nowhere");
        write_all(&ends.1, b"a");
        assert_eq!(byte(&ends.0), Some(b'a'), "no answer");
    }

    BrokenPipe<B> {
        let ends = ends::<B, K>(1);
        let writers = [0, 1].map(|_| {
            aside::<B, _, _>(&ends, "writer", |(client, _)| {
                // TCP accepts some more before it knows.
                std::iter::repeat_with(|| client.write(b"a")).find_map(Result::err)
            })
        });
        ends.1.close();
        let told = writers.map(|writer| writer.join().unwrap());
        assert_eq!(told, [Some(NetError::BrokenPipe), Some(NetError::BrokenPipe)], "another error");
        assert_eq!(ends.1.read(&mut [0]), Err(NetError::Closed), "read at a closed end");
    }

    LeftUnread<B> {
        let ends = ends::<B, K>(1);
        write_all(&ends.0, b"a");
        let closing = aside::<B, _, _>(&ends, "closing", |(_, server)| server.close());
        assert_eq!(ends.0.read(&mut [0]), Err(NetError::Reset), "a byte was left unread");
        closing.join().unwrap();
    }

    TwoAcceptors<B> {
        let server = Arc::new(K::On::<B>::new(1));
        let acceptors = [0, 1].map(|_| {
            aside::<B, _, _>(&server, "acceptor", |server| server.accept().expect("a client"))
        });
        let clients = [connect(&*server), connect(&*server)];
        let accepted = acceptors.map(|acceptor| acceptor.join().unwrap());
        write_all(&clients[0], b"a");
        write_all(&clients[1], b"b");
        let mut got = accepted.map(|end| byte(&end));
        got.sort_unstable();
        assert_eq!(got, [Some(b'a'), Some(b'b')], "a client accepted twice, or not at all");
    }

    ListenerClosed<B> {
        let server = Arc::new(K::On::<B>::new(1));
        let acceptors = [0, 1].map(|_| {
            aside::<B, _, _>(&server, "acceptor", |server| server.accept().err())
        });
        server.close();
        let told = acceptors.map(|acceptor| acceptor.join().unwrap());
        assert_eq!(told, [Some(NetError::Closed), Some(NetError::Closed)], "accepted without a client");
        let late = K::On::<B>::connect(&server.address()).err();
        assert_eq!(late, Some(NetError::Refused), "no listener");
    }

    CutOff<B> {
        let server = Arc::new(K::On::<B>::new(1));
        let client = connect(&*server);
        let closing = aside::<B, _, _>(&server, "closing", Subject::close);
        assert_eq!(client.read(&mut [0]), Err(NetError::Reset), "no thread has accepted it");
        closing.join().unwrap();
    }

    Timed<B> {
        let ends = ends::<B, K>(1);
        let reader = aside::<B, _, _>(&ends, "reader", |(_, server)| server.read_timeout(&mut [0]));
        write_all(&ends.0, b"a");
        let read = reader.join().unwrap();
        ends.0.shutdown_write();
        let left = read_to_end(&ends.1).len();
        let kept = matches!((&read, left), (Ok(1), 0) | (Err(NetError::TimedOut), 1));
        assert!(kept, "a byte lost, or read twice: {read:?}, {left} left");
        outcome(if read.is_ok() { "read" } else { "gave up" });
    }

    TimedAccept<B> {
        let server = Arc::new(K::On::<B>::new(1));
        let acceptor = aside::<B, _, _>(&server, "acceptor", Subject::accept_timeout);
        let client = connect(&*server);
        let accepted = acceptor.join().unwrap();
        outcome(if accepted.is_ok() { "accepted" } else { "gave up" });
        let end = accepted.unwrap_or_else(|error| {
            assert_eq!(error, NetError::TimedOut, "another error");
            server.accept().expect("the client that was left")
        });
        write_all(&end, b"a");
        assert_eq!(byte(&client), Some(b'a'), "another connection");
    }
}
