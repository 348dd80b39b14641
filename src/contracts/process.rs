//! What a process promises: it is started once and joined after its end, has every global to itself, and
//! nobody waits for one that was terminated.

use super::{Of, aside};
use crate::{
    backend::{
        Backend,
        Capability::{Kill, Timeouts},
        execution::outcome,
    },
    primitives::process::{
        self, BothEnds, Entry, Global, Item, Pipe, PipeEnd, Process, ProcessError, ProcessGlobal,
        Queue, RecvError, Task, entry,
    },
    program::{Group, Program, Scenario, Variant},
};
use serde::{Deserialize, Serialize};
use std::{fmt, marker::PhantomData, sync::Arc, time::Duration};

/// The contracts of [`Process`] and [`ProcessGlobal`].
pub static SCENARIO: Scenario = scenario::<Real>("process");

/// Names a type of processes.
pub trait Kind: fmt::Debug + 'static {
    /// The type.
    type On<B: Backend>: Subject;
}

/// What the contracts ask of a process; meanings as for [`Process`].
pub trait Subject: Clone + Send + Sync + 'static {
    /// A global that begins with 100.
    type Global: Item + Clone;
    /// A process that is not yet started.
    fn new(task: impl Task) -> Self;
    /// Starts it; whether it was not refused.
    fn start(&self) -> bool;
    /// Waits for its end; whether it was not refused.
    fn join(&self) -> bool;
    /// Waits for a while; whether it has ended.
    fn join_timeout(&self) -> bool;
    /// Ends it.
    fn terminate(&self);
    /// Its exit code, once it has ended.
    fn exit_code(&self) -> Option<i32>;
    /// Ends the running process.
    fn exit(code: u8) -> !;
    /// A new global.
    fn global() -> Self::Global;
    /// Adds one to the running process's own, and returns the sum.
    fn add_one(global: &Self::Global) -> i64;
}

/// Names [`Process`].
#[derive(Debug)]
pub struct Real;

impl Kind for Real {
    type On<B: Backend> = Process<B>;
}

/// Begins with 100.
#[derive(Debug)]
pub struct Hundred;

impl Global for Hundred {
    type Value = i64;
    const NAME: &'static str = "hundred";

    fn initial() -> i64 {
        100
    }
}

impl<B: Backend> Subject for Process<B> {
    type Global = ProcessGlobal<B, Hundred>;

    fn new(task: impl Task) -> Self {
        Self::new("child", task)
    }
    fn start(&self) -> bool {
        self.start() != Err(ProcessError::StartedTwice)
    }
    fn join(&self) -> bool {
        self.join() != Err(ProcessError::NotStarted)
    }
    fn join_timeout(&self) -> bool {
        self.join_timeout(Duration::from_millis(1)) != Ok(false)
    }
    fn terminate(&self) {
        self.terminate().expect("it was started");
    }
    fn exit_code(&self) -> Option<i32> {
        self.exit_code()
    }
    fn exit(code: u8) -> ! {
        process::exit(code)
    }
    fn global() -> Self::Global {
        ProcessGlobal::new()
    }
    fn add_one(global: &Self::Global) -> i64 {
        global.with(|value| {
            *value += 1;
            *value
        })
    }
}

/// The contracts of processes of kind `K`.
#[must_use]
pub const fn scenario<K: Kind>(id: &'static str) -> Scenario {
    let lesson =
        "Started once, joined after the end, alone with its globals, and gone when terminated";
    let source = include_str!("process.rs");
    Scenario { id, group: Group::Contracts, lesson, source, variants: Contracts::<K>::ALL }
}

struct Contracts<K>(Of<K>);

impl<K: Kind> Contracts<K> {
    const ALL: &'static [Variant] = &[
        Variant::new(
            "joined-after-the-end",
            &Joined::<K>(Of::THIS),
            "Both threads that join it see what it has done, and how it ended.",
        ),
        Variant::new(
            "started-once",
            &StartedOnce::<K>(Of::THIS),
            "Of two starts one is refused, and the task runs once.",
        ),
        Variant::new(
            "own-globals",
            &OwnGlobals::<K>(Of::THIS),
            "The threads of a process share a global, processes do not.",
        ),
        Variant::new(
            "exit-codes",
            &ExitCodes::<K>(Of::THIS),
            "A panic ends the process and nothing else; an exit code is that which was given.",
        ),
        Variant::new("timed", &Timed::<K>(Of::THIS), "A timed join has seen the end or gives up.")
            .needs(&[Timeouts])
            .outcomes(&["ended", "gave up"]),
        Variant::new(
            "refuses",
            &Refuses::<K>(Of::THIS),
            "A process that was not started cannot be joined, and one that ended not started.",
        ),
        Variant::new(
            "terminated",
            &Terminated::<K>(Of::THIS),
            "Wherever it is, it takes no further step, and whoever joins it is let go.",
        )
        .needs(&[Kill])
        .outcomes(&["0", "1"]),
        Variant::new(
            "terminated-too-late",
            &TooLate::<K>(Of::THIS),
            "A process that has ended keeps its exit code.",
        )
        .needs(&[Kill]),
        Variant::new(
            "closes-its-ends",
            &ClosesItsEnds,
            "The other end of a terminated process's pipe hears of it, whatever was under way.",
        )
        .needs(&[Kill])
        .outcomes(&["end of file", "message"]),
        Variant::new(
            "waits-for-its-own",
            &WaitsForItsOwn,
            "A process has ended only when those that it has started have.",
        ),
        Variant::new(
            "daemons-start-nothing",
            &DaemonsStartNothing,
            "A daemon that starts a process is refused, and goes on.",
        ),
        Variant::new(
            "ends-with-its-parent",
            &EndsWithItsParent,
            "What a terminated process has started is terminated as well.",
        )
        .needs(&[Kill]),
    ];
}

