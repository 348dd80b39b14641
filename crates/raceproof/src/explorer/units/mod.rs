//! A search in units that are text, for other processes and machines.
//!
//! What is owed from an execution graph is independent of all else that is owed. So a search is cut into
//! [pieces](crate::execution::piece), each of which is told by the way to it, and a [`Unit`] is some of them. Graphs are
//! what is explored under either memory model: under sequential consistency there is one for each Mazurkiewicz trace,
//! as long as the program has no ordering that is weaker than `SeqCst`.
//!
//! A tree of graphs must be the same in every process. It hangs on what the search has *learnt*, the
//! [limits](crate::kernel::Limits) with which it has begun again: a unit has the ways of the executions that have taught
//! it. It hangs on what is known of loops that wait, and on the numbers of threads, which are those of the order in which
//! they were first seen: programs in which one or the other matters are refused.

mod build;
mod checkpoint;
mod error;
mod pieces;
mod split;
mod text;
mod whole;

use std::time::Instant;

pub use self::error::UnitError;
use self::pieces::Stop;
use super::{Exploration, Explorer, Outcome};
use crate::execution::piece::Piece;
use crate::exploration::Graphs;
use crate::kernel::{Assumption, Memory};

/// A part of a search, as a text of one word that another process can [explore](Explorer::unit).
///
/// It holds for one program, in one build, and one explorer. It says how it has come about, so that [`Share::whole`]
/// finds out whether a unit is missing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unit {
    memory: Memory,
    /// What the explorer is told of each execution, as a hash.
    bound: u64,
    build: u64,
    /// How the first execution goes, as a hash; none, if it has not been run.
    program: Option<u64>,
    /// The executions that have told that others are explored otherwise, in this order.
    lessons: Vec<Piece>,
    /// The splits by which it has come about, the first one first.
    descent: Vec<Descent>,
    pieces: Vec<Piece>,
}

/// A unit among those of which a larger one consists.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct Descent {
    /// The first is 1.
    nth: u32,
    of: u32,
    /// They are what was left of the larger one when it came to a limit.
    rest: bool,
    /// Of the pieces of all.
    hash: u64,
}

/// What was found in a [`Unit`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Share {
    /// What was explored.
    pub unit: Unit,
    /// What was found there. Its outcome is never [`Proved`](Outcome::Proved), unless the unit is all of the search.
    pub found: Exploration,
    /// What a limit has left of the unit.
    pub left: Vec<Unit>,
    /// All of the unit was explored, but for what is left: no failure has ended it.
    pub explored: bool,
}

impl Share {
    /// How the outcome of a unit is [bounded](Outcome::Bounded) that was explored to its end, and in which nothing fails.
    pub const HOLDS: &str = "one unit of a search";
}

