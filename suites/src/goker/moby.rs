//! Kernels from Moby, which is Docker's engine.

use super::{go, kernels};
use crate::go::{Chan, Context, WaitGroup, select, select_or_default};
use raceproof_suite::backend::{Backend, Condvar, Mutex, join_all};
use std::{mem, sync::Arc};

kernels! { "moby.rs"
    Moby4395 = moby_4395 "moby-4395" deadlock("`worker` waits for send to error")
        "A result that may not be fetched needs a place to be left"
        "Nobody fetches the error."
        "The channel has room for it."
    Moby4951 = moby_4951 "moby-4951" deadlock("waits for device")
        "A lock that is let go and taken again in between is taken in another order"
        "The one deletion takes the set's lock back with the device's held, the other holds the set's and wants the device's."
        "The device's lock is taken after the set's is let go, and the set's is taken back after the device's."
    Moby7559 = moby_7559 "moby-7559" deadlock("waits for connections")
        "`continue` leaves a loop's body as `return` does: it must unlock"
        "The dial fails, and the loop goes on with the lock held."
        "The lock is let go before the loop goes on."
    Moby17176 = moby_17176 "moby-17176" deadlock("waits for devices")
        "A return for nothing to do must unlock, too"
        "There is nothing to clean up, and the method returns with the lock held."
        "It unlocks on that way, too."
    Moby21233 = moby_21233 "moby-21233" deadlock("`transfer` waits for send to progress")
        "A consumer that gives up leaves its producers waiting"
        "The consumer has seen enough and leaves, and the transfer waits to give the last progress."
        "The consumer goes on until the channel is closed."
    Moby25384 = moby_25384 "moby-25384" deadlock("waits for the end of all plugins")
        "A wait in the loop that starts the threads waits for those that are not started"
        "The first wait waits for both plugins, and the second is not started yet."
        "The wait is after the loop."
    Moby27782 = moby_27782 "moby-27782" deadlock("`follow` waits for removed")
        "Who waits for an event must not be told by one who has stopped to listen"
        "The follower waits until the file is gone, and the one that reads the events has been closed."
        "The close wakes whoever waits for an event."
    Moby28462 = moby_28462 "moby-28462" deadlock("`state changed` waits for send to stop")
        "A thread that is told to stop by a send must be listening, and not want the sender's lock"
        "The monitor handles a probe, for which it wants the lock that the one that stops it holds."
        "The stop closes the channel, which waits for nobody."
    Moby29733 = moby_29733 "moby-29733" deadlock("waits for activated")
        "A change that others wait for must be announced wherever it is made"
        "The activation is noted and not announced."
        "Whoever notes it wakes those who wait."
    Moby30408 = moby_30408 "moby-30408" deadlock("waits for activated")
        "A wait must also end if what it waits for has failed"
        "The activation fails, and the waiter waits for it to succeed."
        "A failure is an end of the wait, too."
    Moby33293 = moby_33293 "moby-33293" deadlock("waits for send to error")
        "No thread can receive from a channel that its maker has not handed out yet"
        "The error is sent before the channel is returned."
        "The channel has room for it."
    Moby33781 = moby_33781 "moby-33781" [Choice] deadlock("`probe` waits for send to results")
        "A loop that stops must drain what it has started"
        "The monitor is stopped while a probe runs, and the probe waits to give its result."
        "The channel has room for the result."
    Moby36114 = moby_36114 "moby-36114" deadlock("waits for service")
        "A method that locks must not call another that does"
        "The second method takes the lock that the first one holds."
        "The second one is called after the unlock."
}

fn moby_4395<B: Backend>(fixed: bool) {
    let error = Arc::new(Chan::<B, ()>::buffered("error", usize::from(fixed)));
    let worker = go::<B, _>("worker", &error, |error| error.send(()));
    join_all([worker]);
}

fn moby_4951<B: Backend>(fixed: bool) {
    let locks = Arc::new((
        Mutex::<B, ()>::named("devices", ()),
        Mutex::<B, ()>::named("device's lock", ()),
    ));
    let deletions = ["first deletion", "second deletion"].map(|name| {
        go::<B, _>(name, &locks, move |(set, device)| {
            let looked_up = set.lock();
            if fixed {
                drop(looked_up);
                drop(device.lock());
                drop(set.lock());
            } else {
                let removing = device.lock();
                drop(looked_up);
                drop(set.lock());
                drop(removing);
            }
        })
    });
    join_all(deletions);
}

fn moby_7559<B: Backend>(fixed: bool) {
    let connections = Arc::new(Mutex::<B, ()>::named("connections", ()));
    let proxy = go::<B, _>("proxy", &connections, move |connections| {
        for dialled in [false, true] {
            let held = connections.lock();
            if !dialled {
                if !fixed {
                    mem::forget(held);
                }
                continue;
            }
            drop(held);
        }
    });
    join_all([proxy]);
}

fn moby_17176<B: Backend>(fixed: bool) {
    let devices = Arc::new(Mutex::<B, usize>::named("devices", 0));
    let cleanup = go::<B, _>("cleanup", &devices, move |devices| {
        let deleted = devices.lock();
        if *deleted == 0 && !fixed {
            mem::forget(deleted);
        }
    });
    let other = go::<B, _>("other", &devices, |devices| drop(devices.lock()));
    join_all([cleanup, other]);
}

