//! The mirror of std: what its types do, in every interleaving.

mod atomics;
mod bounds;
mod channels;
mod locks;
mod once;
mod spinning;
mod threads;
mod waits;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use raceproof::sync::atomic::{AtomicBool, AtomicPtr, AtomicU8, AtomicUsize, Ordering::SeqCst};
use raceproof::sync::mpsc::{self, RecvTimeoutError, TryRecvError, TrySendError};
use raceproof::sync::{Barrier, Condvar, LazyLock, Mutex, Once, OnceLock, RwLock};
use raceproof::{Exploration, Explorer, FailureKind, Outcome, hint, outcome, thread};

const SOON: Duration = Duration::from_millis(10);

fn proved(explorer: &Explorer, model: impl Fn()) -> Exploration {
    let result = explorer.check(model);
    if let Outcome::Failed(failure) = &result.outcome {
        panic!("{failure}");
    }
    assert!(matches!(result.outcome, Outcome::Proved), "{:?}", result.outcome);
    assert_eq!(result.redundant, 0);
    result
}

fn prove(model: impl Fn()) -> Exploration {
    proved(&Explorer::new(), model)
}

fn outcomes(model: impl Fn()) -> Vec<String> {
    prove(model).outcomes.into_keys().collect()
}