/// Adds an item to a queue.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
struct Puts<B: Backend>(Queue<B, i64>);

impl<B: Backend> Task for Puts<B> {
    fn run(self) {
        self.0.put(1).expect("the parent is there");
    }
}

/// Adds an item to a queue, then waits for ever.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
struct Waits<B: Backend>(Queue<B, i64>, PipeEnd<B, i64>);

impl<B: Backend> Task for Waits<B> {
    fn run(self) {
        self.0.put(1).expect("the parent is there");
        drop(self.1.recv());
    }
}

/// Sends a message, then waits for ever.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
struct Sends<B: Backend>(PipeEnd<B, i64>);

impl<B: Backend> Task for Sends<B> {
    fn run(self) {
        self.0.send(1).expect("the parent is there");
        drop(self.0.recv());
    }
}

/// Adds one to a global, in this thread and in another.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
struct Counts<B: Backend, S: Subject> {
    global: S::Global,
    told: Queue<B, i64>,
    subject: PhantomData<fn() -> S>,
}

impl<B: Backend, S: Subject> Task for Counts<B, S> {
    fn run(self) {
        let global = self.global.clone();
        let thread = B::spawn("inner", move || S::add_one(&global));
        let mine = S::add_one(&self.global);
        let both = mine.max(thread.join().expect("no panic"));
        self.told.put(both).expect("the parent is there");
    }
}

/// Exits with a code; without one it panics.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
struct Ends<S: Subject>(Option<u8>, PhantomData<fn() -> S>);

impl<S: Subject> Task for Ends<S> {
    fn run(self) {
        S::exit(self.0.expect("ends here"))
    }
}

/// Starts a process that waits for ever, or one that puts; tells if it may not.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
struct Starts<B: Backend>(Queue<B, i64>, Option<PipeEnd<B, i64>>);

impl<B: Backend> Task for Starts<B> {
    fn run(self) {
        let Self(queue, end) = self;
        let child = match end {
            Some(end) => Process::<B>::new("inner", Sends(end)),
            None => Process::new("inner", Puts(queue.clone())),
        };
        if child.start() == Err(ProcessError::StartedByDaemon) {
            queue.put(0).expect("the parent is there");
        }
    }
}

/// What the processes run.
pub(super) fn tasks<B: Backend>() -> Vec<Entry> {
    vec![
        entry::<Puts<B>>(),
        entry::<Waits<B>>(),
        entry::<Sends<B>>(),
        entry::<Counts<B, Process<B>>>(),
        entry::<Ends<Process<B>>>(),
        entry::<Starts<B>>(),
    ]
}

/// A process that puts one item into a queue, and the queue.
type Putter<B, K> = (<K as Kind>::On<B>, Queue<B, i64>);

fn putter<B: Backend, K: Kind>() -> Arc<Putter<B, K>> {
    let queue = queue("done");
    Arc::new((K::On::<B>::new(Puts(queue.clone())), queue))
}

fn queue<B: Backend>(name: &'static str) -> Queue<B, i64> {
    Queue::named(name, 0)
}

fn ends<B: Backend>() -> BothEnds<B, i64> {
    Pipe::duplex(1).expect("room for one")
}

fn items<B: Backend>(queue: &Queue<B, i64>) -> usize {
    queue.qsize().expect("it is here")
}

