//! The programs of "Quasi-Optimal Partial Order Reduction" (Nguyen, Rodríguez, Sousa, Coti, Petrucci; CAV 2018), as
//! its artifact has them: `cesaro/dpu-cav18-exp`, `benchmarks/`. Their threads share nothing but what mutexes guard.
//!
//! The counts and times are those of its table 1 (`sec6.1-table1/logs.provided/TABLE.tex`; Xeon E5-2686 v4, 2.3 GHz;
//! at most 8 minutes each). A count is that of maximal configurations of the unfolding: one for each Mazurkiewicz trace.

use std::sync::Arc;

use raceproof::Memory;
use raceproof::sync::Mutex;
use raceproof::thread::{self, JoinHandle};

use super::{Counted, Row};

/// How long a tool took.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Took {
    /// So many seconds.
    Seconds(f64),
    /// Longer than the 8 minutes that it had.
    OutOfTime,
    /// It ran out of memory.
    OutOfMemory,
}

use Took::{OutOfMemory, OutOfTime, Seconds};

/// A line of the table.
pub struct Line {
    /// The program and its count.
    pub row: Row,
    /// Whether the table has a count. It has none where each tool gave up.
    pub counted: bool,
    /// The time of DPU, whose search is optimal.
    pub dpu: Took,
    /// The time of Nidhugg 0.2 with source sets.
    pub nidhugg: Took,
}

/// The lines of a program: its parameters, its count, the times of DPU and of Nidhugg.
fn lines<const P: usize, F: Fn() + Sync + 'static>(
    name: &str,
    table: &[([usize; P], u64, Took, Took)],
    program: fn([usize; P]) -> F,
) -> Vec<Line> {
    let line = |&(parameters, count, dpu, nidhugg): &([usize; P], u64, Took, Took)| {
        let listed = parameters.map(|parameter| parameter.to_string()).join(", ");
        let row = Row::new(format!("{name} {listed}"), [count; 2], program(parameters));
        let row = row.counted(Counted::Executions).only(Memory::Sequential);
        let counted = [dpu, nidhugg].iter().any(|took| matches!(took, Seconds(_)));
        Line { row: Row { large: count > LONG, ..row }, counted, dpu, nidhugg }
    };
    table.iter().map(line).collect()
}

/// Executions beyond which a program is not one for the tests.
const LONG: u64 = 5_040;

/// The table.
pub fn table() -> Vec<Line> {
    let dispatcher = [
        ([5, 2], 137, Seconds(0.302), Seconds(1.492)),
        ([5, 3], 1_482, Seconds(1.040), Seconds(15.583)),
        ([5, 4], 15_282, Seconds(8.210), Seconds(164.915)),
        ([5, 5], 151_032, Seconds(226.664), OutOfTime),
        ([5, 6], 1_437_552, OutOfMemory, OutOfTime),
    ];
    let mpat = [
        ([4], 384, Seconds(0.394), Seconds(0.268)),
        ([5], 3_840, Seconds(2.306), Seconds(2.205)),
        ([6], 46_080, Seconds(60.773), Seconds(29.927)),
        ([7], 645_120, OutOfTime, Seconds(463.673)),
        ([8], 10_321_920, OutOfTime, OutOfTime),
    ];
    let multiprodcon = [
        ([2, 5], 60, Seconds(0.280), Seconds(2.745)),
        ([3, 5], 2_958, Seconds(1.470), Seconds(98.575)),
        ([4, 5], 314_064, Seconds(226.843), OutOfTime),
        ([5, 5], 27_556_200, OutOfTime, OutOfTime),
    ];
    let pi = [
        ([5], 120, Seconds(0.324), Seconds(41.141)),
        ([6], 720, Seconds(0.555), Seconds(244.476)),
        ([7], 5_040, Seconds(2.497), OutOfTime),
        ([8], 40_320, Seconds(35.791), OutOfTime),
    ];
    let poke = [
        ([7, 3], 2_440, Seconds(1.610), Seconds(106.837)),
        ([8, 3], 3_700, Seconds(2.496), Seconds(359.263)),
        ([9, 3], 5_332, Seconds(3.750), OutOfTime),
        ([10, 3], 7_384, Seconds(5.862), OutOfTime),
        ([11, 3], 9_904, Seconds(8.522), OutOfTime),
        ([12, 3], 12_940, Seconds(12.562), OutOfTime),
    ];
    let programs = [
        lines("dispatcher", &dispatcher, |[servers, requests]| dispatch(servers, requests)),
        lines("mpat", &mpat, |[pairs]| two_locks(pairs)),
        lines("multiprodcon", &multiprodcon, |[producers, workers]| produce(producers, workers)),
        lines("pi", &pi, |[threads]| sum(threads)),
        lines("poke", &poke, |[workers, pokes]| poke_workers(workers, pokes)),
    ];
    programs.into_iter().flatten().collect()
}

fn start<S: Send + Sync + 'static, T: Send + 'static>(
    shared: &Arc<S>,
    code: impl FnOnce(&S) -> T + Send + 'static,
) -> JoinHandle<T> {
    let shared = Arc::clone(shared);
    thread::spawn(move || code(&shared))
}

