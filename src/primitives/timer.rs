//! An action that runs once, after a delay, unless it is cancelled first.

use super::thread::run_to_the_end;
use crate::backend::{Arc, Backend, Condvar, JoinHandle, Mutex, Panicked};
use std::{borrow::Cow, fmt, time::Duration};

/// Runs an action after a delay, in its own thread.
///
/// Like Python's `threading.Timer`, but it is not itself a thread, [`cancel`](Self::cancel) returns
/// whether it came in time, and a timer that was cancelled before its start can still be started,
/// without effect. std has no equivalent. Dropping a timer does not stop it. Under a model checker its
/// time may come at any moment after the start, or never, where timed waits never time out: it needs
/// [`Capability::Timeouts`](crate::backend::Capability::Timeouts).
///
/// ```
/// use raceproof_suite::{backend::Std, primitives::Timer};
/// use std::time::Duration;
///
/// let timer = Timer::<Std>::new(Duration::from_secs(3600), || panic!("too late"));
/// timer.start()?;
/// assert!(timer.start().is_err());
/// assert!(timer.cancel());
/// timer.join()?;
/// # Ok::<(), raceproof_suite::primitives::TimerError>(())
/// ```
pub struct Timer<B: Backend> {
    interval: Duration,
    shared: Arc<Shared<B>>,
}

/// The name of a timer's thread.
const THREAD: &str = "timer";

/// The state that the timer's thread and the timer's handles share.
struct Shared<B: Backend> {
    state: Mutex<B, State<B>>,
    /// The stage has changed.
    changed: Condvar<B>,
}

struct State<B: Backend> {
    stage: Stage,
    started: bool,
    /// The action; `None` once it runs, or never will.
    action: Option<Box<dyn FnOnce() + Send>>,
    /// `None` before the start and once the thread is joined.
    handle: Option<JoinHandle<B, ()>>,
    /// The message of the action's panic.
    panic: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// The time has not come.
    Pending,
    /// The action has begun.
    Running,
    /// The action has ended.
    Ended,
    /// The action will never run.
    Cancelled,
}

/// Why a [`Timer`] refuses a call, or how its action ended.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TimerError {
    /// The timer was started before.
    #[error("a timer can be started only once")]
    StartedTwice,
    /// The timer cannot be joined, because it has not been started.
    #[error("a timer cannot be joined before it is started")]
    NotStarted,
    /// The action panicked.
    #[error(transparent)]
    Panicked(#[from] Panicked),
}

impl<B: Backend> Timer<B> {
    /// A timer that runs `action` once `interval` has passed since its start.
    ///
    /// ```
    /// # use raceproof_suite::native::Timer;
    /// # use std::{sync::mpsc, time::Duration};
    /// let (send, receive) = mpsc::channel();
    /// let timer = Timer::new(Duration::from_millis(1), move || send.send("now").unwrap());
    /// timer.start()?;
    /// assert_eq!(receive.recv(), Ok("now"));
    /// # Ok::<(), raceproof_suite::primitives::TimerError>(())
    /// ```
    #[track_caller]
    pub fn new(interval: Duration, action: impl FnOnce() + Send + 'static) -> Self {
        Self::named("timer", interval, action)
    }

    /// Like [`new`](Self::new); traces call the timer `name`.
    ///
    /// ```
    /// # use raceproof_suite::native::Timer;
    /// # use std::time::Duration;
    /// let timer = Timer::named("session ends", Duration::ZERO, || ());
    /// timer.start()?;
    /// timer.join()?;
    /// # Ok::<(), raceproof_suite::primitives::TimerError>(())
    /// ```
    #[track_caller]
    pub fn named(
        name: impl Into<Cow<'static, str>>,
        interval: Duration,
        action: impl FnOnce() + Send + 'static,
    ) -> Self {
        let name = name.into();
        let state = State {
            stage: Stage::Pending,
            started: false,
            action: Some(Box::new(action)),
            handle: None,
            panic: None,
        };
        let shared = Shared {
            changed: Condvar::named(format!("{name} changed")),
            state: Mutex::named(name, state),
        };
        Self { interval, shared: Arc::new(shared) }
    }

    /// Starts the delay. Never blocks for long.
    ///
    /// # Errors
    ///
    /// [`TimerError::StartedTwice`] if it was started before.
    ///
    /// ```
    /// # use raceproof_suite::{native::Timer, primitives::TimerError};
    /// # use std::time::Duration;
    /// let timer = Timer::new(Duration::ZERO, || ());
    /// assert_eq!(timer.start(), Ok(()));
    /// assert_eq!(timer.start(), Err(TimerError::StartedTwice));
    /// ```
    #[track_caller]
    pub fn start(&self) -> Result<(), TimerError> {
        let mut state = self.shared.state.lock();
        if std::mem::replace(&mut state.started, true) {
            return Err(TimerError::StartedTwice);
        }
        if state.stage == Stage::Pending {
            let (shared, interval) = (Arc::clone(&self.shared), self.interval);
            state.handle = Some(B::spawn(THREAD, move || shared.run(interval)));
        }
        Ok(())
    }

