//! `cargo xtask bench`: how fast and how large, beside a peer, in one run; writes BENCHMARKS.md.
//!
//! Builds the program for release, fetches the peer with npm into the target folder, answers the same requests with
//! both and refuses to time anything unless every answer is the same. Then measures in turns, ours and the peer's,
//! several times, and reports medians. Nothing here is a test: no number makes a build fail.

mod answers;
mod doors;
mod first_use;
mod organisation;
mod peer;
mod plan;
mod program;
mod proofs;
mod properties;
mod report;
mod who;
mod workload;

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use peer::{Peer, Way};
use report::{Report, Row};
use workload::Workload;

/// How often each pair is measured.
const ROUNDS: usize = 5;

/// How often a program that ends at once is started.
const STARTS: usize = 60;

/// Runs the task with the arguments after its name.
pub fn run(arguments: &[String]) -> Result<(), String> {
    let options: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match options.as_slice() {
        [] | [doors::ALONE | plan::ALONE | who::ALONE | proofs::ALONE] if cfg!(debug_assertions) => {
            build_and_measure(&options)
        }
        [] => measure(),
        [doors::ALONE] => doors::alone(),
        [plan::ALONE] => plan::alone(),
        [who::ALONE] => who::alone(),
        [proofs::ALONE] => proofs::alone(),
        [proofs::WRITE] => proofs::write(),
        [proofs::RANDOM, count] => proofs::random(count),
        [first_use::OPTION] => first_use::print(),
        [doors::OPTION, path] => doors::print_load(path),
        [properties::OPTION, path] => properties::print(path),
        [doors::MATRIX, path] => doors::print_matrix(path),
        [doors::WRITE, path, accounts, roles] => doors::write(path, accounts, roles),
        _ => Err(format!(
            "`bench` takes no options but `{}`, `{}`, `{}`, `{}`, `{}`, `{} COUNT` and `{} FOLDER ACCOUNTS ROLES`",
            doors::ALONE,
            plan::ALONE,
            who::ALONE,
            proofs::ALONE,
            proofs::WRITE,
            proofs::RANDOM,
            doors::WRITE
        )),
    }
}

/// Builds program and benchmark for release and runs the benchmark.
fn build_and_measure(options: &[&str]) -> Result<(), String> {
    succeed(Command::new("cargo").args(["build", "--release", "--package", "cli", "--package", "xtask"]))?;
    succeed(Command::new(target_folder()?.join("release/xtask")).arg("bench").args(options))
}

fn measure() -> Result<(), String> {
    let workload = Workload::new()?;
    let postern = postern()?;
    let scratch = target_folder()?.join("bench");
    let mut report = Report::new(&workload);
    println!("fetching {}", peer::PACKAGE);
    let mut peer = Peer::start(&scratch, &workload)?;
    println!("comparing {} answers", workload.requests.len());
    answers::compare(&workload, &mut peer)?;
    authorisations(&workload, &mut peer, &mut report)?;
    texts(&workload, &postern, &mut peer, &mut report)?;
    starts(&workload, &postern, &peer, &scratch, &mut report)?;
    stream(&workload, &postern, &mut report)?;
    for row in doors::rows(&postern, &scratch)? {
        report.add(row);
    }
    for row in plan::rows(&postern, &scratch)? {
        report.add(row);
    }
    report.add(who::row(&postern, &scratch)?);
    for row in properties::rows(&scratch)?.into_iter().chain(proofs::rows(&scratch)?) {
        report.add(row);
    }
    references(&mut report)?;
    report.write(&crate::tidy::root().join("BENCHMARKS.md"))
}

/// The program that was built together with this one.
fn postern() -> Result<PathBuf, String> {
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    Ok(own.with_file_name("postern"))
}

/// Compiled policies, ready requests: the decision and the statements that determine it.
fn authorisations(workload: &Workload, peer: &mut Peer, report: &mut Report) -> Result<(), String> {
    let mut ours = Vec::new();
    let mut theirs = Vec::new();
    for round in 1..=ROUNDS {
        println!("authorisations, round {round} of {ROUNDS}");
        ours.push(answers::per_second(workload, Duration::from_secs(2))?);
        theirs.push(peer.per_second(Way::ValidatedOnce)?);
    }
    let (ours, theirs) = (median(&mut ours), median(&mut theirs));
    report.add(Row {
        work: "one compiled authorisation, 56 statements, 5 SCP levels: per second of one core".to_owned(),
        ours: report::count(ours),
        peer: format!("{} (documents validated before)", report::count(theirs)),
        ratio: Some(ours / theirs),
        reach: "≥ 1,000,000 and ≥ 1,000 × the peer".to_owned(),
        met: Some(ours >= 1_000_000.0 && ours >= 1_000.0 * theirs),
    });
    Ok(())
}

