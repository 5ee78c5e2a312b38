//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// Find every door to an AI model on AWS, and say who may open it.
#[derive(Debug, Parser)]
#[command(name = "postern", version, arg_required_else_help = true)]
pub struct Arguments {
    #[command(subcommand)]
    pub verb: Verb,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Verb {
    Eval(EvalArguments),
}

/// Answer cases in JSON Lines, one answer a line
#[derive(Debug, Args)]
pub struct EvalArguments {
    /// File of cases, one a line; `-` is standard input
    #[arg(default_value = "-")]
    pub file: PathBuf,
}
