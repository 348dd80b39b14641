//! A program as a closure on the mirror of std.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::rc::Rc;
use std::sync::Arc;

use raceproof::cell::UnsafeCell;
use raceproof::sync::atomic::{AtomicI64, Ordering::SeqCst};
use raceproof::sync::{Condvar, Mutex, RwLock};
use raceproof::thread::{JoinHandle, ScopedJoinHandle, Thread, ThreadId};
use raceproof::time::Instant;
use raceproof::{is_teardown, outcome, thread};

use super::arcs::Arcs;
use super::ends::{Receivers, Senders, channels};
use super::held::Held;
use super::language::{
    ATOMICS, Block, CELLS, CONDVARS, Do, MUTEXES, SLOTS, Whom, contains, sends, uses,
};
use super::mirror_gates::Gates;
use super::perishable::Perishable;

/// The objects that the threads share.
pub(super) struct World {
    pub(super) atomics: Arc<[Perishable<AtomicI64>; ATOMICS]>,
    /// There is one if the program uses it: it makes the explorer look for data races.
    pub(super) cell: Option<Perishable<UnsafeCell<i64>>>,
    pub(super) mutexes: [Mutex<i64>; MUTEXES],
    pub(super) rwlock: RwLock<i64>,
    pub(super) condvars: [Condvar; CONDVARS],
    /// The time in the first mutex.
    pub(super) time: std::sync::Mutex<Option<Instant>>,
    /// Likewise.
    pub(super) cells: Option<[UnsafeCell<()>; CELLS]>,
    pub(super) gates: Gates,
    counts: (AtomicI64, Mutex<i64>),
    pub(super) names: Names,
}

impl World {
    pub(super) fn count(&self, atomic: bool) {
        if atomic {
            self.counts.0.fetch_add(1, SeqCst);
        } else {
            *self.counts.1.lock().unwrap() += 1;
        }
    }

    /// What outlives executions.
    pub(super) fn keep(&self) -> i64 {
        static KEPT: std::sync::atomic::AtomicI64 = std::sync::atomic::AtomicI64::new(0);
        KEPT.fetch_add(1, SeqCst) % 2
    }
}

/// The names of the threads, by their numbers; the same in every execution.
pub(super) type Names = Arc<std::sync::Mutex<BTreeMap<u16, String>>>;

/// What a thread has until its last destructor has run.
pub(super) struct Own {
    pub(super) world: Arc<World>,
    name: String,
    parent: Option<Thread>,
    pub(super) register: Cell<i64>,
    pub(super) slots: Cell<[Option<Instant>; SLOTS]>,
    /// The threads that it has started.
    spawned: Cell<usize>,
    /// The endless loops that it is in.
    pub(super) endless: Cell<usize>,
}

/// What a thread's closure has.
pub(super) struct Env<'s> {
    pub(super) own: Rc<Own>,
    pub(super) senders: RefCell<Senders>,
    pub(super) receivers: RefCell<Receivers>,
    pub(super) arcs: RefCell<Arcs>,
    handles: RefCell<Vec<Option<Started>>>,
    sibling: RefCell<Option<ScopedJoinHandle<'s, ()>>>,
}

/// The handle of a thread. One whose thread leaves something with a destructor is forgotten where the program does not say that
/// it is dropped, which is a step.
pub(super) enum Started {
    Plain(JoinHandle<()>),
    Giving(ManuallyDrop<JoinHandle<Gift>>),
}

/// What a thread leaves that gives something.
pub(super) struct Gift(Arc<World>);

impl Drop for Gift {
    fn drop(&mut self) {
        self.0.atomics[0].store(3, SeqCst);
    }
}

impl Started {
    fn is_finished(&self) -> bool {
        match self {
            Started::Plain(handle) => handle.is_finished(),
            Started::Giving(handle) => handle.is_finished(),
        }
    }

    /// Did it end well?
    fn join(self) -> bool {
        match self {
            Started::Plain(handle) => handle.join().is_ok(),
            Started::Giving(handle) => ManuallyDrop::into_inner(handle).join().is_ok(),
        }
    }

