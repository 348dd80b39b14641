//! Kernels from CockroachDB that are about channels and contexts.

use crate::{
    go::{Chan, Context, WaitGroup, select, select_or_default},
    goker::{
        go, kernels,
        shared::{awaits_end, gives_to_one_who_leaves},
    },
};
use raceproof_suite::backend::{AtomicBool, Backend, join_all};
use std::sync::{Arc, atomic::Ordering::SeqCst};

kernels! { "channels.rs"
    Cockroach1462 = cockroach_1462 "cockroach-1462" [Choice] deadlock("`transport` waits for send to events")
        "A look at the stop channel before a send says nothing about the time of the send"
        "The consumer is told to stop between the sender's look and its send."
        "The sender sends or stops, whichever is possible first."
    Cockroach2448 = cockroach_2448 "cockroach-2448" deadlock("waits for send to events")
        "Two loops that send to each other without a buffer may both be sending"
        "The one looks for an answer too early and sends the next event, while the other sends the answer."
        "Answers have room in a buffer, so that no thread waits to give one."
    Cockroach10790 = cockroach_10790 "cockroach-10790" [Choice] deadlock("`drain` waits for receive from reply")
        "Who cleans up after a cancelled request must not wait for replies that no longer come"
        "The sender stops as soon as the request is cancelled, and the one that drains waits for it."
        "It drains until the server stops."
    Cockroach13197 = cockroach_13197 "cockroach-13197" deadlock("waits for receive from the end of transaction")
        "A thread that waits for a context needs somebody who cancels it"
        "The transaction is over, but its context is not cancelled."
        "Its end cancels its context."
    Cockroach13755 = cockroach_13755 "cockroach-13755" deadlock("waits for receive from the end of rows")
        "Who is handed rows must close them: a thread waits for that with them"
        "The rows are not closed, and what waits for their end goes on waiting."
        "They are closed, which cancels their context."
    Cockroach18101 = cockroach_18101 "cockroach-18101" [Choice] deadlock("`scatter` waits for send to ready")
        "A cancellation must reach those who send as well as the one who receives"
        "The receiver leaves at the cancellation, and the sender waits for it for ever."
        "The sender looks at the context, too."
    Cockroach24808 = cockroach_24808 "cockroach-24808" [Choice] deadlock("`main` waits for send to compactions")
        "A buffer of one takes one item before its reader runs"
        "The first start has filled the buffer, so the second waits for a worker that it is to start."
        "The suggestion is dropped if there is one already."
    Cockroach25456 = cockroach_25456 "cockroach-25456" deadlock("`queue` waits for receive from quiesce")
        "To ask whether a channel is closed is not to wait until it is"
        "The queue wants to know whether the store is being stopped, and waits until it is."
        "It looks, and goes on if it is not."
    Cockroach35073 = cockroach_35073 "cockroach-35073" deadlock("waits for send to rows")
        "A consumer that leaves must drain for every sender, not only for one"
        "Both senders have seen an open consumer; it takes one row out, and leaves the other sender."
        "It goes on taking rows until the senders have ended."
    Cockroach35931 = cockroach_35931 "cockroach-35931" deadlock("`canceller` waits for send to left")
        "A message for many must not wait for the first whose box is full"
        "The reader waits for the right input, and the message for it waits behind the full left one."
        "Each input gets its message from a thread of its own."
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
        let (mut sent, mut answered) = (0, 0);
        while answered < 2 {
            if sent == 2 {
                callbacks.wait();
                answered += 1;
            } else if select_or_default([callbacks.recv_case()]).is_some() {
                answered += 1;
            } else {
                events.send(());
                sent += 1;
            }
        }
    });
    let store = go::<B, _>("store", &channels, |(events, callbacks)| {
        for _ in 0..2 {
            events.wait();
            callbacks.send(());
        }
    });
    join_all([state, store]);
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
    awaits_end::<B>("transaction", fixed);
}

fn cockroach_13755<B: Backend>(fixed: bool) {
    awaits_end::<B>("rows", fixed);
}

fn cockroach_18101<B: Backend>(fixed: bool) {
    gives_to_one_who_leaves::<B>(["scatter", "import"], ["restore", "ready"], fixed);
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

fn cockroach_25456<B: Backend>(fixed: bool) {
    let quiesce = Arc::new(Chan::<B, ()>::unbuffered("quiesce"));
    let queue = go::<B, _>("queue", &quiesce, move |quiesce| {
        if fixed {
            let _ = select_or_default([quiesce.recv_case()]);
        } else {
            quiesce.wait();
        }
    });
    // The store stops when the queue is done.
    join_all([queue]);
    quiesce.close();
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
