//! Kernels from CockroachDB.

use super::{go, kernels};
use crate::go::{Chan, Context, RwMutex, WaitGroup, select, select_or_default};
use raceproof_suite::backend::{AtomicBool, Backend, Mutex, join_all};
use std::{
    mem,
    sync::{Arc, atomic::Ordering::SeqCst},
};

kernels! { "cockroach.rs"
    Cockroach584 = cockroach_584 "cockroach-584" deadlock("waits for gossip")
        "A loop that is left between lock and unlock leaves the lock behind"
        "The thread that sees the end leaves its loop with the lock held."
        "It unlocks before it leaves the loop."
    Cockroach1055 = cockroach_1055 "cockroach-1055" deadlock("`stopper` waits for the end of all workers")
        "Do not wait for workers with a lock held that they take to begin"
        "The stopper waits for the workers and holds the lock that a worker wants for its first task."
        "It lets go of the lock before it waits."
    Cockroach1462 = cockroach_1462 "cockroach-1462" deadlock("`transport` waits for send to events")
        "A look at the stop channel before a send says nothing about the time of the send"
        "The consumer is told to stop between the sender's look and its send."
        "The sender sends or stops, whichever is possible first."
    Cockroach2448 = cockroach_2448 "cockroach-2448" deadlock("waits for send to events")
        "Two loops that send to each other without a buffer may both be sending"
        "One sends the next event while the other sends the answer to the last one."
        "Answers have room in a buffer, so that nobody waits to give one."
    Cockroach3710 = cockroach_3710 "cockroach-3710" deadlock("`scan` waits for store to be readable")
        "A second read lock waits behind a writer, which waits for the first"
        "A writer comes between the two read locks of one thread."
        "The caller's read lock is used for both."
    Cockroach6181 = cockroach_6181 "cockroach-6181" deadlock("waits for cache to be readable")
        "What prints an object may lock it: do not print it with the lock held"
        "The cache is printed under its read lock, and printing reads it again, behind a writer."
        "The text is made by a function that expects the lock to be held."
    Cockroach7504 = cockroach_7504 "cockroach-7504" deadlock("waits for lease")
        "Two methods of one object that lock two parts of it must agree on the order"
        "A release locks the lease and then the cache, an acquire the cache and then the lease."
        "The release leaves the lease before it enters the cache."
    Cockroach9935 = cockroach_9935 "cockroach-9935" deadlock("waits for log")
        "An error path that ends the program must not lock again what its caller holds"
        "The write fails with the lock held, and the exit takes it for the last words."
        "The lock is let go before the exit."
    Cockroach10214 = cockroach_10214 "cockroach-10214" deadlock("waits for raft")
        "A callback under one lock that takes another decides an order of the two"
        "The heartbeats report a replica under their lock, while a replica adds its own under its lock."
        "The heartbeats are taken out under the lock and reported without it."
    Cockroach10790 = cockroach_10790 "cockroach-10790" deadlock("`drain` waits for receive from reply")
        "Who cleans up after a cancelled request must not wait for replies that no longer come"
        "The sender stops as soon as the request is cancelled, and the one that drains waits for it."
        "It drains until the server stops."
    Cockroach13197 = cockroach_13197 "cockroach-13197" deadlock("waits for receive from the end of transaction")
        "A thread that waits for a context needs somebody who cancels it"
        "The transaction is over, but its context is not cancelled."
        "Its end cancels its context."
    Cockroach16167 = cockroach_16167 "cockroach-16167" deadlock("`session` waits for config to be readable")
        "Two names of one lock hide that it is read twice"
        "The condition's lock is the read lock of the configuration, which a callee reads again."
        "The callee is given what has been read."
    Cockroach18101 = cockroach_18101 "cockroach-18101" deadlock("`scatter` waits for send to ready")
        "A cancellation must reach those who send as well as the one who receives"
        "The receiver leaves at the cancellation, and the sender waits for it for ever."
        "The sender looks at the context, too."
    Cockroach24808 = cockroach_24808 "cockroach-24808" deadlock("`main` waits for send to compactions")
        "A buffer of one takes one item before its reader runs"
        "The first start has filled the buffer, so the second waits for a worker that it is to start."
        "The suggestion is dropped if there is one already."
    Cockroach35073 = cockroach_35073 "cockroach-35073" deadlock("waits for send to rows")
        "A consumer that leaves must drain for every sender, not only for one"
        "Both senders have seen an open consumer; it takes one row out, and leaves the other sender."
        "It goes on taking rows until the senders have ended."
    Cockroach35931 = cockroach_35931 "cockroach-35931" deadlock("`canceller` waits for send to left")
        "A message for many must not wait for the first whose box is full"
        "The reader waits for the right input, and the message for it waits behind the full left one."
        "Each input gets its message from a thread of its own."
}