    fn thread(&self) -> &Thread {
        match self {
            Started::Plain(handle) => handle.thread(),
            Started::Giving(handle) => handle.thread(),
        }
    }

    fn detach(self) {
        if let Started::Giving(handle) = self {
            drop(ManuallyDrop::into_inner(handle));
        }
    }
}

/// What a thread is given by its parent.
struct Given<'s> {
    world: Arc<World>,
    name: String,
    parent: Option<Thread>,
    slots: [Option<Instant>; SLOTS],
    body: Block,
    senders: Senders,
    receivers: Receivers,
    arcs: Arcs,
    handles: Vec<Option<Started>>,
    sibling: Option<ScopedJoinHandle<'s, ()>>,
}

/// Runs a program's root thread.
pub(super) fn run(program: &Block, names: &Names) {
    let (senders, receivers) = channels(uses(program));
    let atomics = Arc::new(std::array::from_fn(|_| Perishable::new(AtomicI64::new(0))));
    let world = Arc::new(World {
        counts: (AtomicI64::new(0), Mutex::new(0)),
        gates: Gates::new(Arc::clone(&atomics)),
        atomics,
        cell: touches(program).then(|| Perishable::new(UnsafeCell::new(0))),
        mutexes: std::array::from_fn(|_| Mutex::new(0)),
        rwlock: RwLock::new(0),
        condvars: std::array::from_fn(|_| Condvar::new()),
        time: std::sync::Mutex::default(),
        cells: accesses(program).then(|| std::array::from_fn(|_| UnsafeCell::new(()))),
        names: Arc::clone(names),
    });
    let (name, body) = ("0".to_owned(), program.clone());
    let (handles, sibling, slots) = (Vec::new(), None, [None; SLOTS]);
    let arcs = Arcs::new(&world, program);
    Given { world, name, parent: None, slots, body, senders, receivers, arcs, handles, sibling }
        .run();
}

/// Does the program use the cell?
fn accesses(program: &Block) -> bool {
    contains(program, &|what| matches!(what, Do::Access { .. }))
}

fn touches(program: &Block) -> bool {
    contains(program, &|what| matches!(what, Do::ReadCell | Do::DropCell))
}

impl Given<'_> {
    /// Runs the thread's closure, and reports whether it panicked.
    fn run(self) {
        let Given { world, name, parent, slots, body, senders, receivers, arcs, handles, sibling } =
            self;
        outcome(format!("{name}:+"));
        world.names.lock().unwrap().insert(number_of(thread::current().id()), name.clone());
        let own = Own {
            world,
            name: name.clone(),
            parent,
            register: Cell::new(0),
            slots: Cell::new(slots),
            spawned: Cell::new(0),
            endless: Cell::new(0),
        };
        let env = Env {
            own: Rc::new(own),
            senders: RefCell::new(senders),
            receivers: RefCell::new(receivers),
            arcs: RefCell::new(arcs),
            handles: RefCell::new(handles),
            sibling: RefCell::new(sibling),
        };
        let closure = move || {
            let env = env;
            let _ = env.run(&body, &mut Held::Nothing);
        };
        if let Err(payload) = catch_unwind(AssertUnwindSafe(closure)) {
            if !is_teardown(&*payload) {
                outcome(format!("{name}:!"));
            }
            resume_unwind(payload);
        }
    }
}

/// A thread's number.
pub(super) fn number_of(id: ThreadId) -> u16 {
    let number = format!("{id:?}");
    number.trim_matches(|c: char| !c.is_ascii_digit()).parse().expect("a number")
}

impl Own {
    pub(super) fn observe(&self, value: i64) {
        self.register.set(value);
        if self.endless.get() == 0 {
            outcome(format!("{}:{value}", self.name));
        }
    }
}

