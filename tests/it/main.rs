//! The program as its users meet it, and the rules of this repository.

#[cfg(all(feature = "cli", feature = "shuttle"))]
mod cli;
#[cfg(feature = "cli")]
mod registry;
mod tidy;
