//! The kernel: every thread and object of the execution under way.
//!
//! The tables outlive executions, because equivalent executions must give every
//! thread and object the same number: a thread is its parent's n-th child, an
//! object its creator's n-th, and each such pair is given a dense number when it
//! is first seen.

use std::borrow::Cow;
use std::panic::Location;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::execution::fiber;
use crate::execution::installed::set_epoch;
pub(crate) use crate::execution::installed::{belongs, resolve, try_with, with};
use crate::execution::panics::Panic;
use crate::execution::result::Left;
use crate::exploration::traces::events::Events;
use crate::exploration::traces::path::Path;
use crate::exploration::traces::wakeup::Step;
use crate::kernel::datarace::DataRaces;
pub(crate) use crate::kernel::object::{Id, Kind, Object};
use crate::kernel::op::{Op, Pending};
pub(crate) use crate::kernel::threads::{ALIVE, NOBODY, Role, Status, Thread};
use crate::kernel::yields::Spin;
use crate::telling::failure::{FailureKind, Fault};
use crate::telling::recorder::Recorder;

/// What the driver does when a fiber has switched out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Next {
    /// Resume this thread's fiber.
    Run(u16),
    /// The execution is over, or to be ended: see [`Kernel::ending`].
    Stop,
}

pub(crate) struct Kernel {
    /// Distinguishes executions, so that objects of an earlier one are refused.
    pub(crate) epoch: u64,
    pub(crate) current: u16,
    pub(crate) next: Next,
    /// Threads not yet done.
    pub(crate) live: u32,
    /// Daemons, and threads of killed processes, among them.
    pub(crate) daemons: u32,
    /// Threads started in this execution.
    spawned: u16,
    /// Operations that are no steps: spawns and joins, which conflict with nothing.
    pub(crate) unordered: u32,
    /// The execution is to stop before it is complete.
    pub(crate) ending: bool,
    /// The execution stopped because everything enabled slept.
    pub(crate) cut: bool,
    /// The panic under way is a misuse.
    pub(crate) misused: bool,
    /// The exploration must begin again, with other limits.
    pub(crate) restart: bool,
    pub(crate) fault: Option<Fault>,
    pub(crate) panics: Vec<PanicNote>,
    /// What the program reported with `outcome`.
    pub(crate) outcome: String,
    pub(crate) recorder: Option<Box<Recorder>>,
    pub(crate) limits: Limits,
    pub(crate) races: DataRaces,
    /// Some step of the exploration had alternatives, or decided what others might do.
    pub(crate) forks: bool,
    /// Some thread's token or end was touched since they were all reset.
    pub(crate) touched: bool,
    /// Threads that yield until something changes.
    pub(crate) yielding: u32,
    /// Ticks since something last changed.
    pub(crate) idle_ticks: u32,
    /// The last step that touched everything, plus one; 0: none.
    pub(crate) everything: u32,
    pub(crate) threads: Vec<Thread>,
    pub(crate) objects: Vec<Object>,
    pub(crate) events: Events,
    pub(crate) path: Path,
    /// Parents that wait for a child to reach its first operation.
    pub(crate) nested: Vec<u16>,
    /// Threads whose join is over and that have not reached their next operation.
    pub(crate) joiners: Vec<u16>,
    /// Room for the steps that a new one depends on.
    pub(crate) sources: Vec<u32>,
    /// Room for the sequence that reverses a race, and for its steps' places.
    pub(crate) sequence: Vec<Step>,
    pub(crate) sequence_at: Vec<u32>,
}

/// What an execution may do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Steps before it is given up.
    pub(crate) steps: usize,
    /// Preemptions, if they are bounded.
    pub(crate) preemptions: Option<usize>,
    /// Whether a wait may wake for no reason.
    pub(crate) spurious: bool,
    /// Whether it goes on after its first failure.
    pub(crate) keep_going: bool,
    /// Explore every interleaving, not one for each trace.
    pub(crate) exhaustive: bool,
    /// Whether the end of a thread is a step, because some thread asks `is_finished`.
    pub(crate) ends: bool,
    /// Whether the main thread ends by stopping the daemons, because there are some.
    pub(crate) daemons: bool,
    /// Ticks without a change that make a livelock.
    pub(crate) patience: u32,
}

