//! Failures while a value crosses.

use super::{SECOND, soon};
use raceproof_suite::{
    native::process::{Process, Queue},
    primitives::process::{Entry, GetError, Task, entry},
};
use serde::{Deserialize, Deserializer, Serialize};
use std::{process, thread, time::Duration};

pub(crate) fn entries() -> Vec<Entry> {
    vec![entry::<PutsOdd>(), entry::<PutsLarge>()]
}

/// Can be deserialised only in the process that created it.
#[derive(Clone, Debug, Serialize)]
struct Odd(u32);

impl<'de> Deserialize<'de> for Odd {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let pid = u32::deserialize(deserializer)?;
        assert_eq!(pid, process::id(), "odd");
        Ok(Self(pid))
    }
}

/// Reports the result of putting an odd value, and does so twice.
#[derive(Serialize, Deserialize)]
struct PutsOdd {
    odd: Queue<Odd>,
    told: Queue<String>,
}

impl Task for PutsOdd {
    fn run(self) {
        for _ in 0..2 {
            let error = self.odd.put(Odd(process::id())).unwrap_err();
            self.told.put(error.to_string()).unwrap();
        }
    }
}

pub(crate) fn a_value_whose_code_panics() {
    let (odd, told) = (Queue::new(0), Queue::new(0));
    let child = Process::new("child", PutsOdd { odd: odd.clone(), told: told.clone() });
    child.start().unwrap();
    for _ in 0..2 {
        let error = told.get_timeout(SECOND).unwrap();
        assert!(error.contains("its code panicked") && error.contains("odd"), "{error}");
    }
    assert_eq!(child.join(), Ok(()));
    assert_eq!(odd.qsize(), Ok(0));
    odd.put(Odd(0)).unwrap();
    assert_eq!(odd.get().unwrap().0, 0, "not read, for it is here");
}

/// Puts large items forever.
#[derive(Serialize, Deserialize)]
struct PutsLarge(Queue<Vec<u8>>);

const LARGE: usize = 1 << 24;

impl Task for PutsLarge {
    fn run(self) {
        while self.0.put(vec![7; LARGE]).is_ok() {}
    }
}

pub(crate) fn killed_in_the_middle_of_a_frame() {
    let items = Queue::new(2);
    for n in 0..10 {
        let child = Process::new("child", PutsLarge(items.clone()));
        child.start().unwrap();
        assert_eq!(items.get_timeout(10 * SECOND).unwrap().len(), LARGE);
        thread::sleep(Duration::from_millis(n));
        soon(|| child.kill()).unwrap();
        assert_eq!(child.exit_code(), Some(-9));
        // All of an item or nothing.
        while let Ok(item) = items.try_get() {
            assert!(item.len() == LARGE && item.iter().all(|&byte| byte == 7));
        }
    }
    let left = items.get_timeout(Duration::from_millis(100));
    assert!(matches!(left, Err(GetError::Empty)));
    items.put(vec![1]).unwrap();
    assert_eq!(items.get().unwrap(), [1]);
}
