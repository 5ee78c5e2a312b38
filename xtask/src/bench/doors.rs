//! `postern doors` as a program: on a generated organisation and on the example one.
//!
//! Peak memory is what Linux says of the running process, asked every few milliseconds; what it grows by in the last of
//! them is missed.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use postern::doors;
use postern::reach::Reach;

use super::organisation::{self, Size, Written};
use super::report::Row;

/// Makes the program load a data set and print the milliseconds; for its own use.
pub const OPTION: &str = "--load";

const SIZE: Size = Size { accounts: 1_000, roles: 200 };

/// Ten thousand people.
const CALLERS: Size = Size { accounts: 50, roles: 200 };

/// How often the large organisation is measured, and the small one.
const ROUNDS: usize = 3;
const STARTS: usize = 40;

/// Loads the data set and prints what it took.
pub fn print_load(path: &str) -> Result<(), String> {
    let start = Instant::now();
    let estate =
        observe::open(Path::new(path), observe::Depth::Everything).map_err(|error| error.to_string())?;
    println!("{}\t{}", start.elapsed().as_secs_f64() * 1e3, estate.accounts().len());
    // The process ends; to take the estate apart would only cost time.
    std::mem::forget(estate);
    Ok(())
}

/// Makes the program answer who may run what in a data set and print the milliseconds; for its own use.
pub const MATRIX: &str = "--matrix";

/// Loads the data set, then finds for everybody how open every door and every model is, and prints what that took.
pub fn print_matrix(path: &str) -> Result<(), String> {
    let estate =
        observe::open(Path::new(path), observe::Depth::Everything).map_err(|error| error.to_string())?;
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let start = Instant::now();
    let reach = Reach::new(&estate);
    let models = doors::models(&reach, threads);
    let map = doors::map(&reach, threads);
    let took = start.elapsed().as_secs_f64() * 1e3;
    let counts = [reach.people.len(), models.models.len(), map.doors.len()].map(|count| count.to_string());
    let peak_kib = super::program::peak_kib(std::process::id()).unwrap_or(0);
    println!("{took}\t{peak_kib}\t{}", counts.join(" × "));
    Ok(())
}

/// Writes an organisation of a size: a folder, how many accounts, and how many roles in each.
pub const WRITE: &str = "--write";

/// Writes the data set.
pub fn write(path: &str, accounts: &str, roles: &str) -> Result<(), String> {
    let number = |text: &str| text.parse().map_err(|error| format!("`{text}`: {error}"));
    let size = Size { accounts: number(accounts)?, roles: number(roles)? };
    let written = organisation::write(Path::new(path), size)?;
    println!("{} files, {} bytes", written.files, written.bytes);
    Ok(())
}

/// Only these rows, shown and not written to BENCHMARKS.md.
pub const ALONE: &str = "doors";

/// Measures and shows the rows.
pub fn alone() -> Result<(), String> {
    for row in rows(&super::postern()?, &super::target_folder()?.join("bench"))? {
        println!("{}", row.text());
    }
    Ok(())
}

/// The rows.
pub fn rows(postern: &Path, scratch: &Path) -> Result<Vec<Row>, String> {
    let mut rows = large(postern, scratch)?;
    rows.extend(matrix(scratch)?);
    rows.push(small(postern)?);
    Ok(rows)
}

/// Writes the large organisation.
pub fn write_large(scratch: &Path) -> Result<Written, String> {
    let Size { accounts, roles } = SIZE;
    println!("writing an organisation of {accounts} accounts with {roles} roles each");
    let written = organisation::write(&scratch.join("organisation"), SIZE)?;
    println!("  {} files, {:.0} MB", written.files, written.bytes as f64 / 1e6);
    Ok(written)
}

fn large(postern: &Path, scratch: &Path) -> Result<Vec<Row>, String> {
    let folder = scratch.join("organisation");
    let Size { accounts, roles } = SIZE;
    let written = write_large(scratch)?;
    let megabytes = written.bytes as f64 / 1e6;
    let (mut load, mut whole, mut peak_kib) = (Vec::new(), Vec::new(), 0);
    for round in 1..=ROUNDS {
        println!("doors of the organisation, round {round} of {ROUNDS}");
        load.push(load_seconds(&folder, accounts)?);
        let run = run(Command::new(postern).arg("doors").arg(&folder).args(["--format", "csv"]))?;
        whole.push(run.took.as_secs_f64());
        peak_kib = run.peak_kib.max(peak_kib);
    }
    let (load, whole) = (super::median(&mut load), super::median(&mut whole));
    let of = format!("{accounts} accounts × {roles} roles, {} files, {megabytes:.0} MB", written.files);
    let time = Row {
        work: format!("start to end of `postern doors` on a generated organisation of {of}"),
        ours: format!("{whole:.1} s, of which {load:.1} s to load"),
        peer: "–".to_owned(),
        ratio: None,
        reach: "< 10 s".to_owned(),
        met: Some(whole < 10.0),
    };
    let memory = Row {
        work: "its peak memory".to_owned(),
        ours: format!("{} MiB", peak_kib / 1_024),
        peer: "–".to_owned(),
        ratio: None,
        reach: "< 1 GiB".to_owned(),
        met: Some(peak_kib < 1 << 20),
    };
    Ok(vec![time, memory])
}

