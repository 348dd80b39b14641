//! Pools whose processes share one memory, under a checker.

use super::*;
use crate::{
    backend::{Dpor, execution::Execution},
    dpor::{Explorer, Sampling},
    primitives::process::{current_process, tests::modelled},
};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Square(i64);

impl Work for Square {
    type Output = i64;

    fn run(self) -> i64 {
        self.0 * self.0
    }
}

/// Tells which process does it.
#[derive(Serialize, Deserialize)]
struct Who;

impl Work for Who {
    type Output = String;

    fn run(self) -> String {
        current_process::<Dpor>().name
    }
}

/// Two tasks and two processes have too many interleavings for a proof.
#[test]
fn a_process_is_worn_out() {
    let sampled = Explorer::new().regressions(false).sample(Sampling::Pos, 300);
    let worn_out = || {
        let workers = Workers::<Dpor, _>::new(1).name("clerk").tasks_per_process(1);
        let pool = workers.pool().unwrap();
        let names = pool.imap([Who, Who]).unwrap();
        assert!(names.eq(["clerk_0", "clerk_1"].map(|name| Ok(name.to_owned()))));
        assert!(format!("{pool:?}").starts_with("Pool("));
        pool.close();
        pool.join().unwrap();
    };
    sampled.model(|| Execution::default().enter::<Dpor>(worn_out));
}

#[test]
fn a_dropped_pool_ends_its_processes() {
    modelled(|| {
        let pool = ProcessPool::<Dpor, Square>::new(1).unwrap();
        assert!(format!("{pool:?}").starts_with("ProcessPool("));
        drop(pool);
        assert!(crate::primitives::process::active_children::<Dpor>().is_empty());
    });
}