fn moby_21233<B: Backend>(fixed: bool) {
    let progress = Arc::new(Chan::<B, ()>::unbuffered("progress"));
    let consumer = go::<B, _>("consumer", &progress, move |progress| {
        while progress.recv().is_some() {
            if !fixed {
                return;
            }
        }
    });
    let transfer = go::<B, _>("transfer", &progress, |progress| {
        progress.send(());
        progress.send(());
        progress.close();
    });
    join_all([consumer, transfer]);
}

fn moby_25384<B: Backend>(fixed: bool) {
    let plugins = Arc::new(WaitGroup::<B>::named("plugins"));
    plugins.add(2);
    let mut started = Vec::new();
    for name in ["plugin 0", "plugin 1"] {
        started.push(go::<B, _>(name, &plugins, WaitGroup::done));
        if !fixed {
            plugins.wait();
        }
    }
    plugins.wait();
    join_all(started);
}

struct Watcher<B: Backend> {
    /// Whether the file is gone, and whether the watcher is closed.
    state: Mutex<B, (bool, bool)>,
    removed: Condvar<B>,
    done: Chan<B, ()>,
}

fn moby_27782<B: Backend>(fixed: bool) {
    let watcher = Arc::new(Watcher::<B> {
        state: Mutex::named("watcher", (false, false)),
        removed: Condvar::named("removed"),
        done: Chan::unbuffered("done"),
    });
    let events = go::<B, _>("events", &watcher, move |watcher| {
        if select_or_default([watcher.done.recv_case()]).is_none() {
            watcher.state.lock().0 = true;
        } else if fixed {
            watcher.state.lock().1 = true;
        }
        watcher.removed.notify_all();
    });
    let follow = go::<B, _>("follow", &watcher, |watcher| {
        let state = watcher.state.lock();
        drop(watcher.removed.wait_while(state, |(gone, closed)| !*gone && !*closed));
    });
    watcher.done.close();
    join_all([events, follow]);
}

fn moby_28462<B: Backend>(fixed: bool) {
    let container =
        Arc::new((Mutex::<B, ()>::named("container", ()), Chan::<B, ()>::unbuffered("stop")));
    let monitor = go::<B, _>("monitor", &container, |(container, stop)| {
        // It probes at most twice before it is stopped.
        for _ in 0..2 {
            if select_or_default([stop.recv_case()]).is_some() {
                return;
            }
            drop(container.lock());
        }
        stop.wait();
    });
    let changed = go::<B, _>("state changed", &container, move |(container, stop)| {
        let _held = container.lock();
        if fixed {
            stop.close();
        } else {
            stop.send(());
        }
    });
    join_all([monitor, changed]);
}

struct Plugin<B: Backend> {
    activated: Mutex<B, Option<bool>>,
    changed: Condvar<B>,
}

impl<B: Backend> Plugin<B> {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            activated: Mutex::named("plugin", None),
            changed: Condvar::named("activated"),
        })
    }
}

fn moby_29733<B: Backend>(fixed: bool) {
    let plugin = Plugin::<B>::new();
    let user = go::<B, _>("user", &plugin, |plugin| {
        let state = plugin.activated.lock();
        drop(plugin.changed.wait_while(state, |state| *state != Some(true)));
    });
    *plugin.activated.lock() = Some(true);
    if fixed {
        plugin.changed.notify_all();
    }
    join_all([user]);
}

fn moby_30408<B: Backend>(fixed: bool) {
    let plugin = Plugin::<B>::new();
    let user = go::<B, _>("user", &plugin, move |plugin| {
        let state = plugin.activated.lock();
        let goes_on = |state: &Option<bool>| *state == Some(true) || fixed && state.is_some();
        drop(plugin.changed.wait_while(state, |state| !goes_on(state)));
    });
    *plugin.activated.lock() = Some(false);
    plugin.changed.notify_all();
    join_all([user]);
}

fn moby_33293<B: Backend>(fixed: bool) {
    let error = Chan::<B, ()>::buffered("error", usize::from(fixed));
    error.send(());
    error.wait();
}

fn moby_33781<B: Backend>(fixed: bool) {
    let monitor = Arc::new((
        Chan::<B, ()>::buffered("results", usize::from(fixed)),
        Context::<B>::new("monitor"),
    ));
    let probe = go::<B, _>("probe", &monitor, |(results, _)| results.send(()));
    let watch = go::<B, _>("watch", &monitor, |(results, context)| {
        select([context.done().recv_case(), results.recv_case()]);
    });
    monitor.1.cancel();
    join_all([probe, watch]);
}

fn moby_36114<B: Backend>(fixed: bool) {
    let service = Arc::new(Mutex::<B, ()>::named("service", ()));
    let add = go::<B, _>("add", &service, move |service| {
        let held = service.lock();
        if fixed {
            drop(held);
            drop(service.lock());
        } else {
            drop(service.lock());
            drop(held);
        }
    });
    join_all([add]);
}
