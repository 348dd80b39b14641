//! A small crate that was written for std, on std and on the mirror: what differs is what `world` is.

use std::time::Duration;

use raceproof::{Explorer, Outcome};

mod on_std {
    mod world {
        /// Statics as they are.
        macro_rules! statics {
            ($($item:item)*) => { $($item)* };
        }
        pub(super) use statics;
        pub(super) use std::{cell, sync, thread, thread_local, time};
    }
    include!("workshop.rs");
}

mod on_the_mirror {
    mod world {
        pub(super) use raceproof::{cell, statics, sync, thread, thread_local, time};
    }
    include!("workshop.rs");
}

/// What each of them says, as it is compiled here.
macro_rules! each {
    ($($test:ident),* $(,)?) => {
        $(
            #[test]
            fn $test() {
                on_std::$test();
                // Outside of a model, the mirror is std's.
                on_the_mirror::$test();
                proved(stringify!($test), on_the_mirror::$test);
            }
        )*
    };
}

each! {
    a_pool_runs_every_job,
    a_pool_outlives_a_job_that_panics,
    a_cache_makes_each_value_once,
    a_cache_forgets_what_nobody_has,
    a_pipeline_keeps_the_order,
    a_pipeline_stops_early,
    a_latch_opens_once,
    numbers_are_given_once,
    a_broadcast_reaches_all,
    a_debounced_call_comes_once,
}

fn proved(name: &str, test: fn()) {
    let found = Explorer::new().time_limit(Duration::from_secs(120)).check(test);
    assert!(matches!(found.outcome, Outcome::Proved), "{name}: {:?}", found.outcome);
    println!("{name}: {} executions", found.executions);
}

/// A job that is lost is found.
#[test]
fn a_mistake_is_found() {
    let failure = Explorer::new().expect_failure("deadlock", || {
        let latch = on_the_mirror::Latch::new();
        on_the_mirror::open_without_telling(&latch);
    });
    assert!(failure.message.contains("waits"), "{failure}");
}
