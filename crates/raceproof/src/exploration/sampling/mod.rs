//! Schedules at random: where there are too many to run each.

mod pct;
mod pos;
mod uniform;
mod urw;

use std::fmt;
use std::str::FromStr;

use crate::execution::Strategy;
use crate::kernel::Kernel;
use crate::kernel::rwlock::BEHIND;
use crate::random::Random;

/// How a random schedule is drawn.
///
/// Each but [`Graphs`](Sampling::Graphs) draws *which thread* goes on, under sequential consistency; what a step may come
/// to besides (which waiter a notification wakes, whether a wait times out, [`choose`](crate::choose)) is drawn evenly.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Sampling {
    /// Each thread that can go on takes the next step with the same probability. Simple, and blind to what happens late in
    /// a long thread beside a short one.
    Uniform,
    /// Each thread has a random priority, and the thread of the highest takes the next step; at `depth - 1` random steps the
    /// thread that would go on falls behind all others. A failure that takes `d` steps in one order is found by one
    /// schedule with a probability of at least 1/(n·k^(d-1)), if there are n threads and k steps, and `depth` is d
    /// (Burckhardt, Kothari, Musuvathi and Nagarakatte, "A randomized scheduler with probabilistic guarantees of finding
    /// bugs", ASPLOS 2010).
    ///
    /// How long an execution may be is taken from those before it.
    Pct {
        /// How many steps have to come in one order. 1 draws priorities alone.
        depth: usize,
    },
    /// Each *step* has a random priority, drawn anew when a step that it depends on is taken: so partial orders are drawn
    /// more evenly than by [`Uniform`](Sampling::Uniform) ("partial order sampling": Yuan, Yang and Gu, "Partial order aware
    /// concurrency sampling", CAV 2018).
    Pos,
    /// Each thread takes the next step with a probability in proportion to how many steps it has yet to take, together
    /// with the threads that it has yet to start: each interleaving has the same probability, as far as threads take as many
    /// steps as in the executions before ("uniform random walk": Zhao, Wolff, Mathur and Roychoudhury, "Selectively
    /// uniform concurrency testing", ASPLOS 2025).
    Urw,
    /// Random walks through the tree of execution graphs under Rust's memory model, in which loads read stale values, too:
    /// from an execution to one in which something that the first owes is otherwise, until one owes nothing; then from
    /// the beginning. Where more graphs are expected, as many walks tell by and by, it goes more often.
    Graphs,
}

impl fmt::Display for Sampling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Sampling::Uniform => f.write_str("uniform"),
            Sampling::Pct { depth } => write!(f, "PCT, depth {depth}"),
            Sampling::Pos => f.write_str("POS"),
            Sampling::Urw => f.write_str("URW"),
            Sampling::Graphs => f.write_str("graphs"),
        }
    }
}

/// What names a way to draw schedules.
pub(crate) const WANTED: &str =
    "`uniform`, `pct:3` (or another depth), `pos`, `urw` or `graphs` is wanted";

/// The text names no way to draw schedules.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ParseSamplingError(());

impl fmt::Display for ParseSamplingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(WANTED)
    }
}

impl std::error::Error for ParseSamplingError {}

impl FromStr for Sampling {
    type Err = ParseSamplingError;

    fn from_str(text: &str) -> Result<Self, ParseSamplingError> {
        let depth = |text: &str| text.parse().ok().filter(|depth| *depth > 0);
        match text.split_once(':') {
            Some(("pct", text)) => depth(text).map(|depth| Sampling::Pct { depth }),
            None if text == "pct" => Some(Sampling::Pct { depth: 3 }),
            None if text == "uniform" => Some(Sampling::Uniform),
            None if text == "pos" => Some(Sampling::Pos),
            None if text == "urw" => Some(Sampling::Urw),
            None if text == "graphs" => Some(Sampling::Graphs),
            _ => None,
        }
        .ok_or(ParseSamplingError(()))
    }
}

/// Draws the thread that takes the next step.
trait Draw {
    /// Another execution begins.
    fn begin(&mut self, random: &mut Random);

    /// One of those that can go on; `ready` is not empty.
    fn thread(&mut self, kernel: &Kernel, ready: &[u16], random: &mut Random) -> u16;

    /// A thread starts.
    fn start(&mut self, _child: u16, _parent: Option<u16>, _: &mut Random) {}

