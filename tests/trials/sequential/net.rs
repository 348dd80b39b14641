//! The two ends of a connection, over TCP and in memory. Even arguments are for the client's end, odd ones
//! for the server's. The comparison is of the bytes: the system chooses how many come at a time.

use super::{BLOCKS, Object, none};
use raceproof_suite::{backend::net::Network, primitives::NetError};
use std::time::Duration;

pub(super) const OPERATIONS: &[&str] = &["send", "recv", "shutdown", "close"];

/// The longest time that a byte takes to arrive.
const SOON: Duration = Duration::from_secs(5);

/// The bytes of one write.
fn message(argument: i64) -> Vec<u8> {
    vec![argument as u8; 1 + argument as usize]
}

fn name(error: NetError) -> &'static str {
    match error {
        NetError::Closed => "OSError",
        NetError::BrokenPipe => "BrokenPipeError",
        _ => "another error",
    }
}

pub(super) fn ours<N: Network>(_: i64) -> Object {
    let listener = N::listen("server", 1 << 10).expect("a port is free");
    let client = N::connect(&N::address(&listener)).expect("it listens");
    let ends = [client, N::accept(&listener, None).expect("a client")];
    let (mut unread, mut shut, mut closed) = ([0, 0], [false, false], [false, false]);
    Box::new(move |(operation, argument)| {
        let mine = (argument % 2) as usize;
        let (peer, end) = (1 - mine, &ends[mine]);
        match operation {
            "send" => {
                let message = message(argument);
                let mut sent = 0;
                while sent < message.len() || closed[peer] {
                    match N::write(end, &message[sent % message.len()..], Some(SOON)) {
                        Ok(count) => sent += count,
                        Err(error) => return name(error).into(),
                    }
                }
                unread[peer] += sent;
                "None".into()
            }
            "recv" => {
                let mut bytes = vec![0; unread[mine].min(1 + argument as usize).max(1)];
                let mut got = 0;
                while got < bytes.len() {
                    // The end of the peer's data takes its time, too.
                    let comes = unread[mine] > 0 || shut[peer] || closed[peer];
                    let soon = if comes { SOON } else { Duration::ZERO };
                    match N::read(end, &mut bytes[got..], Some(soon)) {
                        Ok(0) => break,
                        Ok(count) => got += count,
                        Err(NetError::TimedOut) => return BLOCKS.into(),
                        Err(error) => return name(error).into(),
                    }
                }
                unread[mine] -= got;
                format!("{:?}", &bytes[..got])
            }
            "shutdown" => {
                let done = N::shutdown_write(end).map_err(name);
                shut[mine] = done.is_ok();
                none(done)
            }
            _ if unread[mine] > 0 => "unread".into(),
            _ => {
                N::close(end);
                closed[mine] = true;
                "None".into()
            }
        }
    })
}

/// An end: the bytes on their way to it, and what it has done.
#[derive(Default)]
struct End {
    unread: Vec<u8>,
    shut: bool,
    closed: bool,
}

pub(super) fn model(_: i64) -> Object {
    let mut ends = [End::default(), End::default()];
    Box::new(move |(operation, argument)| {
        let [client, server] = &mut ends;
        let (mine, peer) = if argument % 2 == 0 { (client, server) } else { (server, client) };
        match operation {
            "close" if !mine.unread.is_empty() => "unread".into(),
            "close" => {
                mine.closed = true;
                "None".into()
            }
            _ if mine.closed => "OSError".into(),
            "shutdown" => {
                mine.shut = true;
                "None".into()
            }
            "send" if mine.shut || peer.closed => "BrokenPipeError".into(),
            "send" => {
                peer.unread.extend(message(argument));
                "None".into()
            }
            _ if mine.unread.is_empty() && !peer.closed && !peer.shut => BLOCKS.into(),
            _ => {
                let count = mine.unread.len().min(1 + argument as usize);
                format!("{:?}", mine.unread.drain(..count).collect::<Vec<_>>())
            }
        }
    })
}
