//! The promises of a process: it is started once and joined after its end, has its own globals, and no
//! thread waits for one that was terminated.

mod subject;
mod tasks;

pub use subject::{Hundred, Kind, Real, Subject};
pub(super) use tasks::tasks;

use super::{Of, aside};
use crate::{
    backend::{
        Arc, Backend,
        Capability::{Kill, Timeouts},
        Engine,
        execution::outcome,
    },
    primitives::process::Queue,
    program::{Claim, FailureKind, Group, Scenario, Variant},
};
use std::marker::PhantomData;
use tasks::{Counts, Ends, Puts, Sends, Starts, Waits};

/// The contracts of [`Process`](crate::primitives::process::Process) and
/// [`ProcessGlobal`](crate::primitives::process::ProcessGlobal).
pub static SCENARIO: Scenario = scenario::<Real>("process");

/// The contracts of processes of kind `K`.
#[must_use]
pub const fn scenario<K: Kind>(id: &'static str) -> Scenario {
    let lesson =
        "Started once, joined after the end, with its own globals, and gone when terminated";
    let source = include_str!("process.rs");
    Scenario { id, group: Group::Contracts, lesson, source, variants: Contracts::<K>::ALL }
}

struct Contracts<K>(Of<K>);

impl<K: Kind> Contracts<K> {
    const ALL: &'static [Variant] = &[
        Variant::new(
            "joined-after-the-end",
            &Joined::<K>(Of::THIS),
            "Both threads that join it see its results, and how it ended.",
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
        )
        .imagined_by(
            Engine::C11,
            Claim::fails(FailureKind::DataRace, "data race on hundred"),
            "the table of a process's globals is no part of the program, so it sees nothing order the \
             making of a global in one thread before its use in another",
        ),
        Variant::new(
            "exit-codes",
            &ExitCodes::<K>(Of::THIS),
            "A panic ends the process and nothing else; an exit code is the one that was given.",
        ),
        Variant::new("timed", &Timed::<K>(Of::THIS), "A timed join has seen the end or gives up.")
            .needs(&[Timeouts])
            .outcomes(&["ended", "gave up"]),
        Variant::new(
            "refuses",
            &Refuses::<K>(Of::THIS),
            "A process that was not started cannot be joined, and one that has ended cannot be \
             started.",
        ),
        Variant::new(
            "terminated",
            &Terminated::<K>(Of::THIS),
            "Wherever it is, it takes no further step, and threads that join it are woken.",
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
            &ClosesItsEnds::<K>(Of::THIS),
            "The other end of a terminated process's pipe sees its end, whatever was under way.",
        )
        .needs(&[Kill])
        .outcomes(&["end of file", "message"]),
        Variant::new(
            "waits-for-its-own",
            &WaitsForItsOwn::<K>(Of::THIS),
            "A process has ended only when the processes that it started have.",
        ),
        Variant::new(
            "daemons-start-nothing",
            &DaemonsStartNothing::<K>(Of::THIS),
            "A daemon that starts a process is refused, and goes on.",
        ),
        Variant::new(
            "ends-with-its-parent",
            &EndsWithItsParent::<K>(Of::THIS),
            "The processes that a terminated process has started are terminated as well.",
        )
        .needs(&[Kill]),
    ];
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
        let (_mine, theirs) = K::On::<B>::ends();
        let child = K::On::<B>::new(Waits::<B, K::On<B>>(theirs, done.clone()));
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
    ClosesItsEnds<B> {
        let (mine, theirs) = K::On::<B>::ends();
        let child = K::On::<B>::new(Sends::<K::On<B>>(theirs));
        assert!(child.start(), "refused the first start");
        child.terminate();
        let first = K::On::<B>::recv(&mine);
        outcome(if first.is_some() { "message" } else { "end of file" });
        if first.is_some() {
            assert_eq!(K::On::<B>::recv(&mine), None, "a second message");
        }
        assert!(!K::On::<B>::send(&mine), "sent to no process");
    }

    WaitsForItsOwn<B> {
        let done = queue::<B>("done");
        let child = K::On::<B>::new(Starts::<B, K::On<B>>(None, done.clone()));
        assert!(child.start(), "refused the first start");
        assert!(child.join(), "refused to be joined");
        assert_eq!(items(&done), 1, "ended before what it has started");
    }

    DaemonsStartNothing<B> {
        let told = queue::<B>("told");
        let daemon = K::On::<B>::daemon(Starts::<B, K::On<B>>(None, told.clone()));
        assert!(daemon.start(), "refused the first start");
        assert!(daemon.join(), "refused to be joined");
        assert_eq!(told.get(), Ok(0), "a daemon started a process");
    }

    EndsWithItsParent<B> {
        let (mine, theirs) = K::On::<B>::ends();
        let child = K::On::<B>::new(Starts::<B, K::On<B>>(Some(theirs), Queue::new(0)));
        assert!(child.start(), "refused the first start");
        child.terminate();
        // Until the end of file, which comes when no process has the other end any more.
        while K::On::<B>::recv(&mine).is_some() {}
    }
}
