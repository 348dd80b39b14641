//! The mirror of std: what its types do, in every interleaving.

#[path = "dpor_std/atomics.rs"]
mod atomics;
#[path = "dpor_std/bounds.rs"]
mod bounds;
#[path = "dpor_std/channels.rs"]
mod channels;
#[path = "dpor_std/locks.rs"]
mod locks;
#[path = "dpor_std/once.rs"]
mod once;
#[path = "dpor_std/spinning.rs"]
mod spinning;
#[path = "dpor_std/threads.rs"]
mod threads;
#[path = "dpor_std/waits.rs"]
mod waits;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use raceproof::dpor::sync::atomic::{
    AtomicBool, AtomicPtr, AtomicU8, AtomicUsize, Ordering::SeqCst,
};
use raceproof::dpor::sync::mpsc::{self, RecvTimeoutError, TryRecvError, TrySendError};
use raceproof::dpor::sync::{Barrier, Condvar, LazyLock, Mutex, Once, OnceLock, RwLock};
use raceproof::dpor::{self, Exploration, Explorer, FailureKind, Outcome, hint, outcome, thread};

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
