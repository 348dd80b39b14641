//! Kernels from etcd.

use super::{go, kernels, shared::reads_what_it_writes};
use crate::go::{Chan, RwMutex, WaitGroup, select, select_or_default};
use raceproof_suite::backend::{Backend, Mutex, Shared, join_all};
use std::{mem, sync::Arc};

kernels! { "etcd.rs"
    Etcd5509 = etcd_5509 "etcd-5509" deadlock("`close` waits for the readers of client")
        "An early return for an error must unlock, too"
        "The request finds the client closed and leaves with its read lock, and the close locks once more."
        "It unlocks on that way, too."
    Etcd6708 = etcd_6708 "etcd-6708" deadlock("waits for cluster to be readable")
        "A method that locks must not reach itself through an interface"
        "The sync asks the members for their leader under the write lock, and they ask through the client, which reads."
        "The leader is asked for after the unlock."
    Etcd6857 = etcd_6857 "etcd-6857" [Choice] deadlock("`status` waits for send to requests")
        "A question to a loop must also be answered by the loop's end"
        "The loop stops before it takes the question, and no other thread takes it."
        "The question is given up when the loop is done."
    Etcd6873 = etcd_6873 "etcd-6873" deadlock("`stop` waits for receive from done")
        "Do not wait for a loop's end with a lock held that the loop takes"
        "The loop wants the lock for one more update, and the one that stops it holds the lock until the end."
        "The lock guards only the close, and not the wait."
    Etcd7443 = etcd_7443 "etcd-7443" deadlock("`watcher` waits for send to updates")
        "A loop that sends to the channel that it reads may wait for itself"
        "The watcher takes a connection down and announces that; another update fills the channel, which only it empties."
        "An announcement that finds the channel full is left out, as the watcher will look anyway."
    Etcd7492 = etcd_7492 "etcd-7492" deadlock("waits for send to new tokens")
        "A send under a lock needs a receiver that never takes this lock"
        "The keeper deletes a token, for which it wants the lock, and the sender waits with the lock held for room."
        "The token is announced after the unlock."
    Etcd7902 = etcd_7902 "etcd-7902" deadlock("`follower` waits for receive from next round")
        "Followers must not wait for their leader with a lock held that the leader takes"
        "The follower comes first to the end of its round, and waits for the leader under the lock."
        "The end of a round is no critical section."
    Etcd10492 = etcd_10492 "etcd-10492" deadlock("waits for leases")
        "A callback is a call into the unknown: it may want the lock that its caller holds"
        "The renewal calls the checkpointer under the lock, and the checkpoint takes it again."
        "The renewal lets go of the lock before the callback."
}

fn etcd_5509<B: Backend>(fixed: bool) {
    let client =
        Arc::new((RwMutex::<B>::named("client"), Shared::<B, bool>::named("closed", false)));
    let close = go::<B, _>("close", &client, |(lock, closed)| {
        let writing = lock.write();
        closed.set(true);
        drop(writing);
        drop(lock.write());
    });
    let get = go::<B, _>("get", &client, move |(lock, closed)| {
        let reading = lock.read();
        if closed.get() && !fixed {
            mem::forget(reading);
        }
    });
    join_all([close, get]);
}

fn etcd_6708<B: Backend>(fixed: bool) {
    reads_what_it_writes::<B>("sync", "cluster", fixed);
}

fn etcd_6857<B: Backend>(fixed: bool) {
    let node = Arc::new((
        Chan::<B, Chan<B, ()>>::unbuffered("requests"),
        Chan::<B, ()>::unbuffered("stop"),
        Chan::<B, ()>::unbuffered("done"),
    ));
    let run = go::<B, _>("run", &node, |(requests, stop, done)| {
        loop {
            let selected = select([requests.recv_case(), stop.recv_case()]);
            if selected.case == 1 {
                return done.close();
            }
            selected.item_of(requests).expect("it stays open").send(());
        }
    });
    let status = go::<B, _>("status", &node, move |(requests, _, done)| {
        let answer = Chan::unbuffered("answer");
        if !fixed {
            requests.send(answer.clone());
        } else if select([requests.send_case(answer.clone()), done.recv_case()]).case == 1 {
            return;
        }
        answer.wait();
    });
    let stop = go::<B, _>("stop", &node, |(_, stop, done)| {
        if select([stop.send_case(()), done.recv_case()]).case == 0 {
            done.wait();
        }
    });
    join_all([run, status, stop]);
}

