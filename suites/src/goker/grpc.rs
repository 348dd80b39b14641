//! Kernels from gRPC for Go.

use super::{go, kernels};
use crate::go::{Chan, Context, select, select_or_default};
use raceproof_suite::backend::{Backend, Mutex, join_all};
use std::{mem, sync::Arc};

kernels! { "grpc.rs"
    Grpc660 = grpc_660 "grpc-660" [Choice] deadlock("`call` waits for send to result")
        "A result that may not be fetched needs a place to be left"
        "The loop is stopped before it takes the result, and the call waits to give it."
        "The channel has room for the result."
    Grpc795 = grpc_795 "grpc-795" deadlock("waits for server")
        "Each way out of a method must unlock"
        "The first stop leaves the server locked."
        "The lock is let go on each way out."
    Grpc862 = grpc_862 "grpc-862" deadlock("`reset` waits for receive from the end of connection")
        "What was started for a connection must end if the connection comes to nothing"
        "The dial is cancelled before there is a connection to close, and what it has started goes on."
        "The connection's context is cancelled whether or not it came about."
    Grpc1275 = grpc_1275 "grpc-1275" deadlock("`reader` waits for receive from received")
        "Who closes a stream must wake the reader of the stream"
        "The close tells the peer, and not the reader that waits for data."
        "The close closes what the reader waits for, too."
    Grpc1353 = grpc_1353 "grpc-1353" deadlock("`updates` waits for send to addresses")
        "A send under a lock needs a receiver that never takes this lock"
        "The watcher takes down the last address, for which it wants the lock of the next update's sender."
        "The update is sent after the unlock."
    Grpc1424 = grpc_1424 "grpc-1424" deadlock("`dial` waits for receive from watcher is done")
        "A loop that ends early must still say that it has ended"
        "The watcher leaves when its channel is closed, without a word to the one that waits for it."
        "It closes the channel that says so on each way out."
    Grpc1460 = grpc_1460 "grpc-1460" deadlock("`new stream` waits for transport")
        "A thread that sleeps with a lock held is woken by no one who takes the lock first"
        "The sleeper keeps the lock while it sleeps, and the one to wake it needs the lock first."
        "It sleeps without the lock, and the wake-up is left in a buffer."
    Grpc3017 = grpc_3017 "grpc-3017" deadlock("waits for cache")
        "A timer that comes too late to be stopped must undo what it has begun"
        "The callback sees that it is not wanted any more, and returns with the cache locked."
        "It unlocks on that way, too."
    Grpc1687 = grpc_1687 "grpc-1687" [Choice] assertion("send on closed channel")
        "Who closes a channel must know that no other thread sends"
        "The status closes the channel of writes while another handler writes."
        "The end is a channel of its own, which the writers look at."
    Grpc2371 = grpc_2371 "grpc-2371" assertion("the balancer is gone")
        "An update that was begun before the close must look again under the lock"
        "The close takes the balancer away before the watcher hands its update to it."
        "The watcher looks under the lock whether there is a balancer."
}

fn grpc_660<B: Backend>(fixed: bool) {
    let channels = Arc::new((
        Chan::<B, bool>::buffered("result", usize::from(fixed)),
        Chan::<B, ()>::unbuffered("stop"),
    ));
    let call = go::<B, _>("call", &channels, |(result, _)| result.send(true));
    let bench = go::<B, _>("loop", &channels, |(result, stop)| {
        select([stop.recv_case(), result.recv_case()]);
    });
    channels.1.close();
    join_all([call, bench]);
}

fn grpc_795<B: Backend>(fixed: bool) {
    let server = Arc::new(Mutex::<B, bool>::named("server", false));
    let serve = go::<B, _>("serve", &server, |server| drop(server.lock()));
    for _ in 0..2 {
        let mut drained = server.lock();
        if !*drained {
            *drained = true;
            if !fixed {
                mem::forget(drained);
            }
        }
    }
    join_all([serve]);
}

fn grpc_862<B: Backend>(fixed: bool) {
    let contexts = Arc::new((Context::<B>::new("dial"), Context::<B>::new("connection")));
    let reset = go::<B, _>("reset", &contexts, |(_, connection)| {
        let transport = connection.child("transport");
        connection.done().wait();
        transport.done().wait();
    });
    let dial = go::<B, _>("dial", &contexts, move |(dial, connection)| {
        let cancelled = select_or_default([dial.done().recv_case()]).is_some();
        // There is no connection to close if it was cancelled.
        if fixed || !cancelled {
            connection.cancel();
        }
    });
    contexts.0.cancel();
    join_all([reset, dial]);
}

