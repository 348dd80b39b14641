//! Kernels from Kubernetes that block.

use super::{go, kernels};
use crate::go::{Chan, Context, RwMutex, WaitGroup, select};
use raceproof_suite::backend::{Backend, Condvar, Mutex, join_all};
use std::sync::Arc;

kernels! { "kubernetes.rs"
    Kubernetes1321 = kubernetes_1321 "kubernetes-1321" [Choice] deadlock("`distribute` waits for send to results")
        "Who waits under a lock can be freed only by one who does not need the lock"
        "The loop sends under the lock to a watcher that is being stopped, for which the lock is needed."
        "A second channel, which needs no lock, tells the loop that the watcher is gone."
    Kubernetes5316 = kubernetes_5316 "kubernetes-5316" [Choice] deadlock("waits for send to result")
        "A worker whose caller may give up needs a place for its result"
        "The request times out, and the worker waits to give its result."
        "The channel has room for one result."
    Kubernetes6632 = kubernetes_6632 "kubernetes-6632" deadlock("`write` waits for send to resets")
        "Who closes a channel must not need a lock that a sender holds while it waits"
        "The writer holds the lock and waits for room; the monitor wants the lock to close the channel."
        "The monitor drains the channel before it takes the lock."
    Kubernetes10182 = kubernetes_10182 "kubernetes-10182" deadlock("waits for send to statuses")
        "A send under a lock needs a receiver that never takes this lock"
        "The second status is sent under the lock that the receiver of the first one wants."
        "A status is sent after the unlock."
    Kubernetes25331 = kubernetes_25331 "kubernetes-25331" [Choice] deadlock("`run` waits for send to results")
        "Who is cancelled while it sends must be able to leave"
        "The watch cancels itself and then sends the error to nobody."
        "It sends or is cancelled, whichever is possible first."
    Kubernetes26980 = kubernetes_26980 "kubernetes-26980" deadlock("waits for listener")
        "A wait on a channel keeps every lock that the thread holds"
        "The consumer waits for the stop with the lock held, and the one that stops wants the lock first."
        "It waits without the lock."
    Kubernetes30872 = kubernetes_30872 "kubernetes-30872" deadlock("waits for informer")
        "Locks of two layers are taken downwards by calls and upwards by callbacks"
        "The informer asks its queue under its own lock; the queue calls the informer under its own."
        "The queue calls back without its lock."
    Kubernetes38669 = kubernetes_38669 "kubernetes-38669" [Choice] deadlock("`process` waits for send to results")
        "Who stops a producer must also take or refuse what it is about to give"
        "The watcher is stopped before its first events are fetched, and its thread waits to give them."
        "It gives an event or sees the stop, whichever is possible first."
    Kubernetes58107 = kubernetes_58107 "kubernetes-58107" deadlock("`sync` waits for the readers of workers")
        "A wait on a condition releases its own mutex and no other lock"
        "One reader waits for work with the read lock held, a writer waits for it, and behind the writer the one with the \
         work."
        "Work is fetched without the read lock."
    Kubernetes62464 = kubernetes_62464 "kubernetes-62464" deadlock("`reconcile` waits for state to be readable")
        "A method that reads under a lock must not be called by one that does, too"
        "A writer comes between the read lock of the caller and that of the callee."
        "The callee's part is done before the caller's lock."
    Kubernetes11298 = kubernetes_11298 "kubernetes-11298" deadlock("waits for signal")
        "A signal for the end is lost on a waiter that comes later: let it look first"
        "The end is signalled before the loop waits, and the loop does not look."
        "The end is a fact under the lock, which the loop looks at before it waits."
    Kubernetes13135 = kubernetes_13135 "kubernetes-13135" deadlock("waits for watch cache")
        "A loop that comes round takes again, in its order, what a callback has let go of"
        "The second round locks the cacher first and an event the watch cache first, which calls the cacher."
        "The event is handed to the cacher after the watch cache's unlock."
    Kubernetes70277 = kubernetes_70277 "kubernetes-70277" [Choice] deadlock("`main` waits for receive from stop")
        "A function that starts a thread must end it on every way out"
        "The condition holds at the first tick, and the ticker runs on until its caller is stopped, who waits for it."
        "The function has a channel of its own for the ticker, and closes it when it returns."
}

