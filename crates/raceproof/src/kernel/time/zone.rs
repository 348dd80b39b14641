//! Which lengths of time are possible between two moments.
//!
//! A zone is a set of bounds: this moment is at least so long after that one. It is *possible* if no
//! circle of bounds comes back to its first moment with time to spare. The greatest lower bound between
//! two moments is then the longest path from the one to the other, and every length from there to the
//! least upper bound is possible. (Alur and Dill, "A Theory of Timed Automata", 1994; Dill, "Timing
//! Assumptions and Verification of Finite-State Concurrent Systems", 1989.)

use std::cell::Cell;

/// Nanoseconds.
pub(super) type Nanos = i128;

/// No path leads to a moment.
const NEVER: Nanos = Nanos::MIN;

/// A moment is at least so long after another.
struct Bound {
    later: u32,
    apart: Nanos,
    /// The moment of the comparison that found it; none: it always holds.
    by: Option<u32>,
}

/// Moments, by their numbers, and the bounds between them.
#[derive(Default)]
pub(super) struct Zone {
    /// The bounds from each moment.
    from: Vec<Vec<Bound>>,
    /// Room for the longest paths, which are looked for often.
    room: Cell<Vec<Nanos>>,
}

/// The lengths that are possible: those from `least` to `most`, where these are given.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Range {
    pub(super) least: Option<Nanos>,
    pub(super) most: Option<Nanos>,
}

impl Range {
    /// Those of both ranges; none if there are none.
    pub(super) fn and(self, other: Range) -> Option<Range> {
        let least = self.least.into_iter().chain(other.least).max();
        let most = self.most.into_iter().chain(other.most).min();
        let empty = least.zip(most).is_some_and(|(least, most)| least > most);
        (!empty).then_some(Range { least, most })
    }

    pub(super) fn has(self, length: Nanos) -> bool {
        self.least.is_none_or(|least| least <= length)
            && self.most.is_none_or(|most| length <= most)
    }
}

impl Zone {
    pub(super) fn clear(&mut self) {
        self.from.clear();
    }

    pub(super) fn len(&self) -> usize {
        self.from.len()
    }

    /// Adds a moment, which nothing bounds.
    pub(super) fn add(&mut self) -> u32 {
        self.from.push(Vec::new());
        self.from.len() as u32 - 1
    }

    /// Has `later` be at least `apart` after `earlier`.
    pub(super) fn bound(&mut self, earlier: u32, later: u32, apart: Nanos, by: Option<u32>) {
        self.from[earlier as usize].push(Bound { later, apart, by });
    }

    /// Has the time from `b` to `a` be in this range, as the comparison at moment `by` found.
    pub(super) fn restrict(&mut self, a: u32, b: u32, range: Range, by: Option<u32>) {
        if let Some(least) = range.least {
            self.bound(b, a, least, by);
        }
        if let Some(most) = range.most {
            self.bound(a, b, -most, by);
        }
    }

    /// How long `a` may be after `b`, by the bounds that `counts` accepts of those that comparisons
    /// found.
    pub(super) fn range(&self, a: u32, b: u32, counts: &dyn Fn(u32) -> bool) -> Range {
        if a == b {
            return Range { least: Some(0), most: Some(0) };
        }
        let time =
            |times: &[Nanos], to: u32| Some(times[to as usize]).filter(|time| *time != NEVER);
        let least = self.longest(b, counts, |times| time(times, a));
        let most = self.longest(a, counts, |times| time(times, b)).map(|apart| -apart);
        Range { least, most }
    }

    /// When each moment is if it is as early as possible, by the bounds that `counts` accepts, of which `wanted` takes what it
    /// wants.
    pub(super) fn earliest<R>(
        &self,
        counts: &dyn Fn(u32) -> bool,
        wanted: impl FnOnce(&[Nanos]) -> R,
    ) -> R {
        self.longest(0, counts, wanted)
    }

    /// The longest path from a moment to each, or [`NEVER`]. A moment is mostly bounded by those before it, so few
    /// passes in the order of the moments find all.
    fn longest<R>(
        &self,
        from: u32,
        counts: &dyn Fn(u32) -> bool,
        wanted: impl FnOnce(&[Nanos]) -> R,
    ) -> R {
        let mut far = self.room.take();
        far.clear();
        far.resize(self.from.len(), NEVER);
        far[from as usize] = 0;
        let mut begin = from as usize;
        while begin < self.from.len() {
            let mut again = self.from.len();
            for (earlier, bounds) in self.from.iter().enumerate().skip(begin) {
                let time = far[earlier];
                if time == NEVER {
                    continue;
                }
                for Bound { later, apart, by } in bounds {
                    let to = &mut far[*later as usize];
                    if *to < time + apart && by.is_none_or(counts) {
                        *to = time + apart;
                        if (*later as usize) < earlier {
                            again = again.min(*later as usize);
                        }
                    }
                }
            }
            begin = again;
        }
        let result = wanted(&far);
        self.room.set(far);
        result
    }
}
