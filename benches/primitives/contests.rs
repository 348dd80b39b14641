//! The contests: each primitive, and what a user would choose instead.

use crate::measure::{Candidate, Party, parties};
use event_listener::Listener;
use raceproof_suite::{
    backend::{Backend, ParkingLot, Std},
    primitives::{Barrier, Event, Queue, RLock, Semaphore},
};
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering::SeqCst},
    mpsc,
};

/// The candidates of a contest with this many threads.
type Contest = fn(usize) -> Vec<Candidate>;

/// Every contest, by its name.
pub(crate) const ALL: &[(&str, Contest)] = &[
    ("Semaphore, acquire and release", semaphores),
    ("Queue without a limit, put or get", |threads| queues(threads, 0)),
    ("Queue for 64, put or get", |threads| queues(threads, 64)),
    ("RLock, lock and unlock", rlocks),
    ("Barrier, wait", barriers),
    ("Event, set, wait, clear", events),
];

/// raceproof's primitive on both backends, then the peers.
fn contest(
    parking_lot: Vec<Party>,
    std: Vec<Party>,
    peers: impl IntoIterator<Item = (&'static str, Vec<Party>)>,
) -> Vec<Candidate> {
    let ours = [("raceproof on parking_lot", parking_lot), ("raceproof on std", std)];
    ours.into_iter().chain(peers).map(|(name, parties)| Candidate { name, parties }).collect()
}

/// Half as many permits as threads.
fn semaphores(threads: usize) -> Vec<Candidate> {
    fn ours<B: Backend>(threads: usize, permits: usize) -> Vec<Party> {
        parties(threads, Semaphore::<B>::new(permits), |semaphore, _| {
            semaphore.acquire();
            semaphore.release().expect("it was acquired");
        })
    }
    let permits = threads.div_ceil(2);
    let theirs = async_lock::Semaphore::new(permits);
    let by_hand = (parking_lot::Mutex::new(permits), parking_lot::Condvar::new());
    contest(
        ours::<ParkingLot>(threads, permits),
        ours::<Std>(threads, permits),
        [
            ("async-lock", parties(threads, theirs, |theirs, _| drop(theirs.acquire_blocking()))),
            (
                "parking_lot, by hand",
                parties(threads, by_hand, |(permits, available), _| {
                    let mut free = permits.lock();
                    available.wait_while(&mut free, |free| *free == 0);
                    *free -= 1;
                    drop(free);
                    *permits.lock() += 1;
                    available.notify_one();
                }),
            ),
        ],
    )
}

/// One thread puts and gets; of several, every second one puts and the others get.
fn queues(threads: usize, maxsize: usize) -> Vec<Candidate> {
    fn ours<B: Backend>(threads: usize, maxsize: usize) -> Vec<Party> {
        let (put, get) = (
            |queue: &Queue<B, usize>| queue.put(1).expect("it is open"),
            |queue: &Queue<B, usize>| assert_eq!(queue.get(), Ok(1)),
        );
        crossing(threads, Queue::<B, usize>::new(maxsize), put, get)
    }
    let channel = match maxsize {
        0 => crossbeam_channel::unbounded(),
        _ => crossbeam_channel::bounded(maxsize),
    };
    let (put, get) = (
        |(sender, _): &(crossbeam_channel::Sender<usize>, _)| sender.send(1).expect("it is open"),
        |(_, receiver): &(_, crossbeam_channel::Receiver<usize>)| {
            assert_eq!(receiver.recv(), Ok(1));
        },
    );
    let mut peers = vec![("crossbeam-channel", crossing(threads, channel, put, get))];
    if threads <= 2 {
        peers.push(("std mpsc", mpsc(threads, maxsize)));
    }
    contest(ours::<ParkingLot>(threads, maxsize), ours::<Std>(threads, maxsize), peers)
}

fn crossing<S: Send + Sync + 'static>(
    threads: usize,
    shared: S,
    put: impl Fn(&S) + Copy + Send + 'static,
    get: impl Fn(&S) + Copy + Send + 'static,
) -> Vec<Party> {
    if threads == 1 {
        return parties(1, shared, move |shared, _| {
            put(shared);
            get(shared);
        });
    }
    parties(threads, shared, move |shared, n| if n % 2 == 0 { put(shared) } else { get(shared) })
}

