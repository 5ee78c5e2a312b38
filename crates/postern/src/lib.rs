//! The verbs: one function each, from domain values to results that a terminal, a browser or a program shows.
//!
//! Deliberately absent: argv, HTTP, terminals and the decisions themselves, which are `iam`'s.

pub mod changes;
pub mod check;
pub mod compare;
pub mod demo;
pub mod diff;
pub mod doors;
mod enforced;
pub mod envelope;
pub mod eval;
pub mod input;
pub mod oracle;
mod parallel;
pub mod place;
pub mod plan;
pub mod policies;
pub mod prove;
pub mod question;
pub mod reach;
pub mod render;
pub mod snapshot;
pub mod stack;
pub mod who;
