//! Random numbers, as the crate rand of version 0.8.
//!
//! All threads draw from one generator, as in shuttle, each number by a step of its own, which orders nothing else
//! of the two threads. A test sees one sequence of numbers only, that of the seed 0 unless it [names
//! another](crate::check_random_with_seed): what depends on which numbers come is not explored. `raceproof::choose`
//! explores each choice.

use std::cell::Cell;
use std::sync::atomic::AtomicU64 as Real;
use std::sync::atomic::Ordering::Relaxed;

use raceproof::sync::atomic::AtomicU64;

pub use rand::{Rng, RngCore};

raceproof::statics! {
    /// How many numbers were drawn.
    static DRAWN: AtomicU64 = AtomicU64::named("random numbers", 0);
    /// Where they begin.
    static SEED: Real = Real::new(0);
}

std::thread_local! {
    /// Whether a test has drawn numbers. All threads of a test are on one thread of the system.
    static HAVE_DRAWN: Cell<bool> = const { Cell::new(false) };
}

/// Whether the test that was run last has drawn numbers.
pub(crate) fn have_drawn() -> bool {
    HAVE_DRAWN.take()
}

/// The test, whose random numbers begin with the seed.
pub(crate) fn seeded<F: Fn()>(seed: u64, f: F) -> impl Fn() {
    move || {
        if seed != 0 {
            SEED.store(seed, Relaxed);
        }
        f();
    }
}

/// Generators.
pub mod rngs {
    use super::{DRAWN, HAVE_DRAWN, Relaxed, RngCore, SEED};
    use rand::{CryptoRng, Error};

    /// The generator that all threads share.
    #[derive(Clone, Default, Debug)]
    pub struct ThreadRng {
        pub(super) _private: (),
    }

    impl RngCore for ThreadRng {
        fn next_u32(&mut self) -> u32 {
            self.next_u64() as u32
        }

        fn next_u64(&mut self) -> u64 {
            HAVE_DRAWN.set(true);
            // Relaxed: a number orders nothing of what its threads do besides.
            raceproof::random_number(SEED.load(Relaxed), DRAWN.fetch_add(1, Relaxed))
        }

        fn fill_bytes(&mut self, bytes: &mut [u8]) {
            for chunk in bytes.chunks_mut(8) {
                chunk.copy_from_slice(&self.next_u64().to_le_bytes()[..chunk.len()]);
            }
        }

        fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Error> {
            self.fill_bytes(bytes);
            Ok(())
        }
    }

    impl CryptoRng for ThreadRng {}
}

/// The generator.
///
/// ```
/// use shuttle::rand::{Rng, thread_rng};
///
/// shuttle::check_dfs(|| assert!(thread_rng().gen_range(0..10) < 10), None);
/// ```
pub fn thread_rng() -> rngs::ThreadRng {
    rngs::ThreadRng { _private: () }
}
