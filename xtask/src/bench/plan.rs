//! `postern plan` as a program, and its packing beside scpz.
//!
//! scpz shortens service control policies by its own catalogue of actions. It is given the documents of the example's
//! plan; what it writes is checked as every plan is: by the promises of the charter. It needs Python 3.12 or newer, which
//! `POSTERN_PYTHON` may name; without one the row says so.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use iam::policy::{PolicyType, read};
use postern::plan::promise::check;
use postern::plan::{Named, Plan, day, plan};

use super::report::Row;

/// The other program, with its version.
const SCPZ: &str = "scpz==0.3.1";

/// How often each is measured.
const ROUNDS: usize = 3;
const STARTS: usize = 20;

pub const DAY: &str = "2026-11-26";

/// A charter for the generated organisation.
pub const CHARTER: &str = r#"charter: 1
models:
  claude: { runtime: [anthropic.claude-opus-5-5, "anthropic.claude-sonnet-5*"], mantle: [anthropic.claude-opus-5-5] }
  nova: { runtime: ["amazon.nova-*"] }
areas:
  - at: /
    allow:
      - models: [claude, nova]
        through: [runtime, runtime-responses, batch, count-tokens, inference-profiles]
        scope: geo
        regions: [us-east-1, eu-central-1]
      - models: [claude]
        through: [mantle]
        regions: [us-east-1]
    doors: { bearer-keys: short-term, claude-platform: closed, import: closed, others: unmanaged }
"#;

/// Only these rows, shown and not written to BENCHMARKS.md.
pub const ALONE: &str = "plan";

/// Measures and shows the rows.
pub fn alone() -> Result<(), String> {
    let scratch = super::target_folder()?.join("bench");
    super::doors::write_large(&scratch)?;
    for row in rows(&super::postern()?, &scratch)? {
        println!("{}", row.text());
    }
    Ok(())
}

/// The rows; the large organisation is there already.
pub fn rows(postern: &Path, scratch: &Path) -> Result<Vec<Row>, String> {
    Ok(vec![small(postern)?, large(postern, scratch)?, scpz(scratch)?])
}

fn small(postern: &Path) -> Result<Row, String> {
    println!("plan of the example");
    let root = crate::tidy::root();
    let (charter, acme) = (root.join("examples/acme-charter.yaml"), root.join("examples/acme"));
    let mut whole = Vec::new();
    for _ in 0..STARTS {
        whole.push(super::milliseconds(|| super::quiet(&mut planning(postern, &charter, &acme)))?);
    }
    let whole = super::median(&mut whole);
    Ok(Row {
        work: "start to end of `postern plan` on examples/acme".to_owned(),
        ours: format!("{whole:.0} ms"),
        peer: "–".to_owned(),
        ratio: None,
        reach: "< 300 ms".to_owned(),
        met: Some(whole < 300.0),
    })
}

fn large(postern: &Path, scratch: &Path) -> Result<Row, String> {
    let charter = scratch.join("charter.yaml");
    std::fs::write(&charter, CHARTER).map_err(|error| format!("{}: {error}", charter.display()))?;
    let mut whole = Vec::new();
    for round in 1..=ROUNDS {
        println!("plan for the large organisation, round {round} of {ROUNDS}");
        let command = || super::quiet(&mut planning(postern, &charter, &scratch.join("organisation")));
        whole.push(super::milliseconds(command)? / 1e3);
    }
    let whole = super::median(&mut whole);
    Ok(Row {
        work: "start to end of `postern plan` on the generated organisation of 1000 accounts".to_owned(),
        ours: format!("{whole:.1} s"),
        peer: "–".to_owned(),
        ratio: None,
        reach: "< 10 s".to_owned(),
        met: Some(whole < 10.0),
    })
}

fn planning(postern: &Path, charter: &Path, snapshot: &Path) -> Command {
    let mut command = Command::new(postern);
    command.arg("plan").arg("--charter").arg(charter).arg("--snapshot").arg(snapshot);
    command.args(["--as-of", DAY]);
    command
}

