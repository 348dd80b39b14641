//! What an operation is, which threads and objects there are, when an operation is enabled,
//! and what it does to them.
//!
//! The kernel knows neither how a thread runs nor which step comes next: it says which steps
//! are enabled, takes the one that it is told to take, and describes it as an [`event`].

mod assumption;
pub(crate) mod clock;
pub(crate) mod datarace;
mod effects;
mod enabled;
pub(crate) mod event;
pub(crate) mod fault;
pub(crate) mod footprint;
pub(crate) mod limits;
mod lives;
pub(crate) mod machine;
mod making;
mod memory;
pub(crate) mod names;
mod noted;
pub(crate) mod object;
pub(crate) mod op;
pub(crate) mod owners;
mod place;
pub(crate) mod polling;
mod repeats;
mod rounds;
pub(crate) mod rwlock;
pub(crate) mod seen;
pub(crate) mod spurious;
pub(crate) mod state;
pub(crate) mod statics;
mod stopping;
pub(crate) mod thread;
pub(crate) mod time;
pub(crate) mod trials;

pub use assumption::Assumption;
pub(crate) use effects::Access;
pub(crate) use event::{Detail, Event};
pub use fault::FailureKind;
pub(crate) use fault::Fault;
pub use fault::Note;
pub(crate) use footprint::Footprint;
pub(crate) use limits::Limits;
pub(crate) use machine::{Act, Machine};
pub use memory::Memory;
pub(crate) use object::{Id, Kind};
pub(crate) use op::{HELD, Op, Pending};
pub use place::Place;
pub use rwlock::RwLockPolicy;
pub(crate) use state::Kernel;
pub(crate) use thread::{Alike, NOBODY, Role, Status};
