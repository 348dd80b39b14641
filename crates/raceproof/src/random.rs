//! Numbers that look random, the same for the same seed.

/// The generator SplitMix64 (Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014).
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Random(seed)
    }

    /// The generator of the `nth` of several independent runs.
    pub(crate) fn nth(seed: u64, nth: u64) -> Self {
        // Both are mixed: otherwise the runs of one seed would be those of another, in another order.
        let seed = Random(seed).next();
        Random(Random(seed ^ nth).next())
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`, each with the same probability.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        // The upper half of the product is as even as the bits are.
        ((u128::from(self.next()) * end as u128) >> 64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_comes_up() {
        let mut random = Random::new(1);
        let mut seen = [0; 5];
        (0..1_000).for_each(|_| seen[random.below(5)] += 1);
        assert!(seen.iter().all(|times| (150..250).contains(times)), "{seen:?}");
    }

    #[test]
    fn each_run_has_its_own_numbers() {
        let mut first: Vec<u64> = (0..100).map(|nth| Random::nth(1, nth).next()).collect();
        first.extend((0..100).map(|nth| Random::nth(2, nth).next()));
        first.sort_unstable();
        first.dedup();
        assert_eq!(first.len(), 200);
    }
}