fn cockroach_584<B: Backend>(fixed: bool) {
    let gossip = Arc::new(Mutex::<B, bool>::named("gossip", false));
    let threads = ["bootstrap", "manage"].map(|name| {
        go::<B, _>(name, &gossip, move |gossip| {
            let mut closed = gossip.lock();
            *closed = true;
            if !fixed {
                mem::forget(closed);
            }
        })
    });
    join_all(threads);
}

struct Stopper<B: Backend> {
    lock: Mutex<B, ()>,
    stop: Chan<B, ()>,
    workers: WaitGroup<B>,
}

fn cockroach_1055<B: Backend>(fixed: bool) {
    let stopper = Arc::new(Stopper::<B> {
        lock: Mutex::named("stopper's lock", ()),
        stop: Chan::unbuffered("stop"),
        workers: WaitGroup::named("workers"),
    });
    stopper.workers.add(1);
    let worker = go::<B, _>("worker", &stopper, |stopper| {
        drop(stopper.lock.lock());
        stopper.stop.wait();
        stopper.workers.done();
    });
    let stop = go::<B, _>("stopper", &stopper, move |stopper| {
        let held = stopper.lock.lock();
        stopper.stop.close();
        if fixed {
            drop(held);
            stopper.workers.wait();
        } else {
            stopper.workers.wait();
            drop(held);
        }
    });
    join_all([worker, stop]);
}

fn cockroach_1462<B: Backend>(fixed: bool) {
    let channels =
        Arc::new((Chan::<B, ()>::unbuffered("events"), Chan::<B, ()>::unbuffered("stop")));
    let transport = go::<B, _>("transport", &channels, move |(events, stop)| {
        if fixed {
            select([events.send_case(()), stop.recv_case()]);
        } else if select_or_default([stop.recv_case()]).is_none() {
            events.send(());
        }
    });
    let consumer = go::<B, _>("consumer", &channels, |(events, stop)| {
        select([events.recv_case(), stop.recv_case()]);
    });
    channels.1.close();
    join_all([transport, consumer]);
}

fn cockroach_2448<B: Backend>(fixed: bool) {
    let room = if fixed { 2 } else { 0 };
    let channels =
        Arc::new((Chan::<B, ()>::unbuffered("events"), Chan::<B, ()>::buffered("callbacks", room)));
    let state = go::<B, _>("state", &channels, |(events, callbacks)| {
        events.send(());
        events.send(());
        callbacks.wait();
        callbacks.wait();
    });
    let store = go::<B, _>("store", &channels, |(events, callbacks)| {
        for _ in 0..2 {
            events.wait();
            callbacks.send(());
        }
    });
    join_all([state, store]);
}

/// One thread reads twice, another writes.
fn reads_twice<B: Backend>(reader: &str, lock: &'static str, fixed: bool) {
    let lock = Arc::new(RwMutex::<B>::named(lock));
    let reads = go::<B, _>(reader, &lock, move |lock| {
        let first = lock.read();
        let second = (!fixed).then(|| lock.read());
        drop((first, second));
    });
    let writes = go::<B, _>("writer", &lock, |lock| drop(lock.write()));
    join_all([reads, writes]);
}

fn cockroach_3710<B: Backend>(fixed: bool) {
    reads_twice::<B>("scan", "store", fixed);
}

fn cockroach_6181<B: Backend>(fixed: bool) {
    let cache = Arc::new(RwMutex::<B>::named("cache"));
    // Each looks the range up, prints the cache, and puts what it has found.
    let lookups = ["first lookup", "second lookup"].map(|name| {
        go::<B, _>(name, &cache, move |cache| {
            let looking = cache.read();
            if !fixed {
                drop(cache.read());
            }
            drop(looking);
            drop(cache.write());
        })
    });
    join_all(lookups);
}

fn cockroach_7504<B: Backend>(fixed: bool) {
    let parts = Arc::new((Mutex::<B, _>::named("lease", 1), Mutex::<B, _>::named("names", 1)));
    let release = go::<B, _>("release", &parts, move |(lease, names)| {
        let mut count = lease.lock();
        *count -= 1;
        if fixed {
            drop(count);
            *names.lock() = 0;
        } else {
            *names.lock() = 0;
        }
    });
    let acquire = go::<B, _>("acquire", &parts, |(lease, names)| {
        let names = names.lock();
        if *names > 0 {
            *lease.lock() += 1;
        }
    });
    join_all([release, acquire]);
}

fn cockroach_9935<B: Backend>(fixed: bool) {
    let log = Arc::new(Mutex::<B, ()>::named("log", ()));
    let logging = go::<B, _>("logging", &log, move |log| {
        let writing = log.lock();
        let _writing = if fixed {
            drop(writing);
            None
        } else {
            Some(writing)
        };
        // The write has failed: the exit logs why.
        drop(log.lock());
    });
    join_all([logging]);
}

