//! Each thread that can go on, with the same probability.

use super::Draw;
use crate::kernel::Kernel;
use crate::random::Random;

pub(super) struct Uniform;

impl Draw for Uniform {
    fn begin(&mut self, _: &mut Random) {}

    fn thread(&mut self, _: &Kernel, ready: &[u16], random: &mut Random) -> u16 {
        ready[random.below(ready.len())]
    }
}
