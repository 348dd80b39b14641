//! Kernels from Kubernetes that do not block.

use crate::{
    go::{Chan, RwMutex, WaitGroup},
    goker::{
        go, kernels,
        shared::{dispatches, read_too_early, reads_unlocked, unlocked, writes_unlocked},
    },
};
use raceproof_suite::backend::{AtomicUsize, Backend, Shared, join_all};
use std::sync::{Arc, atomic::Ordering::SeqCst};

kernels! { "kubernetes.rs"
    Kubernetes13058 = kubernetes_13058 "kubernetes-13058" assertion("negative WaitGroup counter")
        "Count what is to come before anything can finish"
        "The handler finishes one before the test has counted it."
        "It is counted before the handler is started."
    Kubernetes49404 = kubernetes_49404 "kubernetes-49404" race("called")
        "That a request was sent does not mean that its handler has run"
        "The test looks whether the handler was called while the handler notes it."
        "The test waits for the handler."
    Kubernetes70892 = kubernetes_70892 "kubernetes-70892" race("result")
        "Work that is done in pieces must write to places that are apart"
        "Each worker looks at all results and sets them, whichever its piece is."
        "Each sets the result of its piece."
    Kubernetes77796 = kubernetes_77796 "kubernetes-77796" race("watchers")
        "A buffer that is used again belongs to one thread at a time, to the end of its use"
        "The lock is let go after the buffer is emptied, and another dispatcher empties it, too, while the first goes through it."
        "The lock is held to the end."
    Kubernetes79631 = kubernetes_79631 "kubernetes-79631" race("items")
        "A test that looks into an object must lock it as the object does"
        "The test gets an item without the queue's lock while the queue pops one."
        "It gets it under the lock."
    Kubernetes80284 = kubernetes_80284 "kubernetes-80284" race("callback")
        "Two threads that set a callback are a race, even if they set the same"
        "Two threads configure one authenticator, and each sets its callback."
        "They set it under a lock."
    Kubernetes81091 = kubernetes_81091 "kubernetes-81091" race("calls")
        "A counter in a test double is shared as much as one in the product"
        "Two workers count the calls of a test's plug-in in one plain variable."
        "The count is atomic."
    Kubernetes81148 = kubernetes_81148 "kubernetes-81148" race("timestamp")
        "A test that sets a field of an object must lock it as the object does"
        "The test sets the timestamp without the queue's lock while the queue reads it."
        "It sets it under the lock."
    Kubernetes82239 = kubernetes_82239 "kubernetes-82239" race("volume")
        "An object that a controller holds is the controller's, also for a test"
        "The test changes the volume while the controller copies it."
        "The test changes a copy of its own."
    Kubernetes82550 = kubernetes_82550 "kubernetes-82550" race("provider")
        "What is made when it is first needed is needed first by two"
        "Two threads find no provider, and each sets one."
        "They look and set under a lock."
    Kubernetes88331 = kubernetes_88331 "kubernetes-88331" race("queue")
        "To read a length is to read what others change"
        "The length is read without the lock under which items are taken."
        "It is read under the lock."
    Kubernetes89164 = kubernetes_89164 "kubernetes-89164" race("watchers")
        "A test that calls what a thread of the object calls, too, needs both to lock"
        "The test dispatches an event while the cacher's own thread does, and the buffer is not guarded to the end."
        "The lock is held to the end."
}

fn kubernetes_13058<B: Backend>(fixed: bool) {
    let test = Arc::new((WaitGroup::<B>::named("deletions"), Chan::<B, ()>::unbuffered("objects")));
    if fixed {
        test.0.add(1);
    }
    let handler = go::<B, _>("handler", &test, |(deletions, objects)| {
        objects.wait();
        deletions.done();
    });
    test.1.close();
    if !fixed {
        test.0.add(1);
    }
    test.0.wait();
    join_all([handler]);
}

fn kubernetes_49404<B: Backend>(fixed: bool) {
    read_too_early::<B>("called", "handler", fixed);
}

fn kubernetes_70892<B: Backend>(fixed: bool) {
    let shared = Arc::new((
        Chan::<B, usize>::buffered("pieces", 2),
        ["result 0", "result 1"].map(|name| Shared::<B, i64>::named(name, 0)),
    ));
    shared.0.send(0);
    shared.0.send(1);
    shared.0.close();
    let workers = ["worker 0", "worker 1"].map(|name| {
        go::<B, _>(name, &shared, move |(pieces, results)| {
            while let Some(piece) = pieces.recv() {
                let chosen = if fixed { &results[piece..=piece] } else { &results[..] };
                chosen.iter().filter(|result| result.get() == 0).for_each(|result| result.set(4));
            }
        })
    });
    join_all(workers);
}

fn kubernetes_77796<B: Backend>(fixed: bool) {
    dispatches::<B>(fixed);
}

fn kubernetes_79631<B: Backend>(fixed: bool) {
    reads_unlocked::<B>("items", ["flush", "test"], fixed);
}

fn kubernetes_80284<B: Backend>(fixed: bool) {
    unlocked::<B>("callback", ["first", "second"].map(|name| (name, sets::<B> as _)), fixed);
}

fn kubernetes_81091<B: Backend>(fixed: bool) {
    let calls =
        Arc::new((Shared::<B, i64>::named("calls", 0), AtomicUsize::<B>::named("atomic calls", 0)));
    let workers = ["worker 0", "worker 1"].map(|name| {
        go::<B, _>(name, &calls, move |(plain, atomic)| {
            if fixed {
                atomic.fetch_add(1, SeqCst);
            } else {
                plain.set(plain.get() + 1);
            }
        })
    });
    join_all(workers);
}

fn kubernetes_81148<B: Backend>(fixed: bool) {
    writes_unlocked::<B>("timestamp", "flush", fixed);
}

fn kubernetes_82239<B: Backend>(fixed: bool) {
    let volume = Arc::new(Shared::<B, i64>::named("volume", 0));
    let controller = go::<B, _>("controller", &volume, |volume| {
        volume.get();
    });
    let copy = Shared::<B, i64>::named("copy", volume.get());
    if fixed { &copy } else { &*volume }.set(1);
    join_all([controller]);
}

fn kubernetes_82550<B: Backend>(fixed: bool) {
    unlocked::<B>("provider", ["first", "second"].map(|name| (name, makes::<B> as _)), fixed);
}

fn kubernetes_88331<B: Backend>(fixed: bool) {
    let queue = Arc::new((RwMutex::<B>::named("lock"), Shared::<B, i64>::named("queue", 2)));
    let pop = go::<B, _>("pop", &queue, |(lock, queue)| {
        let _writing = lock.write();
        queue.set(queue.get() - 1);
    });
    let length = go::<B, _>("length", &queue, move |(lock, queue)| {
        let _reading = fixed.then(|| lock.read());
        queue.get();
    });
    join_all([pop, length]);
}

fn kubernetes_89164<B: Backend>(fixed: bool) {
    dispatches::<B>(fixed);
}

fn sets<B: Backend>(callback: &Shared<B, i64>) {
    callback.set(1);
}

fn makes<B: Backend>(provider: &Shared<B, i64>) {
    if provider.get() == 0 {
        provider.set(1);
    }
}