impl Explorer {
    /// Cuts a search into as many units, or fewer if it has fewer executions.
    ///
    /// It runs some of the executions for that, a few for each unit. The units are about the same size as far as can be
    /// told from these; one that turns out to be large is [split again](Explorer::split_unit), or
    /// explored with a [limit](Explorer::time_limit) that leaves units of it.
    ///
    /// They are units under Rust's memory model, unless [`Memory::Sequential`] is asked for.
    ///
    /// ```
    /// use raceproof::sync::Arc;
    /// use raceproof::sync::atomic::{AtomicU32, Ordering::SeqCst};
    /// use raceproof::{Explorer, Outcome, Share, Unit, thread};
    ///
    /// let increments = || {
    ///     let count = Arc::new(AtomicU32::new(0));
    ///     let threads = [(); 4].map(|()| {
    ///         let count = Arc::clone(&count);
    ///         thread::spawn(move || count.fetch_add(1, SeqCst))
    ///     });
    ///     threads.map(|thread| thread.join().unwrap());
    /// };
    /// let explorer = Explorer::new();
    /// let units = explorer.split(3, increments)?;
    /// let words = units.iter().map(ToString::to_string).collect::<Vec<_>>();
    ///
    /// // Each word may go to another process of this program.
    /// let explore = |word: &String| explorer.unit(&word.parse()?, increments);
    /// let shares = words.iter().map(explore).collect::<Result<Vec<_>, _>>()?;
    /// let whole = Share::whole(&shares)?;
    /// assert!(matches!(whole.outcome, Outcome::Proved) && whole.executions == 24);
    /// assert!(Share::whole(&shares[1..]).is_err(), "a unit is missing");
    /// # Ok::<_, raceproof::UnitError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`UnitError::Indivisible`]: the program does something by which a search cannot be split. Such are loops that wait by
    /// looking, daemons, processes, threads that only some executions start, and what is
    /// [not explored](Explorer::memory) under Rust's memory model. Under [`Memory::Sequential`] these are all steps but those
    /// of mutexes, condition variables without a time, parked threads, and atomics whose orderings are `SeqCst`; and
    /// [wake-ups for no reason](Explorer::spurious_wakeups).
    ///
    /// # Panics
    ///
    /// If there are to be no units.
    pub fn split<F: Fn()>(&self, units: usize, model: F) -> Result<Vec<Unit>, UnitError> {
        assert!(units > 0, "a search has a unit at least: `split(0)` leaves it none");
        let mut all = self.all()?;
        loop {
            match self.split_into(&all, units, &model) {
                Err(Stop::Learnt(lesson)) => all.lessons.push(lesson),
                Err(Stop::Refused(error)) => return Err(error),
                Ok(units) => return Ok(units),
            }
        }
    }

    /// As [`split`](Explorer::split), of a unit.
    ///
    /// # Errors
    ///
    /// As of [`unit`](Explorer::unit).
    ///
    /// # Panics
    ///
    /// If there are to be no units.
    pub fn split_unit<F: Fn()>(
        &self,
        unit: &Unit,
        units: usize,
        model: F,
    ) -> Result<Vec<Unit>, UnitError> {
        assert!(units > 0, "a unit is split into one at least: `split_unit` got 0");
        self.check_own(unit)?;
        self.split_into(unit, units, &model).map_err(|stop| stop.of(unit))
    }

    /// Explores a unit. At a [limit](Explorer::time_limit) of time, executions or memory it ends with the units that are
    /// left; it explores one execution at least.
    ///
    /// Of all that an explorer can be asked for, a unit has what holds for each execution, limits, and
    /// [`keep_going`](Explorer::keep_going). It has one worker. Under [`Memory::Sequential`] the schedule of a failure is
    /// one under Rust's memory model.
    ///
    /// # Errors
    ///
    /// [`UnitError::OtherProgram`], [`OtherBuild`](UnitError::OtherBuild), [`OtherBound`](UnitError::OtherBound): the unit
    /// is none of this search. [`Indivisible`](UnitError::Indivisible): as of [`split`](Explorer::split), which may find that
    /// out only here. [`Learnt`](UnitError::Learnt): the program does something here that changes how all of it is
    /// explored, so it must be split again.
    pub fn unit<F: Fn()>(&self, unit: &Unit, model: F) -> Result<Share, UnitError> {
        let begun = Instant::now();
        self.check_own(unit)?;
        let explored =
            self.explore_pieces(unit, false, &model, &mut |_| ()).map_err(|stop| stop.of(unit))?;
        let unit = Unit { program: Some(explored.program), ..unit.clone() };
        let left = unit.rest(explored.left);
        let mut found = explored.found;
        let nothing = "no execution: each was stopped before its end";
        found.outcome = match (explored.failing, explored.bound) {
            (Some(failing), _) => Outcome::Failed(self.told(&model, failing)),
            (None, Some(bound)) => Outcome::Bounded(bound),
            (None, None) if !unit.is_all() => Outcome::Bounded(Share::HOLDS.to_owned()),
            (None, None) if found.executions == 0 => Outcome::Bounded(nothing.to_owned()),
            (None, None) => Outcome::Proved,
        };
        found.elapsed = begun.elapsed();
        Ok(Share { unit, found, left, explored: explored.is_over })
    }