    /// A step was taken, the last of the kernel's.
    fn step(&mut self, _: &Kernel, _: &mut Random) {}

    /// The execution is over.
    fn end(&mut self, _: &Kernel) {}
}

/// Runs schedules that are drawn at random, one after the other.
pub(crate) struct Sampled {
    draw: Box<dyn Draw>,
    seed: u64,
    random: Random,
    /// How many executions have been drawn to their end.
    nth: u64,
    most: u64,
    taken: Vec<(u16, u16)>,
    /// With how many of these the execution under way begins: those before it was given up.
    forced: usize,
}

impl Sampled {
    /// So many schedules.
    ///
    /// # Panics
    ///
    /// If graphs are to be drawn, and no schedules.
    pub(crate) fn new(how: Sampling, seed: u64, most: u64) -> Self {
        let draw: Box<dyn Draw> = match how {
            Sampling::Uniform => Box::new(uniform::Uniform),
            Sampling::Pct { depth } => Box::new(pct::Pct::new(depth)),
            Sampling::Pos => Box::new(pos::Pos::default()),
            Sampling::Urw => Box::new(urw::Urw::default()),
            Sampling::Graphs => unreachable!("graphs are another strategy's"),
        };
        let random = Random::nth(seed, 0);
        Sampled { draw, seed, random, nth: 0, most, taken: Vec::new(), forced: 0 }
    }

    /// One of what the thread's step may come to.
    fn alternative(&mut self, kernel: &Kernel, thread: u16) -> u16 {
        let mut alternatives = vec![kernel.first_alternative(thread)];
        kernel.other_alternatives(thread, |alternative, _| alternatives.push(alternative));
        alternatives[self.random.below(alternatives.len())]
    }
}

impl Strategy for Sampled {
    fn begin(&mut self, _: &mut Kernel) {
        self.random = Random::nth(self.seed, self.nth);
        self.draw.begin(&mut self.random);
    }

    fn choose(&mut self, kernel: &mut Kernel) -> Option<(u16, u16)> {
        let depth = kernel.events.taken();
        if let Some(taken) = self.taken[..self.forced].get(depth) {
            let ready = kernel.ready(taken.0) || kernel.may_be_let_go(taken.0);
            if !ready && !kernel.now.ending {
                kernel.diverged(format!("thread {} cannot take its step", taken.0));
            }
            return ready.then_some(*taken);
        }
        kernel.end_vain_trial();
        // A thread on trial goes on alone.
        let on_trial = |id: &u16| kernel.now.on_trial.is_none_or(|tried| tried == *id);
        let ready = kernel.alive().filter(|id| on_trial(id) && kernel.enabled(*id));
        let ready = ready.collect::<Vec<_>>();
        if ready.is_empty() {
            return if kernel.let_pollers_go() { self.choose(kernel) } else { None };
        }
        self.taken.truncate(depth);
        // Where threads can do nothing but read before a writer that waits, they may wait behind it.
        let gives_way = kernel.gives_way().filter(|_| self.random.below(ready.len() + 1) == 0);
        let step = gives_way.map_or_else(
            || {
                let thread = self.draw.thread(kernel, &ready, &mut self.random);
                (thread, self.alternative(kernel, thread))
            },
            |thread| (thread, BEHIND),
        );
        self.taken.push(step);
        Some(step)
    }

    fn step(&mut self, kernel: &mut Kernel) {
        self.draw.step(kernel, &mut self.random);
    }

    fn start(&mut self, _: &mut Kernel, child: u16, parent: Option<u16>) {
        self.draw.start(child, parent, &mut self.random);
    }

    fn end(&mut self, kernel: &mut Kernel) {
        self.taken.truncate(kernel.events.taken());
        self.forced = self.forced.min(self.taken.len());
        self.draw.end(kernel);
    }

    fn give_up(&mut self, kernel: &mut Kernel, len: usize) {
        self.taken.truncate(len);
        self.forced = len;
        kernel.events.keep(0);
    }

    fn again(&mut self, kernel: &mut Kernel) -> bool {
        self.taken.truncate(kernel.events.taken());
        self.forced = self.taken.len();
        true
    }

    fn next(&mut self, _: &mut Kernel) -> bool {
        self.taken.clear();
        self.forced = 0;
        self.nth += 1;
        self.nth < self.most
    }
}
