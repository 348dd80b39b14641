//! A variant's program at many sizes, and at which of them its claim holds.

use super::{AnyProgram, Variant};
use crate::backend::Engine;

/// The sizes at which a variant is checked, as [`sizes!`](crate::sizes) writes them.
#[derive(Clone, Copy, Debug)]
pub struct Sweep {
    /// Makes them, smaller ones first.
    pub sizes: fn() -> Vec<Size>,
    /// Each field with its values, as written.
    pub ranges: &'static str,
    /// At which of them the variant's claim is true, if not at all of them. At the others it is false: what
    /// fails elsewhere holds there, and what holds elsewhere fails.
    pub only_if: Option<&'static str>,
}

/// One size of a program.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// The program.
    pub program: &'static dyn AnyProgram,
    /// Whether the variant's claim is true at this size.
    pub claimed: bool,
}

impl Variant {
    /// Its claim is true at these sizes.
    #[must_use]
    pub const fn swept(mut self, sweep: Sweep) -> Self {
        self.sweep = Some(sweep);
        self
    }

    /// The same variant with this program on dpor and on c11. It lives as long as the process, as every variant does.
    #[must_use]
    pub fn at(&self, program: &'static dyn AnyProgram) -> &'static Self {
        let sizes =
            Box::leak(Box::new([Engine::Dpor, Engine::C11].map(|engine| (engine, program))));
        Box::leak(Box::new(Self { sizes, ..*self }))
    }

    /// The same variant with that of its programs on `engine` whose `Debug` form is `program`.
    pub(crate) fn told(&'static self, engine: Engine, program: &str) -> Option<&'static Self> {
        let is_it = |other: &&'static dyn AnyProgram| format!("{other:?}") == program;
        if is_it(&self.program_for(engine)) {
            return Some(self);
        }
        let sizes = (self.sweep?.sizes)();
        Some(self.at(sizes.into_iter().map(|size| size.program).find(is_it)?))
    }
}

/// The [`Sweep`] of a program over every combination of its fields' values. A later field may depend on an
/// earlier one; `if` says at which sizes the variant's claim is true.
///
/// ```
/// use raceproof_suite::{backend::Backend, program::{Program, Variant}, sizes};
///
/// #[derive(Debug)]
/// struct Count { threads: usize, rounds: usize }
/// # impl Program for Count {
/// #     fn run<B: Backend>(&self) {}
/// # }
///
/// static COUNT: Variant = Variant::new("unlocked", &Count { threads: 2, rounds: 1 }, "…")
///     .deadlocks("…")
///     .swept(sizes!(Count { threads: 1..=3, rounds: [1, 5] } if threads > 1));
///
/// let sweep = COUNT.sweep.unwrap();
/// let sizes = (sweep.sizes)();
/// assert_eq!(format!("{:?}", sizes[3].program), "Count { threads: 2, rounds: 5 }");
/// assert_eq!(sizes.iter().filter(|size| size.claimed).count(), 4);
/// assert_eq!(sweep.only_if, Some("threads > 1"));
/// ```
#[macro_export]
macro_rules! sizes {
    ($program:ident { $($field:ident: $values:expr),+ $(,)? } $(if $claimed:expr)?) => {
        $crate::program::Sweep {
            sizes: || {
                let mut all = Vec::new();
                $crate::sizes!(
                    @each all, $program [$($field)+] [$(&& $claimed)?] $($field: $values,)+
                );
                all
            },
            ranges: concat!($(stringify!($field), " ", stringify!($values), "\n"),+),
            only_if: {
                #[allow(unused_mut, unused_assignments)]
                let mut only_if = None;
                $(only_if = Some(stringify!($claimed));)?
                only_if
            },
        }
    };
    (@each $all:ident, $program:ident $fields:tt $claimed:tt $field:ident: $values:expr, $($rest:tt)*) => {
        for $field in $values {
            $crate::sizes!(@each $all, $program $fields $claimed $($rest)*);
        }
    };
    (@each $all:ident, $program:ident [$($field:ident)+] [$($claimed:tt)*]) => {
        $all.push($crate::program::Size {
            program: Box::leak(Box::new($program { $($field),+ })),
            claimed: true $($claimed)*,
        })
    };
}
