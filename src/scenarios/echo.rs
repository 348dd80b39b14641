//! A server sends back whatever its clients say, until they have said everything.
//!
//! The simplest server serves one client after the other: accept, echo until the end of file, accept
//! the next. It is right as long as clients come, speak and go. One that connects and then says
//! nothing, because its user is at lunch, holds up everybody who comes later; and if it in turn waits
//! for one of those, nobody ever goes on.
//!
//! With *a thread for each client* nobody waits for anybody else's words. Each handler owns its
//! connection, so every client gets its own words back and no others, with no lock in the server.
//! What says "everything" is the end of file, which a client sends by shutting down its writing: the
//! connection itself stays open for the echo.

use crate::{
    backend::{Backend, Engine, join_all},
    primitives::{Listener, NetError, Stream},
    program::{Group, Program, Scenario, Variant},
};

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "echo",
    group: Group::Cooperation,
    lesson: "A thread for each client: nobody waits for another's words, or gets them",
    source: include_str!("echo.rs"),
    variants: &[
        Variant::new(
            "one-at-a-time",
            &OneAtATime { words: b"hello" },
            "The server waits for the words of a client that waits until another one is served.",
        )
        .deadlocks("`main` waits for server to main readable"),
        Variant::new(
            "thread-for-each",
            &ThreadForEach { words: &[b"a", b"b"] },
            "Each client has a handler that waits for it and for nobody else.",
        )
        .sized(&[(Engine::Loom, &ThreadForEach { words: &[b"a"] })]),
    ],
};

/// Sends back what comes, until the end of file.
fn echo<B: Backend>(client: &Stream<B>) -> Result<(), NetError> {
    let mut words = [0; 16];
    while let count @ 1.. = client.read(&mut words)? {
        client.write_all(&words[..count])?;
    }
    Ok(())
}

/// Says these words; what comes back.
fn say<B: Backend>(server: &Stream<B>, words: &[u8]) -> Result<Vec<u8>, NetError> {
    server.write_all(words)?;
    server.shutdown_write()?;
    server.read_to_end()
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
        let clients = self.words.iter().enumerate().map(|(n, &words)| {
            let address = listener.address();
            B::spawn(format!("client {n}"), move || {
                let server = address.connect().expect("the server listens");
                assert_eq!(say(&server, words).as_deref(), Ok(words), "other words");
            })
        });
        let clients: Vec<_> = clients.collect();
        let handlers = (0..self.words.len()).map(|n| {
            let client = listener.accept().expect("a client comes");
            B::spawn(format!("handler {n}"), move || echo(&client).expect("it listens"))
        });
        join_all(handlers);
        join_all(clients);
    }
}
