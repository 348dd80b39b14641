//! Running the pieces of a unit, one after the other.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Instant;

use super::super::run::{Failing, Run, assumptions, needs_one_worker};
use super::super::{Exploration, Explorer, Search};
use super::{Unit, UnitError, put_together};
use crate::execution::piece::{Extent, Piece};
use crate::execution::{Session, kernel, with};
use crate::exploration::{Graphs, Route};
use crate::kernel::{Assumption, FailureKind, Kernel, Limits, Memory, Op};

/// Why pieces are not explored.
pub(super) enum Stop {
    Refused(UnitError),
    /// This execution has told that others are explored otherwise.
    Learnt(Piece),
}

impl Stop {
    pub(super) fn indivisible(what: &str) -> Self {
        Stop::Refused(UnitError::Indivisible(what.to_owned()))
    }

    /// What it comes to for a unit.
    pub(super) fn of(self, unit: &Unit) -> UnitError {
        match self {
            Stop::Refused(error) => error,
            Stop::Learnt(lesson) => {
                let (pieces, descent) = (vec![Graphs::root()], Vec::new());
                // The first execution may be another one by then.
                let mut all = Unit { program: None, pieces, descent, ..unit.clone() };
                all.lessons.push(lesson);
                UnitError::Learnt(Box::new(all))
            }
        }
    }
}

/// What was found in pieces.
pub(super) struct Explored {
    pub(super) found: Exploration,
    pub(super) failing: Option<Failing>,
    /// The execution that fails.
    pub(super) failed: Option<Piece>,
    /// The limit that it has come to.
    pub(super) bound: Option<String>,
    pub(super) left: Vec<Piece>,
    /// There is no more, but for what is left.
    pub(super) is_over: bool,
    pub(super) program: u64,
}

/// Pieces that are being explored.
pub(super) struct UnderWay<'r, 'a> {
    run: &'r Run<'a>,
    explorer: &'r Explorer,
    pub(super) failed: &'r Option<Piece>,
    pub(super) program: u64,
}

impl UnderWay<'_, '_> {
    /// What was found so far.
    pub(super) fn found(&self) -> &Exploration {
        &self.run.found
    }

    pub(super) fn assumptions(&self) -> Vec<Assumption> {
        self.explorer.assumptions_of_pieces()
    }

    pub(super) fn left(&self) -> Vec<Piece> {
        with(|session| session.pieces_left())
    }
}

impl Explorer {
    /// The limits of the pieces of a unit, with what it has learnt.
    pub(super) fn limits_of(&self, unit: &Unit, model: &dyn Fn()) -> Result<Limits, Stop> {
        if !matches!(self.search, Search::Traces) {
            return Err(Stop::indivisible(
                "preemptions are bounded, or schedules drawn at random: only a search for a proof is split",
            ));
        }
        let is_sequential = self.memory_of_units() == Memory::Sequential;
        if is_sequential && (self.limits.spurious || self.limits.cancellation) {
            return Err(Stop::indivisible(
                "under Memory::Sequential, what wakes for no reason, or is cancelled anywhere, is explored in one go",
            ));
        }
        let mut limits = Limits { memory: Memory::C11, tentative: false, ..self.limits };
        for lesson in &unit.lessons {
            limits = self.learn(lesson, limits, model)?;
        }
        Ok(limits)
    }

    /// The limits with which a search begins again after this execution.
    fn learn(&self, lesson: &Piece, limits: Limits, model: &dyn Fn()) -> Result<Limits, Stop> {
        let node = Piece { extent: Extent::Node(u32::MAX), ..lesson.clone() };
        let route = Rc::new(RefCell::new(Route { pieces: [node].into(), ..Route::default() }));
        let _installed = Session::install(Box::new(Graphs::on(Rc::clone(&route))), limits);
        let mut run = Run::new(self, limits, model, Instant::now(), &|_| true);
        loop {
            match run.once(&mut None) {
                Err(others) if with(|session| session.way()).as_ref() == Some(lesson) => {
                    return Ok(others);
                }
                Ok(flow) if flow.is_continue() => {}
                Err(_) | Ok(_) => {
                    let why = "it does not do again what the search has learnt from".to_owned();
                    return Err(Stop::Refused(UnitError::OtherProgram(why)));
                }
            }
        }
    }

