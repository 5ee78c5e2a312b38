//! The map of doors, and one door, as text, JSON and CSV.

use std::fmt::Write as _;

use iam::answer::Decision;
use iam::estate::{Estate, KnownLayers};
use iam::layers::StatementRef;
use serde_json::{Value, json};

use super::{BAD, DIM, GOOD, OPEN, STRONG, styled};
use crate::doors::{Cell, Map, Models, Runners, State, Through, is_management};
use crate::envelope;
use crate::reach::{Level, Path, Reach, Standing, Why};
use crate::snapshot::AS_FAR_AS_IAM_DECIDES;

/// Most accounts that get a column of their own.
const COLUMNS_MAX: usize = 24;
/// Most missing things that are listed.
const MISSING_MAX: usize = 12;

/// The map.
pub fn map(map: &Map<'_>) -> String {
    let mut out = String::new();
    let people: usize = map.people.iter().flatten().sum();
    let (accounts, doors) = (map.cells.len(), map.doors.len());
    let _ = writeln!(out, "{accounts} accounts, {people} users and roles, {doors} doors");
    far(&mut out, map.estate);
    out.push('\n');
    if accounts <= COLUMNS_MAX {
        columns(&mut out, map)
    } else {
        counts(&mut out, map)
    }
    let _ = writeln!(
        out,
        "\n  {} open to so many   {} not known   {} may only be listed   {} closed",
        styled(BAD, "3"),
        styled(OPEN, "?"),
        styled(DIM, "l"),
        styled(GOOD, "·")
    );
    let _ = writeln!(
        out,
        "  {} open to nobody's own rights, but to so many who come to act with those of others",
        styled(BAD, "→3")
    );
    missing(&mut out, map.estate);
    let _ = writeln!(
        out,
        "\nwho, by which statement:  postern doors … --door {}",
        map.doors.first().map_or("runtime", |door| &door.id)
    );
    out
}

fn columns(out: &mut String, map: &Map<'_>) {
    let wide = map.doors.iter().map(|door| door.id.len()).max().unwrap_or(0);
    for (number, account) in map.estate.accounts().iter().enumerate() {
        let name = account.name.as_deref().unwrap_or("");
        let people = map.people[number]
            .map_or("who is in it is not known".to_owned(), |count| format!("{count} users and roles"));
        let note =
            if is_management(map.estate, account) { ", management account: no SCP reaches it" } else { "" };
        let _ = writeln!(
            out,
            "  {:>2}  {}  {name}  {}",
            number + 1,
            account.id,
            styled(DIM, format!("{people}{note}"))
        );
    }
    let _ = write!(out, "\n  {:wide$} ", "");
    for number in 1..=map.cells.len() {
        let _ = write!(out, "{number:>4}");
    }
    out.push('\n');
    for (at, door) in map.doors.iter().enumerate() {
        let _ = write!(out, "  {:wide$} ", door.id);
        for cells in &map.cells {
            let _ = write!(out, "{}", cell(&cells[at]));
        }
        let _ = writeln!(out, "  {}", styled(DIM, &door.title));
    }
}

fn cell(cell: &Cell) -> String {
    match cell.state {
        State::Open => styled(BAD, format!("{:>4}", cell.open)),
        State::BySteps => styled(BAD, format!("{:>4}", format!("→{}", cell.by_steps))),
        State::Unknown => styled(OPEN, "   ?"),
        State::ListOnly => styled(DIM, "   l"),
        State::Closed => styled(GOOD, "   ·"),
    }
}

fn counts(out: &mut String, map: &Map<'_>) {
    let wide = map.doors.iter().map(|door| door.id.len()).max().unwrap_or(0);
    let _ = writeln!(out, "  {:wide$}  accounts where it is", "");
    let _ = writeln!(
        out,
        "  {:wide$}  {:>6} {:>8} {:>8} {:>9} {:>7}",
        "", "open", "by-steps", "unknown", "list-only", "closed"
    );
    for (at, door) in map.doors.iter().enumerate() {
        let of = |state: State| map.cells.iter().filter(|cells| cells[at].state == state).count();
        let _ = writeln!(
            out,
            "  {:wide$}  {:>6} {:>8} {:>8} {:>9} {:>7}  {}",
            door.id,
            of(State::Open),
            of(State::BySteps),
            of(State::Unknown),
            of(State::ListOnly),
            of(State::Closed),
            styled(DIM, &door.title)
        );
    }
}

