//! Clients that are picked at random, the same for the same seed.

use super::client::{Call, Client, Size, Space};
use crate::random::Random;

/// In so many executions a client that was picked is explored, unless the user says otherwise.
pub(super) const EXECUTIONS: u64 = 20_000;

/// How often a client is picked anew that is not allowed.
const TRIES: usize = 1_000;

/// Clients at random.
pub(super) struct Picked(Random);

impl Picked {
    pub(super) fn new(seed: u64) -> Self {
        Picked(Random::new(seed))
    }

    fn calls(&mut self, space: &Space, number: usize) -> Vec<Call> {
        let calls = space.calls();
        (0..number).map(|_| calls[self.0.below(calls.len())].clone()).collect()
    }

    fn client(&mut self, space: &Space, (threads, length): Size, before: usize) -> Client {
        let number = self.0.below(before + 1);
        let before = self.calls(space, number);
        let mut thread = || {
            let number = 1 + self.0.below(length);
            self.calls(space, number)
        };
        let threads = (0..threads).map(|_| thread()).collect();
        Client { before, threads, after: Vec::new() }
    }

    /// So many clients of this size; fewer if hardly any is allowed.
    pub(super) fn some(
        &mut self,
        space: &Space,
        number: usize,
        size: Size,
        before: usize,
    ) -> Vec<Client> {
        if space.calls().is_empty() || size.1 == 0 {
            return Vec::new();
        }
        let allowed = |picked: &mut Self| {
            let mut tries = (0..TRIES).map(|_| picked.client(space, size, before));
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
        let clients = |seed| Picked::new(seed).some(&space, 20, (3, 3), 1);
        assert_eq!(clients(7), clients(7));
        assert_ne!(clients(7), clients(8));
        assert!(
            clients(7).iter().all(|client| client.threads.len() == 3 && space.is_allowed(client))
        );
    }
}
