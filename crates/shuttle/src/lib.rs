#![doc = include_str!("../README.md")]

mod check;
mod config;
pub mod current;
pub mod future;
pub mod hint;
pub mod lazy_static;
pub mod rand;
pub mod scheduler;
mod search;
pub mod sync;
pub mod thread;

pub use check::{
    check, check_dfs, check_pct, check_random, check_random_with_seed,
    check_uncontrolled_nondeterminism, check_urw, replay, replay_from_file,
};
pub use config::{Config, FailurePersistence, MaxSteps};
pub use raceproof::thread_local;
pub use search::{PortfolioRunner, Runner};