/// Says it where only IAM was asked.
fn far(out: &mut String, estate: &Estate) {
    if estate.is_iam_only() {
        let _ = writeln!(out, "{}", styled(OPEN, AS_FAR_AS_IAM_DECIDES));
    }
}

/// Everything that is not known, for machines.
fn unknowns(estate: &Estate) -> Vec<Value> {
    let far = estate.is_iam_only().then(|| json!({ "missing": AS_FAR_AS_IAM_DECIDES }));
    let missing = estate.missing().iter().map(|missing| json!({ "missing": missing.to_string() }));
    far.into_iter().chain(missing).collect()
}

fn missing(out: &mut String, estate: &Estate) {
    let missing = estate.missing();
    if missing.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n{} not known:", styled(OPEN, missing.len()));
    for one in missing.iter().take(MISSING_MAX) {
        let _ = writeln!(out, "  – {one}");
    }
    if missing.len() > MISSING_MAX {
        let _ = writeln!(out, "  – and {} more; --format json has them all", missing.len() - MISSING_MAX);
    }
}

/// Every model: to how many it is open, and in how many accounts.
pub fn models(models: &Models<'_>) -> String {
    let mut out = String::new();
    let wide = models.models.iter().map(|model| model.len()).max().unwrap_or(0);
    let (accounts, count) = (models.cells.len(), models.models.len());
    let _ = writeln!(out, "{accounts} accounts, {count} models: how many users and roles may run each");
    far(&mut out, models.estate);
    out.push('\n');
    let _ =
        writeln!(out, "  {:wide$}  {:>9} {:>9} {:>9}  {:>8}", "", "may", "depends", "unknown", "accounts");
    for (at, model) in models.models.iter().enumerate() {
        let sum = |of: fn(&Runners) -> usize| models.cells.iter().map(|cells| of(&cells[at])).sum::<usize>();
        let _ = writeln!(
            out,
            "  {model:wide$}  {:>9} {:>9} {:>9}  {:>8}",
            sum(|cell| cell.open),
            sum(|cell| cell.depends),
            sum(|cell| cell.unknown),
            models.cells.iter().filter(|cells| cells[at].open > 0).count()
        );
    }
    missing(&mut out, models.estate);
    let _ = writeln!(out, "\nwho, by which statement or path:  postern doors … --model ID");
    out
}

/// One door: everybody to whom it is not closed.
pub fn through(reach: &Reach<'_>, door: &reference::Door, found: &[Through]) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "{}  {}", styled(STRONG, &door.id), door.title);
    let _ = writeln!(out, "{}\n", styled(DIM, format!("closed by: {}", door.control)));
    everybody(out, reach, found)
}

/// One model: everybody who may run it.
pub fn model(reach: &Reach<'_>, model: &str, found: &[Through]) -> String {
    let mut out = String::new();
    let _ =
        writeln!(out, "{}  {}\n", styled(STRONG, model), styled(DIM, "every form in which it can be called"));
    everybody(out, reach, found)
}

fn everybody(mut out: String, reach: &Reach<'_>, found: &[Through]) -> String {
    if reach.estate.is_iam_only() {
        far(&mut out, reach.estate);
        out.push('\n');
    }
    let mut account = None;
    for one in found {
        let person = &reach.people[one.person];
        if account != Some(person.account) {
            account = Some(person.account);
            let of = &reach.estate.accounts()[person.account];
            let _ = writeln!(out, "{} {}", styled(STRONG, of.id), of.name.as_deref().unwrap_or(""));
        }
        if one.own.level > Level::Closed {
            let _ = writeln!(out, "  {} {}", mark(one.own.level), person.short());
            let _ = writeln!(out, "      {}", reason(&one.own, person.layers()));
        }
        if let Some((to, path, standing)) = &one.other {
            let level = path.level.min(standing.level);
            let _ = writeln!(out, "  {} {}  {}", mark(level), person.short(), way(reach, path));
            let _ = writeln!(out, "      {}", reason(standing, reach.people[*to].layers()));
        }
    }
    if found.is_empty() {
        let _ = writeln!(out, "closed to every user and role that is known");
    }
    out
}

