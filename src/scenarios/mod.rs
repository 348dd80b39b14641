//! The catalogue of lessons, one file each. This list is the registry: a new scenario is its file
//! and a line here.

use crate::program::Scenario;

/// Declares the files and lists their scenarios.
macro_rules! registry {
    ($($file:ident),* $(,)?) => {
        $(pub mod $file;)*

        /// Every scenario, in the order of the catalogue.
        pub static ALL: &[&Scenario] = &[$(&$file::SCENARIO),*];
    };
}

registry! {
    counter,
    withdraw,
    forgotten_release,
    transfer,
}

/// The scenario of this name.
#[must_use]
pub fn find(id: &str) -> Option<&'static Scenario> {
    ALL.iter().copied().find(|scenario| scenario.id == id)
}
