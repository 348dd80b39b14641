//! The owners of what an [`Arc`](crate::sync::Arc) holds, and its weak references.
//!
//! Most programs cannot tell how many there are. So a change of a count is no step, until an
//! execution shows that it matters; then the exploration begins again, and the [`Arc`s](crate::sync::Arc) made at
//! that place are counted by steps:
//!
//! * **Some thread asks** for a count, by [`Count::asks`]. Then each change is a step. Changes commute
//!   with each other and depend on the questions.
//! * **The last owner's destructor** takes a step, or looks at something that depends on the thread it
//!   runs in. Then it matters which owner is the last. A drop has two alternatives that exclude each other ([`Turn`]):
//!   of one of several, enabled while there are others, and of the last. Drops of the first kind commute; the last
//!   depends on all of them, so each owner comes to be the last once, not once for each order of the
//!   others.
//!
//! **What orders memory.** A drop releases, and the last acquires all of that, as in std. Where which owner
//! is the last is not explored, it acquires it for the destructor alone: afterwards the thread is not
//! ordered after the other owners, since it might not have been the last.
//!
//! **Under a weak memory model** a count decides only what is decided by what happens before, as long as questions and
//! changes are ordered. Where they are not, the exploration begins again, and every change is a read-modify-write of an
//! atomic that is their number, with std's orderings; a question that changes nothing may find an older number. Where
//! that matters nothing commutes, so each order of the drops is explored.

mod count;
mod destructor;
mod matter;
mod turn;

pub(crate) use count::{Count, Counted, LOOKED, seen};
pub(crate) use destructor::Destructor;
pub(crate) use matter::{Insides, Matter};
pub(crate) use turn::{Turn, TurnKind};
