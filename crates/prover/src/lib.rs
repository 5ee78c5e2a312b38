//! Whether something is so for every request, and a request for which it is not.
//!
//! Deliberately absent: the syntax of charters, calls of AWS, and any verdict that the evaluator of `iam` has not
//! confirmed on a concrete request.

pub mod case;
pub mod change;
pub mod difference;
pub mod domain;
mod encode;
pub mod formula;
pub mod key;
pub mod language;
pub mod question;
pub mod resource;
pub mod search;
pub mod space;
pub mod who;