fn grpc_1275<B: Backend>(fixed: bool) {
    let stream = Arc::new((
        Chan::<B, ()>::unbuffered("received"),
        Chan::<B, ()>::buffered("to the peer", 1),
    ));
    let reader = go::<B, _>("reader", &stream, |(received, _)| received.wait());
    stream.1.send(());
    if fixed {
        stream.0.close();
    }
    join_all([reader]);
}

fn grpc_1353<B: Backend>(fixed: bool) {
    let balancer =
        Arc::new((Mutex::<B, ()>::named("balancer", ()), Chan::<B, ()>::unbuffered("addresses")));
    let updates = go::<B, _>("updates", &balancer, move |(lock, addresses)| {
        for _ in 0..2 {
            let held = lock.lock();
            if fixed {
                drop(held);
                addresses.send(());
            } else {
                addresses.send(());
                drop(held);
            }
        }
        addresses.close();
    });
    let watcher = go::<B, _>("watcher", &balancer, |(lock, addresses)| {
        while addresses.recv().is_some() {
            drop(lock.lock());
        }
    });
    join_all([updates, watcher]);
}

fn grpc_1424<B: Backend>(fixed: bool) {
    let channels = Arc::new((
        Chan::<B, ()>::unbuffered("addresses"),
        Chan::<B, ()>::unbuffered("watcher is done"),
    ));
    let watcher = go::<B, _>("watcher", &channels, move |(addresses, done)| {
        while addresses.recv().is_some() {}
        if fixed {
            done.close();
        }
    });
    let dial = go::<B, _>("dial", &channels, |(_, done)| done.wait());
    channels.0.close();
    join_all([watcher, dial]);
}

fn grpc_1460<B: Backend>(fixed: bool) {
    let transport = Arc::new((
        Mutex::<B, usize>::named("transport", 0),
        Chan::<B, ()>::buffered("awaken", usize::from(fixed)),
    ));
    let keepalive = go::<B, _>("keepalive", &transport, move |(streams, awaken)| {
        let held = streams.lock();
        if *held == 0 {
            if fixed {
                drop(held);
                awaken.wait();
            } else {
                awaken.wait();
            }
        }
    });
    let new_stream = go::<B, _>("new stream", &transport, |(streams, awaken)| {
        let mut held = streams.lock();
        *held += 1;
        let _ = select_or_default([awaken.send_case(())]);
    });
    join_all([keepalive, new_stream]);
}

fn grpc_3017<B: Backend>(fixed: bool) {
    // Whether the connection is to be removed, and whether the timer must not do so any more.
    let cache = Arc::new(Mutex::<B, (bool, bool)>::named("cache", (true, false)));
    let timer = go::<B, _>("timer", &cache, move |cache| {
        let mut entry = cache.lock();
        if entry.1 {
            if !fixed {
                mem::forget(entry);
            }
            return;
        }
        entry.0 = false;
    });
    let reuse = go::<B, _>("reuse", &cache, |cache| {
        let mut entry = cache.lock();
        if entry.0 {
            entry.1 = true;
        }
    });
    join_all([timer, reuse]);
    drop(cache.lock());
}

struct Transport<B: Backend> {
    writes: Chan<B, ()>,
    closed: Chan<B, ()>,
}

fn grpc_1687<B: Backend>(fixed: bool) {
    let transport = Arc::new(Transport::<B> {
        writes: Chan::buffered("writes", 1),
        closed: Chan::unbuffered("closed"),
    });
    let stream = go::<B, _>("stream", &transport, |transport| {
        while select([transport.writes.recv_case(), transport.closed.recv_case()])
            .item_of(&transport.writes)
            .is_some()
        {}
    });
    let write = go::<B, _>("write", &transport, |transport| {
        select([transport.writes.send_case(()), transport.closed.recv_case()]);
    });
    if fixed {
        transport.closed.close();
    } else {
        transport.writes.close();
    }
    join_all([write, stream]);
}

fn grpc_2371<B: Backend>(fixed: bool) {
    let connection =
        Arc::new(Mutex::<B, _>::named("connection", Some(Chan::<B, ()>::buffered("updates", 1))));
    let watcher = go::<B, _>("watcher", &connection, move |connection| {
        let held = connection.lock();
        if held.is_none() && fixed {
            return;
        }
        let balancer = held.as_ref().expect("the balancer is gone");
        let _ = select_or_default([balancer.recv_case()]);
        balancer.send(());
    });
    let close = go::<B, _>("close", &connection, |connection| *connection.lock() = None);
    join_all([watcher, close]);
}