fn scpz(scratch: &Path) -> Result<Row, String> {
    println!("fetching {SCPZ}");
    let root = crate::tidy::root();
    let path = root.join("examples/acme-charter.yaml");
    let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let estate =
        postern::snapshot::open(&root.join("examples/acme")).map_err(|wrong| format!("{wrong:?}"))?;
    let plan = plan("charter", &text, &estate, day(DAY).as_ref()).map_err(|wrong| format!("{wrong:?}"))?;
    let length = |documents: &[Named]| documents.iter().map(|each| each.text.chars().count()).sum::<usize>();
    let ours = length(&plan.documents);
    let row = |peer: String, ratio: Option<f64>| Row {
        work: format!("characters of the {} documents for examples/acme", plan.documents.len()),
        ours: ours.to_string(),
        peer,
        ratio,
        reach: "every promise kept".to_owned(),
        met: None,
    };
    let shortened = match fetch(scratch).and_then(|program| shorten(&program, scratch, &plan)) {
        Ok(shortened) => shortened,
        Err(why) => return Ok(row(format!("scpz not run: {why}"), None)),
    };
    let theirs = length(&shortened);
    let (promises, _) = check(&plan.model, &plan.fences, &shortened, &estate, "2026-11-26T12:00:00Z", 2);
    let broken: usize = promises.values().map(|checked| checked.refuted.len()).sum();
    let kept = match broken {
        0 => "every promise kept".to_owned(),
        broken => format!("breaks promises for {broken} requests"),
    };
    Ok(row(format!("scpz of ours: {theirs}, {kept}"), Some(theirs as f64 / ours as f64)))
}

/// Puts the program into a folder of its own.
fn fetch(scratch: &Path) -> Result<PathBuf, String> {
    let folder = scratch.join("scpz");
    let program = folder.join("bin/scpz");
    if program.exists() {
        return Ok(program);
    }
    let python = python().ok_or("no Python 3.12 or newer; name one with POSTERN_PYTHON")?;
    super::quiet(Command::new(python).args(["-m", "venv"]).arg(&folder))?;
    super::quiet(Command::new(folder.join("bin/pip")).args(["install", "--quiet", SCPZ]))?;
    Ok(program)
}

/// A Python that is new enough.
pub fn python() -> Option<PathBuf> {
    let named = std::env::var_os("POSTERN_PYTHON").map(PathBuf::from);
    let usual = ["python3.14", "python3.13", "python3.12", "python3"].map(PathBuf::from);
    let is_new = |python: &PathBuf| {
        let asks = "import sys; sys.exit(sys.version_info < (3, 12))";
        Command::new(python).args(["-c", asks]).output().is_ok_and(|output| output.status.success())
    };
    named.into_iter().chain(usual).find(is_new)
}

/// The documents as scpz writes them; one that it splits stays attached where the whole was.
fn shorten(program: &Path, scratch: &Path, plan: &Plan) -> Result<Vec<Named>, String> {
    let complain = |error: std::io::Error| error.to_string();
    let mut all = Vec::new();
    for document in &plan.documents {
        let folder = scratch.join("scpz-documents").join(&document.name);
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(folder.join("in")).map_err(complain)?;
        std::fs::create_dir_all(folder.join("out")).map_err(complain)?;
        let given = folder.join("in/policy.json");
        std::fs::write(&given, &document.text).map_err(complain)?;
        // It exits with an error where it warns; what it wrote is looked at.
        let output = Command::new(program)
            .arg("optimize")
            .arg(&given)
            .arg("--output")
            .arg(folder.join("out"))
            .output();
        let output = output.map_err(complain)?;
        let mut written: Vec<PathBuf> = std::fs::read_dir(folder.join("out"))
            .map_err(complain)?
            .filter_map(|entry| entry.ok().map(|entry| entry.path()))
            .collect();
        written.sort();
        if written.is_empty() {
            return Err(format!("it wrote nothing: {}", String::from_utf8_lossy(&output.stderr).trim()));
        }
        for path in written {
            let text = std::fs::read_to_string(&path).map_err(complain)?;
            let value: serde_json::Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
            let text = value.to_string();
            let policy = read(text.as_bytes(), PolicyType::ServiceControl)
                .policy
                .ok_or("what it wrote is no policy")?;
            all.push(Named { text, policy: Arc::new(policy), ..document.clone() });
        }
    }
    Ok(all)
}
