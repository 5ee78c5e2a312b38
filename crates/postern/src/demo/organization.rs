//! The second half of the demo: a whole organisation, its doors, and what is worst about its policies.
//!
//! `examples/acme` is read from the working directory as any snapshot would be; nothing about it is known here but its
//! path and the day on which it is looked at.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anstyle::Style;

use crate::check::finding::{Audience, Confidence, Finding};
use crate::check::{self, Options, files};
use crate::doors;
use crate::input::Complaint;
use crate::reach::Reach;
use crate::render;
use crate::snapshot;

/// The example, as seen from the repository.
pub const EXAMPLE: &str = "examples/acme";
/// The day on which the example is looked at.
const DAY: &str = "2026-11-22";
/// How many findings are shown.
const FINDINGS_MAX: usize = 10;

/// The map of the example and the worst findings.
///
/// # Errors
/// Complaints when the example cannot be read.
pub fn text(threads: usize) -> Result<String, Vec<Complaint>> {
    let mut out = String::new();
    let strong = |text: &str| render::styled(Style::new().bold(), text);
    let path = Path::new(EXAMPLE);
    if !path.is_dir() {
        let _ = writeln!(
            out,
            "\n`{EXAMPLE}` is not here; run the demo in the repository to see a whole organisation."
        );
        return Ok(out);
    }
    let mut estate = snapshot::open(path)?;
    let _ = writeln!(out, "\n{}\n", strong("A whole organisation: who gets through which door"));
    out.push_str(&render::doors::map(&doors::map(&Reach::new(&estate), threads)));
    let _ = writeln!(out, "\n{}\n", strong("What is worst about its policies"));
    out.push_str(&worst()?);
    let _ = writeln!(out, "\n{}\n", strong("One list in, a fence out"));
    out.push_str(&super::charter::text(&mut estate, DAY, threads)?);
    let _ = writeln!(out, "\n{}", strong("What to try next"));
    out.push_str(NEXT);
    Ok(out)
}

const NEXT: &str = "  The whole plan, and the documents with a script that attaches them:
    postern plan --charter examples/acme-charter.yaml --snapshot examples/acme --out fence
  Who can run one model, through whom:
    postern doors examples/acme --model anthropic.claude-opus-5-5
  Everything that is wrong, with what to write instead:
    postern check examples/acme
  Your own account, from one command:
    aws iam get-account-authorization-details > account.json
    postern doors account.json
  Your own organisation, by a script that you can read first:
    postern snapshot commands --region us-east-1 > collect.sh && bash collect.sh FOLDER
    postern doors FOLDER
";

/// One finding of each rule, the most severe and surest first.
fn worst() -> Result<String, Vec<Complaint>> {
    let given = files::read(&[PathBuf::from(EXAMPLE)])?;
    let sources = given.into_iter().map(|one| one.source).collect();
    let options = Options {
        kind: None,
        rules: Vec::new(),
        audience: Audience::Author,
        confidence: Confidence::Medium,
        day: DAY.to_owned(),
    };
    let checked = check::check(sources, &options);
    let mut findings: Vec<&Finding> = checked.findings.iter().collect();
    findings.sort_by_key(|one| (std::cmp::Reverse((one.severity, one.confidence)), one.source, one.start));
    let mut seen = Vec::new();
    findings.retain(|one| {
        let is_new = !seen.contains(&one.rule.id);
        seen.push(one.rule.id);
        is_new
    });
    let mut out = String::new();
    for one in findings.iter().take(FINDINGS_MAX) {
        let source = &checked.sources[one.source];
        let place = source.place(one.start);
        let _ = writeln!(
            out,
            "  {} {}",
            render::judged(false, format!("{:<6}", one.severity.name())),
            one.message
        );
        let _ = writeln!(
            out,
            "         {}",
            render::dimmed(format!("{}:{}  {}", source.path, place.line, one.rule.id))
        );
    }
    let _ = writeln!(
        out,
        "\n  {} findings of {} kinds in all; examples/acme/README.md says which mistakes are there",
        checked.findings.len(),
        findings.len()
    );
    Ok(out)
}
