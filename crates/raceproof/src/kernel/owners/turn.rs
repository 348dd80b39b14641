//! Steps of counts, as alternatives.

use crate::kernel::polling::PASSED;

/// The alternative by which a step changes a count or asks for one: which kind of step it is, and how many
/// operations on counts that are no steps its thread has done since its last one that was. A
/// schedule says by that which ones are steps.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Turn {
    pub(crate) kind: TurnKind,
    pub(crate) free: u16,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum TurnKind {
    /// No drop, or one of an owner where it does not matter which one is the last.
    #[default]
    Plain,
    /// Drops an owner that is not the last, where that matters.
    OneOf,
    /// Drops the last owner, where that matters.
    Last,
}

impl Turn {
    /// The first of the numbers that stand for one. (A choice has fewer alternatives.)
    pub(crate) const FIRST: u16 = 0xc000;
    const KINDS: u16 = 3;
    /// How many alternatives a step has under a weak memory model, as far as they are told: see [`seen`](super::seen).
    const FOUND: u16 = 64;
    const MOST_WEAKLY: u16 = (PASSED - Turn::FIRST) / Turn::FOUND - 1;
    /// The most free operations that are told.
    const MOST: u16 = (PASSED - Turn::FIRST) / Turn::KINDS - 1;

    pub(crate) fn number(self) -> u16 {
        Turn::FIRST + Turn::KINDS * self.free.min(Turn::MOST) + self.kind as u16
    }

    /// Under a weak memory model: the number of a step that has this alternative, with as many free operations before it.
    pub(crate) fn weakly(free: u16, alternative: u16) -> u16 {
        let (free, alternative) = (free.min(Turn::MOST_WEAKLY), alternative.min(Turn::FOUND - 1));
        Turn::FIRST + Turn::FOUND * free + alternative
    }

    /// The free operations and the alternative that such a number stands for.
    pub(crate) fn of_weakly(number: u16) -> Option<(u16, u16)> {
        let number = number.checked_sub(Turn::FIRST)?;
        let free = number / Turn::FOUND;
        (free <= Turn::MOST_WEAKLY).then_some((free, number % Turn::FOUND))
    }

    #[inline]
    pub(crate) fn of(number: u16) -> Option<Self> {
        let number = number.checked_sub(Turn::FIRST)?;
        let kind = match number % Turn::KINDS {
            0 => TurnKind::Plain,
            1 => TurnKind::OneOf,
            _ => TurnKind::Last,
        };
        let free = number / Turn::KINDS;
        (free <= Turn::MOST).then_some(Turn { kind, free })
    }
}
