//! A barrier, and what happens once, on the mirror of std.

use std::sync::Arc;

use raceproof::sync::atomic::{AtomicI64, Ordering::SeqCst};
use raceproof::sync::{Barrier, LazyLock, Once, OnceLock};

use super::gates::LAZY;
use super::held::Held;
use super::language::{ATOMICS, Block, Do};
use super::mirror::Env;
use super::perishable::Perishable;

type Make = Box<dyn FnOnce() -> i64 + Send>;

pub(super) struct Gates {
    barrier: Barrier,
    once: Once,
    cell: OnceLock<i64>,
    lazy: LazyLock<i64, Make>,
}

impl Gates {
    pub(super) fn new(atomics: Arc<[Perishable<AtomicI64>; ATOMICS]>) -> Self {
        let make: Make = Box::new(move || {
            let seen = atomics[0].fetch_add(1, SeqCst);
            if seen == 1 { panic!("p{LAZY}") } else { seen }
        });
        Gates {
            barrier: Barrier::new(2),
            once: Once::new(),
            cell: OnceLock::new(),
            lazy: LazyLock::new(make),
        }
    }
}

impl Env<'_> {
    /// Runs the block of a closure that runs once.
    fn run_once(&self, block: &Block) {
        // A loop around it is left no more than one around any closure.
        let _ = self.run(block, &mut Held::Nothing);
    }

    pub(super) fn meet(&self) {
        let result = self.own.world.gates.barrier.wait();
        self.own.observe(i64::from(result.is_leader()));
    }

    pub(super) fn pass_once(&self, what: &Do) {
        let once = &self.own.world.gates.once;
        let mut ran = false;
        match what {
            Do::CallOnce(block) => once.call_once(|| {
                self.run_once(block);
                ran = true;
            }),
            Do::CallOnceForce(block) => once.call_once_force(|state| {
                self.own.observe(1 + i64::from(state.is_poisoned()));
                self.run_once(block);
                ran = true;
            }),
            _ => ran = once.is_completed(),
        }
        self.own.observe(i64::from(ran));
    }

    pub(super) fn pass_lock(&self, what: &Do) {
        let gates = &self.own.world.gates;
        let seen = match what {
            Do::GetOrInit(block) => *gates.cell.get_or_init(|| {
                self.run_once(block);
                self.own.register.get()
            }),
            Do::SetOnce(value) => i64::from(gates.cell.set(*value).is_ok()),
            Do::GetOnce => gates.cell.get().copied().unwrap_or(-1),
            _ => *LazyLock::force(&gates.lazy),
        };
        self.own.observe(seen);
    }
}
