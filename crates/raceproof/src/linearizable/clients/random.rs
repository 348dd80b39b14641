//! Clients that are picked at random, the same for the same seed.

use super::client::{Call, Client, Size, Space};

/// In so many executions a client that was picked is explored, unless the user says otherwise.
pub(super) const EXECUTIONS: u64 = 20_000;

/// How often a client is picked anew that is not allowed.
const TRIES: usize = 1_000;

/// Numbers at random: the generator SplitMix64 (Steele, Lea and Flood 2014).
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Random(seed)
    }

    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        // The upper half of the product is as even as the bits are.
        ((u128::from(mixed ^ (mixed >> 31)) * end as u128) >> 64) as usize
    }

    fn calls(&mut self, space: &Space, number: usize) -> Vec<Call> {
        let calls = space.calls();
        (0..number).map(|_| calls[self.below(calls.len())].clone()).collect()
    }

    fn client(&mut self, space: &Space, (threads, length): Size, before: usize) -> Client {
        let number = self.below(before + 1);
        let before = self.calls(space, number);
        let mut thread = || {
            let number = 1 + self.below(length);
            self.calls(space, number)
        };
        let threads = (0..threads).map(|_| thread()).collect();
        Client { before, threads, after: Vec::new() }
    }

    /// So many clients of this size; fewer if hardly any is allowed.
    pub(super) fn clients(
        &mut self,
        space: &Space,
        number: usize,
        size: Size,
        before: usize,
    ) -> Vec<Client> {
        if space.calls().is_empty() || size.1 == 0 {
            return Vec::new();
        }
        let allowed = |random: &mut Self| {
            let mut tries = (0..TRIES).map(|_| random.client(space, size, before));
            tries.find(|client| space.is_allowed(client)).map(|client| space.whole(&client))
        };
        (0..number).map_while(|_| allowed(self)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::operation::Rules;
    use super::*;

    #[test]
    fn the_same_seed_picks_the_same_clients() {
        let rules = vec![Rules { once: true, ..Rules::default() }, Rules::default()];
        let space = Space::new(rules, &[vec![], vec![]], vec![(2, 2)], 0, false).unwrap();
        let clients = |seed| Random::new(seed).clients(&space, 20, (3, 3), 1);
        assert_eq!(clients(7), clients(7));
        assert_ne!(clients(7), clients(8));
        assert!(
            clients(7).iter().all(|client| client.threads.len() == 3 && space.is_allowed(client))
        );
    }

    #[test]
    fn every_number_comes_up() {
        let mut random = Random::new(1);
        let mut seen = [0; 5];
        (0..1_000).for_each(|_| seen[random.below(5)] += 1);
        assert!(seen.iter().all(|times| (150..250).contains(times)), "{seen:?}");
    }
}
