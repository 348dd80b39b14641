//! A progress display sets an alarm for the moment at which it is to be removed. It does so under
//! its own lock, and the alarm takes note of it under a lock of its own. When the time has come, the
//! alarm's thread calls back, and the display takes its lock to remove itself.
//!
//! The alarm called back with its lock held. So one thread takes the lock of the display and then
//! that of the alarm, the other takes them the other way round, and each waits for the other (a
//! debugger, LLVM PR #86888; database servers and robots have had it, too: arangodb PR #11774,
//! `rmw_fastrtps` PR #286). Neither file shows two locks: the order is in who calls whom.
//!
//! To call a function that one does not know is to take every lock that it takes. Decide under the
//! lock what is to be called, and call it without.

use super::sharing;
use crate::{
    backend::{Arc, Backend, Mutex},
    program::{Group, Program, Scenario, Variant},
};

/// The lesson.
pub static SCENARIO: Scenario = Scenario {
    id: "callback-under-lock",
    group: Group::Trackers,
    lesson: "Call back without a lock: you do not know which locks the other takes",
    source: include_str!("callback_under_lock.rs"),
    variants: &[
        Variant::new(
            "calls-with-the-lock",
            &CallsWithTheLock,
            "The display waits for the alarm's lock, and the alarm's callback for the display's.",
        )
        .deadlocks("`alarm` waits for display, held by `main`"),
        Variant::new(
            "calls-without-it",
            &CallsWithoutIt,
            "The alarm gives its lock back before it calls.",
        ),
    ],
};

/// A display that is shown or not, and how many of its alarms are set.
struct Progress<B: Backend> {
    display: Mutex<B, bool>,
    alarms: Mutex<B, usize>,
}

impl<B: Backend> Progress<B> {
    /// The time of every alarm has come.
    fn ring(&self, with_the_lock: bool) {
        let mut alarms = self.alarms.lock();
        let due = std::mem::take(&mut *alarms);
        let _held = with_the_lock.then_some(alarms);
        for _ in 0..due {
            *self.display.lock() = false;
        }
    }

    /// An alarm rings while the display sets another.
    fn run(with_the_lock: bool) {
        let (display, alarms) = (Mutex::named("display", true), Mutex::named("alarms", 1));
        let progress = Arc::new(Self { display, alarms });
        let ring = sharing(&progress, move |progress: &Self| progress.ring(with_the_lock));
        let alarm = B::spawn("alarm", ring);
        let shown = progress.display.lock();
        *progress.alarms.lock() += 1;
        drop(shown);
        alarm.join().expect("no panic");
    }
}

#[derive(Debug)]
struct CallsWithTheLock;

impl Program for CallsWithTheLock {
    fn run<B: Backend>(&self) {
        Progress::<B>::run(true);
    }
}

#[derive(Debug)]
struct CallsWithoutIt;

impl Program for CallsWithoutIt {
    fn run<B: Backend>(&self) {
        Progress::<B>::run(false);
    }
}