fn etcd_6873<B: Backend>(fixed: bool) {
    let broadcasts = Arc::new((
        Mutex::<B, ()>::named("broadcasts", ()),
        Chan::<B, ()>::buffered("updates", 1),
        Chan::<B, ()>::unbuffered("done"),
    ));
    let run = go::<B, _>("loop", &broadcasts, |(lock, updates, done)| {
        while updates.recv().is_some() {
            drop(lock.lock());
        }
        done.close();
    });
    let _ = select_or_default([broadcasts.1.send_case(())]);
    let stop = go::<B, _>("stop", &broadcasts, move |(lock, updates, done)| {
        let held = lock.lock();
        updates.close();
        if fixed {
            drop(held);
            done.wait();
        } else {
            done.wait();
            drop(held);
        }
    });
    join_all([run, stop]);
}

struct Balancer<B: Backend> {
    closed: Mutex<B, bool>,
    updates: Chan<B, ()>,
}

impl<B: Backend> Balancer<B> {
    fn announce(&self, fixed: bool) {
        let closed = self.closed.lock();
        if *closed {
        } else if fixed {
            let _ = select_or_default([self.updates.send_case(())]);
        } else {
            self.updates.send(());
        }
    }
}

fn etcd_7443<B: Backend>(fixed: bool) {
    let balancer = Arc::new(Balancer::<B> {
        closed: Mutex::named("balancer", false),
        updates: Chan::buffered("updates", 1),
    });
    balancer.updates.send(());
    let watcher = go::<B, _>("watcher", &balancer, move |balancer| {
        let mut connected = true;
        while balancer.updates.recv().is_some() {
            if mem::take(&mut connected) {
                balancer.announce(fixed);
            }
        }
    });
    let up = go::<B, _>("up", &balancer, move |balancer| balancer.announce(fixed));
    let close = go::<B, _>("close", &balancer, |balancer| {
        let mut closed = balancer.closed.lock();
        *closed = true;
        balancer.updates.close();
    });
    join_all([watcher, up, close]);
}

fn etcd_7492<B: Backend>(fixed: bool) {
    let tokens =
        Arc::new((Mutex::<B, ()>::named("tokens", ()), Chan::<B, ()>::buffered("new tokens", 1)));
    let keeper = go::<B, _>("keeper", &tokens, |(lock, new)| {
        for _ in 0..3 {
            new.wait();
            // It is out of date already.
            drop(lock.lock());
        }
    });
    let users = ["user 0", "user 1", "user 2"].map(|name| {
        go::<B, _>(name, &tokens, move |(lock, new)| {
            let held = lock.lock();
            if fixed {
                drop(held);
                new.send(());
            } else {
                new.send(());
                drop(held);
            }
        })
    });
    join_all(users);
    join_all([keeper]);
}

fn etcd_7902<B: Backend>(fixed: bool) {
    let round = Arc::new((
        Mutex::<B, ()>::named("rounds", ()),
        Chan::<B, ()>::unbuffered("next round"),
        WaitGroup::<B>::named("clients"),
    ));
    round.2.add(2);
    let leader = go::<B, _>("leader", &round, |(lock, next, clients)| {
        let held = lock.lock();
        next.close();
        drop(held);
        clients.done();
    });
    let follower = go::<B, _>("follower", &round, move |(lock, next, clients)| {
        let held = lock.lock();
        let _held = if fixed {
            drop(held);
            None
        } else {
            Some(held)
        };
        next.wait();
        clients.done();
    });
    round.2.wait();
    join_all([leader, follower]);
}

fn etcd_10492<B: Backend>(fixed: bool) {
    let leases = Arc::new(Mutex::<B, i64>::named("leases", 1));
    let checkpoint = Arc::clone(&leases);
    let callback: Box<dyn Fn() + Send> = Box::new(move || *checkpoint.lock() += 1);
    let renewal = go::<B, _>("renewal", &leases, move |leases| {
        let held = leases.lock();
        if fixed {
            drop(held);
            callback();
        } else {
            callback();
            drop(held);
        }
    });
    join_all([renewal]);
}
