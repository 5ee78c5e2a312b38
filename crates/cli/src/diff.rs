//! `postern diff`.

use std::io::Write as _;

use postern::diff::{self, Diff};
use postern::input::{Complaint, read_file};
use postern::plan;
use postern::prove;
use postern::render::diff as render;
use postern::snapshot;

use crate::arguments::{DiffArguments, FailOn, Format, Policies};
use crate::check::today;
use crate::doors::threads;
use crate::exit::{Ended, Failure, complained, written};
use crate::plan::CHARTER_BYTES_MAX;

/// Shows what changed.
pub fn run(arguments: &DiffArguments) -> Result<Ended, Failure> {
    let diff = found(arguments)?;
    let shown = match arguments.format {
        Format::Text => render::text(&diff),
        Format::Json => render::json(&diff),
    };
    written(write!(anstream::stdout(), "{shown}"))?;
    let fails = match arguments.fail_on {
        Some(FailOn::Widened) => !diff.possible.is_empty(),
        Some(FailOn::Narrowed) => !diff.impossible.is_empty(),
        Some(FailOn::Any) => !diff.possible.is_empty() || !diff.impossible.is_empty(),
        None => false,
    };
    Ok(match (fails, diff.unknown.is_empty()) {
        (true, _) => Ended::Findings,
        (false, false) => Ended::Unknown,
        (false, true) => Ended::Fine,
    })
}

fn found(arguments: &DiffArguments) -> Result<Diff, Failure> {
    let (before, after) = (&arguments.before, &arguments.after);
    if let Some(snapshot) = &arguments.snapshot {
        let estate = snapshot::open(snapshot).map_err(complained)?;
        let [first, second] = [before, after].map(|path| charter(path));
        let (first, second) = (first?, second?);
        let charters = [(first.0.as_str(), first.1.as_str()), (second.0.as_str(), second.1.as_str())];
        let today = plan::day(&today());
        return diff::charters(charters, &estate, today.as_ref(), threads()).map_err(complained);
    }
    if before.is_dir() && after.is_dir() && arguments.policies.is_none() {
        let before = snapshot::open(before).map_err(complained)?;
        let after = snapshot::open(after).map_err(complained)?;
        return Ok(diff::snapshots(&before, &after, threads()));
    }
    let are_scps = arguments.policies != Some(Policies::Identity);
    let read = |path: &std::path::PathBuf| {
        let paths = prove::files(path);
        let (scps, identities) = if are_scps { (paths, Vec::new()) } else { (Vec::new(), paths) };
        let (scps, identities) = prove::documents(&scps, &identities).map_err(complained)?;
        Ok::<_, Failure>(if are_scps { scps } else { identities })
    };
    let (before, after) = (read(before)?, read(after)?);
    Ok(diff::documents(&before, &after, are_scps, threads()))
}

/// The name and text of a charter.
fn charter(path: &std::path::Path) -> Result<(String, String), Failure> {
    let origin = path.display().to_string();
    let bytes = read_file(path, CHARTER_BYTES_MAX).map_err(|complaint| complained(vec![complaint]))?;
    let text = String::from_utf8(bytes).map_err(|_| {
        complained(vec![Complaint::new(&origin, "is not valid UTF-8").hint("save the file as UTF-8")])
    })?;
    Ok((origin, text))
}
