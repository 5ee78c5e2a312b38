//! What was said about access to models, and which documents say it.
//!
//! A charter is one YAML file. [`syntax::read`] reads it, [`Model::new`] checks it and puts it on an organisation,
//! [`meaning()`] says of any request what the charter wants, and [`compile()`] writes the statements of the service
//! control policies that hold it.
//!
//! Deliberately absent: files, clock, AWS calls, and proof. Meaning looks at no policy and the compiler at no request;
//! tests compare the two through the evaluator of `iam`.

mod actions;
pub mod bucket;
pub mod compile;
mod complement;
pub mod day;
pub mod diagnostic;
pub mod format;
mod gate;
pub mod guardrail;
pub mod meaning;
pub mod model;
pub mod pack;
mod passage;
pub mod pattern;
pub mod role;
pub mod schema;
pub mod spelled;
pub mod syntax;
pub mod watch;
pub mod yaml;

pub use compile::compile;
pub use day::Day;
pub use diagnostic::{Diagnostic, Level};
pub use meaning::{Verdict, meaning};
pub use model::{Area, Model};
pub use pack::pack;
pub use passage::doors_about;
