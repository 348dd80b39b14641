//! The primitives as objects that take one operation after another, in one thread: the real ones, and a
//! model of each that says what must come out.
//!
//! Answers are texts in Python's terms ("True", "None", the name of an exception), so that CPython's own
//! objects can be asked as well. An operation that would block is not called; its answer is [`BLOCKS`].

mod between;
mod coroutine;
mod managed;
mod models;
mod net;
mod ours;
mod pool_models;
mod pools;
mod process_pools;
mod shared;

use proptest::{prelude::*, sample};
use raceproof_suite::backend::{
    Std,
    net::{Memory, Recorded},
};

/// The answer of an operation that would block.
pub(crate) const BLOCKS: &str = "would block";

/// An operation and its argument.
pub(crate) type Call = (&'static str, i64);

/// An object that answers operations.
pub(crate) type Object = Box<dyn FnMut(Call) -> String>;

/// A primitive with its operations.
#[derive(Clone, Copy)]
pub(crate) struct Subject {
    /// Its name, for the Python side too.
    pub(crate) name: &'static str,
    /// The smallest and the largest number for its constructor: permits, parties, places.
    pub(crate) sizes: (i64, i64),
    pub(crate) operations: &'static [&'static str],
    /// The real primitive, created with such a number.
    pub(crate) ours: fn(i64) -> Object,
    /// The model, created with that number.
    pub(crate) model: fn(i64) -> Object,
}

const QUEUE: &[&str] = &[
    "put",
    "try_put",
    "put_zero",
    "get",
    "try_get",
    "get_zero",
    "qsize",
    "empty",
    "full",
    "task_done",
    "all_done",
    "shutdown",
    "shutdown_now",
];
const SEMAPHORE: &[&str] =
    &["acquire", "try_acquire", "acquire_zero", "release", "release_n", "value"];
const CONDITION: &[&str] =
    &["acquire", "release", "wait_zero", "wait_for_zero", "notify", "notify_all"];
const DICT: &[&str] =
    &["insert", "get", "get_or_insert", "remove", "contains", "len", "items", "clear"];
const LIST: &[&str] =
    &["push", "extend", "insert", "get", "set", "pop", "remove", "len", "to_vec", "clear"];
const PIPE: &[&str] = &["send", "recv", "poll", "close"];
const LOCK: &[&str] = &["acquire", "try_acquire", "acquire_zero", "release", "locked"];
const RLOCK: &[&str] = &[
    "acquire",
    "try_acquire",
    "acquire_zero",
    "release",
    "owned",
    "save_restore",
    "other_try",
    "other_release",
];
const EVENT: &[&str] = &["set", "clear", "is_set", "wait", "wait_zero"];
const BARRIER: &[&str] = &["wait", "wait_zero", "abort", "reset", "parties", "n_waiting", "broken"];
const TIMER: &[&str] = &["start", "cancel", "join", "runs"];
const LOCAL: &[&str] = &["get", "set", "delete", "other_get", "other_set"];
const THREAD: &[&str] = &[
    "start",
    "let_end",
    "is_alive",
    "join",
    "join_zero",
    "has_ident",
    "active_count",
    "name",
    "daemon",
];
const EXECUTOR: &[&str] = &[
    "submit",
    "let_end",
    "cancel",
    "done",
    "running",
    "cancelled",
    "result",
    "result_zero",
    "exception",
    "callback",
    "calls",
    "exception_zero",
    "wait_zero",
    "wait_failure",
    "completed_zero",
    "map_zero",
    "shutdown",
    "shutdown_now",
    "join",
];
const POOL: &[&str] = &[
    "apply_async",
    "let_end",
    "calls",
    "ready",
    "successful",
    "get",
    "get_zero",
    "wait_zero",
    "apply",
    "map",
    "imap",
    "imap_unordered",
    "map_chunked",
    "imap_chunked",
    "imap_unordered_chunked",
    "imap_zero",
    "close",
    "terminate",
    "join",
];
const MANAGED_NAMESPACE: &[&str] = &["set", "get", "delete"];
const MANAGED_ARRAY: &[&str] = &["get", "set", "len", "to_vec"];
const MANAGED_VALUE: &[&str] = &["get", "set"];
const PROCESS_QUEUE: &[&str] = &[
    "put",
    "try_put",
    "put_zero",
    "get",
    "try_get",
    "get_zero",
    "qsize",
    "empty",
    "full",
    "task_done",
];

/// Python's has no release of several.
const PROCESS_SEMAPHORE: &[&str] = &["acquire", "try_acquire", "acquire_zero", "release", "value"];
const PROCESS_RLOCK: &[&str] =
    &["acquire", "try_acquire", "acquire_zero", "release", "owned", "other_try", "other_release"];

/// Python's proxies of these have no more operations.
const MANAGED_LOCK: &[&str] = &["acquire", "try_acquire", "acquire_zero", "release"];
const MANAGED_RLOCK: &[&str] =
    &["acquire", "try_acquire", "acquire_zero", "release", "other_try", "other_release"];
const MANAGED_CONDITION: &[&str] = &["acquire", "release", "wait_zero", "notify", "notify_all"];

const fn subject(
    name: &'static str,
    sizes: (i64, i64),
    operations: &'static [&'static str],
    ours: fn(i64) -> Object,
    model: fn(i64) -> Object,
) -> Subject {
    Subject { name, sizes, operations, ours, model }
}

