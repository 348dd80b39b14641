//! What a proof takes for granted.

use std::fmt;

/// Something that the executions which were explored take for granted, and that a proof therefore
/// assumes.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
#[non_exhaustive]
pub enum Assumption {
    /// The scheduler is fair to a loop that polls: one which has found nothing this many times in
    /// a row, with no other thread in between, was taken to wait until something that it looks at
    /// changes. How many fruitless rounds it takes until then was taken to decide nothing. Under
    /// [`Memory::Sequential`](crate::Memory::Sequential) that is looked at as far as it shows: no other thread that is in no loop
    /// itself looks at an atomic, or a count of owners, that the rounds change one after the other, and 32 executions at random, in
    /// which loops looked as often as it came, did not fail. What a thread keeps of its rounds for itself or under a lock is not seen.
    FairPolls {
        /// The least number of rounds after which a loop was taken to wait.
        rounds: u32,
    },
    /// Loops that poll, and in doing so change what others of them look at, may let each other go this many times in
    /// a row while other threads can go on; that they may do so more often was taken to decide nothing. The program has
    /// loops that do.
    ShortExchanges {
        /// How many times.
        rounds: u32,
    },
    /// Lengths of time that the program takes as numbers decide nothing. Each execution was run with the
    /// least that were possible and with other ones, and did the same.
    MeasuredTimes,
    /// Where lengths of time that the program takes as numbers decide something, those in between decide
    /// nothing else: each was the least, the most, or the one of a run in which nothing takes longer than
    /// it must. Without an upper bound the most is 1,000 hours.
    ExtremeTimes,
    /// For a loop that polls, looks at the clock, and goes on when time has passed, how often it passes
    /// decides nothing until another thread changes something.
    FewTicks,
    /// The system's clock is not set while the program runs.
    SystemClock,
    /// No wait and no park wakes, no task is polled, and no weak compare-and-swap fails, for no reason. The program has
    /// at least one of these, and [`Explorer::spurious_wakeups`](crate::Explorer::spurious_wakeups) is
    /// off.
    NoSpuriousWakeups,
    /// Whatever wakes or fails for no reason, under
    /// [`Explorer::spurious_wakeups`](crate::Explorer::spurious_wakeups), does so only once in a row: no
    /// operation of a thread on an object does until another one of them has ended for a reason.
    RareSpuriousWakeups,
    /// Objects end when no thread uses them any more. Under [`Memory::C11`](crate::Memory::C11) an end that
    /// comes too early in another interleaving is not looked for.
    EndsAfterUses,
    /// A read of a read-write lock does not wait behind a thread that waits to write, as
    /// [`RwLockPolicy::ReadersPass`](crate::RwLockPolicy::ReadersPass) says.
    ReadersPass,
    /// Threads that were started as [alike](crate::thread::spawn_symmetric) are: nothing but their names tells one from
    /// another, and nobody looks at these.
    AlikeThreads,
    /// A load reads what was stored last, although the program has several atomics and orderings that are
    /// weaker than `SeqCst`.
    SequentialMemory {
        /// What the program does that is not explored yet under Rust's memory model; nothing, if
        /// [`Memory::Sequential`](crate::Memory::Sequential) was asked for.
        unexplored: Option<&'static str>,
    },
    /// No load reads a store that comes after it in a cycle of reads and program order. Rust's memory
    /// model allows it to relaxed accesses in letter.
    NoLoadBuffering,
}

impl fmt::Display for Assumption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Assumption::FairPolls { rounds } => write!(
                f,
                "a loop that polls waits for a change if it finds nothing {rounds} times in a row, \
                 and the number of its fruitless rounds decides nothing"
            ),
            Assumption::ShortExchanges { rounds } => write!(
                f,
                "loops that poll and change what others of them look at let each other go no more than {rounds} \
                 times in a row where others can go on"
            ),
            Assumption::NoSpuriousWakeups => {
                f.write_str("nothing wakes, and no weak exchange fails, for no reason")
            }
            Assumption::RareSpuriousWakeups => f.write_str(
                "no operation of a thread on an object wakes or fails for no reason twice in a row",
            ),
            Assumption::EndsAfterUses => {
                f.write_str("no object ends in one thread while another thread still uses it")
            }
            Assumption::MeasuredTimes => f.write_str(
                "elapsed times that the program takes as numbers decide nothing, as they did when the \
                 executions were run again with others",
            ),
            Assumption::ExtremeTimes => f.write_str(
                "elapsed times that the program takes as numbers decide nothing by lengths between the \
                 least and the most that is possible, or 1,000 hours",
            ),
            Assumption::FewTicks => f.write_str(
                "how often time passes for a loop that polls and goes on when it has passed decides \
                 nothing until another thread changes something",
            ),
            Assumption::SystemClock => {
                f.write_str("the system's clock is not set while the program runs")
            }
            Assumption::ReadersPass => {
                f.write_str("a read of a read-write lock passes a thread that waits to write it")
            }
            Assumption::AlikeThreads => f.write_str(
                "threads that are started as alike differ in nothing but their numbers, which decide nothing",
            ),
            Assumption::SequentialMemory { unexplored } => {
                f.write_str("every load reads what was stored last, whatever its ordering")?;
                unexplored.map_or(Ok(()), |what| {
                    write!(f, " (not explored yet under Rust's memory model: {what})")
                })
            }
            Assumption::NoLoadBuffering => f.write_str(
                "under Rust's memory model, no load reads a store that depends on it or comes after \
                 it in its own thread, by way of other threads (load buffering)",
            ),
        }
    }
}