/// From the text of a case with all its documents to the text of its answer.
fn texts(
    workload: &Workload,
    postern: &std::path::Path,
    peer: &mut Peer,
    report: &mut Report,
) -> Result<(), String> {
    let mut ours = Vec::new();
    let mut theirs = Vec::new();
    for round in 1..=ROUNDS {
        println!("cases with their documents, round {round} of {ROUNDS}");
        let streamed = program::stream(postern, workload.requests.len(), |number, line| {
            workload.write_case(number, line);
        })?;
        ours.push(streamed.lines_per_second());
        theirs.push(peer.per_second(Way::ValidatedEachTime)?);
    }
    let (ours, theirs) = (median(&mut ours), median(&mut theirs));
    report.add(Row {
        work: "the same from JSON, documents read each time: cases per second of one core through `postern eval`"
            .to_owned(),
        ours: report::count(ours),
        peer: format!("{} (documents validated each time)", report::count(theirs)),
        ratio: Some(ours / theirs),
        reach: "none set".to_owned(),
        met: None,
    });
    Ok(())
}

fn starts(
    workload: &Workload,
    postern: &std::path::Path,
    peer: &Peer,
    scratch: &std::path::Path,
    report: &mut Report,
) -> Result<(), String> {
    println!("starts");
    let case = scratch.join("case.jsonl");
    let mut line = Vec::new();
    workload.write_case(0, &mut line);
    std::fs::write(&case, &line).map_err(|error| format!("{}: {error}", case.display()))?;
    let (mut version, mut eval, mut first) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..STARTS {
        version.push(milliseconds(|| quiet(Command::new(postern).arg("--version")))?);
        eval.push(milliseconds(|| quiet(Command::new(postern).arg("eval").arg(&case)))?);
        if round % 6 == 0 {
            first.push(milliseconds(|| peer.answer_one())?);
        }
    }
    report.add(Row {
        work: "start to end of `postern --version`".to_owned(),
        ours: format!("{:.1} ms", median(&mut version)),
        peer: "–".to_owned(),
        ratio: None,
        reach: "none set".to_owned(),
        met: None,
    });
    let (eval, first) = (median(&mut eval), median(&mut first));
    report.add(Row {
        work: "start to end of one case, 56 statements, from a file".to_owned(),
        ours: format!("{eval:.1} ms"),
        peer: format!("{first:.0} ms"),
        ratio: Some(first / eval),
        reach: "< 50 ms".to_owned(),
        met: Some(eval < 50.0),
    });
    Ok(())
}

/// A million lines through a pipe, and the memory that takes beside ten thousand.
fn stream(workload: &Workload, postern: &std::path::Path, report: &mut Report) -> Result<(), String> {
    const FEW: usize = 10_000;
    const MANY: usize = 1_000_000;
    let (mut rate, mut volume, mut wall) = (Vec::new(), Vec::new(), Vec::new());
    let (mut few_kib, mut many_kib) = (0, 0);
    for round in 1..=3 {
        println!("a million lines, round {round} of 3");
        let write = |number: usize, line: &mut Vec<u8>| workload.write_small_case(number, line);
        let few = program::stream(postern, FEW, write)?;
        let many = program::stream(postern, MANY, write)?;
        rate.push(many.lines_per_second());
        volume.push(many.megabytes_per_second());
        wall.push(many.took.as_secs_f64());
        few_kib = few_kib.max(few.peak_kib);
        many_kib = many_kib.max(many.peak_kib);
    }
    report.add(Row {
        work: "`postern eval` of a million generated lines through a pipe".to_owned(),
        ours: format!(
            "{} lines and {:.0} MB per second of one core; {:.1} s from start to end",
            report::count(median(&mut rate)),
            median(&mut volume),
            median(&mut wall)
        ),
        peer: "–".to_owned(),
        ratio: None,
        reach: "none set".to_owned(),
        met: None,
    });
    report.add(Row {
        work: "its peak memory after 10,000 lines and after 1,000,000".to_owned(),
        ours: format!("{few_kib} KiB, {many_kib} KiB"),
        peer: "–".to_owned(),
        ratio: None,
        reach: "constant".to_owned(),
        // Pages of the allocator come and go; a line kept would cost hundreds of megabytes.
        met: Some(many_kib <= few_kib + 1_024),
    });
    Ok(())
}

fn references(report: &mut Report) -> Result<(), String> {
    println!("reference");
    let uses = first_use::median_of_many()?;
    let total: f64 = uses.iter().map(|(_, milliseconds)| milliseconds).sum();
    report.add(Row {
        work: "reference: first look-up in every table, together".to_owned(),
        ours: format!("{total:.1} ms"),
        peer: "–".to_owned(),
        ratio: None,
        reach: "< 20 ms".to_owned(),
        met: Some(total < 20.0),
    });
    report.first_uses(uses);
    Ok(())
}

fn target_folder() -> Result<PathBuf, String> {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => std::path::absolute(folder).map_err(|error| error.to_string()),
        None => Ok(crate::tidy::root().join("target")),
    }
}

fn succeed(command: &mut Command) -> Result<(), String> {
    let status = command.status().map_err(|error| format!("{command:?}: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("{command:?}: {status}")) }
}

/// Runs to the end without showing what is printed.
fn quiet(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    if output.status.success() { Ok(()) } else { Err(format!("{command:?}: {}", output.status)) }
}

fn milliseconds(work: impl FnOnce() -> Result<(), String>) -> Result<f64, String> {
    let start = Instant::now();
    work()?;
    Ok(start.elapsed().as_secs_f64() * 1e3)
}

/// The middle value; of an even number of values the upper of the two.
fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
