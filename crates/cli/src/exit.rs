//! Exit codes: 0 fine, 1 findings or refuted, 2 bad input, 3 the tool failed, 4 unknown.

use std::io::{self, Write as _};
use std::process::ExitCode;

use postern::input::Complaint;

/// How a verb ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    Fine,
    /// The answer is no, or there are findings.
    Findings,
    /// Something of what was given cannot be read; the rest is answered.
    Unreadable,
    /// A yes or no was asked and is not known.
    Unknown,
}

/// Why a verb could not be run.
#[derive(Debug)]
pub enum Failure {
    /// The user's input, in words for them.
    Input(String),
    /// Reading or writing failed.
    Io(String),
}

/// The exit code of an outcome; what went wrong goes to standard error.
pub fn code(outcome: Result<Ended, Failure>) -> ExitCode {
    match outcome {
        Ok(Ended::Fine) => ExitCode::SUCCESS,
        Ok(Ended::Findings) => ExitCode::from(1),
        Ok(Ended::Unreadable) => ExitCode::from(2),
        Ok(Ended::Unknown) => ExitCode::from(4),
        Err(Failure::Input(message)) => complain(&message, 2),
        Err(Failure::Io(message)) => complain(&message, 3),
    }
}

fn complain(message: &str, code: u8) -> ExitCode {
    // Nothing can be done when standard error itself is gone.
    let _ = writeln!(anstream::stderr(), "error: {message}");
    ExitCode::from(code)
}

/// Everything that is wrong with the input, one complaint after another.
pub fn complained(complaints: Vec<Complaint>) -> Failure {
    let texts: Vec<String> = complaints.iter().map(ToString::to_string).collect();
    Failure::Input(texts.join("\n"))
}

/// Writing failed; a reader that went away early is not a failure.
pub fn written(result: io::Result<()>) -> Result<(), Failure> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => std::process::exit(0),
        other => other.map_err(|error| Failure::Io(format!("cannot write the output: {error}"))),
    }
}
