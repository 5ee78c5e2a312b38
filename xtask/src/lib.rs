//! What the tasks share with their tests.
//!
//! `main.rs` dispatches; a task that a test also runs, or that needs more than one file, stands here.

pub mod bench;
pub mod managed;
pub mod sources;
pub mod tidy;