fn matrix(scratch: &Path) -> Result<Vec<Row>, String> {
    let folder = scratch.join("callers");
    println!("who may run what");
    organisation::write(&folder, CALLERS)?;
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    let (mut all, mut counts, mut peak_kib) = (Vec::new(), String::new(), 0);
    for _ in 0..ROUNDS {
        let output = Command::new(&own).args(["bench", MATRIX]).arg(&folder).output();
        let said = String::from_utf8_lossy(&output.map_err(|error| error.to_string())?.stdout).into_owned();
        let parts: Vec<&str> = said.trim().split('\t').collect();
        let [took, peak, of] = parts.as_slice() else { return Err(format!("it said `{said}`")) };
        let wrong = |error: &dyn std::fmt::Display| format!("`{said}`: {error}");
        all.push(took.parse::<f64>().map_err(|error| wrong(&error))? / 1e3);
        peak_kib = peak.parse::<u64>().map_err(|error| wrong(&error))?.max(peak_kib);
        counts = (*of).to_owned();
    }
    let seconds = super::median(&mut all);
    let time = Row {
        work: format!("who may run what, after loading: principals × models × doors, {counts}"),
        ours: format!("{seconds:.1} s"),
        peer: "–".to_owned(),
        ratio: None,
        reach: "< 1 s".to_owned(),
        met: Some(seconds < 1.0),
    };
    let memory = Row {
        work: "its peak memory, loading included".to_owned(),
        ours: format!("{} MiB", peak_kib / 1_024),
        peer: "–".to_owned(),
        ratio: None,
        reach: "< 500 MB".to_owned(),
        met: Some(peak_kib * 1_024 < 500_000_000),
    };
    Ok(vec![time, memory])
}

fn small(postern: &Path) -> Result<Row, String> {
    println!("doors of the example");
    let acme: PathBuf = crate::tidy::root().join("examples/acme");
    let mut whole = Vec::new();
    for _ in 0..STARTS {
        whole.push(super::milliseconds(|| super::quiet(Command::new(postern).arg("doors").arg(&acme)))?);
    }
    let whole = super::median(&mut whole);
    Ok(Row {
        work: "start to end of `postern doors examples/acme`".to_owned(),
        ours: format!("{whole:.0} ms"),
        peer: "–".to_owned(),
        ratio: None,
        reach: "< 300 ms".to_owned(),
        met: Some(whole < 300.0),
    })
}

/// Seconds to load a data set, in a process that does nothing else.
fn load_seconds(folder: &Path, accounts: usize) -> Result<f64, String> {
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    let output =
        Command::new(&own).args(["bench", OPTION]).arg(folder).output().map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let said = text.trim().split_once('\t');
    match said.map(|(took, loaded)| (took.parse::<f64>(), loaded.parse::<usize>())) {
        Some((Ok(took), Ok(loaded))) if loaded == accounts => Ok(took / 1e3),
        _ => Err(format!("loading {} said `{}`", folder.display(), text.trim())),
    }
}

struct Run {
    took: Duration,
    peak_kib: u64,
}

/// Runs to the end without showing what is printed.
fn run(command: &mut Command) -> Result<Run, String> {
    let complain = |error: std::io::Error| error.to_string();
    let start = Instant::now();
    let mut child = command.stdout(Stdio::null()).spawn().map_err(complain)?;
    let mut peak_kib = 0;
    loop {
        // Of a process that has ended there is no size any more.
        peak_kib = super::program::peak_kib(child.id()).unwrap_or(0).max(peak_kib);
        if let Some(status) = child.try_wait().map_err(complain)? {
            let took = start.elapsed();
            return if status.success() {
                Ok(Run { took, peak_kib })
            } else {
                Err(format!("{command:?}: {status}"))
            };
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}
