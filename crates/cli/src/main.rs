//! The binary `postern`: reads the command line, runs one verb, shows what it says, picks the exit code.
//!
//! Anything a browser would need too belongs in `postern`, not here.

mod arguments;
mod eval;
mod exit;

use std::process::ExitCode;

use arguments::{Arguments, Verb};
use clap::Parser;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let outcome = match &arguments.verb {
        Verb::Eval(eval) => eval::run(eval),
    };
    exit::code(outcome)
}