/// A panic that ended a thread.
#[derive(Debug)]
pub(crate) struct PanicNote {
    pub(crate) thread: u16,
    pub(crate) panic: Panic,
    /// Whether `join` gave it to somebody.
    pub(crate) claimed: bool,
    pub(crate) misuse: bool,
}

static EXPLORATIONS: AtomicU64 = AtomicU64::new(1);

/// Panics because the model checker is used in a way that has no meaning.
#[track_caller]
pub(crate) fn misuse(message: &str) -> ! {
    try_with(|kernel| kernel.misused = true);
    panic!("{message}")
}

impl Kernel {
    pub(crate) fn new(path: Path, limits: Limits) -> Self {
        Kernel {
            epoch: EXPLORATIONS.fetch_add(1, Relaxed) << 40,
            current: 0,
            next: Next::Stop,
            live: 0,
            daemons: 0,
            spawned: 0,
            unordered: 0,
            ending: false,
            cut: false,
            misused: false,
            restart: false,
            fault: None,
            panics: Vec::new(),
            outcome: String::new(),
            recorder: None,
            limits,
            races: DataRaces::default(),
            forks: false,
            touched: false,
            yielding: 0,
            idle_ticks: 0,
            everything: 0,
            threads: Vec::new(),
            objects: Vec::new(),
            events: Events::default(),
            path,
            nested: Vec::new(),
            joiners: Vec::new(),
            sources: Vec::new(),
            sequence: Vec::new(),
            sequence_at: Vec::new(),
        }
    }

    /// Makes everything ready for another execution and its root thread.
    #[track_caller]
    pub(crate) fn begin(&mut self) {
        self.epoch += 1;
        set_epoch(self.epoch);
        self.nested.clear();
        self.joiners.clear();
        self.live = 0;
        self.daemons = 0;
        self.spawned = 0;
        self.unordered = 0;
        self.ending = false;
        self.cut = false;
        self.misused = false;
        self.restart = false;
        self.yielding = 0;
        self.idle_ticks = 0;
        self.everything = 0;
        self.fault = None;
        self.panics.clear();
        self.outcome.clear();
        for thread in &mut self.threads {
            thread.status = Status::Absent;
            if self.touched {
                self.objects[thread.token as usize].reset();
                self.objects[thread.end as usize].reset();
            }
        }
        self.touched = false;
        self.events.rewind();
        if self.threads.is_empty() {
            self.add_thread();
        }
        self.races.begin();
        if let Some(recorder) = &mut self.recorder {
            recorder.begin();
        }
        self.start(0, Some(Cow::Borrowed("main")), false, 0);
        self.current = 0;
    }

    fn add_thread(&mut self) -> u16 {
        let id = self.threads.len();
        let token = self.objects.len() as u32;
        self.objects.push(Object::new(Kind::Token, Location::caller()));
        self.objects.push(Object::new(Kind::Thread, Location::caller()));
        assert!(id < usize::from(NOBODY), "a model has at most {} threads", NOBODY - 1);
        self.threads.push(Thread {
            status: Status::Absent,
            pending: Pending { op: Op::Join, obj: 0, aux: 0, at: Location::caller() },
            daemon: false,
            doomed: false,
            process: 0,
            ended_by: ALIVE,
            rivals: Vec::new(),
            steps: 0,
            children: 0,
            objects: 0,
            joiner: NOBODY,
            notified: 0,
            woken_spuriously: 0,
            token,
            end: token + 1,
            past: 0,
            also: Vec::new(),
            child_ids: Vec::new(),
            object_ids: Vec::new(),
            name: None,
            order: 0,
            unwinding: false,
            spin: Spin::default(),
            left: Left::Nothing,
            locals: Vec::new(),
            fiber: fiber::take(),
        });
        self.events.widen(id + 1);
        id as u16
    }

