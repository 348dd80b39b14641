//! Cores that several kernels have in common: the benchmark cuts some reports down to the same few lines.

use super::go;
use crate::go::{Chan, Context, RwMutex, select};
use raceproof_suite::backend::{Backend, Mutex, Shared, join_all};
use std::sync::Arc;

/// One thread reads twice, another writes: cockroach-3710 and cockroach-16167.
pub(super) fn reads_twice<B: Backend>(reader: &str, lock: &'static str, fixed: bool) {
    let lock = Arc::new(RwMutex::<B>::named(lock));
    let reads = go::<B, _>(reader, &lock, move |lock| {
        let first = lock.read();
        let second = (!fixed).then(|| lock.read());
        drop((first, second));
    });
    let writes = go::<B, _>("writer", &lock, |lock| drop(lock.write()));
    join_all([reads, writes]);
}

/// A thread reads under its own write lock, or after it: etcd-6708 and syncthing-4829.
pub(super) fn reads_what_it_writes<B: Backend>(thread: &str, lock: &'static str, fixed: bool) {
    let lock = Arc::new(RwMutex::<B>::named(lock));
    let thread = go::<B, _>(thread, &lock, move |lock| {
        let writing = lock.write();
        if fixed {
            drop(writing);
            drop(lock.read());
        } else {
            drop(lock.read());
            drop(writing);
        }
    });
    join_all([thread]);
}

/// A thread waits for the end of a context, which comes only if it is fixed: cockroach-13197 and cockroach-13755.
pub(super) fn awaits_end<B: Backend>(of: &str, fixed: bool) {
    let context = Arc::new(Context::<B>::new(of));
    let awaiting = go::<B, _>("await done", &context, |context| context.done().wait());
    if fixed {
        context.cancel();
    }
    join_all([awaiting]);
}

/// A thread gives to one that leaves when it is cancelled: cockroach-18101 and istio-17860.
pub(super) fn gives_to_one_who_leaves<B: Backend>(
    [giver, taker]: [&str; 2],
    [context, channel]: [&'static str; 2],
    fixed: bool,
) {
    let work = Arc::new((Context::<B>::new(context), Chan::<B, ()>::unbuffered(channel)));
    let takes = go::<B, _>(taker, &work, |(context, channel)| {
        select([channel.recv_case(), context.done().recv_case()]);
    });
    let gives = go::<B, _>(giver, &work, move |(context, channel)| {
        if fixed {
            select([channel.send_case(()), context.done().recv_case()]);
        } else {
            channel.send(());
        }
    });
    work.0.cancel();
    join_all([takes, gives]);
}

/// Another thread reads `variable` while this one writes it, unless it has ended before: grpc-1748, serving-4908 and
/// serving-6171.
pub(super) fn reads_while_written<B: Backend>(
    variable: &'static str,
    reader: &'static str,
    fixed: bool,
) {
    let variable = Arc::new(Shared::<B, i64>::named(variable, 0));
    let reader = go::<B, _>(reader, &variable, |variable| {
        variable.get();
    });
    if fixed {
        join_all([reader]);
        variable.set(1);
    } else {
        variable.set(1);
        join_all([reader]);
    }
}

/// Another thread writes `variable`, which this one reads, unless it waits for its end before: moby-18412, istio-8144
/// and kubernetes-49404.
pub(super) fn read_too_early<B: Backend>(
    variable: &'static str,
    writer: &'static str,
    fixed: bool,
) {
    let variable = Arc::new(Shared::<B, i64>::named(variable, 0));
    let writer = go::<B, _>(writer, &variable, |variable| variable.set(1));
    if fixed {
        join_all([writer]);
        variable.get();
    } else {
        variable.get();
        join_all([writer]);
    }
}

/// This thread sets `variable` after it has started one that reads it, or before: etcd-8194 and serving-3148.
pub(super) fn set_too_late<B: Backend>(variable: &'static str, reader: &'static str, fixed: bool) {
    let variable = Arc::new(Shared::<B, i64>::named(variable, 1000));
    if fixed {
        variable.set(10);
    }
    let reader = go::<B, _>(reader, &variable, |variable| {
        variable.get();
    });
    if !fixed {
        variable.set(10);
    }
    join_all([reader]);
}

/// The one thread sets `field` under the lock, the other reads it there, or without: etcd-4876 and kubernetes-79631.
pub(super) fn reads_unlocked<B: Backend>(
    field: &'static str,
    [sets, reads]: [&'static str; 2],
    fixed: bool,
) {
    let server = Arc::new((Mutex::<B, ()>::named("lock", ()), Shared::<B, i64>::named(field, 0)));
    let sets = go::<B, _>(sets, &server, |(lock, field)| {
        let _held = lock.lock();
        field.set(1);
    });
    let reads = go::<B, _>(reads, &server, move |(lock, field)| {
        let _held = fixed.then(|| lock.lock());
        field.get();
    });
    join_all([sets, reads]);
}

/// This thread sets `field` under the lock, or without, and another reads it there: kubernetes-81148 and grpc-3090.
pub(super) fn writes_unlocked<B: Backend>(field: &'static str, reads: &'static str, fixed: bool) {
    let parts = Arc::new((Mutex::<B, ()>::named("lock", ()), Shared::<B, i64>::named(field, 0)));
    let reads = go::<B, _>(reads, &parts, |(lock, field)| {
        let _held = lock.lock();
        field.get();
    });
    let held = fixed.then(|| parts.0.lock());
    parts.1.set(1);
    drop(held);
    join_all([reads]);
}

/// What a thread does with a variable.
pub(super) type Access<B> = fn(&Shared<B, i64>);

/// Two threads use `field`, under a lock only if it is fixed: etcd-9446, kubernetes-80284 and kubernetes-82550.
pub(super) fn unlocked<B: Backend>(
    field: &'static str,
    threads: [(&'static str, Access<B>); 2],
    fixed: bool,
) {
    let parts = Arc::new((Mutex::<B, ()>::named("lock", ()), Shared::<B, i64>::named(field, 0)));
    let threads = threads.map(|(name, access)| {
        go::<B, _>(name, &parts, move |(lock, field)| {
            let _held = fixed.then(|| lock.lock());
            access(field);
        })
    });
    join_all(threads);
}

/// A loop starts a thread for each of two values, which reads the loop's variable, or was given the value:
/// cockroach-35501 and moby-27037.
pub(super) fn reads_loop_variable<B: Backend>(
    variable: &'static str,
    thread: &'static str,
    fixed: bool,
) {
    let variable = Arc::new(Shared::<B, i64>::named(variable, 0));
    let mut threads = Vec::new();
    for n in 0..2 {
        variable.set(n);
        let own = fixed.then(|| variable.get());
        threads.push(go::<B, _>(thread, &variable, move |variable| {
            own.unwrap_or_else(|| variable.get());
        }));
    }
    join_all(threads);
}

/// Two dispatchers empty their buffer under the lock and go through it, there or without: kubernetes-77796 and
/// kubernetes-89164, which is the same mistake, come back.
pub(super) fn dispatches<B: Backend>(fixed: bool) {
    let cacher =
        Arc::new((Mutex::<B, ()>::named("lock", ()), Shared::<B, i64>::named("watchers", 2)));
    let dispatchers = ["dispatcher", "test"].map(|name| {
        go::<B, _>(name, &cacher, move |(lock, watchers)| {
            let held = lock.lock();
            watchers.set(0);
            let _held = fixed.then_some(held);
            watchers.get();
        })
    });
    join_all(dispatchers);
}