/// Every primitive.
pub(crate) const SUBJECTS: &[Subject] = &[
    subject("lock", (0, 0), LOCK, ours::lock, models::lock),
    subject("rlock", (0, 0), RLOCK, ours::rlock, models::rlock),
    subject("semaphore", (0, 3), SEMAPHORE, ours::semaphore, models::semaphore),
    subject(
        "bounded_semaphore",
        (0, 3),
        SEMAPHORE,
        ours::bounded_semaphore,
        models::bounded_semaphore,
    ),
    subject("condition", (0, 0), CONDITION, ours::condition, models::condition),
    subject(
        "condition_over_lock",
        (0, 0),
        CONDITION,
        ours::condition_over_lock,
        models::condition_over_lock,
    ),
    subject("event", (0, 0), EVENT, ours::event, models::event),
    subject("barrier", (1, 3), BARRIER, ours::barrier, models::barrier),
    subject("timer", (0, 0), TIMER, ours::timer, models::timer),
    subject("local", (0, 0), LOCAL, ours::local, models::local),
    subject("thread", (0, 0), THREAD, ours::thread, models::thread),
    subject("queue", (0, 3), QUEUE, ours::queue, models::queue),
    subject("lifo_queue", (0, 3), QUEUE, ours::lifo_queue, models::lifo_queue),
    subject("priority_queue", (0, 3), QUEUE, ours::priority_queue, models::priority_queue),
    subject("duplex_pipe", (0, 0), PIPE, ours::duplex_pipe, models::duplex_pipe),
    subject("one_way_pipe", (0, 0), PIPE, ours::one_way_pipe, models::one_way_pipe),
    subject("executor", (0, 0), EXECUTOR, pools::thread_pool, pool_models::thread_pool),
    subject("pool", (0, 0), POOL, pools::pool, pool_models::pool),
    subject("coroutine", (0, 2), coroutine::OPERATIONS, coroutine::ours, coroutine::model),
    subject("tcp", (0, 0), net::OPERATIONS, net::ours::<Recorded<Std>>, net::model),
    subject("network_in_memory", (0, 0), net::OPERATIONS, net::ours::<Memory<Std>>, net::model),
    subject("managed_dict", (0, 0), DICT, shared::dict, shared::dict_model),
    subject("managed_list", (0, 0), LIST, shared::list, shared::list_model),
    subject(
        "managed_namespace",
        (0, 0),
        MANAGED_NAMESPACE,
        shared::namespace,
        shared::namespace_model,
    ),
    subject("managed_array", (0, 3), MANAGED_ARRAY, shared::array, shared::array_model),
    subject("managed_value", (0, 3), MANAGED_VALUE, shared::value, shared::value_model),
    subject("process_queue", (0, 3), PROCESS_QUEUE, shared::process_queue, models::queue),
    subject("process_pool", (0, 0), process_pools::POOL, process_pools::pool, process_pools::model),
    subject(
        "process_executor",
        (0, 0),
        process_pools::EXECUTOR,
        process_pools::executor,
        process_pools::model,
    ),
    subject("process_semaphore", (0, 3), PROCESS_SEMAPHORE, between::semaphore, models::semaphore),
    subject(
        "process_bounded_semaphore",
        (0, 3),
        PROCESS_SEMAPHORE,
        between::bounded_semaphore,
        models::bounded_semaphore,
    ),
    subject("process_rlock", (0, 0), PROCESS_RLOCK, between::rlock, between::rlock_model),
    subject("process_event", (0, 0), EVENT, between::event, models::event),
    subject("process_condition", (0, 0), CONDITION, between::condition, between::condition_model),
    subject("process_barrier", (1, 3), BARRIER, between::barrier, models::barrier),
    subject("managed_lock", (0, 0), MANAGED_LOCK, managed::lock, models::lock),
    subject("managed_rlock", (0, 0), MANAGED_RLOCK, managed::rlock, models::rlock),
    subject("managed_semaphore", (0, 3), MANAGED_LOCK, managed::semaphore, models::semaphore),
    subject(
        "managed_bounded_semaphore",
        (0, 3),
        MANAGED_LOCK,
        managed::bounded_semaphore,
        models::bounded_semaphore,
    ),
    subject("managed_event", (0, 0), EVENT, managed::event, models::event),
    subject("managed_condition", (0, 0), MANAGED_CONDITION, managed::condition, models::condition),
    subject("managed_barrier", (1, 3), BARRIER, managed::barrier, models::barrier),
    subject("managed_queue", (0, 3), PROCESS_QUEUE, managed::queue, models::queue),
];

impl Subject {
    /// Random sizes and operations.
    pub(crate) fn sequences(
        self,
        operations: &'static [&'static str],
    ) -> impl Strategy<Value = (i64, Vec<Call>)> {
        let call = (sample::select(operations), 0..4_i64);
        (self.sizes.0..=self.sizes.1, proptest::collection::vec(call, 0..30))
    }
}

/// A truth value as Python prints it.
fn truth(value: bool) -> String {
    if value { "True".into() } else { "False".into() }
}

/// "None", or the name of the exception.
fn none(result: Result<(), &str>) -> String {
    result.map_or_else(Into::into, |()| "None".into())
}

/// A number, or the name of the exception.
fn number(result: Result<i64, &str>) -> String {
    result.map_or_else(Into::into, |number| number.to_string())
}