    fn start(&mut self, id: u16, name: Option<Cow<'static, str>>, daemon: bool, process: u16) {
        let thread = &mut self.threads[usize::from(id)];
        thread.status = Status::Local;
        thread.daemon = daemon;
        thread.doomed = false;
        thread.process = process;
        thread.ended_by = ALIVE;
        thread.rivals.clear();
        self.daemons += u32::from(daemon);
        thread.steps = 0;
        thread.children = 0;
        thread.objects = 0;
        thread.joiner = NOBODY;
        thread.notified = 0;
        thread.woken_spuriously = 0;
        thread.past = 0;
        thread.also.clear();
        if self.touched {
            self.objects[thread.token as usize].reset();
            self.objects[thread.end as usize].reset();
        }
        thread.name = name;
        thread.order = self.spawned;
        thread.unwinding = false;
        thread.spin.reset();
        thread.left.reset();
        self.spawned += 1;
        self.live += 1;
    }

    /// Adds a child of the running thread, whose body does not run yet. A daemon's children
    /// are daemons.
    pub(crate) fn spawn(&mut self, name: Option<Cow<'static, str>>, role: Role) -> u16 {
        let parent = usize::from(self.current);
        let Thread { daemon, doomed, process, ended_by, .. } = self.threads[parent];
        let daemon = daemon || role == Role::Daemon;
        if daemon && !self.limits.daemons {
            self.limits.daemons = true;
            self.begin_again();
        }
        self.unordered += 1;
        let nth = self.threads[parent].children as usize;
        self.threads[parent].children += 1;
        let id = match self.threads[parent].child_ids.get(nth) {
            Some(id) => *id,
            None => {
                let id = self.add_thread();
                self.threads[parent].child_ids.push(id);
                id
            }
        };
        self.start(id, name, daemon, if role == Role::Process { id } else { process });
        if doomed {
            let child = &mut self.threads[usize::from(id)];
            self.daemons += u32::from(!child.daemon);
            (child.doomed, child.ended_by) = (true, ended_by);
        }
        self.threads[usize::from(id)].past = self.threads[parent].past;
        self.inherit_also(usize::from(id), parent);
        self.threads[parent].spin.note_effect();
        self.races.spawn(parent, usize::from(id));
        id
    }

    /// Makes what happened before one thread's next step happen before another's.
    pub(crate) fn inherit(&mut self, to: usize, from: usize) {
        let past = self.threads[from].past;
        self.threads[to].happened(past);
        self.inherit_also(to, from);
    }

    fn inherit_also(&mut self, to: usize, from: usize) {
        if !self.threads[from].also.is_empty() {
            let also = std::mem::take(&mut self.threads[from].also);
            also.iter().for_each(|row| self.threads[to].happened(*row));
            self.threads[from].also = also;
        }
    }

    /// Lets a new thread run to its first operation before its parent goes on.
    pub(crate) fn run_child(&mut self, child: u16) {
        self.nested.push(self.current);
        self.current = child;
        self.next = Next::Run(child);
    }

    /// Adds an object made by the running thread.
    pub(crate) fn create(
        &mut self,
        kind: Kind,
        name: Option<Cow<'static, str>>,
        at: &'static Location<'static>,
    ) -> Id {
        let creator = &mut self.threads[usize::from(self.current)];
        let nth = creator.objects as usize;
        creator.objects += 1;
        let index = match creator.object_ids.get(nth) {
            Some(index) => *index,
            None => {
                let index = self.objects.len() as u32;
                creator.object_ids.push(index);
                self.objects.push(Object::new(kind, at));
                index
            }
        };
        let object = &mut self.objects[index as usize];
        object.epoch = self.epoch;
        object.kind = kind;
        object.name = name;
        object.at = at;
        object.reset();
        object.last_write = self.everything;
        if self.races.is_on() || kind == Kind::Cell {
            self.races.grow(self.threads.len(), self.objects.len());
            if kind == Kind::Cell {
                self.races.create(index as usize, usize::from(self.current), at);
            }
        }
        Id { epoch: self.epoch, index }
    }

    /// Gives the exploration up, because its limits have changed.
    pub(crate) fn begin_again(&mut self) {
        self.restart = true;
        self.ending = true;
    }

    #[inline]
    pub(crate) fn me(&mut self) -> &mut Thread {
        &mut self.threads[usize::from(self.current)]
    }

    /// Notes what went wrong, unless something has before, and stops the execution
    /// unless failures are only counted.
    pub(crate) fn fail(&mut self, kind: FailureKind, message: String) {
        if self.fault.is_none() {
            self.fault = Some(Fault { kind, message, location: None });
        }
        self.ending |= !(self.limits.keep_going && kind == FailureKind::DataRace);
    }
}