    /// Explores the pieces of a unit, and shows after each execution that counts, and is not the last, what was found so
    /// far.
    pub(super) fn explore_pieces(
        &self,
        unit: &Unit,
        knows_failure: bool,
        model: &dyn Fn(),
        look: &mut dyn FnMut(&UnderWay<'_, '_>),
    ) -> Result<Explored, Stop> {
        let limits = self.limits_of(unit, model)?;
        let mut pieces = unit.pieces.iter().cloned().collect::<VecDeque<_>>();
        if pieces.is_empty() {
            // The first execution is run all the same, and tells whether it is this program's unit.
            pieces.push_back(Piece { extent: Extent::Below(0, 0), ..Graphs::root() });
        }
        let route = Rc::new(RefCell::new(Route { pieces, ..Route::default() }));
        let _installed = Session::install(Box::new(Graphs::on(Rc::clone(&route))), limits);
        let mut run = Run::new(self, limits, model, Instant::now(), &|_| true);
        run.knows_failure = knows_failure;
        let (mut watch, mut failed) = (Watch::new(unit), None);
        let is_over = loop {
            let asked = !knows_failure && failed.is_none();
            let node = if asked { with(|session| session.way()) } else { None };
            let Ok(flow) = run.once(&mut None) else {
                let lesson = with(|session| session.way()).expect("pieces are explored");
                return Err(Stop::Learnt(lesson));
            };
            watch.look(self, &route.borrow())?;
            if run.failure.is_some() && failed.is_none() {
                failed = node;
            }
            if flow.is_break() {
                break route.borrow().is_over || run.bound.is_some();
            }
            if let Some(program) = watch.program.filter(|_| with(|session| !session.is_passing())) {
                look(&UnderWay { run: &run, explorer: self, failed: &failed, program });
            }
        };
        let left = match run.bound {
            Some(_) => with(|session| session.pieces_left()),
            None => Vec::new(),
        };
        // What a limit leaves is told; else it is not known what is missing.
        let is_over = is_over && (run.bound.is_none() || !left.is_empty());
        let program = watch.program.unwrap_or_default();
        let assumptions = self.assumptions_of_pieces();
        let part = run.end();
        let found = Exploration { assumptions, estimate: None, ..part.found };
        let is_unexplored = |failing: &Failing| {
            failing.fault.kind == FailureKind::Misuse && failing.limits.unexplored.is_some()
        };
        if let Some(failing) = part.failing.as_ref().filter(|failing| is_unexplored(failing)) {
            return Err(Stop::indivisible(failing.message()));
        }
        let (failing, bound) = (part.failing, part.bound);
        Ok(Explored { found, failing, failed, bound, left, is_over, program })
    }

    /// The failure of an execution that has failed before.
    pub(super) fn first_of(&self, unit: &Unit, model: &dyn Fn()) -> Result<Failing, Stop> {
        let limits = self.limits_of(unit, model)?;
        let pieces = unit.pieces.iter().cloned().collect();
        let route = Rc::new(RefCell::new(Route { pieces, ..Route::default() }));
        let _installed = Session::install(Box::new(Graphs::on(Rc::clone(&route))), limits);
        let mut run = Run::new(self, limits, model, Instant::now(), &|_| true);
        run.stops_at_first = true;
        while matches!(run.once(&mut None), Ok(flow) if flow.is_continue()) {}
        run.end().failing.ok_or_else(|| {
            let why = "an execution that has failed does not fail again".to_owned();
            Stop::Refused(UnitError::OtherProgram(why))
        })
    }

    fn assumptions_of_pieces(&self) -> Vec<Assumption> {
        let own = kernel(assumptions).into_iter().flatten();
        let of_graphs = [Assumption::EndsAfterUses].into_iter();
        let of_memory =
            (self.memory_of_units() == Memory::C11).then_some(Assumption::NoLoadBuffering);
        put_together(own.chain(of_graphs).chain(of_memory))
    }