impl Env<'_> {
    /// What a new thread that runs `body` is given.
    fn give<'t>(&self, body: &Block) -> Given<'t> {
        let nth = self.own.spawned.replace(self.own.spawned.get() + 1);
        Given {
            world: Arc::clone(&self.own.world),
            name: format!("{}.{nth}", self.own.name),
            parent: Some(thread::current()),
            slots: self.own.slots.get(),
            body: body.clone(),
            senders: self.senders.borrow().clone_some(sends(body)),
            receivers: Receivers::default(),
            arcs: self.arcs.borrow_mut().give(body),
            handles: Vec::new(),
            sibling: None,
        }
    }

    pub(super) fn spawn(&self, what: &Do) {
        let (Do::Spawn(body) | Do::SpawnWith(body) | Do::SpawnGiving(body)) = what else {
            unreachable!("a spawn")
        };
        let mut given = self.give(body);
        if matches!(what, Do::SpawnWith(_)) {
            given.receivers = self.receivers.take();
            given.handles = self.handles.take();
        }
        let handle = if matches!(what, Do::SpawnGiving(_)) {
            let gift = Gift(Arc::clone(&self.own.world));
            Started::Giving(ManuallyDrop::new(thread::spawn(move || {
                let gift = ManuallyDrop::new(gift);
                given.run();
                ManuallyDrop::into_inner(gift)
            })))
        } else {
            Started::Plain(thread::spawn(move || given.run()))
        };
        self.handles.borrow_mut().push(Some(handle));
    }

    /// Drops the handle of a thread.
    pub(super) fn detach(&self, handle: usize) {
        self.take_handle(handle).into_iter().for_each(Started::detach);
    }

    fn take_handle(&self, handle: usize) -> Option<Started> {
        self.handles.borrow_mut().get_mut(handle).and_then(Option::take)
    }

    pub(super) fn scope(&self, first: &Block, second: &Block, body: &Block) {
        thread::scope(|scope| {
            let given = self.give(first);
            let handle = scope.spawn(move || given.run());
            let given = Given { sibling: Some(handle), ..self.give(second) };
            scope.spawn(move || given.run());
            // A loop around the scope is left no more than one around a closure.
            let _ = self.run(body, &mut Held::Nothing);
        });
    }

    pub(super) fn join(&self, what: &Do) {
        let seen = match what {
            Do::IsFinished(handle) => {
                let handles = self.handles.borrow();
                let handle = handles.get(*handle).and_then(Option::as_ref);
                handle.map(|handle| i64::from(handle.is_finished()))
            }
            Do::Join(handle) => self.take_handle(*handle).map(|handle| i64::from(handle.join())),
            _ => {
                let taken = self.sibling.take();
                taken.map(|sibling| i64::from(sibling.join().is_ok()))
            }
        };
        seen.into_iter().for_each(|seen| self.own.observe(seen));
    }

    pub(super) fn unpark(&self, whom: Whom) {
        let thread = match whom {
            Whom::Me => Some(thread::current()),
            Whom::Parent => self.own.parent.clone(),
            Whom::Child(handle) => {
                let handles = self.handles.borrow();
                let handle = handles.get(handle).and_then(Option::as_ref);
                handle.map(|handle| handle.thread().clone())
            }
        };
        if let Some(thread) = thread {
            thread.unpark();
        }
    }

    pub(super) fn add_local(&self, destructor: &Block) {
        LOCALS.with(|locals| {
            let own = Some(Rc::clone(&self.own));
            locals.borrow_mut().push(Local { own, destructor: destructor.clone() });
        });
    }
}

raceproof::thread_local! {
    static LOCALS: RefCell<Vec<Local>> = const { RefCell::new(Vec::new()) };
}

/// A thread-local value whose destructor runs a block.
struct Local {
    own: Option<Rc<Own>>,
    destructor: Block,
}

impl Drop for Local {
    fn drop(&mut self) {
        let own = self.own.take().expect("it is dropped once");
        let env = Env {
            own,
            senders: RefCell::default(),
            receivers: RefCell::default(),
            arcs: RefCell::default(),
            handles: RefCell::default(),
            sibling: RefCell::default(),
        };
        let _ = env.run(&self.destructor, &mut Held::Nothing);
    }
}
