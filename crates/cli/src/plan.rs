//! `postern plan`.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use postern::input::{Complaint, read_file};
use postern::plan::{self, effect, promise, proof, script};
use postern::render::plan as render;
use postern::snapshot;

use crate::arguments::{InitArguments, PlanArguments, PlanFormat};
use crate::check::today;
use crate::doors::threads;
use crate::exit::{Ended, Failure, complained, written};

/// Longest charter, in bytes.
pub const CHARTER_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// Shows the plan of a charter, and writes it where that is asked for.
pub fn run(arguments: &PlanArguments) -> Result<Ended, Failure> {
    let origin = arguments.charter.display().to_string();
    let bytes =
        read_file(&arguments.charter, CHARTER_BYTES_MAX).map_err(|complaint| complained(vec![complaint]))?;
    let text = String::from_utf8(bytes).map_err(|_| {
        complained(vec![Complaint::new(&origin, "is not valid UTF-8").hint("save the file as UTF-8")])
    })?;
    let day = arguments.as_of.clone().unwrap_or_else(today);
    let Some(as_of) = plan::day(&day) else {
        let complaint = Complaint::new("--as-of", format!("`{day}` is not a day"));
        return Err(complained(vec![complaint.hint("for example 2027-01-31")]));
    };
    let mut estate = snapshot::open(&arguments.snapshot).map_err(complained)?;
    let plan = plan::plan(&origin, &text, &estate, Some(&as_of)).map_err(complained)?;
    let now = format!("{day}T12:00:00Z");
    let (promises, extent) =
        promise::check(&plan.model, &plan.fences, &plan.documents, &estate, &now, threads());
    let proofs = arguments.prove.then(|| proof::prove(&plan, &estate, threads()));
    let effect = effect::of_plan(&plan, &mut estate, threads());
    let refused = arguments.prove.then(|| plan::roles::refused(&plan, &estate, &now, threads()));
    let found = render::Found {
        plan: &plan,
        effect: &effect,
        promises: &promises,
        extent: &extent,
        refused: refused.as_ref(),
        proofs: proofs.as_ref(),
    };
    let shown = match arguments.format {
        PlanFormat::Text => render::text(&found),
        PlanFormat::Markdown => render::markdown(&found),
        PlanFormat::Json => render::json(&found),
        PlanFormat::Terraform => script::terraform(&plan),
        PlanFormat::Cloudformation => script::cloudformation(&plan),
        PlanFormat::Script => script::shell(&plan),
    };
    if let Some(folder) = &arguments.out {
        for (name, content) in script::folder(&plan) {
            write(&folder.join(name), &content)?;
        }
    }
    if let Some(file) = &arguments.save {
        write(file, &script::saved(&plan))?;
    }
    written(write!(anstream::stdout(), "{shown}"))?;
    let in_force = plan.in_force.as_ref();
    let broken = plan.is_held_up()
        || in_force.is_some_and(|in_force| !in_force.wrong.is_empty())
        || promises.values().any(|checked| !checked.refuted.is_empty())
        || proofs.as_ref().is_some_and(|proofs| !proofs.refuted.is_empty());
    let unknown = extent.nowhere > 0
        || in_force.is_some_and(|in_force| !in_force.unknown.is_empty())
        || promises.values().any(|checked| !checked.unknown.is_empty())
        || proofs.as_ref().is_some_and(|proofs| !proofs.unknown.is_empty());
    Ok(match (broken, unknown) {
        (true, _) => Ended::Findings,
        (false, true) => Ended::Unknown,
        (false, false) => Ended::Fine,
    })
}

/// Writes a first charter.
pub fn init(arguments: &InitArguments) -> Result<Ended, Failure> {
    let estate = snapshot::open(&arguments.snapshot).map_err(complained)?;
    written(write!(anstream::stdout(), "{}", plan::init::charter(&estate, threads())))?;
    Ok(Ended::Fine)
}

fn write(path: &Path, content: &str) -> Result<(), Failure> {
    let failed = |error: std::io::Error| Failure::Io(format!("{}: {error}", path.display()));
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    fs::write(path, content).map_err(failed)
}
