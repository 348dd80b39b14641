//! A server starts a thread for each client. One client gets another client's answer.
//!
//! The server keeps the connection it has just accepted in a variable, and the handlers use that
//! variable to answer. It works in every test with one client at a time. But the variable belongs to
//! the server, not to the handler: while the first handler still reads its question, the second
//! client is accepted and the variable names *its* connection. The first answer goes to the second
//! client, and the first client gets nothing. With sessions and accounts instead of numbers, people
//! see each other's mail.
//!
//! The mistake hides well: in a global, a field of the server, or a closure that captures the loop's
//! variable by reference, as closures in Python do. Each handler must own what it works on: pass it
//! its connection as an argument. In Rust a connection is *moved* into the handler's thread, and the
//! server can no longer name it; sharing it, as here, takes an `Arc` and some effort.

use crate::{
    backend::{Arc, Backend, Engine, JoinHandle, Mutex, join_all},
    primitives::{Address, Listener, Stream},
    program::{FailureKind, Group, Program, Scenario, Variant},
    sizes,
};

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "wrong-client",
    group: Group::Cooperation,
    lesson: "A handler answers its own connection, not the one accepted last",
    source: include_str!("wrong_client.rs"),
    variants: &[
        Variant::new(
            "shared-variable",
            &SharedVariable { clients: 2 },
            "Before the first handler answers, the variable names the second client's connection.",
        )
        .fails(FailureKind::Assertion, "another client's answer, or none")
        .swept(sizes!(SharedVariable { clients: 1..=3 } if clients > 1)),
        Variant::new(
            "own-connection",
            &OwnConnection { clients: 2 },
            "Each handler was given its connection and knows no other.",
        )
        .sized(&[(Engine::Loom, &OwnConnection { clients: 1 })])
        .swept(sizes!(OwnConnection { clients: 1..=2 })),
    ],
};

/// Clients that send their number and expect it back.
fn clients<B: Backend>(address: &Address<B>, clients: u8) -> Vec<JoinHandle<B, ()>> {
    (1..=clients)
        .map(|number| {
            let address = address.clone();
            B::spawn(format!("client {number}"), move || {
                let server = address.connect().expect("the server listens");
                server.write_all(&[number]).expect("the server reads");
                let answer = read_one(&server);
                assert_eq!(answer, Some(number), "another client's answer, or none");
            })
        })
        .collect()
}

/// One byte; `None` at the end of file.
fn read_one<B: Backend>(from: &Stream<B>) -> Option<u8> {
    let mut byte = [0];
    from.read(&mut byte).is_ok_and(|count| count > 0).then_some(byte[0])
}

#[derive(Debug)]
struct SharedVariable {
    clients: u8,
}

impl Program for SharedVariable {
    fn run<B: Backend>(&self) {
        let server = Listener::<B>::new().expect("a port is free");
        let clients = clients(&server.address(), self.clients);
        let current = Arc::new(Mutex::<B, Option<Arc<Stream<B>>>>::named("current", None));
        let handlers: Vec<_> = (1..=self.clients)
            .map(|n| {
                let client = Arc::new(server.accept().expect("a client comes"));
                *current.lock() = Some(Arc::clone(&client));
                let current = Arc::clone(&current);
                B::spawn(format!("handler {n}"), move || {
                    let question = read_one(&client).expect("the client asks");
                    let answered = current.lock().clone().expect("a client was accepted");
                    // That client may have left with an answer.
                    let _ = answered.write_all(&[question]);
                })
            })
            .collect();
        join_all(handlers);
        *current.lock() = None;
        join_all(clients);
    }
}

#[derive(Debug)]
struct OwnConnection {
    clients: u8,
}

impl Program for OwnConnection {
    fn run<B: Backend>(&self) {
        let server = Listener::<B>::new().expect("a port is free");
        let clients = clients(&server.address(), self.clients);
        let handlers: Vec<_> = (1..=self.clients)
            .map(|n| {
                let client = server.accept().expect("a client comes");
                B::spawn(format!("handler {n}"), move || {
                    let question = read_one(&client).expect("the client asks");
                    client.write_all(&[question]).expect("the client waits");
                })
            })
            .collect();
        join_all(handlers);
        join_all(clients);
    }
}