programs! {
    <K: Kind>;

    Joined<B> {
        let shared = putter::<B, K>();
        assert!(shared.0.start(), "refused the first start");
        let join = |(child, done): &Putter<B, K>| {
            assert!(child.join(), "refused to be joined");
            assert_eq!(items(done), 1, "joined before its end");
            assert_eq!(child.exit_code(), Some(0), "ended in another way");
        };
        let other = aside::<B, _, _>(&shared, "other", join);
        join(&shared);
        other.join().unwrap();
    }

    StartedOnce<B> {
        let shared = putter::<B, K>();
        let other = aside::<B, _, _>(&shared, "other", |(child, _)| child.start());
        let mine = shared.0.start();
        assert_ne!(mine, other.join().unwrap(), "started twice, or not at all");
        assert!(shared.0.join(), "refused to be joined");
        assert_eq!(items(&shared.1), 1, "ran twice, or not at all");
    }

    OwnGlobals<B> {
        let (global, told) = (K::On::<B>::global(), queue::<B>("told"));
        let counts = || Counts::<B, K::On<B>> {
            global: global.clone(),
            told: told.clone(),
            subject: PhantomData,
        };
        let child = K::On::<B>::new(counts());
        assert!(child.start(), "refused the first start");
        assert_eq!(K::On::<B>::add_one(&global), 101, "the parent's global is not its own");
        assert!(child.join(), "refused to be joined");
        assert_eq!(told.get(), Ok(102), "the child's global is not its own");
    }

    ExitCodes<B> {
        for (given, code) in [(None, 1), (Some(0), 0), (Some(3), 3)] {
            let child = K::On::<B>::new(Ends::<K::On<B>>(given, PhantomData));
            assert!(child.start(), "refused the first start");
            assert!(child.join(), "refused to be joined");
            assert_eq!(child.exit_code(), Some(code), "ended in another way");
        }
    }

    Timed<B> {
        let shared = putter::<B, K>();
        let (child, done) = &*shared;
        assert!(child.start(), "refused the first start");
        let ended = child.join_timeout();
        if ended {
            assert_eq!(items(done), 1, "joined before its end");
        }
        outcome(if ended { "ended" } else { "gave up" });
        assert!(child.join(), "refused to be joined");
    }

    Refuses<B> {
        let shared = putter::<B, K>();
        let (child, _) = &*shared;
        assert!(!child.join(), "joined before the start");
        assert_eq!(child.exit_code(), None, "ended before the start");
        assert!(child.start(), "refused the first start");
        assert!(child.join(), "refused to be joined");
        assert!(child.join(), "joined only once");
        assert!(!child.start(), "started again");
    }

    Terminated<B> {
        let done = queue::<B>("done");
        let (_mine, theirs) = ends::<B>();
        let child = K::On::<B>::new(Waits(done.clone(), theirs));
        assert!(child.start(), "refused the first start");
        let joining = Arc::new(child.clone());
        let other = aside::<B, _, _>(&joining, "other", |child| child.join());
        child.terminate();
        assert!(other.join().unwrap(), "refused to be joined");
        assert_eq!(child.exit_code(), Some(-15), "ended in another way");
        let left = items(&done);
        assert_eq!(items(&done), left, "went on after its end");
        outcome(left);
    }

    TooLate<B> {
        let child = K::On::<B>::new(Ends::<K::On<B>>(Some(3), PhantomData));
        assert!(child.start(), "refused the first start");
        assert!(child.join(), "refused to be joined");
        child.terminate();
        assert_eq!(child.exit_code(), Some(3), "ended a second time");
    }
}

/// Declares programs of this crate's own processes: no copy knows what they hold and have started.
macro_rules! own {
    ($($name:ident<$backend:ident> $body:block)*) => {$(
        #[derive(Debug)]
        struct $name;

        impl Program for $name {
            fn run<$backend: Backend>(&self) $body
        }
    )*};
}

own! {
    ClosesItsEnds<B> {
        let (mine, theirs) = ends::<B>();
        let child = Process::<B>::new("child", Sends(theirs));
        child.start().expect("nothing forbids it");
        child.terminate().expect("it was started");
        let first = mine.recv();
        outcome(if first.is_ok() { "message" } else { "end of file" });
        if first.is_ok() {
            let end = RecvError::Refused(crate::primitives::RecvError::EndOfFile);
            assert_eq!(mine.recv(), Err(end), "a second message");
        }
        assert!(mine.send(1).is_err(), "sent to nobody");
    }

    WaitsForItsOwn<B> {
        let done = queue::<B>("done");
        let child = Process::<B>::new("child", Starts(done.clone(), None));
        child.start().expect("nothing forbids it");
        child.join().expect("it ends well");
        assert_eq!(items(&done), 1, "ended before what it has started");
    }

    DaemonsStartNothing<B> {
        let told = queue::<B>("told");
        let daemon = Process::<B>::daemon("daemon", Starts(told.clone(), None));
        daemon.start().expect("nothing forbids it");
        daemon.join().expect("it ends well");
        assert_eq!(told.get(), Ok(0), "a daemon started a process");
    }

    EndsWithItsParent<B> {
        let (mine, theirs) = ends::<B>();
        let child = Process::<B>::new("child", Starts(Queue::new(0), Some(theirs)));
        child.start().expect("nothing forbids it");
        child.terminate().expect("it was started");
        // Until the end of file, which comes when nobody has the other end any more.
        while mine.recv().is_ok() {}
    }
}
