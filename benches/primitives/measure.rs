//! Contests: candidates for the same task, measured in turns.

use std::{
    sync::{Arc, Barrier},
    thread,
    time::{Duration, Instant},
};

/// One thread's part in a contest: takes this many turns.
pub(crate) type Party = Box<dyn FnMut(u64) + Send>;

/// A candidate. The first two of a contest are raceproof's, on parking_lot and on std; the others are peers.
pub(crate) struct Candidate {
    pub(crate) name: &'static str,
    pub(crate) parties: Vec<Party>,
}

/// The parts of `threads` threads that share `shared`. Each turn receives the thread's number.
pub(crate) fn parties<S: Send + Sync + 'static>(
    threads: usize,
    shared: S,
    turn: impl Fn(&S, usize) + Copy + Send + 'static,
) -> Vec<Party> {
    let shared = Arc::new(shared);
    let party = |number| {
        let shared = Arc::clone(&shared);
        Box::new(move |turns: u64| (0..turns).for_each(|_| turn(&shared, number))) as Party
    };
    (0..threads).map(party).collect()
}

const ROUNDS: usize = 60;

/// How long a round should take: long compared with the start of threads, short compared with other
/// load.
fn round_time(threads: usize) -> Duration {
    Duration::from_millis(if threads == 1 { 1 } else { 5 })
}

/// The result for one peer.
pub(crate) struct Compared {
    pub(crate) peer: &'static str,
    /// raceproof's on parking_lot and on std: nanoseconds per turn, and the ratio to the peer's.
    pub(crate) ours: [(f64, f64); 2],
}

/// Measures `candidates`, and compares the first two with each of the others.
pub(crate) fn contest(threads: usize, mut candidates: Vec<Candidate>) -> Vec<Compared> {
    let time = round_time(threads);
    let turns: Vec<_> = candidates.iter_mut().map(|candidate| calibrate(candidate, time)).collect();
    let mut nanos = vec![Vec::with_capacity(ROUNDS); candidates.len()];
    for _ in 0..ROUNDS {
        for (n, candidate) in candidates.iter_mut().enumerate() {
            let elapsed = round(&mut candidate.parties, turns[n]);
            nanos[n].push(elapsed.as_nanos() as f64 / turns[n] as f64);
        }
    }
    let peers = candidates.iter().zip(&nanos).skip(2);
    let compared = |ours: &[f64], theirs: &[f64]| {
        let ratios: Vec<_> = ours.iter().zip(theirs).map(|(ours, theirs)| ours / theirs).collect();
        (median(ours), median(&ratios))
    };
    peers
        .map(|(candidate, theirs)| Compared {
            peer: candidate.name,
            ours: [compared(&nanos[0], theirs), compared(&nanos[1], theirs)],
        })
        .collect()
}

/// The number of turns of each thread that fill a round.
fn calibrate(candidate: &mut Candidate, time: Duration) -> u64 {
    let mut turns = 16;
    while round(&mut candidate.parties, turns) < time {
        turns *= 2;
    }
    turns
}

/// The time that the parties need for this many turns each.
fn round(parties: &mut [Party], turns: u64) -> Duration {
    if let [alone] = parties {
        let start = Instant::now();
        alone(turns);
        return start.elapsed();
    }
    let ready = Barrier::new(parties.len() + 1);
    thread::scope(|scope| {
        let threads: Vec<_> = parties
            .iter_mut()
            .map(|party| {
                scope.spawn(|| {
                    ready.wait();
                    party(turns);
                })
            })
            .collect();
        ready.wait();
        let start = Instant::now();
        for thread in threads {
            thread.join().expect("a party does not panic");
        }
        start.elapsed()
    })
}

fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