/// std's channel has only one receiver, so at most two threads take part.
fn mpsc(threads: usize, maxsize: usize) -> Vec<Party> {
    if maxsize == 0 {
        let (sender, receiver) = mpsc::channel();
        one_way(threads, move || sender.send(1).expect("it is open"), receiver)
    } else {
        let (sender, receiver) = mpsc::sync_channel(maxsize);
        one_way(threads, move || sender.send(1).expect("it is open"), receiver)
    }
}

fn one_way(
    threads: usize,
    put: impl Fn() + Send + 'static,
    receiver: mpsc::Receiver<usize>,
) -> Vec<Party> {
    let get = move || assert_eq!(receiver.recv(), Ok(1));
    if threads > 1 {
        return vec![
            Box::new(move |turns| (0..turns).for_each(|_| put())),
            Box::new(move |turns| (0..turns).for_each(|_| get())),
        ];
    }
    let both = move || {
        put();
        get();
    };
    vec![Box::new(move |turns| (0..turns).for_each(|_| both()))]
}

fn rlocks(threads: usize) -> Vec<Candidate> {
    fn ours<B: Backend>(threads: usize) -> Vec<Party> {
        parties(threads, RLock::<B>::new(), |lock, _| drop(lock.lock()))
    }
    let theirs = parking_lot::ReentrantMutex::new(());
    contest(
        ours::<ParkingLot>(threads),
        ours::<Std>(threads),
        [(
            "parking_lot's ReentrantMutex",
            parties(threads, theirs, |theirs, _| drop(theirs.lock())),
        )],
    )
}

fn barriers(threads: usize) -> Vec<Candidate> {
    fn ours<B: Backend>(threads: usize) -> Vec<Party> {
        let barrier = Barrier::<B>::new(threads).expect("there are threads");
        parties(threads, barrier, |barrier, _| assert!(barrier.wait().is_ok()))
    }
    let std = std::sync::Barrier::new(threads);
    let async_lock = async_lock::Barrier::new(threads);
    contest(
        ours::<ParkingLot>(threads),
        ours::<Std>(threads),
        [
            (
                "std's Barrier",
                parties(threads, std, |barrier, _| {
                    barrier.wait();
                }),
            ),
            (
                "async-lock",
                parties(threads, async_lock, |barrier, _| {
                    barrier.wait_blocking();
                }),
            ),
        ],
    )
}

/// A flag that threads wait for.
trait Flag: Send + Sync + 'static {
    fn set(&self);
    fn wait(&self);
    fn clear(&self);
}

impl<B: Backend> Flag for Event<B> {
    fn set(&self) {
        self.set();
    }
    fn wait(&self) {
        self.wait();
    }
    fn clear(&self) {
        self.clear();
    }
}

/// As most users would write it.
#[derive(Default)]
struct ByHand(parking_lot::Mutex<bool>, parking_lot::Condvar);

impl Flag for ByHand {
    fn set(&self) {
        *self.0.lock() = true;
        self.1.notify_all();
    }
    fn wait(&self) {
        let mut set = self.0.lock();
        self.1.wait_while(&mut set, |set| !*set);
    }
    fn clear(&self) {
        *self.0.lock() = false;
    }
}

/// As in event-listener's documentation.
#[derive(Default)]
struct Listened(AtomicBool, event_listener::Event);

impl Flag for Listened {
    fn set(&self) {
        self.0.store(true, SeqCst);
        self.1.notify(usize::MAX);
    }
    fn wait(&self) {
        while !self.0.load(SeqCst) {
            let listener = self.1.listen();
            if self.0.load(SeqCst) {
                break;
            }
            listener.wait();
        }
    }
    fn clear(&self) {
        self.0.store(false, SeqCst);
    }
}

/// A ring of events, one for each thread: it waits for its own and sets the next one's.
fn ring<F: Flag>(threads: usize, flag: fn() -> F) -> Vec<Party> {
    let flags: Arc<[F]> = (0..threads).map(|_| flag()).collect();
    parties(threads, flags, |flags, n| {
        // The first thread starts, the others wait for their turn.
        let next = &flags[(n + 1) % flags.len()];
        if n == 0 {
            next.set();
        }
        flags[n].wait();
        flags[n].clear();
        if n > 0 {
            next.set();
        }
    })
}

fn events(threads: usize) -> Vec<Candidate> {
    contest(
        ring(threads, Event::<ParkingLot>::new),
        ring(threads, Event::<Std>::new),
        [
            ("event-listener", ring(threads, Listened::default)),
            ("parking_lot, by hand", ring(threads, ByHand::default)),
        ],
    )
}
