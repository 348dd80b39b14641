//! A cache of two words, read without a lock (Boehm, "Can seqlocks get along with programming language memory models?", MSPC
//! 2012). One broken one does not look whether a write came between its two reads; the other lacks the fence behind them.

use raceproof::linearizable;
use raceproof::linearizable::Checked;
use raceproof::sync::atomic::{
    AtomicU8, AtomicU32,
    Ordering::{Acquire, Relaxed, Release},
    fence,
};
use raceproof::thread;

use super::{broken, proved};

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Right,
    LooksOnce,
    NoFence,
}

struct Cache {
    version: AtomicU32,
    words: [AtomicU8; 2],
    kind: Kind,
}

impl Cache {
    fn new(kind: Kind) -> Self {
        let words = ["left", "right"].map(|name| AtomicU8::named(name, 0));
        Cache { version: AtomicU32::named("version", 0), words, kind }
    }

    fn write(&self, value: u8) {
        let version = self.version.load(Relaxed);
        self.version.store(version + 1, Relaxed);
        fence(Release);
        self.words.iter().for_each(|word| word.store(value, Relaxed));
        self.version.store(version + 2, Release);
    }

    fn read(&self) -> [u8; 2] {
        loop {
            let version = self.version.load(Acquire);
            let words = [0, 1].map(|at| self.words[at].load(Relaxed));
            if self.kind != Kind::NoFence {
                fence(Acquire);
            }
            let unchanged = self.version.load(Relaxed) == version;
            if version.is_multiple_of(2) && (unchanged || self.kind == Kind::LooksOnce) {
                return words;
            }
            thread::yield_now();
        }
    }
}

fn check(kind: Kind) -> Checked {
    linearizable! { @clients
        object: Cache = Cache::new(kind);
        spec: u8 = 0;
        sizes: 2 x 1;
        before: 1;
        fn write(&self, value in fresh(1..)) { spec: |word| *word = value, only: writer }
        fn read(&self) -> [u8; 2] { spec: |word| [*word; 2] }
    }
    .check()
}

#[test]
fn right() {
    proved(&check(Kind::Right));
}

#[test]
fn a_torn_read() {
    broken(&check(Kind::LooksOnce), 2, 2);
}

#[test]
fn a_missing_fence() {
    broken(&check(Kind::NoFence), 2, 2);
}
