//! Tasks of this workspace that are not part of the product: `cargo xtask TASK`.
//!
//! Only dispatches; every task is a file of its own.

use std::process::ExitCode;

mod reference;
mod rules;
mod schema;

use mimalloc::MiMalloc;
use xtask::{bench, managed, sources, tidy};

/// That of the program, which is measured here.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let task = arguments.next();
    let rest: Vec<String> = arguments.collect();
    let result = match task.as_deref() {
        Some("bench") => bench::run(&rest),
        Some("managed") => managed::run(&rest),
        Some("reference") => reference::run(&rest),
        Some("rules") => rules::run(&rest),
        Some("schema") => schema::run(&rest),
        Some("sources") => sources::run(&rest),
        Some("tidy") => tidy::run(&rest),
        Some(other) => Err(format!("there is no task `{other}`; {TASKS}")),
        None => Err(TASKS.to_owned()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

const TASKS: &str =
    "the tasks are: bench, managed, reference [--latest | --check], rules, schema, sources, tidy";