    /// What the program has done by which its search cannot be split.
    fn indivisible(&self, kernel: &mut Kernel) -> Option<&'static str> {
        if needs_one_worker(kernel) {
            return Some(
                "loops that wait by looking, daemons and processes are explored in one go",
            );
        }
        if self.memory_of_units() != Memory::Sequential {
            return None;
        }
        if kernel.has_weaker_orders() {
            return Some(
                "under Memory::Sequential it has an ordering weaker than SeqCst, or something that counts as one: \
                 Memory::C11 explores it",
            );
        }
        let other = kernel.events.all().iter().find(|event| !is_counted_alike(event.op));
        other.map(|_| {
            "under Memory::Sequential a search is split whose steps are those of Mutex, Condvar without a time, atomics \
             and park: Memory::C11 explores others"
        })
    }
}

/// Are there as many graphs as traces of programs with such steps? Of others there are more: the order of two tries that
/// fail, say, is one of graphs.
fn is_counted_alike(op: Op) -> bool {
    match op {
        Op::Lock(_)
        | Op::Unlock(_)
        | Op::Wait { .. }
        | Op::Asleep { .. }
        | Op::Relock(_)
        | Op::NotifyOne(_)
        | Op::NotifyAll(_)
        | Op::Load(_)
        | Op::Store(_)
        | Op::Rmw(_)
        | Op::CompareExchange(_)
        | Op::BeginPark { .. }
        | Op::Park { .. }
        | Op::Unpark { .. }
        | Op::Join(_)
        | Op::Touch { .. }
        | Op::JoinClosure(_)
        | Op::Choose(_) => true,
        Op::TryLock(_)
        | Op::ReadLock(_)
        | Op::WriteLock(_)
        | Op::GiveWay(_)
        | Op::ReadBehind(_)
        | Op::Arrive(_)
        | Op::Downgrade(_)
        | Op::ReadUnlock(_)
        | Op::WriteUnlock(_)
        | Op::TryRead(_)
        | Op::TryWrite(_)
        | Op::Wake(_)
        | Op::WeakExchange(_)
        | Op::ParkTimeout { .. }
        | Op::Compare
        | Op::Yield
        | Op::End { .. }
        | Op::IsFinished { .. }
        | Op::Poison { .. }
        | Op::IsPoisoned { .. }
        | Op::SeePoison { .. }
        | Op::ClearPoison { .. }
        | Op::Act { .. }
        | Op::Count { .. }
        | Op::StopDaemons
        | Op::Kill(_) => false,
    }
}

/// What is looked at after each execution.
pub(super) struct Watch {
    /// How the first execution has gone, or must go.
    pub(super) program: Option<u64>,
    /// How many threads there were in it.
    threads: Option<usize>,
}

impl Watch {
    pub(super) fn new(unit: &Unit) -> Self {
        Watch { program: unit.program, threads: None }
    }

    pub(super) fn look(&mut self, explorer: &Explorer, route: &Route) -> Result<(), Stop> {
        if let Some(first) = route.first
            && *self.program.get_or_insert(first) != first
        {
            let why = "its first execution is not this one's".to_owned();
            return Err(Stop::Refused(UnitError::OtherProgram(why)));
        }
        if let Some(astray) = route.astray {
            return Err(Stop::Refused(UnitError::OtherProgram(astray.to_owned())));
        }
        if with(|session| session.knows_of_loops()) {
            return Err(Stop::indivisible("loops that wait by looking are explored in one go"));
        }
        if let Some(what) = kernel(|kernel| explorer.indivisible(kernel)) {
            return Err(Stop::indivisible(what));
        }
        let threads = kernel(|kernel| kernel.threads.len());
        if *self.threads.get_or_insert(threads) != threads {
            return Err(Stop::indivisible("a thread starts in some of its executions only"));
        }
        Ok(())
    }
}