    /// The memory model of its units.
    fn memory_of_units(&self) -> Memory {
        if self.rust_memory { Memory::C11 } else { self.limits.memory }
    }

    /// The unit that is all of a search.
    fn all(&self) -> Result<Unit, UnitError> {
        Ok(Unit {
            memory: self.memory_of_units(),
            bound: self.bound(),
            build: build::this().map_err(|error| UnitError::NoBuild(error.to_string()))?,
            program: None,
            lessons: Vec::new(),
            descent: Vec::new(),
            pieces: vec![Graphs::root()],
        })
    }

    /// Is it a unit of this search, as far as can be told without running it?
    fn check_own(&self, unit: &Unit) -> Result<(), UnitError> {
        let own = self.all()?;
        if unit.build != own.build {
            return Err(UnitError::OtherBuild);
        }
        if unit.memory != own.memory || unit.bound != own.bound {
            return Err(UnitError::OtherBound);
        }
        Ok(())
    }

    /// What holds for each execution, as a hash.
    fn bound(&self) -> u64 {
        let limits = self.limits;
        let flags = [
            limits.spurious,
            limits.cancellation,
            limits.strict_ends,
            limits.keep_going,
            limits.leaks,
            limits.repeats,
        ];
        let told = format!(
            "{:?} {flags:?} {} {} {:?} {:?}",
            self.memory_of_units(),
            limits.steps,
            limits.patience,
            limits.rwlock,
            self.search,
        );
        build::hash(told.as_bytes())
    }
}

impl Unit {
    /// Is it all of the search?
    fn is_all(&self) -> bool {
        self.descent.is_empty()
    }

    /// Units of which this one consists.
    fn parts(&self, parts: Vec<Vec<Piece>>, rest: bool) -> Vec<Unit> {
        let told = format!("{parts:?}");
        let (of, hash) = (parts.len() as u32, build::hash(told.as_bytes()));
        let part = |(nth, pieces)| {
            let mut part = Unit { pieces, ..self.clone() };
            part.descent.push(Descent { nth, of, rest, hash });
            part
        };
        (1..).zip(parts).map(part).collect()
    }

    /// What is left of it, in units. The pieces with the shortest ways, which are likely to be the largest, are in different
    /// ones.
    fn rest(&self, mut pieces: Vec<Piece>) -> Vec<Unit> {
        const MOST: usize = 8;
        pieces.sort_by_key(|piece| piece.way.len());
        let mut parts = vec![Vec::new(); pieces.len().min(MOST)];
        for (nth, piece) in pieces.into_iter().enumerate() {
            parts[nth % MOST].push(piece);
        }
        self.parts(parts, true)
    }
}

/// These assumptions of parts of a search, as one search says them.
fn put_together(all: impl IntoIterator<Item = Assumption>) -> Vec<Assumption> {
    use Assumption::*;
    let all = all.into_iter().collect::<Vec<_>>();
    let place = |assumption: &Assumption| match assumption {
        SequentialMemory { .. } => 0,
        FairPolls { .. } => 1,
        ShortExchanges { .. } => 2,
        NoSpuriousWakeups => 3,
        RareSpuriousWakeups => 4,
        ExtremeTimes => 5,
        MeasuredTimes => 6,
        FewTicks => 7,
        SystemClock => 8,
        ReadersPass => 9,
        AlikeThreads => 10,
        NoLoadBuffering => 11,
        EndsAfterUses => 12,
    };
    let weaker = |assumption: &Assumption| match assumption {
        RareSpuriousWakeups => all.contains(&NoSpuriousWakeups),
        MeasuredTimes => all.contains(&ExtremeTimes),
        _ => false,
    };
    let mut together = all.iter().filter(|it| !weaker(it)).cloned().collect::<Vec<_>>();
    together.sort_by_key(place);
    together.dedup();
    together
}