fn mark(level: Level) -> String {
    match level {
        Level::Open => styled(BAD, "open   "),
        Level::Depends => styled(OPEN, "depends"),
        Level::Unknown => styled(OPEN, "unknown"),
        Level::Closed => styled(GOOD, "closed "),
    }
}

/// A path in words.
pub fn way(reach: &Reach<'_>, path: &Path) -> String {
    let of = |step: &crate::reach::Step| {
        let to = &reach.people[step.to];
        let through = step
            .through
            .as_deref()
            .map_or(String::new(), |arn| format!(" ({})", arn.splitn(6, ':').nth(5).unwrap_or(arn)));
        let doubt =
            if step.level < Level::Open { format!(" [{}]", step.level.name()) } else { String::new() };
        format!("→ {} {}{through}{doubt}", step.row.title, to.short())
    };
    path.steps.iter().map(of).collect::<Vec<_>>().join(" ")
}

/// Why something is as open as it is, in words.
pub fn reason(standing: &Standing, layers: &KnownLayers) -> String {
    let asked = match (&standing.action, &standing.resource) {
        (Some(action), Some(resource)) => format!("{action} on {resource}"),
        (Some(action), None) => action.clone(),
        (None, _) => String::new(),
    };
    let asked = match &standing.with {
        Some((key, value)) => format!("{asked} with {key} = {value}"),
        None => asked,
    };
    let why = match &standing.why {
        Why::Allowed(statements) => format!("allowed by {}", places(statements, layers)),
        Why::Keys(keys) => {
            let keys: Vec<String> = keys.iter().map(crate::eval::spelling).collect();
            format!("it depends on {}", keys.join(", "))
        }
        Why::Doubts(doubts) => {
            let doubts: Vec<String> = doubts.iter().map(ToString::to_string).collect();
            doubts.join("; ")
        }
        Why::Unsettled(points) => points.join("; "),
        Why::Missing(missing) => format!("allowed by all that is known, but {missing}"),
        Why::Denied { decision: Decision::ExplicitDeny, statements, .. } => {
            format!("denied by {}", places(statements, layers))
        }
        Why::Denied { by, .. } => {
            let layers: Vec<&str> = by.iter().map(|layer| layer.name()).collect();
            format!("not allowed by {}", layers.join(", "))
        }
        Why::NotNamed => "no Allow names an action of it".to_owned(),
    };
    if asked.is_empty() { why } else { format!("{asked}: {why}") }
}

/// Policies with their statements; of the layers only those that somebody wrote for the purpose.
fn places(statements: &[StatementRef], layers: &KnownLayers) -> String {
    let own = |at: &&StatementRef| at.layer == iam::layers::Layer::Identity || statements.len() == 1;
    let mut shown: Vec<String> = statements.iter().filter(own).map(|at| place(*at, layers)).collect();
    if shown.is_empty() {
        shown = statements.iter().map(|at| place(*at, layers)).collect();
    }
    shown.dedup();
    shown.join(", ")
}

fn place(at: StatementRef, layers: &KnownLayers) -> String {
    let sid = layers.at_most().statement(at).and_then(|statement| statement.sid.clone());
    let statement = sid.map_or_else(|| format!("statement {}", at.statement + 1), |sid| format!("`{sid}`"));
    match layers.attached(at) {
        Some(attached) => format!("{} {statement} ({})", attached.name, at.layer),
        None => format!("{statement} of the {} policy", at.layer),
    }
}

/// The map for machines.
pub fn map_json(map: &Map<'_>) -> String {
    let accounts: Vec<Value> = map.estate.accounts().iter().enumerate().map(|(number, account)| {
        let cells: serde_json::Map<String, Value> = map.doors.iter().zip(&map.cells[number]).map(|(door, cell)| {
            let value = json!({
                "state": cell.state.name(), "open": cell.open, "depends": cell.depends, "unknown": cell.unknown,
                "by_steps": cell.by_steps, "perhaps_by_steps": cell.perhaps_by_steps,
                "missing": cell.missing.as_ref().map(ToString::to_string),
            });
            (door.id.clone(), value)
        }).collect();
        json!({
            "account": account.id.as_str(), "name": account.name.as_deref(), "principals": map.people[number],
            "management_account": is_management(map.estate, account), "doors": cells,
        })
    }).collect();
    let unknowns = unknowns(map.estate);
    envelope::wrap("doors", json!({ "accounts": accounts }), Vec::new(), unknowns)
}