fn join(threads: Vec<JoinHandle<()>>) {
    threads.into_iter().for_each(end);
}

fn end<T>(thread: JoinHandle<T>) -> T {
    thread.join().expect("no thread panics")
}

fn with<T, U>(mutex: &Mutex<T>, f: impl FnOnce(&mut T) -> U) -> U {
    f(&mut mutex.lock().expect("no thread panics"))
}

fn mutexes<T: Default>(n: usize) -> Vec<Mutex<T>> {
    (0..n).map(|_| Mutex::default()).collect()
}

/// The main thread sends each request to the server that another thread has chosen last, which goes through them all. A
/// server looks once for a request and hands it on.
fn dispatch(servers: usize, requests: usize) -> impl Fn() + Sync {
    #[derive(Default)]
    struct Channel {
        came: u32,
        left: u32,
    }
    move || {
        let shared = Arc::new((mutexes::<Channel>(servers), Mutex::new(0)));
        let serve = |id: usize| {
            start(&shared, move |(channels, _)| {
                with(&channels[id], |channel| {
                    if channel.came > 0 {
                        channel.left = channel.came;
                    }
                });
            })
        };
        let started = (0..servers).map(serve).collect();
        for _ in 0..requests {
            let picker = start(&shared, move |(_, chosen)| {
                (0..servers).for_each(|id| with(chosen, |chosen| *chosen = id));
            });
            let (channels, chosen) = &*shared;
            let to = with(chosen, |chosen| *chosen);
            with(&channels[to], |channel| channel.came += 1);
            end(picker);
        }
        join(started);
    }
}

/// Pairs of threads: one takes a mutex of the pair, the other takes it while it has one that all pairs share.
fn two_locks(pairs: usize) -> impl Fn() + Sync {
    move || {
        let shared = Arc::new((mutexes::<()>(pairs), Mutex::new(())));
        let pair = |id: usize| {
            let alone = start(&shared, move |(own, _)| with(&own[id], |()| ()));
            let inside = start(&shared, move |(own, common)| {
                with(common, |()| with(&own[id], |()| ()));
            });
            [alone, inside]
        };
        join((0..pairs).flat_map(pair).collect());
    }
}

/// Producers build a number together, two digits each; what it is tells a producer to which worker it gives a task.
/// Each worker looks twice for one.
fn produce(producers: usize, workers: usize) -> impl Fn() + Sync {
    move || {
        let shared = Arc::new((mutexes::<u32>(workers), Mutex::new(0_u32)));
        let work = |id: usize| {
            start(&shared, move |(tasks, _)| {
                for _ in 0..2 {
                    with(&tasks[id], |tasks| *tasks = tasks.saturating_sub(1));
                }
            })
        };
        let mut started = (0..workers).map(work).collect::<Vec<_>>();
        started.extend((0..producers).map(|id| {
            start(&shared, move |(tasks, number)| {
                let digit = |_| {
                    with(number, |number| {
                        *number = number.wrapping_mul(producers as u32).wrapping_add(id as u32);
                        *number
                    })
                };
                let last = [(); 2].map(digit)[1];
                with(&tasks[last as usize % workers], |tasks| *tasks += 1);
            })
        }));
        join(started);
    }
}

/// Terms that each thread adds up.
const TERMS: usize = 5_000;

/// Each thread adds its part of a series for pi to the sum. The parts are computed once and not in each execution.
fn sum(threads: usize) -> impl Fn() + Sync {
    let term = |i: usize| if i.is_multiple_of(2) { 4.0 } else { -4.0 } / (2 * i + 1) as f64;
    let part = |me| (me * TERMS..(me + 1) * TERMS).map(term).sum::<f64>();
    let parts = (0..threads).map(part).collect::<Vec<_>>();
    move || {
        let shared = Arc::new(Mutex::new(0.0));
        let add = |&part: &f64| start(&shared, move |sum| with(sum, |sum| *sum += part));
        join(parts.iter().map(add).collect());
        with(&shared, |sum| assert!((*sum - std::f64::consts::PI).abs() < 1e-3));
    }
}

/// Workers say that they are free; one of them is looked at, so often: the one that a thread, which goes through them
/// all, has chosen last.
fn poke_workers(workers: usize, pokes: usize) -> impl Fn() + Sync {
    move || {
        let shared = Arc::new((mutexes::<bool>(workers), Mutex::new(0)));
        let work =
            |id: usize| start(&shared, move |(free, _)| with(&free[id], |free| *free = true));
        let started = (0..workers).map(work).collect();
        let mut seen = 0;
        for _ in 0..pokes {
            let chooser = start(&shared, move |(_, chosen)| {
                (1..workers).for_each(|id| with(chosen, |chosen| *chosen = id));
            });
            let reader = start(&shared, |(free, chosen)| {
                let at = with(chosen, |chosen| *chosen);
                with(&free[at], std::mem::take)
            });
            end(chooser);
            seen += usize::from(end(reader));
        }
        join(started);
        let left = shared.0.iter().filter(|free| with(free, |free| *free)).count();
        assert_eq!(seen + left, workers);
    }
}