fn kubernetes_1321<B: Backend>(fixed: bool) {
    let watcher = Arc::new((
        Mutex::<B, bool>::named("watchers", true),
        Chan::<B, ()>::unbuffered("results"),
        Chan::<B, ()>::unbuffered("gone"),
    ));
    let distribute = go::<B, _>("distribute", &watcher, move |(watched, results, gone)| {
        let watched = watched.lock();
        if !*watched {
        } else if fixed {
            select([results.send_case(()), gone.recv_case()]);
        } else {
            results.send(());
        }
    });
    let stop = go::<B, _>("stop", &watcher, |(watched, _, gone)| {
        gone.close();
        *watched.lock() = false;
    });
    join_all([distribute, stop]);
}

fn kubernetes_5316<B: Backend>(fixed: bool) {
    let room = usize::from(fixed);
    let request =
        Arc::new((Chan::<B, ()>::buffered("result", room), Chan::<B, ()>::buffered("time", 1)));
    let worker = go::<B, _>("worker", &request, |(result, _)| result.send(()));
    let clock = go::<B, _>("clock", &request, |(_, time)| time.send(()));
    select([request.0.recv_case(), request.1.recv_case()]);
    join_all([worker, clock]);
}

fn kubernetes_6632<B: Backend>(fixed: bool) {
    let framer = Arc::new((
        Mutex::<B, bool>::named("write lock", true),
        Chan::<B, ()>::buffered("resets", 1),
    ));
    framer.1.send(());
    let write = go::<B, _>("write", &framer, |(open, resets)| {
        let open = open.lock();
        if *open {
            resets.send(());
        }
    });
    let monitor = go::<B, _>("monitor", &framer, move |(open, resets)| {
        if fixed {
            // The one that waits there, or the next, has room.
            resets.wait();
        }
        *open.lock() = false;
        resets.close();
    });
    join_all([write, monitor]);
}

fn kubernetes_10182<B: Backend>(fixed: bool) {
    let manager =
        Arc::new((Mutex::<B, ()>::named("pods", ()), Chan::<B, ()>::unbuffered("statuses")));
    let sync = go::<B, _>("sync", &manager, |(pods, statuses)| {
        for _ in 0..2 {
            statuses.wait();
            drop(pods.lock());
        }
    });
    let setters = ["setter 0", "setter 1"].map(|name| {
        go::<B, _>(name, &manager, move |(pods, statuses)| {
            let held = pods.lock();
            if fixed {
                drop(held);
                statuses.send(());
            } else {
                statuses.send(());
                drop(held);
            }
        })
    });
    join_all(setters);
    join_all([sync]);
}

struct Watch<B: Backend> {
    context: Context<B>,
    results: Chan<B, ()>,
    errors: Chan<B, ()>,
}

fn kubernetes_25331<B: Backend>(fixed: bool) {
    let watch = Arc::new(Watch::<B> {
        context: Context::new("watch"),
        results: Chan::unbuffered("results"),
        errors: Chan::unbuffered("errors"),
    });
    let run = go::<B, _>("run", &watch, move |watch| {
        if select([watch.errors.recv_case(), watch.context.done().recv_case()]).case == 1 {
            return;
        }
        if fixed {
            select([watch.results.send_case(()), watch.context.done().recv_case()]);
        } else {
            watch.context.cancel();
            watch.results.send(());
        }
    });
    let stop = go::<B, _>("stop", &watch, |watch| {
        watch.errors.send(());
        watch.context.cancel();
    });
    join_all([run, stop]);
}

fn kubernetes_26980<B: Backend>(fixed: bool) {
    let listener =
        Arc::new((Mutex::<B, usize>::named("listener", 1), Chan::<B, ()>::unbuffered("stop")));
    let pop = go::<B, _>("pop", &listener, move |(pending, stop)| {
        let held = pending.lock();
        if fixed {
            drop(held);
            stop.wait();
        } else {
            stop.wait();
            drop(held);
        }
    });
    let stopper = go::<B, _>("stopper", &listener, |(pending, stop)| {
        drop(pending.lock());
        stop.close();
    });
    join_all([pop, stopper]);
}

fn kubernetes_30872<B: Backend>(fixed: bool) {
    let layers =
        Arc::new((Mutex::<B, ()>::named("informer", ()), Mutex::<B, ()>::named("queue", ())));
    let synced = go::<B, _>("synced", &layers, |(informer, queue)| {
        let _held = informer.lock();
        drop(queue.lock());
    });
    let pop = go::<B, _>("pop", &layers, move |(informer, queue)| {
        let held = queue.lock();
        if fixed {
            drop(held);
            drop(informer.lock());
        } else {
            drop(informer.lock());
            drop(held);
        }
    });
    join_all([synced, pop]);
}

