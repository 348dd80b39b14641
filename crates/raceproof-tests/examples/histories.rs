//! Judges the histories that porcupine publishes, and compares the verdicts with those in its tests.
//!
//! ```sh
//! ci/histories.sh
//! ```
//!
//! It is given the folder `test_data` of <https://github.com/anishathalye/porcupine>.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use raceproof::linearizable::{Done, Model, linearize};

/// The histories of etcd that are linearizable, by the tests of porcupine; 95 has none.
const LINEARIZABLE: [usize; 23] =
    [2, 5, 7, 18, 25, 31, 38, 45, 48, 49, 51, 53, 56, 67, 75, 76, 80, 87, 92, 98, 100, 101, 102];

/// Those of a key-value store; the name says whether it is. Not `c50-bad`: to find no order there takes too long.
const KEY_VALUE: [&str; 5] = ["c01-ok", "c01-bad", "c10-ok", "c10-bad", "c50-ok"];

/// A register that is read, written, and compared and swapped; empty at first.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Register(Option<u32>);

#[derive(Clone, Debug)]
enum Access {
    Read,
    Write(u32),
    Swap(u32, u32),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Accessed {
    Value(Option<u32>),
    Swapped(bool),
    Written,
    /// It timed out, so it may have been done or not, or will be.
    Unknown,
}

impl Model for Register {
    type Call = Access;
    type Answer = Accessed;

    fn step(&self, call: &Access, answer: &Accessed) -> Option<Self> {
        let (right, after) = match call {
            Access::Read => (Accessed::Value(self.0), self.0),
            Access::Write(value) => (Accessed::Written, Some(*value)),
            Access::Swap(from, to) if self.0 == Some(*from) => (Accessed::Swapped(true), Some(*to)),
            Access::Swap(..) => (Accessed::Swapped(false), self.0),
        };
        (*answer == right || *answer == Accessed::Unknown).then_some(Self(after))
    }
}

/// A text to which others are appended.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Text(String);

#[derive(Clone, Debug)]
enum Change {
    Get,
    Put(String),
    Append(String),
}

impl Model for Text {
    type Call = Change;
    /// What was got.
    type Answer = String;

    fn step(&self, call: &Change, answer: &String) -> Option<Self> {
        match call {
            Change::Get => (self.0 == *answer).then(|| self.clone()),
            Change::Put(text) => Some(Self(text.clone())),
            Change::Append(text) => Some(Self(format!("{}{text}", self.0))),
        }
    }
}

/// Operations that are being read from a log.
struct Log<C, A> {
    operations: Vec<Done<C, A>>,
    /// Which operation each process is in.
    open: HashMap<u32, usize>,
    now: usize,
}

impl<C: Debug, A: Clone + Debug> Log<C, A> {
    fn new() -> Self {
        Log { operations: Vec::new(), open: HashMap::new(), now: 0 }
    }

    fn calls(&mut self, process: u32, call: C, unfinished: A) {
        self.open.insert(process, self.operations.len());
        self.operations.push(Done { call, answer: unfinished, called: self.now, returned: 0 });
        self.now += 1;
    }

    fn returns(&mut self, process: u32, answer: A) {
        let operation = self.open.remove(&process).expect("a process returns that has called");
        self.operations[operation].returned = self.now;
        self.operations[operation].answer = answer;
        self.now += 1;
    }

