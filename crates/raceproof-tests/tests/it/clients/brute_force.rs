//! The judge of generated clients: every client of a few sizes, all threads and values told apart; every schedule of each, the
//! calls and returns in it as they come in time; and every order of the calls. It shares none of that with what it judges.

use std::sync::{Arc, Mutex};

use raceproof::linearizable::{Clients, Operation};
use raceproof::sync::atomic::{AtomicU8, Ordering::SeqCst};
use raceproof::{Explorer, thread};

/// Two registers of which operations read and write one or both, in one step or several.
#[derive(Default)]
struct Pair([AtomicU8; 2]);

/// What there is to do, by number; the answer is a number.
type Acts = [fn(&Pair) -> u8; 3];
type Specs = [fn(&mut [u8; 2]) -> u8; 3];

fn add(pair: &Pair) -> u8 {
    pair.0[0].fetch_add(1, SeqCst)
}

fn add_in_two_steps(pair: &Pair) -> u8 {
    let old = pair.0[0].load(SeqCst);
    pair.0[0].store(old + 1, SeqCst);
    old
}

/// It answers nothing, so that only what comes later tells.
fn add_silently(pair: &Pair) -> u8 {
    add_in_two_steps(pair);
    0
}

fn set_both(pair: &Pair) -> u8 {
    pair.0[0].store(1, SeqCst);
    pair.0[1].store(1, SeqCst);
    0
}

fn set_second(pair: &Pair) -> u8 {
    pair.0[1].store(1, SeqCst);
    0
}

fn read_both(pair: &Pair) -> u8 {
    let first = pair.0[0].load(SeqCst);
    first * 10 + pair.0[1].load(SeqCst)
}

fn read_first(pair: &Pair) -> u8 {
    pair.0[0].load(SeqCst)
}

const KINDS: [(Acts, Specs); 5] = [
    ([add, read_first, set_second], [adds, reads_first, sets_second]),
    ([add_in_two_steps, read_first, read_both], [adds, reads_first, reads_both]),
    ([set_both, read_both, read_first], [sets_both, reads_both, reads_first]),
    ([add, set_second, read_both], [adds, sets_second, reads_both]),
    ([add_silently, read_first, set_second], [adds_silently, reads_first, sets_second]),
];

fn adds(state: &mut [u8; 2]) -> u8 {
    state[0] += 1;
    state[0] - 1
}

fn adds_silently(state: &mut [u8; 2]) -> u8 {
    state[0] += 1;
    0
}

fn sets_both(state: &mut [u8; 2]) -> u8 {
    *state = [1, 1];
    0
}

fn sets_second(state: &mut [u8; 2]) -> u8 {
    state[1] = 1;
    0
}

fn reads_both(state: &mut [u8; 2]) -> u8 {
    state[0] * 10 + state[1]
}

fn reads_first(state: &mut [u8; 2]) -> u8 {
    state[0]
}

/// A call: which, its answer, when it was called, when it returned.
type Call = (usize, u8, usize, usize);

/// Has some order of the calls these answers?
fn is_explained(calls: &[Call], specs: &Specs) -> bool {
    fn extend(left: &[Call], state: [u8; 2], specs: &Specs) -> bool {
        left.is_empty()
            || (0..left.len()).any(|at| {
                let (act, answer, called, _) = left[at];
                let first = left.iter().all(|other| called < other.3);
                let mut after = state;
                let mut others = left.to_vec();
                others.remove(at);
                first && specs[act](&mut after) == answer && extend(&others, after, specs)
            })
    }
    extend(calls, [0, 0], specs)
}

/// Does an execution of this client have answers that no order explains?
fn fails(client: &[Vec<usize>], (acts, specs): (Acts, Specs)) -> bool {
    let found = Explorer::new().every_interleaving().check(|| {
        let pair = Arc::new(Pair::default());
        let log = Arc::new(Mutex::new((0, Vec::new())));
        let tick = |log: &Mutex<(usize, Vec<Call>)>| {
            let mut log = log.lock().unwrap();
            log.0 += 1;
            log.0
        };
        let start = |calls: &Vec<usize>| {
            let (calls, pair, log) = (calls.clone(), Arc::clone(&pair), Arc::clone(&log));
            thread::spawn(move || {
                for act in calls {
                    // A thread may be held up before each call.
                    thread::current().unpark();
                    thread::park();
                    let called = tick(&log);
                    let answer = acts[act](&pair);
                    let returned = tick(&log);
                    log.lock().unwrap().1.push((act, answer, called, returned));
                }
            })
        };
        let threads: Vec<_> = client.iter().map(start).collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        assert!(is_explained(&log.lock().unwrap().1, &specs), "unexplained");
    });
    matches!(found.outcome, raceproof::Outcome::Failed(_))
}

/// Every sequence of up to so many acts.
fn sequences(length: usize) -> Vec<Vec<usize>> {
    let mut all = vec![vec![]];
    let mut last = all.clone();
    for _ in 0..length {
        last =
            last.iter().flat_map(|it| (0..3).map(move |act| [&it[..], &[act]].concat())).collect();
        all.extend(last.clone());
    }
    all.remove(0);
    all
}

/// The number of operations of the smallest client that fails, of these sizes.
fn smallest(kind: (Acts, Specs)) -> Option<usize> {
    let mut clients = Vec::new();
    let (pairs, singles) = (sequences(2), sequences(1));
    clients.extend(
        pairs.iter().flat_map(|one| pairs.iter().map(|two| vec![one.clone(), two.clone()])),
    );
    for one in &singles {
        for two in &singles {
            clients
                .extend(singles.iter().map(|three| vec![one.clone(), two.clone(), three.clone()]));
        }
    }
    clients.sort_by_key(|client| client.iter().map(Vec::len).sum::<usize>());
    let found = clients.iter().find(|client| fails(client, kind));
    found.map(|client| client.iter().map(Vec::len).sum())
}

#[test]
fn as_small_as_brute_force_finds_them() {
    for (at, kind) in KINDS.into_iter().enumerate() {
        let (acts, specs) = kind;
        let mut clients = Clients::new(Pair::default).spec(|| [0, 0]);
        for (act, name) in ["first", "second", "third"].into_iter().enumerate() {
            let operation = Operation::new(name, (), move |pair: &Pair, ()| acts[act](pair));
            clients = clients.operation(operation.spec(move |state, ()| specs[act](state)));
        }
        let checked = clients.check();
        let found = checked.counterexample.as_ref().map(|found| found.operations);
        assert_eq!(found, smallest(kind), "of structure {at}: {checked}");
        println!("structure {at}: {found:?}");
    }
}
