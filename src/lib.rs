#![doc = include_str!("../README.md")]

pub mod backend;
pub mod check;
pub mod primitives;
pub mod program;
pub mod scenarios;
