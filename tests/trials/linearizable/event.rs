//! Events: whether one is set.

use super::MOMENT;
use raceproof::{linearizable, linearizable::Checked};
use raceproof_suite::{backend::Dpor, primitives::Event};

pub(super) fn event() -> Checked {
    linearizable! { @clients
        object: Event<Dpor> = Event::new();
        spec: bool = false;
        fn wait(&self) { waits: |set| set.then_some(()) }
        // The time limit may pass just before the set.
        fn wait_timeout(&self, limit in [MOMENT]) -> bool { spec: |set| *set }
        fn set(&self) { spec: |set| *set = true }
        fn clear(&self) { spec: |set| *set = false }
        fn is_set(&self) -> bool { spec: |set| *set }
    }
    .check()
}