    /// What has not returned may take effect at any time.
    fn ends(mut self) -> Vec<Done<C, A>> {
        for operation in self.operations.iter_mut().filter(|it| it.returned == 0) {
            operation.returned = self.now;
            self.now += 1;
        }
        self.operations
    }
}

/// As in `INFO jepsen.util - 0 :invoke :cas [4 2]`.
fn register(text: &str) -> Vec<Done<Access, Accessed>> {
    let mut log = Log::new();
    for line in text.lines() {
        let words = line.split(|c: char| c.is_whitespace() || "[]".contains(c));
        let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
        let number = |at: usize| words[at].parse::<u32>().expect("a number");
        let ["INFO", "jepsen.util", "-", process, what @ ..] = &words[..] else { continue };
        let Ok(process) = process.parse() else { continue };
        match what {
            [":invoke", ":read", _] => log.calls(process, Access::Read, Accessed::Unknown),
            [":invoke", ":write", _] => {
                log.calls(process, Access::Write(number(6)), Accessed::Unknown);
            }
            [":invoke", ":cas", ..] => {
                log.calls(process, Access::Swap(number(6), number(7)), Accessed::Unknown);
            }
            [":ok", ":read", value] => log.returns(process, Accessed::Value(value.parse().ok())),
            [":ok", ":write", _] => log.returns(process, Accessed::Written),
            [how @ (":ok" | ":fail"), ":cas", _, _] => {
                log.returns(process, Accessed::Swapped(*how == ":ok"));
            }
            [":fail", ":read", ":timed-out"] => log.returns(process, Accessed::Unknown),
            _ => {}
        }
    }
    log.ends()
}

/// As in `{:process 0, :type :invoke, :f :append, :key "0", :value "x 0 0 y"}`: the operations of each key.
fn texts(text: &str) -> Vec<Vec<Done<Change, String>>> {
    let mut keys: BTreeMap<String, Log<Change, String>> = BTreeMap::new();
    for (now, line) in text.lines().enumerate() {
        let quoted: Vec<_> = line.split('"').collect();
        let key = quoted[1].to_owned();
        let value = quoted.get(3).copied().unwrap_or_default().to_owned();
        let process = line.split([' ', ',']).nth(1).expect("a process").parse().expect("a number");
        let log = keys.entry(key).or_insert_with(Log::new);
        log.now = log.now.max(now);
        if line.contains(":type :ok") {
            log.returns(process, value);
        } else if line.contains(":f :get") {
            log.calls(process, Change::Get, String::new());
        } else if line.contains(":f :put") {
            log.calls(process, Change::Put(value), String::new());
        } else {
            log.calls(process, Change::Append(value), String::new());
        }
    }
    keys.into_values().map(Log::ends).collect()
}

/// Judges a history, and adds the time it takes.
fn judge<T>(took: &mut Duration, judge: impl FnOnce() -> T) -> T {
    let begun = Instant::now();
    let verdict = judge();
    *took += begun.elapsed();
    verdict
}

fn main() {
    let folder = std::env::args().nth(1).expect("the folder test_data of porcupine");
    let folder = Path::new(&folder);
    let (mut took, mut operations, mut number) = (Duration::ZERO, 0, 0);
    let mut longest = Duration::ZERO;
    for at in (0..=102).filter(|at| *at != 95) {
        let text = fs::read_to_string(folder.join(format!("jepsen/etcd_{at:03}.log")));
        let history = register(&text.expect("a history"));
        let mut own = Duration::ZERO;
        let found = judge(&mut own, || linearize(&Register(None), &history).is_ok());
        assert_eq!(
            found,
            LINEARIZABLE.contains(&at),
            "etcd_{at:03} is judged otherwise by porcupine"
        );
        (took, operations, number) = (took + own, operations + history.len(), number + 1);
        longest = longest.max(own);
    }
    println!(
        "etcd: {number} histories, {operations} operations, as porcupine judges them: {took:.1?}, the longest {longest:.1?}"
    );
    for name in KEY_VALUE {
        let text = fs::read_to_string(folder.join(format!("kv/{name}.txt")));
        let keys = texts(&text.expect("a history"));
        let operations: usize = keys.iter().map(Vec::len).sum();
        let mut took = Duration::ZERO;
        let explained = |history: &Vec<_>| linearize(&Text(String::new()), history).is_ok();
        let found = judge(&mut took, || keys.iter().all(explained));
        assert_eq!(found, name.ends_with("ok"), "{name} is judged otherwise by porcupine");
        println!("kv {name}: {operations} operations of {} keys: {took:.1?}", keys.len());
    }
}
