//! Kernels from Hugo, Istio, Knative Serving and Syncthing.

use super::{
    go, kernels,
    shared::{gives_to_one_who_leaves, reads_what_it_writes},
};
use crate::go::{Chan, Context, Once, RwMutex, select, select_or_default};
use raceproof_suite::{
    backend::{Backend, Mutex, join_all},
    primitives::Lock,
};
use std::sync::Arc;

kernels! { "others.rs"
    Hugo3251 = hugo_3251 "hugo-3251" deadlock("waits for map of locks")
        "Do not wait for one of many locks with the lock of their map held"
        "One thread waits for the key's lock under the map's; its holder needs the map to give it back."
        "The key's lock is looked up under the map's, and taken without it."
    Hugo5379 = hugo_5379 "hugo-5379" deadlock("waits for page, which it holds itself")
        "An initialiser must not call what waits for its lock"
        "The content is rendered under the page's lock, and a shortcode in it asks for the word count, which locks the page."
        "The word count expects the page to be locked."
    Istio16224 = istio_16224 "istio-16224" deadlock("`monitor` waits for send to done")
        "A handler that reports under a lock needs a reader that does not want it first"
        "The handler reports under the lock that the reader takes before it reads."
        "The handler lets go of the lock before it reports."
    Istio17860 = istio_17860 "istio-17860" [Choice] deadlock("`epoch` waits for send to status")
        "Who reports its end must be able to, also when nobody listens any more"
        "The agent is stopped before the epoch reports its end."
        "The epoch reports or is cancelled, whichever is possible first."
    Istio18454 = istio_18454 "istio-18454" [Choice] deadlock("`event loop` waits for receive from tick")
        "A timer that has fired may have been listened to: do not wait for its tick"
        "The loop has taken the tick, and at the reset that comes then it waits for it again."
        "It takes the tick if there is one."
    Serving2137 = serving_2137 "serving-2137" deadlock("waits for")
        "Who is let in is for the scheduler to decide: do not wait for the one you expect"
        "The test frees the first request and waits for it, and the second, which it frees later, is in."
        "Both are freed before either is waited for."
    Syncthing4829 = syncthing_4829 "syncthing-4829" deadlock("waits for mapping to be readable")
        "Who holds a lock for writing must not read it again"
        "The addresses are cleared under the write lock, and the notification reads under it."
        "The notification is sent after the unlock."
    Syncthing5795 = syncthing_5795 "syncthing-5795" [Choice] deadlock("waits for receive from dispatcher has stopped")
        "A callback that closes its own loop must not wait for the loop's end"
        "The dispatcher calls the model, which closes the connection and waits for the dispatcher."
        "The connection is closed by a thread of its own."
}

struct Urls<B: Backend> {
    map: RwMutex<B>,
    url: Lock<B>,
}

fn hugo_3251<B: Backend>(fixed: bool) {
    let urls = Arc::new(Urls::<B> { map: RwMutex::named("map of locks"), url: Lock::named("url") });
    let gets = ["get 0", "get 1"].map(|name| {
        go::<B, _>(name, &urls, move |urls| {
            let writing = urls.map.write();
            if fixed {
                drop(writing);
                urls.url.acquire();
            } else {
                urls.url.acquire();
                drop(writing);
            }
            let _reading = urls.map.read();
            urls.url.release().expect("acquired above");
        })
    });
    join_all(gets);
}

fn hugo_5379<B: Backend>(fixed: bool) {
    let page = Arc::new(Mutex::<B, Option<usize>>::named("page", None));
    let render = go::<B, _>("render", &page, move |page| {
        let mut words = page.lock();
        let counted = if fixed { *words } else { *page.lock() };
        words.get_or_insert(counted.unwrap_or(100));
    });
    join_all([render]);
}

fn istio_16224<B: Backend>(fixed: bool) {
    let parts = Arc::new((
        Mutex::<B, ()>::named("lock", ()),
        Chan::<B, ()>::unbuffered("events"),
        Chan::<B, ()>::unbuffered("done"),
    ));
    let monitor = go::<B, _>("monitor", &parts, move |(lock, events, done)| {
        events.wait();
        let held = lock.lock();
        if fixed {
            drop(held);
            done.send(());
        } else {
            done.send(());
            drop(held);
        }
    });
    parts.1.send(());
    drop(parts.0.lock());
    parts.2.wait();
    join_all([monitor]);
}