/// One door for machines.
pub fn through_json(reach: &Reach<'_>, about: &str, id: &str, found: &[Through]) -> String {
    let standing = |standing: &Standing, layers: &KnownLayers| {
        json!({
            "level": standing.level.name(), "action": standing.action, "resource": standing.resource, "with": standing.with,
            "reason": reason(standing, layers),
        })
    };
    let principals: Vec<Value> = found.iter().map(|one| {
        let person = &reach.people[one.person];
        let other = one.other.as_ref().map(|(to, path, of)| {
            let steps: Vec<Value> = path.steps.iter().map(|step| json!({
                "step": step.row.id, "to": reach.people[step.to].identity.arn.as_ref(),
                "through": step.through, "level": step.level.name(),
            })).collect();
            json!({ "steps": steps, "level": path.level.min(of.level).name(), "at_the_end": standing(of, reach.people[*to].layers()) })
        });
        json!({
            "principal": person.identity.arn.as_ref(), "level": one.level().name(),
            "own": standing(&one.own, person.layers()), "by_path": other,
        })
    }).collect();
    let unknowns = unknowns(reach.estate);
    envelope::wrap("doors", json!({ about: id, "principals": principals }), Vec::new(), unknowns)
}

/// The map as lines of door, account, state and counts.
pub fn map_csv(map: &Map<'_>) -> String {
    let mut out = String::from("door,account,state,open,depends,unknown,by_steps\n");
    for (at, door) in map.doors.iter().enumerate() {
        for (number, account) in map.estate.accounts().iter().enumerate() {
            let cell = &map.cells[number][at];
            let _ = writeln!(
                out,
                "{},{},{},{},{},{},{}",
                door.id,
                account.id,
                cell.state.name(),
                cell.open,
                cell.depends,
                cell.unknown,
                cell.by_steps
            );
        }
    }
    out
}

/// Every model for machines; a model that nobody of an account may run is left out there.
pub fn models_json(models: &Models<'_>) -> String {
    let accounts: Vec<Value> = models
        .estate
        .accounts()
        .iter()
        .zip(&models.cells)
        .map(|(account, cells)| {
            let of: serde_json::Map<String, Value> = models
                .models
                .iter()
                .zip(cells)
                .filter(|(_, cell)| **cell != Runners::default())
                .map(|(model, cell)| {
                    let value =
                        json!({ "open": cell.open, "depends": cell.depends, "unknown": cell.unknown });
                    ((*model).to_owned(), value)
                })
                .collect();
            json!({ "account": account.id.as_str(), "name": account.name.as_deref(), "models": of })
        })
        .collect();
    let unknowns = unknowns(models.estate);
    envelope::wrap("doors", json!({ "catalogue": models.models, "accounts": accounts }), Vec::new(), unknowns)
}

/// Every model as lines of model, account and counts; lines of which every count is zero are left out.
pub fn models_csv(models: &Models<'_>) -> String {
    let mut out = String::from("model,account,open,depends,unknown\n");
    for (at, model) in models.models.iter().enumerate() {
        for (account, cells) in models.estate.accounts().iter().zip(&models.cells) {
            let Runners { open, depends, unknown } = cells[at];
            if open + depends + unknown > 0 {
                let _ = writeln!(out, "{model},{},{open},{depends},{unknown}", account.id);
            }
        }
    }
    out
}

/// One door as lines of principal, level, path and reason.
pub fn through_csv(reach: &Reach<'_>, found: &[Through]) -> String {
    let mut out = String::from("principal,level,action,resource,path\n");
    for one in found {
        let (standing, path) = match &one.other {
            Some((_, path, standing)) => (standing, way(reach, path)),
            None => (&one.own, String::new()),
        };
        let (action, resource) =
            (standing.action.as_deref().unwrap_or(""), standing.resource.as_deref().unwrap_or(""));
        let person = &reach.people[one.person].identity.arn;
        let _ = writeln!(out, "{person},{},{action},{resource},\"{path}\"", one.level().name());
    }
    out
}
