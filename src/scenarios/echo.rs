//! A server echoes whatever its clients send, until the end of file.
//!
//! The simplest server serves one client after the other: accept, echo until the end of file, accept
//! the next. It works as long as each client connects, sends and leaves. A client that connects and
//! then sends nothing, because its user is at lunch, holds up every later client. If it in turn waits
//! for one of those, nothing ever moves again.
//!
//! With *a thread for each client* no client waits for another's data. Each handler owns its
//! connection, so every client gets its own data back, with no lock in the server. A client signals
//! the end of file by shutting down its write half; the connection itself stays open for the echo.
//! It is the same with *a process for each client*, to which the server hands the connection: then
//! not even a crash reaches the others.

use crate::{
    backend::{Backend, Engine, JoinHandle, join_all},
    primitives::{
        Listener, NetError, Stream,
        process::{self, Entry, Process, Task, entry},
    },
    program::{Group, Program, Scenario, Variant},
    sizes,
};
use serde::{Deserialize, Serialize};

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "echo",
    group: Group::Cooperation,
    lesson: "Serve each client in its own thread, or a silent client blocks all others",
    source: include_str!("echo.rs"),
    variants: &[
        Variant::new(
            "one-at-a-time",
            &OneAtATime { words: b"hello" },
            "The server waits for data from a client that waits until another client is served.",
        )
        .deadlocks("`main` waits for server to main readable")
        .swept(sizes!(OneAtATime { words: [b"hello"] })),
        Variant::new(
            "thread-for-each",
            &ThreadForEach { words: &[b"a", b"b"] },
            "Each client has its own handler, which waits for that client alone.",
        )
        .sized(&[(Engine::Loom, &ThreadForEach { words: &[b"a"] })])
        .swept(sizes!(ThreadForEach { words: [&[b"a" as &[u8]][..], &[b"a", b"b"]] })),
        Variant::new(
            "process-for-each",
            &ProcessForEach { words: &[b"a"] },
            "Each client has a process of its own, to which the server hands the connection.",
        )
        .natively(&ProcessForEach { words: &[b"a", b"b", b"hello"] })
        .swept(sizes!(ProcessForEach { words: [&[b"a" as &[u8]][..]] })),
    ],
};

/// Sends back what it receives, until the end of file.
fn echo<B: Backend>(client: &Stream<B>) -> Result<(), NetError> {
    let mut words = [0; 16];
    while let count @ 1.. = client.read(&mut words)? {
        client.write_all(&words[..count])?;
    }
    Ok(())
}

/// Sends these words and returns the answer.
fn say<B: Backend>(server: &Stream<B>, words: &[u8]) -> Result<Vec<u8>, NetError> {
    server.write_all(words)?;
    server.shutdown_write()?;
    server.read_to_end()
}

/// Clients, each of which sends some words and expects them back.
fn clients<B: Backend>(
    listener: &Listener<B>,
    words: &'static [&'static [u8]],
) -> Vec<JoinHandle<B, ()>> {
    let client = |(n, &words): (usize, &&'static [u8])| {
        let address = listener.address();
        B::spawn(format!("client {n}"), move || {
            let server = address.connect().expect("the server listens");
            assert_eq!(say(&server, words).as_deref(), Ok(words), "other words");
        })
    };
    words.iter().enumerate().map(client).collect()
}

#[derive(Debug)]
struct OneAtATime {
    words: &'static [u8],
}

impl Program for OneAtATime {
    fn run<B: Backend>(&self) {
        let listener = Listener::<B>::new().expect("a port is free");
        let address = listener.address();
        let server = B::spawn("server", move || {
            for _ in 0..2 {
                echo(&listener.accept().expect("a client comes")).expect("it listens");
            }
        });
        let silent = address.connect().expect("the server listens");
        let client = address.connect().expect("the server listens");
        assert_eq!(say(&client, self.words).as_deref(), Ok(self.words), "other words");
        drop(silent);
        server.join().expect("no panic");
    }
}

#[derive(Debug)]
struct ThreadForEach {
    words: &'static [&'static [u8]],
}

impl Program for ThreadForEach {
    fn run<B: Backend>(&self) {
        let listener = Listener::<B>::new().expect("a port is free");
        let clients = clients(&listener, self.words);
        let handlers = (0..self.words.len()).map(|n| {
            let client = listener.accept().expect("a client comes");
            B::spawn(format!("handler {n}"), move || echo(&client).expect("it listens"))
        });
        join_all(handlers);
        join_all(clients);
    }
}

/// Serves a client, in a process of its own.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
struct Handler<B: Backend>(process::Stream<B>);

impl<B: Backend> Task for Handler<B> {
    fn run(self) {
        let words = self.0.read_to_end().expect("the client is there");
        self.0.write_all(&words).expect("it listens");
    }
}

/// What the processes run.
pub(super) fn tasks<B: Backend>() -> Vec<Entry> {
    vec![entry::<Handler<B>>()]
}

#[derive(Debug)]
struct ProcessForEach {
    words: &'static [&'static [u8]],
}

impl Program for ProcessForEach {
    fn run<B: Backend>(&self) {
        let listener = Listener::<B>::new().expect("a port is free");
        let clients = clients(&listener, self.words);
        let handlers = (0..self.words.len()).map(|n| {
            let client = process::Stream::new(listener.accept().expect("a client comes"));
            let handler = Process::<B>::new(format!("handler {n}"), Handler(client));
            handler.start().expect("nothing forbids it");
            handler
        });
        let handlers: Vec<_> = handlers.collect();
        handlers.iter().for_each(|handler| handler.join().expect("it ends well"));
        join_all(clients);
    }
}