    /// Prevents the action, if it is not too late. Returns `true` if the action has not run and
    /// never will; `false` if it has begun or ended, or if the timer was cancelled before. Never
    /// blocks for long, and does not wait for an action that has begun.
    ///
    /// ```
    /// # use raceproof_suite::native::Timer;
    /// # use std::time::Duration;
    /// let timer = Timer::new(Duration::from_secs(3600), || unreachable!("cancelled in time"));
    /// timer.start()?;
    /// assert!(timer.cancel());
    /// assert!(!timer.cancel(), "it was cancelled before");
    /// # Ok::<(), raceproof_suite::primitives::TimerError>(())
    /// ```
    #[track_caller]
    pub fn cancel(&self) -> bool {
        let mut state = self.shared.state.lock();
        if state.stage != Stage::Pending {
            return false;
        }
        state.stage = Stage::Cancelled;
        let action = state.action.take();
        drop(state);
        self.shared.changed.notify_all();
        // Last and outside the mutex, because values that the action owns may have destructors.
        drop(action);
        true
    }

    /// Blocks until the action has ended, or will never run. Any number of threads may join.
    ///
    /// # Errors
    ///
    /// [`TimerError::Panicked`] if the action panicked; [`TimerError::NotStarted`], at once, if the
    /// timer was not started.
    ///
    /// ```
    /// # use raceproof_suite::{native::Timer, primitives::TimerError};
    /// # use std::time::Duration;
    /// let timer = Timer::new(Duration::ZERO, || panic!("out of paper"));
    /// assert_eq!(timer.join(), Err(TimerError::NotStarted));
    /// timer.start()?;
    /// let error = timer.join().unwrap_err();
    /// assert_eq!(error.to_string(), "thread `timer` panicked: out of paper");
    /// # Ok::<(), TimerError>(())
    /// ```
    #[track_caller]
    pub fn join(&self) -> Result<(), TimerError> {
        let state = self.shared.state.lock();
        if !state.started {
            return Err(TimerError::NotStarted);
        }
        let unsettled =
            |state: &mut State<B>| matches!(state.stage, Stage::Pending | Stage::Running);
        let mut state = self.shared.changed.wait_while(state, unsettled);
        let (handle, panic) = (state.handle.take(), state.panic.clone());
        drop(state);
        if let Some(handle) = handle {
            handle.join()?;
        }
        match panic {
            None => Ok(()),
            Some(message) => Err(Panicked { thread: THREAD.into(), message }.into()),
        }
    }

    /// Whether it has been started and its action may still run.
    ///
    /// ```
    /// # use raceproof_suite::native::Timer;
    /// # use std::time::Duration;
    /// let timer = Timer::new(Duration::from_secs(3600), || ());
    /// assert!(!timer.is_pending());
    /// timer.start()?;
    /// assert!(timer.is_pending());
    /// timer.cancel();
    /// assert!(!timer.is_pending());
    /// # Ok::<(), raceproof_suite::primitives::TimerError>(())
    /// ```
    #[track_caller]
    pub fn is_pending(&self) -> bool {
        let state = self.shared.state.lock();
        state.started && state.stage == Stage::Pending
    }
}

impl<B: Backend> Shared<B> {
    /// Waits for the delay or a cancel, and runs the action unless it was cancelled.
    fn run(&self, interval: Duration) {
        let pending = |state: &mut State<B>| state.stage == Stage::Pending;
        let (mut state, _) = self.changed.wait_timeout_while(self.state.lock(), interval, pending);
        // One step under the mutex decides whether the action runs, here or in `cancel`.
        if state.stage == Stage::Pending {
            state.stage = Stage::Running;
            let action = state.action.take().expect("kept while it may run");
            drop(state);
            run_to_the_end::<B>(action, |panic| {
                let mut state = self.state.lock();
                state.stage = Stage::Ended;
                state.panic = panic;
                drop(state);
                self.changed.notify_all();
            });
        }
    }
}

impl<B: Backend> fmt::Debug for Timer<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Timer").field(&self.interval).field(&self.shared.state).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::{AtomicUsize, Std};
    use std::sync::atomic::Ordering::SeqCst;

    fn counting(interval: Duration) -> (Timer<Std>, Arc<AtomicUsize<Std>>) {
        let count = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&count);
        let action = move || {
            counted.fetch_add(1, SeqCst);
        };
        (Timer::new(interval, action), count)
    }

    #[test]
    fn an_action_runs_once() {
        let (timer, count) = counting(Duration::ZERO);
        assert_eq!(timer.join(), Err(TimerError::NotStarted));
        assert!(!timer.is_pending());
        assert_eq!(timer.start(), Ok(()));
        assert_eq!(timer.join(), Ok(()));
        assert_eq!(count.load(SeqCst), 1);
        assert!(!timer.cancel());
        assert_eq!(timer.start(), Err(TimerError::StartedTwice));
    }

    #[test]
    fn a_cancelled_action_never_runs() {
        let (timer, count) = counting(Duration::from_secs(3600));
        assert_eq!(timer.start(), Ok(()));
        assert!(timer.is_pending());
        assert_eq!([timer.cancel(), timer.cancel()], [true, false]);
        assert_eq!([timer.join(), timer.join()], [Ok(()), Ok(())]);
        assert_eq!(count.load(SeqCst), 0);
    }

    #[test]
    fn cancelled_before_the_start() {
        let (timer, count) = counting(Duration::ZERO);
        assert!(timer.cancel());
        assert_eq!([timer.start(), timer.join()], [Ok(()), Ok(())]);
        assert_eq!(count.load(SeqCst), 0);
    }

    #[test]
    fn a_panic_of_the_action_comes_back() {
        let timer = Timer::<Std>::new(Duration::ZERO, || panic!("no"));
        timer.start().unwrap();
        for _ in 0..2 {
            assert!(matches!(timer.join(), Err(TimerError::Panicked(_))));
        }
    }
}