fn istio_17860<B: Backend>(fixed: bool) {
    gives_to_one_who_leaves::<B>(["epoch", "run"], ["agent", "status"], fixed);
}

struct Strategy<B: Backend> {
    /// Whether the timer has fired.
    fired: Mutex<B, bool>,
    tick: Chan<B, ()>,
    reset: Chan<B, ()>,
    context: Context<B>,
}

fn istio_18454<B: Backend>(fixed: bool) {
    let strategy = Arc::new(Strategy::<B> {
        fired: Mutex::named("timer", false),
        tick: Chan::buffered("tick", 1),
        reset: Chan::buffered("reset", 1),
        context: Context::new("strategy"),
    });
    let timer = go::<B, _>("timer", &strategy, |strategy| {
        *strategy.fired.lock() = true;
        strategy.tick.send(());
    });
    let events = go::<B, _>("event loop", &strategy, move |strategy| {
        let Strategy { fired, tick, reset, context } = strategy;
        loop {
            match select([tick.recv_case(), reset.recv_case(), context.done().recv_case()]).case {
                0 => {}
                1 if !*fired.lock() => {}
                1 if fixed => drop(select_or_default([tick.recv_case()])),
                1 => tick.wait(),
                _ => return,
            }
        }
    });
    strategy.reset.send(());
    strategy.context.cancel();
    join_all([timer, events]);
}

struct Breaker<B: Backend> {
    /// How many requests are in at once: one.
    active: Chan<B, ()>,
    /// A request is done as soon as the test lets it go.
    held: [Chan<B, ()>; 2],
    accepted: [Chan<B, bool>; 2],
}

fn serving_2137<B: Backend>(fixed: bool) {
    let breaker = Arc::new(Breaker::<B> {
        active: Chan::buffered("active", 1),
        held: [Chan::unbuffered("first is let go"), Chan::unbuffered("second is let go")],
        accepted: [Chan::buffered("first is accepted", 1), Chan::buffered("second is accepted", 1)],
    });
    let requests = [(0, "first request"), (1, "second request")].map(|(n, name)| {
        go::<B, _>(name, &breaker, move |breaker| {
            breaker.active.send(());
            breaker.held[n].wait();
            breaker.active.wait();
            breaker.accepted[n].send(true);
        })
    });
    if fixed {
        breaker.held.iter().for_each(Chan::close);
        breaker.accepted.iter().for_each(Chan::wait);
    } else {
        for n in [0, 1] {
            breaker.held[n].close();
            breaker.accepted[n].wait();
        }
    }
    join_all(requests);
}

fn syncthing_4829<B: Backend>(fixed: bool) {
    reads_what_it_writes::<B>("remove", "mapping", fixed);
}

struct Connection<B: Backend> {
    inbox: Chan<B, ()>,
    closed: Chan<B, ()>,
    stopped: Chan<B, ()>,
    close: Once<B>,
}

fn syncthing_5795<B: Backend>(fixed: bool) {
    let connection = Arc::new(Connection::<B> {
        inbox: Chan::unbuffered("inbox"),
        closed: Chan::unbuffered("closed"),
        stopped: Chan::unbuffered("dispatcher has stopped"),
        close: Once::named("close"),
    });
    let close = |connection: &Connection<B>| {
        connection.close.call(|| {
            connection.closed.close();
            connection.stopped.wait();
        });
    };
    let shared = Arc::clone(&connection);
    let dispatcher = go::<B, _>("dispatcher", &connection, move |connection| {
        let mut closing = Vec::new();
        while select([connection.inbox.recv_case(), connection.closed.recv_case()]).case == 0 {
            if fixed {
                closing.push(go::<B, _>("closer", &shared, close));
            } else {
                close(connection);
            }
        }
        connection.stopped.close();
        join_all(closing);
    });
    let reader = go::<B, _>("reader", &connection, |connection| {
        let _ = select_or_default([connection.closed.recv_case()]);
    });
    connection.inbox.send(());
    join_all([dispatcher, reader]);
}
