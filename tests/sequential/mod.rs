//! The primitives as objects that take one operation after another, in one thread: ours, and a model of
//! each that says what must come out.
//!
//! Answers are texts in Python's words ("True", "None", the name of an exception), so that CPython's own
//! objects can be asked as well. An operation that would block is not called; its answer is [`BLOCKS`].

mod coroutine;
mod models;
mod net;
mod ours;
mod pool_models;
mod pools;
mod shared;

use proptest::{prelude::*, sample};
use raceproof::backend::{
    Std,
    net::{Memory, Tcp},
};

/// The answer of an operation that would block.
pub(crate) const BLOCKS: &str = "would block";

/// An operation and its argument.
pub(crate) type Call = (&'static str, i64);

/// Something that answers operations.
pub(crate) type Object = Box<dyn FnMut(Call) -> String>;

/// A primitive with its operations.
#[derive(Clone, Copy)]
pub(crate) struct Subject {
    /// Its name, for the Python side too.
    pub(crate) name: &'static str,
    /// The smallest and the largest number it may be made with: permits, parties, places.
    pub(crate) sizes: (i64, i64),
    pub(crate) operations: &'static [&'static str],
    /// Ours, made with such a number.
    pub(crate) ours: fn(i64) -> Object,
    /// The model, made with that number.
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

/// Every primitive.
pub(crate) const SUBJECTS: &[Subject] = &[
    Subject {
        name: "lock",
        sizes: (0, 0),
        operations: &["acquire", "try_acquire", "acquire_zero", "release", "locked"],
        ours: ours::lock,
        model: models::lock,
    },
    Subject {
        name: "rlock",
        sizes: (0, 0),
        operations: &[
            "acquire",
            "try_acquire",
            "acquire_zero",
            "release",
            "owned",
            "save_restore",
            "other_try",
            "other_release",
        ],
        ours: ours::rlock,
        model: models::rlock,
    },
    Subject {
        name: "semaphore",
        sizes: (0, 3),
        operations: SEMAPHORE,
        ours: ours::semaphore,
        model: models::semaphore,
    },
    Subject {
        name: "bounded_semaphore",
        sizes: (0, 3),
        operations: SEMAPHORE,
        ours: ours::bounded_semaphore,
        model: models::bounded_semaphore,
    },
    Subject {
        name: "condition",
        sizes: (0, 0),
        operations: CONDITION,
        ours: ours::condition,
        model: models::condition,
    },
    Subject {
        name: "condition_over_lock",
        sizes: (0, 0),
        operations: CONDITION,
        ours: ours::condition_over_lock,
        model: models::condition_over_lock,
    },
    Subject {
        name: "event",
        sizes: (0, 0),
        operations: &["set", "clear", "is_set", "wait", "wait_zero"],
        ours: ours::event,
        model: models::event,
    },
    Subject {
        name: "barrier",
        sizes: (1, 3),
        operations: &["wait", "wait_zero", "abort", "reset", "parties", "n_waiting", "broken"],
        ours: ours::barrier,
        model: models::barrier,
    },
    Subject {
        name: "timer",
        sizes: (0, 0),
        operations: &["start", "cancel", "join", "runs"],
        ours: ours::timer,
        model: models::timer,
    },
    Subject {
        name: "local",
        sizes: (0, 0),
        operations: &["get", "set", "delete", "other_get", "other_set"],
        ours: ours::local,
        model: models::local,
    },
    Subject {
        name: "thread",
        sizes: (0, 0),
        operations: &[
            "start",
            "let_end",
            "is_alive",
            "join",
            "join_zero",
            "has_ident",
            "active_count",
            "name",
            "daemon",
        ],
        ours: ours::thread,
        model: models::thread,
    },
    Subject {
        name: "queue",
        sizes: (0, 3),
        operations: QUEUE,
        ours: ours::queue,
        model: models::queue,
    },
    Subject {
        name: "lifo_queue",
        sizes: (0, 3),
        operations: QUEUE,
        ours: ours::lifo_queue,
        model: models::lifo_queue,
    },
    Subject {
        name: "priority_queue",
        sizes: (0, 3),
        operations: QUEUE,
        ours: ours::priority_queue,
        model: models::priority_queue,
    },
    Subject {
        name: "duplex_pipe",
        sizes: (0, 0),
        operations: PIPE,
        ours: ours::duplex_pipe,
        model: models::duplex_pipe,
    },
    Subject {
        name: "one_way_pipe",
        sizes: (0, 0),
        operations: PIPE,
        ours: ours::one_way_pipe,
        model: models::one_way_pipe,
    },
    Subject {
        name: "executor",
        sizes: (0, 0),
        operations: &[
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
            "wait_zero",
            "shutdown",
            "shutdown_now",
            "join",
        ],
        ours: pools::thread_pool,
        model: pool_models::thread_pool,
    },
    Subject {
        name: "pool",
        sizes: (0, 0),
        operations: &[
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
            "close",
            "terminate",
            "join",
        ],
        ours: pools::pool,
        model: pool_models::pool,
    },
    Subject {
        name: "coroutine",
        sizes: (0, 2),
        operations: coroutine::OPERATIONS,
        ours: coroutine::ours,
        model: coroutine::model,
    },
    Subject {
        name: "tcp",
        sizes: (0, 0),
        operations: net::OPERATIONS,
        ours: net::ours::<Tcp>,
        model: net::model,
    },
    Subject {
        name: "network_in_memory",
        sizes: (0, 0),
        operations: net::OPERATIONS,
        ours: net::ours::<Memory<Std>>,
        model: net::model,
    },
    Subject {
        name: "managed_dict",
        sizes: (0, 0),
        operations: DICT,
        ours: shared::dict,
        model: shared::dict_model,
    },
    Subject {
        name: "managed_list",
        sizes: (0, 0),
        operations: LIST,
        ours: shared::list,
        model: shared::list_model,
    },
    Subject {
        name: "managed_namespace",
        sizes: (0, 0),
        operations: &["set", "get", "delete"],
        ours: shared::namespace,
        model: shared::namespace_model,
    },
    Subject {
        name: "managed_array",
        sizes: (0, 3),
        operations: &["get", "set", "len", "to_vec"],
        ours: shared::array,
        model: shared::array_model,
    },
    Subject {
        name: "managed_value",
        sizes: (0, 3),
        operations: &["get", "set"],
        ours: shared::value,
        model: shared::value_model,
    },
    Subject {
        name: "process_queue",
        sizes: (0, 3),
        operations: &[
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
        ],
        ours: shared::process_queue,
        model: models::queue,
    },
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