fn cockroach_10214<B: Backend>(fixed: bool) {
    let parts = Arc::new((Mutex::<B, _>::named("heartbeats", 1), Mutex::<B, _>::named("raft", ())));
    let send = go::<B, _>("send", &parts, move |(heartbeats, raft)| {
        let mut queued = heartbeats.lock();
        *queued = 0;
        if fixed {
            drop(queued);
            drop(raft.lock());
        } else {
            drop(raft.lock());
        }
    });
    let tick = go::<B, _>("tick", &parts, |(heartbeats, raft)| {
        let _replica = raft.lock();
        *heartbeats.lock() += 1;
    });
    join_all([send, tick]);
}

struct Commands<B: Backend> {
    request: Context<B>,
    replies: [Chan<B, ()>; 2],
    quiesce: Chan<B, ()>,
}

fn cockroach_10790<B: Backend>(fixed: bool) {
    let commands = Arc::new(Commands::<B> {
        request: Context::new("request"),
        replies: [Chan::unbuffered("reply 0"), Chan::unbuffered("reply 1")],
        quiesce: Chan::unbuffered("quiesce"),
    });
    let sender = go::<B, _>("sender", &commands, |commands| {
        for reply in &commands.replies {
            if select([reply.send_case(()), commands.request.done().recv_case()]).case == 1 {
                return;
            }
        }
    });
    let drain = go::<B, _>("drain", &commands, move |commands| {
        for reply in &commands.replies {
            if fixed {
                select([reply.recv_case(), commands.quiesce.recv_case()]);
            } else {
                reply.wait();
            }
        }
    });
    commands.request.cancel();
    commands.quiesce.close();
    join_all([sender, drain]);
}

fn cockroach_13197<B: Backend>(fixed: bool) {
    let transaction = Arc::new(Context::<B>::new("transaction"));
    let awaiting = go::<B, _>("await done", &transaction, |transaction| transaction.done().wait());
    if fixed {
        transaction.cancel();
    }
    join_all([awaiting]);
}

fn cockroach_16167<B: Backend>(fixed: bool) {
    reads_twice::<B>("session", "config", fixed);
}

fn cockroach_18101<B: Backend>(fixed: bool) {
    let restore = Arc::new((Context::<B>::new("restore"), Chan::<B, ()>::unbuffered("ready")));
    let scatter = go::<B, _>("scatter", &restore, move |(context, ready)| {
        if fixed {
            select([ready.send_case(()), context.done().recv_case()]);
        } else {
            ready.send(());
        }
    });
    let import = go::<B, _>("import", &restore, |(context, ready)| {
        select([ready.recv_case(), context.done().recv_case()]);
    });
    restore.0.cancel();
    join_all([scatter, import]);
}

fn cockroach_24808<B: Backend>(fixed: bool) {
    let channels =
        Arc::new((Chan::<B, ()>::buffered("compactions", 1), Chan::<B, ()>::unbuffered("stop")));
    channels.0.send(());
    if fixed {
        let _ = select_or_default([channels.0.send_case(())]);
    } else {
        channels.0.send(());
    }
    let worker = go::<B, _>("worker", &channels, |(compactions, stop)| {
        while select([compactions.recv_case(), stop.recv_case()]).case == 0 {}
    });
    channels.1.close();
    join_all([worker]);
}

struct Rows<B: Backend> {
    consumer_closed: AtomicBool<B>,
    rows: Chan<B, ()>,
    senders: WaitGroup<B>,
}

fn cockroach_35073<B: Backend>(fixed: bool) {
    let rows = Arc::new(Rows::<B> {
        consumer_closed: AtomicBool::named("consumer closed", false),
        rows: Chan::buffered("rows", 1),
        senders: WaitGroup::named("senders"),
    });
    rows.rows.send(());
    rows.senders.add(2);
    let senders = ["outbox", "pusher"].map(|name| {
        go::<B, _>(name, &rows, |rows| {
            if !rows.consumer_closed.load(SeqCst) {
                rows.rows.send(());
            }
            rows.senders.done();
        })
    });
    rows.consumer_closed.store(true, SeqCst);
    if fixed {
        let drain = go::<B, _>("drain", &rows, |rows| while rows.rows.recv().is_some() {});
        rows.senders.wait();
        rows.rows.close();
        join_all([drain]);
    } else {
        let _ = select_or_default([rows.rows.recv_case()]);
    }
    join_all(senders);
}

fn cockroach_35931<B: Backend>(fixed: bool) {
    let inputs = Arc::new([Chan::<B, ()>::buffered("left", 1), Chan::buffered("right", 1)]);
    inputs[0].send(());
    let reader = go::<B, _>("reader", &inputs, |[left, right]| {
        right.wait();
        left.wait();
        left.wait();
    });
    let canceller = go::<B, _>("canceller", &inputs, move |[left, right]| {
        let (first, second) = (left.clone(), right.clone());
        if fixed {
            let to_left = B::spawn("to left", move || first.send(()));
            second.send(());
            join_all([to_left]);
        } else {
            first.send(());
            second.send(());
        }
    });
    join_all([reader, canceller]);
}
