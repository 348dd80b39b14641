//! Connections on real threads, over TCP.

use super::*;
use crate::backend::{Arc, Backend, Std, join_all};
use std::time::Duration;

const SHORT: Duration = Duration::from_millis(5);

fn pair() -> (Stream<Std>, Stream<Std>) {
    let server = Listener::<Std>::new().unwrap();
    let client = server.address().connect().unwrap();
    (client, server.accept().unwrap())
}

/// Runs `body` with `shared` in a thread, and gives it a while to fall asleep there.
fn blocked<S: Send + Sync + 'static, R: Send + 'static>(
    shared: &Arc<S>,
    body: fn(&S) -> R,
) -> crate::backend::JoinHandle<Std, R> {
    let shared = Arc::clone(shared);
    let thread = Std::spawn("blocked", move || body(&shared));
    std::thread::sleep(SHORT);
    thread
}

#[test]
fn a_closed_listener_lets_all_go_and_refuses_all() {
    let server = Arc::new(Listener::<Std>::new().unwrap());
    let accepting = [0, 1, 2].map(|_| blocked(&server, |server| server.accept().err()));
    let timed = blocked(&server, |server| server.accept_timeout(Duration::MAX).err());
    let address = server.address();
    server.close();
    server.close();
    assert_eq!(address.connect().err(), Some(NetError::Refused));
    for thread in accepting.into_iter().chain([timed]) {
        assert_eq!(thread.join(), Ok(Some(NetError::Closed)));
    }
    assert_eq!(server.accept().err(), Some(NetError::Closed));
}

#[test]
fn a_close_lets_go_who_reads_and_who_writes() {
    let (client, _server) = pair();
    let client = Arc::new(client);
    let reader = blocked(&client, |client| client.read(&mut [0]));
    let writer = blocked(&client, |client| client.write_all(&vec![0; 64 << 20]));
    client.close();
    client.close();
    assert_eq!(reader.join(), Ok(Err(NetError::Closed)));
    assert_eq!(writer.join(), Ok(Err(NetError::Closed)));
    assert_eq!(client.shutdown_write(), Err(NetError::Closed));
}

#[test]
fn a_peer_that_leaves_lets_the_writer_go() {
    let (client, server) = pair();
    let client = Arc::new(client);
    let writer = blocked(&client, |client| client.write_all(&vec![0; 64 << 20]));
    server.close();
    assert_eq!(writer.join(), Ok(Err(NetError::BrokenPipe)));
}

#[test]
fn a_shut_down_writer_is_let_go() {
    let (client, server) = pair();
    let client = Arc::new(client);
    let writer = blocked(&client, |client| client.write_all(&vec![1; 64 << 20]));
    client.shutdown_write().unwrap();
    client.shutdown_write().unwrap();
    assert!(server.read_to_end().unwrap().iter().all(|&byte| byte == 1));
    assert_eq!(writer.join(), Ok(Err(NetError::BrokenPipe)));
}

#[test]
fn many_bytes_arrive_in_order_both_ways_at_once() {
    let (client, server) = pair();
    let bytes: Arc<Vec<u8>> = Arc::new((0..5_000_000_u32).map(|n| (n % 251) as u8).collect());
    let echo = Std::spawn("echo", move || {
        std::io::copy(&mut &server, &mut &server).unwrap();
    });
    let client = Arc::new(client);
    let (theirs, sent) = (Arc::clone(&client), Arc::clone(&bytes));
    let writer = Std::spawn("writer", move || {
        theirs.write_all(&sent).unwrap();
        theirs.shutdown_write().unwrap();
    });
    assert!(client.read_to_end().unwrap() == *bytes, "other bytes came back");
    join_all([echo, writer]);
}

#[test]
fn two_readers_share_the_bytes() {
    let (client, server) = pair();
    let server = Arc::new(server);
    let readers = [0, 1].map(|_| blocked(&server, |server| server.read_to_end().unwrap().len()));
    client.write_all(&[7; 100_000]).unwrap();
    client.close();
    assert_eq!(join_all(readers).into_iter().sum::<usize>(), 100_000);
}

#[test]
fn time_runs_out_for_each_call_alone() {
    let (client, server) = pair();
    let server = Arc::new(server);
    let patient = blocked(&server, |server| server.read(&mut [0; 3]));
    assert_eq!(server.read_timeout(&mut [0], SHORT), Err(NetError::TimedOut));
    assert_eq!(server.read_timeout(&mut [0], Duration::ZERO), Err(NetError::TimedOut));
    assert!(!patient.is_finished());
    client.write_all(b"abc").unwrap();
    assert!(patient.join().unwrap().unwrap() > 0);
}

#[test]
fn nothing_is_read_into_nothing() {
    let (client, server) = pair();
    assert_eq!((client.write(&[]), server.read(&mut [])), (Ok(0), Ok(0)));
    client.close();
    assert_eq!(
        (client.write(&[]), client.read(&mut [])),
        (Err(NetError::Closed), Err(NetError::Closed))
    );
}

#[test]
fn an_owned_stream_is_a_reader_and_a_writer() {
    let (mut client, mut server) = pair();
    std::io::Write::write_all(&mut client, b"to the end").unwrap();
    drop(client);
    assert_eq!(std::io::read_to_string(&mut server).unwrap(), "to the end");
}

#[test]
fn a_timed_write_writes() {
    let (client, server) = pair();
    assert_eq!(client.write_timeout(b"abc", Duration::MAX), Ok(3));
    drop(client);
    assert_eq!(server.read_to_end().unwrap(), b"abc");
}

#[test]
fn all_are_shown_with_the_address() {
    let server = Listener::<Std>::new().unwrap();
    let (address, stream) = (server.address(), server.address().connect().unwrap());
    let place = address.to_string();
    assert!(place.starts_with("127.0.0.1:"), "{place}");
    for (shown, kind) in [
        (format!("{address:?}"), "Address("),
        (format!("{server:?}"), "Listener("),
        (format!("{stream:?}"), "Stream("),
    ] {
        assert!(shown.starts_with(kind) && shown.contains(&place), "{shown}");
    }
}

#[test]
fn errors_are_those_of_io() {
    for error in [
        NetError::Refused,
        NetError::BrokenPipe,
        NetError::Reset,
        NetError::TimedOut,
        NetError::System(std::io::ErrorKind::OutOfMemory, "out of memory".into()),
    ] {
        let kind = std::io::Error::from(error.clone()).kind();
        let back = NetError::from(std::io::Error::from(kind));
        assert!(back == error || matches!(back, NetError::System(..)), "{error}: {back}");
    }
}

/// The number of sockets and files that this process has open.
#[cfg(target_os = "linux")]
fn descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

#[cfg(target_os = "linux")]
#[test]
fn nothing_is_left_open() {
    let before = descriptors();
    for _ in 0..500 {
        let (client, server) = pair();
        client.close();
        drop(server);
    }
    // Other tests have some of their own.
    assert!(descriptors() < before + 200, "{} were left open", descriptors() - before);
}

#[test]
fn thousands_of_connections_come_and_go() {
    let server = Listener::<Std>::new().unwrap();
    for n in 0..2_000_u32 {
        let client = server.address().connect().unwrap();
        client.write_all(&n.to_le_bytes()).unwrap();
        client.close();
        assert_eq!(server.accept().unwrap().read_to_end().unwrap(), n.to_le_bytes());
    }
}
