//! What a step touches, and so which steps depend on each other.
//!
//! Two steps are *dependent* when they belong to one thread, or when they access a common
//! object and at least one of them writes it. "Writing" is meant loosely: taking a lock writes
//! it, a failed `try_lock` only reads it, a notification writes its condition variable, joining
//! or leaving the waiters reads it, because two waiters that come or go in either order leave
//! the same set. Everything the exploration knows about commutation is here.

const NONE: u32 = 0x7fff_fffe;
const ALL: u32 = 0x7fff_fffd;

/// Up to two objects and whether each is written: `object << 1 | written`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Footprint {
    a: u32,
    b: u32,
}

impl Footprint {
    /// Touches nothing, depends on nothing.
    pub(crate) const NOTHING: Footprint = Footprint { a: NONE, b: NONE };

    /// Touches every object: what a yield does that has looked at several, and what stops other
    /// threads.
    pub(crate) const EVERYTHING: Footprint = Footprint { a: ALL, b: ALL };

    pub(crate) const fn read(obj: u32) -> Self {
        Footprint { a: obj << 1, b: NONE }
    }

    pub(crate) const fn write(obj: u32) -> Self {
        Footprint { a: obj << 1 | 1, b: NONE }
    }

    /// Writes `written` and reads `seen`: a wait on a condition variable.
    pub(crate) const fn write_and_read(written: u32, seen: u32) -> Self {
        Footprint { a: written << 1 | 1, b: seen << 1 }
    }

    /// Reads both.
    pub(crate) const fn read_both(one: u32, other: u32) -> Self {
        Footprint { a: one << 1, b: other << 1 }
    }

    /// Writes both.
    pub(crate) const fn write_both(one: u32, other: u32) -> Self {
        Footprint { a: one << 1 | 1, b: other << 1 | 1 }
    }

    /// Do two steps of different threads with these footprints depend on each other?
    #[inline]
    pub(crate) fn conflicts(self, other: Footprint) -> bool {
        let clash = |x: u32, y: u32| (x ^ y) <= 1 && (x | y) & 1 == 1;
        if self.b == NONE && other.b == NONE {
            return clash(self.a, other.a);
        }
        clash(self.a, other.a)
            || clash(self.a, other.b)
            || clash(self.b, other.a)
            || clash(self.b, other.b)
            || ((self.a == ALL || other.a == ALL) && self.a != NONE && other.a != NONE)
    }

    /// The object, if it reads one and touches no other.
    pub(crate) fn read_only(self) -> Option<u32> {
        (self.b == NONE && self.a < ALL && self.a & 1 == 0).then_some(self.a >> 1)
    }

    /// Does it access this object at all?
    #[inline]
    pub(crate) fn touches(self, obj: u32) -> bool {
        self.a >> 1 == obj || self.b >> 1 == obj || self.a == ALL
    }

    /// Does `f` for each object it accesses, with whether it writes that. (An iterator over them
    /// takes longer.)
    #[inline(always)]
    pub(crate) fn each_access(self, mut f: impl FnMut(u32, bool)) {
        for x in [self.a, self.b] {
            if x < ALL {
                f(x >> 1, x & 1 == 1);
            }
        }
    }
}