fn kubernetes_38669<B: Backend>(fixed: bool) {
    let watcher =
        Arc::new((Chan::<B, ()>::unbuffered("results"), Chan::<B, ()>::unbuffered("stop")));
    let process = go::<B, _>("process", &watcher, move |(results, stop)| {
        for _ in 0..2 {
            if !fixed {
                results.send(());
            } else if select([results.send_case(()), stop.recv_case()]).case == 1 {
                return;
            }
        }
        stop.wait();
    });
    watcher.1.close();
    join_all([process]);
}

struct Queue<B: Backend> {
    workers: RwMutex<B>,
    items: Mutex<B, usize>,
    filled: Condvar<B>,
}

fn kubernetes_58107<B: Backend>(fixed: bool) {
    let queue = Arc::new(Queue::<B> {
        workers: RwMutex::named("workers"),
        items: Mutex::named("items", 0),
        filled: Condvar::named("filled"),
    });
    let worker = go::<B, _>("worker", &queue, move |queue| {
        let reading = (!fixed).then(|| queue.workers.read());
        let mut items = queue.filled.wait_while(queue.items.lock(), |items| *items == 0);
        *items -= 1;
        drop((items, reading));
        drop(queue.workers.read());
    });
    let sync = go::<B, _>("sync", &queue, |queue| drop(queue.workers.write()));
    let add = go::<B, _>("add", &queue, |queue| {
        let _reading = queue.workers.read();
        *queue.items.lock() += 1;
        queue.filled.notify_one();
    });
    join_all([worker, sync, add]);
}

fn kubernetes_62464<B: Backend>(fixed: bool) {
    let state = Arc::new(RwMutex::<B>::named("state"));
    let reconcile = go::<B, _>("reconcile", &state, move |state| {
        if fixed {
            drop(state.read());
            drop(state.read());
        } else {
            let _reading = state.read();
            drop(state.read());
        }
    });
    let remove = go::<B, _>("remove", &state, |state| drop(state.write()));
    join_all([reconcile, remove]);
}

fn kubernetes_11298<B: Backend>(fixed: bool) {
    let notifier =
        Arc::new((Mutex::<B, bool>::named("ended", false), Condvar::<B>::named("signal")));
    let service = go::<B, _>("service", &notifier, move |(ended, signal)| {
        let mut ended = ended.lock();
        if !fixed || !*ended {
            ended = signal.wait(ended);
        }
        drop(ended);
    });
    *notifier.0.lock() = true;
    notifier.1.notify_one();
    join_all([service]);
}

fn kubernetes_13135<B: Backend>(fixed: bool) {
    let cache = Arc::new((
        Mutex::<B, ()>::named("cacher", ()),
        Mutex::<B, ()>::named("watch cache", ()),
        WaitGroup::<B>::named("caches"),
    ));
    cache.2.add(1);
    let caching = go::<B, _>("caching", &cache, |(cacher, watch_cache, initialized)| {
        for round in 0..2 {
            let held = cacher.lock();
            let _replacing = watch_cache.lock();
            if round == 0 {
                initialized.done();
            }
            drop(held);
        }
    });
    cache.2.wait();
    let add = go::<B, _>("add", &cache, move |(cacher, watch_cache, _)| {
        let adding = watch_cache.lock();
        if fixed {
            drop(adding);
            drop(cacher.lock());
        } else {
            drop(cacher.lock());
            drop(adding);
        }
    });
    join_all([caching, add]);
}

fn kubernetes_70277<B: Backend>(fixed: bool) {
    let [stop, own] = ["stop", "the end of the wait"].map(Chan::<B, ()>::unbuffered);
    let poller =
        Arc::new((Chan::<B, ()>::unbuffered("tick"), if fixed { own } else { stop.clone() }));
    let ticker = go::<B, _>("ticker", &poller, |(tick, done)| {
        if select([tick.send_case(()), done.recv_case()]).case == 0 {
            done.wait();
        }
    });
    poller.0.wait();
    // The condition holds, and the function returns.
    if fixed {
        poller.1.close();
    }
    // Its caller waits until the ticker is told to end, and is itself done then.
    poller.1.wait();
    stop.close();
    join_all([ticker]);
}
