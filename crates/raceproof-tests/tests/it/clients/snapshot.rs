//! A snapshot of two registers (Afek, Attiya, Dolev, Gafni, Merritt and Shavit, "Atomic snapshots of shared memory", JACM 1993):
//! it collects until it finds the same twice. The broken one collects once.

use raceproof::linearizable;
use raceproof::linearizable::Checked;
use raceproof::sync::atomic::{AtomicU8, Ordering::SeqCst};

use super::{broken, proved};

struct Snapshot {
    registers: [AtomicU8; 2],
    twice: bool,
}

impl Snapshot {
    fn new(twice: bool) -> Self {
        Snapshot { registers: ["left", "right"].map(|name| AtomicU8::named(name, 0)), twice }
    }

    fn update(&self, at: usize, value: u8) {
        self.registers[at].store(value, SeqCst);
    }

    fn collect(&self) -> [u8; 2] {
        [0, 1].map(|at| self.registers[at].load(SeqCst))
    }

    fn scan(&self) -> [u8; 2] {
        let mut seen = self.collect();
        if !self.twice {
            return seen;
        }
        loop {
            let again = self.collect();
            if again == seen {
                return seen;
            }
            seen = again;
        }
    }
}

// Values are fresh, so that a register never has the same value twice.
fn check(twice: bool) -> Checked {
    linearizable! { @clients
        object: Snapshot = Snapshot::new(twice);
        spec: [u8; 2] = [0, 0];
        fn update(&self, at in [0, 1], value in fresh(1..)) { spec: |registers| registers[at] = value }
        fn scan(&self) -> [u8; 2] { spec: |registers| *registers }
    }
    .check()
}

#[test]
fn right() {
    proved(&check(true));
}

#[test]
fn without_a_double_collect() {
    broken(&check(false), 3, 2);
}
