//! The peer: fetched by npm when the benchmark runs, kept out of the repository, run beside ours.
//!
//! Its licence is the AGPL; nothing of it is copied or linked. What it runs is `bench/peer.mjs`.

use std::fmt;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde::Deserialize;
use serde_json::Value;

use super::workload::Workload;

/// The peer and its version.
pub const PACKAGE: &str = "@cloud-copilot/iam-simulate@0.1.173";

/// How the peer takes its documents.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Validated before, as its own library offers for repeated use.
    ValidatedOnce,
    /// Validated in every call, as its README shows.
    ValidatedEachTime,
}

/// A decision, and the statements that determine it as `layer/level/policy/statement`, sorted.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct Given {
    pub decision: String,
    #[serde(default)]
    pub determining: Vec<String>,
}

impl fmt::Display for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} by {:?}", self.decision, self.determining)
    }
}

/// The peer's process, ready to answer.
pub struct Peer {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    folder: PathBuf,
    requests: PathBuf,
    one_request: PathBuf,
}

/// Fetches the peer into a folder.
pub fn fetch(folder: &Path) -> Result<(), String> {
    let complain = |error: std::io::Error| format!("{}: {error}", folder.display());
    fs::create_dir_all(folder).map_err(complain)?;
    fs::write(folder.join("package.json"), "{\"private\":true}\n").map_err(complain)?;
    super::quiet(
        Command::new("npm")
            .args(["install", "--no-audit", "--no-fund", "--no-save", PACKAGE])
            .current_dir(folder),
    )
}

impl Peer {
    /// Fetches the peer and hands it the requests.
    pub fn start(folder: &Path, workload: &Workload) -> Result<Self, String> {
        let complain = |error: std::io::Error| format!("{}: {error}", folder.display());
        fetch(folder)?;
        let lines = |requests: &[Value]| -> String {
            let all = std::iter::once(&workload.documents).chain(requests);
            all.map(|line| format!("{line}\n")).collect()
        };
        let (requests, one_request) = (folder.join("requests.jsonl"), folder.join("request.jsonl"));
        fs::write(&requests, lines(&workload.asked)).map_err(complain)?;
        fs::write(&one_request, lines(&workload.asked[..1])).map_err(complain)?;
        let mut child = program(folder, &requests).spawn().map_err(|error| format!("node: {error}"))?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err("node: no pipes".to_owned());
        };
        Ok(Self {
            child,
            input,
            output: BufReader::new(output),
            folder: folder.to_owned(),
            requests,
            one_request,
        })
    }

    /// Its answers to all requests.
    pub fn answers(&mut self) -> Result<Vec<Given>, String> {
        let lines = self.command("answers")?;
        lines
            .iter()
            .map(|line| {
                let given: Given = serde_json::from_value(line.clone()).map_err(|error| error.to_string())?;
                if given.decision == "error" { Err(format!("the peer refuses: {line}")) } else { Ok(given) }
            })
            .collect()
    }

    /// How many requests it answers per second of processor time.
    pub fn per_second(&mut self, way: Way) -> Result<f64, String> {
        let name = match way {
            Way::ValidatedOnce => "once",
            Way::ValidatedEachTime => "each",
        };
        let lines = self.command(name)?;
        let number = |field: &str| lines.first().and_then(|line| line[field].as_f64());
        match (number("answered"), number("microseconds")) {
            (Some(answered), Some(microseconds)) => Ok(answered / (microseconds / 1e6)),
            _ => Err("the peer gave no time".to_owned()),
        }
    }

    /// Starts it, lets it answer one request, and waits for its end.
    pub fn answer_one(&self) -> Result<(), String> {
        let mut child =
            program(&self.folder, &self.one_request).spawn().map_err(|error| format!("node: {error}"))?;
        if let Some(mut input) = child.stdin.take() {
            input.write_all(b"first\n").map_err(|error| format!("node: {error}"))?;
        }
        let output = child.wait_with_output().map_err(|error| format!("node: {error}"))?;
        if output.status.success() { Ok(()) } else { Err(format!("node: {}", output.status)) }
    }

    fn command(&mut self, name: &str) -> Result<Vec<Value>, String> {
        writeln!(self.input, "{name}").map_err(|error| format!("node: {error}"))?;
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            let read = self.output.read_line(&mut line).map_err(|error| format!("node: {error}"))?;
            if read == 0 {
                return Err(format!("the peer ended while it answered `{name}`"));
            }
            let value: Value = serde_json::from_str(&line).map_err(|error| format!("node: {error}"))?;
            if value.get("done").is_some() {
                return Ok(lines);
            }
            lines.push(value);
        }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // It may have ended by itself; either way nothing is left to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_file(&self.requests);
    }
}

fn program(folder: &Path, requests: &Path) -> Command {
    let script = crate::tidy::root().join("xtask/bench/peer.mjs");
    let mut command = Command::new("node");
    command.arg(script).arg(folder).arg(requests).stdin(Stdio::piped()).stdout(Stdio::piped());
    command
}
