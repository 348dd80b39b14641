//! Which lengths of time are possible between two moments.
//!
//! A zone is a set of bounds: this moment is at least so long after that one. It is *possible* if no
//! circle of bounds comes back to its first moment with time to spare. The greatest lower bound between
//! two moments is then the longest path from the one to the other, and every length from there to the
//! least upper bound is possible. (Alur and Dill, "A Theory of Timed Automata", 1994; Dill, "Timing
//! Assumptions and Verification of Finite-State Concurrent Systems", 1989.)

/// Nanoseconds.
pub(super) type Nanos = i128;

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
    pub(super) fn restrict(&mut self, a: u32, b: u32, range: Range, by: u32) {
        if let Some(least) = range.least {
            self.bound(b, a, least, Some(by));
        }
        if let Some(most) = range.most {
            self.bound(a, b, -most, Some(by));
        }
    }

    /// How long `a` may be after `b`, by the bounds that `counts` accepts of those that comparisons
    /// found.
    pub(super) fn range(&self, a: u32, b: u32, counts: &dyn Fn(u32) -> bool) -> Range {
        if a == b {
            return Range { least: Some(0), most: Some(0) };
        }
        let least = self.longest(b, counts)[a as usize];
        let most = self.longest(a, counts)[b as usize].map(|apart| -apart);
        Range { least, most }
    }

    /// When each moment is if it is as early as possible, by the bounds that `counts` accepts.
    pub(super) fn earliest(&self, counts: &dyn Fn(u32) -> bool) -> Vec<Nanos> {
        let times = self.longest(0, counts);
        times.into_iter().map(|time| time.expect("the beginning is first")).collect()
    }

    /// The longest path from a moment to each. A moment is mostly bounded by those before it, so few
    /// passes in the order of the moments find all.
    fn longest(&self, from: u32, counts: &dyn Fn(u32) -> bool) -> Vec<Option<Nanos>> {
        let mut far = vec![None; self.from.len()];
        far[from as usize] = Some(0);
        loop {
            let mut longer = false;
            for (earlier, bounds) in self.from.iter().enumerate() {
                let Some(time) = far[earlier] else { continue };
                for Bound { later, apart, by } in bounds {
                    let to = &mut far[*later as usize];
                    if to.is_none_or(|known| known < time + apart) && by.is_none_or(counts) {
                        *to = Some(time + apart);
                        longer |= (*later as usize) < earlier;
                    }
                }
            }
            if !longer {
                return far;
            }
        }
    }
}
