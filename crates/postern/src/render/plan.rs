//! A plan as text, Markdown and JSON.

mod roles;

use std::fmt::Write as _;

use iam::estate::OrganizationPolicyKind;
use serde_json::{Value, json};

use super::{BAD, DIM, GOOD, OPEN, STRONG, styled};
use crate::envelope;
use crate::plan::effect::{Change, Effect};
use crate::plan::guardrails::{InForce, Made, Sharing, Unguarded};
use crate::plan::promise::{Broken, Checked, Extent, Promise};
use crate::plan::proof::Proofs;
use crate::plan::roles::Refused;
use crate::plan::script::step;
use crate::plan::{Note, Plan, Step};

/// Most rows of a table; what is left out is counted.
const ROWS_MAX: usize = 12;

/// A plan with what was found of it.
pub struct Found<'a> {
    pub plan: &'a Plan,
    pub effect: &'a Effect,
    pub promises: &'a std::collections::BTreeMap<Promise, Checked>,
    pub extent: &'a Extent,
    /// What roles are given and the fence refuses, where it was asked.
    pub refused: Option<&'a Refused>,
    /// Where it was proved, and not only checked.
    pub proofs: Option<&'a Proofs>,
}

impl Found<'_> {
    /// What became of a promise: its requests that break it, how many are not known, and whether it is proved.
    fn outcome(&self, promise: Promise, checked: &Checked) -> Outcome {
        let refuted =
            self.proofs.and_then(|proofs| proofs.refuted.get(&promise)).map_or(&[][..], Vec::as_slice);
        let unknown = checked.unknown.len() + self.proofs.map_or(0, |proofs| proofs.unknown.len());
        let broken: Vec<Broken> = checked.refuted.iter().chain(refuted).cloned().collect();
        match (broken.is_empty(), unknown, self.proofs) {
            (false, _, _) => Outcome::Broken(broken),
            (true, 1.., _) => Outcome::Unknown(unknown),
            (true, 0, Some(proofs)) => Outcome::Proved(proofs.places),
            (true, 0, None) => Outcome::Checked,
        }
    }
}

/// What became of a promise.
enum Outcome {
    Checked,
    /// In so many places.
    Proved(usize),
    Unknown(usize),
    Broken(Vec<Broken>),
}

/// The plan for a terminal.
pub fn text(found: &Found<'_>) -> String {
    let Found { plan, effect, .. } = found;
    let mut out = String::new();
    for warning in &plan.warnings {
        let _ = writeln!(out, "{}", styled(OPEN, warning));
    }
    heading(&mut out, "Documents");
    for document in &plan.documents {
        let sign = if document.is_there { styled(DIM, "=") } else { styled(GOOD, "+") };
        let nodes: Vec<&str> = document.document.nodes.iter().map(AsRef::as_ref).collect();
        let _ = writeln!(
            out,
            "  {sign} {:<44} {:>6} characters, {:>2} statements, at {}",
            document.name,
            document.text.chars().count(),
            document.document.statements.len(),
            nodes.join(", ")
        );
    }
    for declared in &plan.enforced.policies {
        let sign = if declared.is_there { styled(DIM, "=") } else { styled(GOOD, "+") };
        let _ = writeln!(
            out,
            "  {sign} {:<44} {:>6} characters, Bedrock policy{}, at {}",
            declared.name,
            declared.policy.text.chars().count(),
            if declared.policy.is_locked { ", locked" } else { "" },
            declared.policy.node
        );
    }
    for controlled in &plan.buckets.policies {
        let sign = if controlled.is_there { styled(DIM, "=") } else { styled(GOOD, "+") };
        let _ = writeln!(
            out,
            "  {sign} {:<44} {:>6} characters, resource control policy, at {}",
            controlled.name,
            controlled.policy.text.chars().count(),
            controlled.policy.node
        );
    }
    for step in &plan.steps {
        if let Step::Delete { name, .. } = step {
            let _ = writeln!(out, "  {} {name}", styled(BAD, "-"));
        }
    }
    if plan.is_done() {
        let _ = writeln!(out, "  nothing has to be done: the organisation holds this charter's documents");
    }
    heading(&mut out, "Room");
    for budget in &plan.budget {
        let used: usize = budget.characters.iter().sum();
        let _ = writeln!(
            out,
            "  {:<28} {} of {} policies ({} of others), {used} of {} characters in {}",
            budget.name,
            budget.foreign + budget.own,
            budget.documents_max,
            budget.foreign,
            budget.characters_max * budget.own,
            documents(budget.own),
        );
    }
    notes(&mut out, plan);
    heading(&mut out, "Promises");
    for (promise, checked) in found.promises {
        let outcome = found.outcome(*promise, checked);
        let requests = checked.requests;
        let (sign, word) = match &outcome {
            Outcome::Checked => (styled(GOOD, "✓"), format!("checked with {requests} requests")),
            Outcome::Proved(places) => {
                let word = format!("proved for every request in {places} places; checked with {requests}");
                (styled(GOOD, "✓"), word)
            }
            Outcome::Unknown(unknown) => {
                (styled(OPEN, "?"), format!("not known for {unknown}; checked with {requests} requests"))
            }
            Outcome::Broken(broken) => {
                (styled(BAD, "✗"), format!("broken by {}; checked with {requests} requests", broken.len()))
            }
        };
        let _ = writeln!(out, "  {sign} {:<26} {word}", promise.sentence());
        let shown = match &outcome {
            Outcome::Broken(broken) => broken.iter().collect(),
            Outcome::Unknown(_) => checked.unknown.iter().map(|(broken, _)| broken).collect(),
            Outcome::Checked | Outcome::Proved(_) => Vec::new(),
        };
        for broken in shown.into_iter().take(3) {
            let _ = writeln!(out, "      {} on {} by {}", broken.action, broken.resource, broken.principal);
        }
    }
    for why in found.proofs.iter().flat_map(|proofs| &proofs.unknown) {
        let _ = writeln!(out, "      not proved: {why}");
    }
    if let Some(in_force) = &plan.in_force {
        guardrails(&mut out, in_force);
    }
    let _ = writeln!(
        out,
        "  {}",
        styled(
            DIM,
            format!(
                "{} principals of {} accounts are {} classes in {} places to this charter{}{}",
                found.extent.principals,
                found.extent.accounts,
                found.extent.principal_classes,
                found.extent.places,
                match found.extent.nowhere {
                    0 => String::new(),
                    count =>
                        format!("; not looked at, as it is not known where they stand: {count} accounts"),
                },
                if found.proofs.is_some() { "" } else { "; checked is not proved: --prove" }
            )
        )
    );
    heading(&mut out, "What changes for whom");
    changes(&mut out, "door", effect.doors.iter().map(|(door, change)| (door.id.as_str(), change)));
    changes(&mut out, "model", effect.models.iter().map(|(model, change)| (*model, change)));
    let losers = effect.losers();
    if !losers.is_empty() {
        let _ = writeln!(out, "\n  {:<40} {:>8} {:>11}", "who loses most", "accounts", "doors lost");
        for (name, accounts, doors) in losers.iter().take(ROWS_MAX) {
            let _ = writeln!(out, "  {name:<40} {accounts:>8} {doors:>11}");
        }
        more(&mut out, losers.len());
    }
    roles::text(&mut out, found);
    if !plan.model.hubs.is_empty() {
        heading(&mut out, "Private hubs");
        for hub in &plan.model.hubs {
            let regions: Vec<&str> = hub.regions.iter().map(String::as_str).collect();
            let _ = writeln!(
                out,
                "  {} of {} in {}: {} models, shared with {} parts of the organisation",
                hub.name,
                hub.account,
                regions.join(", "),
                hub.models.len(),
                hub.shared.len()
            );
        }
        let _ = writeln!(out, "  made by FOLDER/hubs.sh, which --out FOLDER writes");
    }
    if !plan.made.is_empty() {
        heading(&mut out, "Guardrails");
        for Made { name, regions, profiles, .. } in &plan.made {
            let version = |(region, version): &(String, Option<String>)| match version {
                Some(version) => {
                    format!("{region} version {}", version.rsplit(':').next().unwrap_or_default())
                }
                None => format!("{region} yet to be made"),
            };
            let regions: Vec<String> = regions.iter().map(version).collect();
            let _ = writeln!(out, "  {name}: {}", regions.join(", "));
            if !profiles.is_empty() {
                let _ = writeln!(out, "      through its profile in {} Regions", profiles.len());
            }
        }
        let _ = writeln!(
            out,
            "  made and shared by FOLDER/guardrails.sh, which prints what belongs under `existing`"
        );
    }
    if !plan.spending.is_empty() {
        heading(&mut out, "Budgets");
        for spending in &plan.spending {
            let _ = writeln!(
                out,
                "  {}: {} US dollars a month for all that {} accounts cost",
                spending.area, spending.usd, spending.accounts
            );
        }
        let _ = writeln!(out, "  made by FOLDER/budgets.sh; they tell, and stop nothing by themselves");
    }
    without_guardrail(&mut out, plan);
    watched(&mut out, plan);
    left_open(&mut out, plan);
    beyond(&mut out);
    heading(&mut out, "Steps");
    for (number, step) in plan.steps.iter().enumerate() {
        let _ = writeln!(out, "  {:>2}. {}", number + 1, step_words(step));
    }
    let _ =
        writeln!(out, "\n  carry it out:  postern plan … --out FOLDER, then read and run FOLDER/apply.sh");
    out
}

/// The promise that guardrails are in force.
fn guardrails(out: &mut String, in_force: &InForce) {
    let InForce { places, wrong, unknown } = in_force;
    let (sign, word) = match (wrong.len(), unknown.len()) {
        (0, 0) => (styled(GOOD, "✓"), format!("merged for {places} Regions of accounts")),
        (0, unknown) => (styled(OPEN, "?"), format!("not known for {unknown}; {places} Regions of accounts")),
        (wrong, _) => (styled(BAD, "✗"), format!("broken by {wrong}; {places} Regions of accounts")),
    };
    let _ = writeln!(out, "  {sign} {:<26} {word}", GUARDRAILS_HOLD);
    for line in wrong.iter().chain(unknown).take(ROWS_MAX) {
        let _ = writeln!(out, "      {line}");
    }
    more(out, wrong.len() + unknown.len());
}

/// The promise of guardrails.
const GUARDRAILS_HOLD: &str = "Guardrails are in force";

fn documents(number: usize) -> String {
    format!("{number} document{}", if number == 1 { "" } else { "s" })
}

fn heading(out: &mut String, text: &str) {
    let _ = writeln!(out, "\n{}", styled(STRONG, text));
}

fn more(out: &mut String, total: usize) {
    if total > ROWS_MAX {
        let _ = writeln!(
            out,
            "  {}",
            styled(DIM, format!("and {} more: --format json has all", total - ROWS_MAX))
        );
    }
}

fn notes(out: &mut String, plan: &Plan) {
    let mut overlaps: Vec<String> = Vec::new();
    for note in &plan.notes {
        match note {
            Note::Overlap { name, node, .. } => overlaps.push(format!("{name} at {node}")),
            Note::NotEnabled { .. } | Note::Gap { .. } | Note::NotShared { .. } => {
                let _ = writeln!(out, "  {} {}", styled(BAD, "!"), note_words(note));
            }
            Note::Edited { .. } | Note::Unlocked { .. } => {
                let _ = writeln!(out, "  {} {}", styled(OPEN, "!"), note_words(note));
            }
        }
    }
    if !overlaps.is_empty() {
        let _ = writeln!(
            out,
            "  policies of others deny at doors too; nothing here relies on them:\n    {}",
            overlaps.join("\n    ")
        );
    }
}

fn note_words(note: &Note) -> String {
    match note {
        Note::NotEnabled { kind: OrganizationPolicyKind::Bedrock } => {
            "Bedrock policies are not enabled at the root; until they are, no guardrail is enforced"
                .to_owned()
        }
        Note::NotEnabled { kind: OrganizationPolicyKind::ResourceControl } => {
            "resource control policies are not enabled at the root; until they are, no bucket is held"
                .to_owned()
        }
        Note::NotEnabled { .. } => {
            "service control policies are not enabled at the root; until they are, nothing is closed"
                .to_owned()
        }
        Note::NotShared { guardrail, why } => format!(
            "the policy of {guardrail} stays as it is ({why}); whoever may not apply the guardrail can run no model \
             under it"
        ),
        Note::Unlocked { name, area } => format!(
            "{name} is not locked, because an area below `{area}` enforces something else: Bedrock policies of others \
             below could too"
        ),
        Note::Edited { policy, name } => format!("{name} ({policy}) was changed by hand"),
        Note::Gap { name, during, documents_max, .. } => format!(
            "{name}: {during} policies are attached during the change and AWS takes {documents_max}; detach something \
             of others first"
        ),
        Note::Overlap { name, policy, node } => {
            format!("{name} ({policy}) at {node} denies at doors too; nothing here relies on it")
        }
    }
}

fn note_kind(note: &Note) -> &'static str {
    match note {
        Note::NotEnabled { .. } => "not-enabled",
        Note::NotShared { .. } => "not-shared",
        Note::Unlocked { .. } => "not-locked",
        Note::Edited { .. } => "edited",
        Note::Gap { .. } => "gap",
        Note::Overlap { .. } => "overlap",
    }
}

fn changes<'c>(out: &mut String, what: &str, all: impl Iterator<Item = (&'c str, &'c Change)>) {
    let mut changed: Vec<(&str, &Change)> =
        all.filter(|(_, change)| !change.lost.is_empty() || !change.gained.is_empty()).collect();
    changed.sort_by(|a, b| b.1.lost.len().cmp(&a.1.lost.len()).then_with(|| a.0.cmp(b.0)));
    if changed.is_empty() {
        let _ = writeln!(out, "  no {what} changes for anybody");
        return;
    }
    let _ = writeln!(out, "  {what:<48} {:>6} {:>6} {:>6} {:>9}", "keep", "lose", "gain", "not known");
    for (name, change) in changed.iter().take(ROWS_MAX) {
        let Change { kept, lost, gained, unknown } = change;
        let (lost, gained) = (lost.len(), gained.len());
        let _ = writeln!(out, "  {name:<48} {kept:>6} {lost:>6} {gained:>6} {unknown:>9}");
    }
    more(out, changed.len());
}

/// What is watched, and what nothing shows.
fn watched(out: &mut String, plan: &Plan) {
    let Some(watch) = &plan.watch else { return };
    heading(out, "Watched");
    let names: Vec<&str> = watch.rules.iter().map(|rule| rule.name.as_str()).collect();
    let _ = writeln!(out, "  {} rules of EventBridge: {}", names.len(), names.join(", "));
    let _ = writeln!(
        out,
        "  and the data events that a trail has to select: --out FOLDER writes both, with FOLDER/watch.sh"
    );
    let whys: std::collections::BTreeSet<&str> = watch.unseen.iter().map(|(_, why)| *why).collect();
    for why in whys {
        let doors: Vec<&str> =
            watch.unseen.iter().filter(|(_, of)| *of == why).map(|(door, _)| *door).collect();
        let _ = writeln!(out, "  not surely seen, {why}: {}", doors.join(", "));
    }
}

/// Doors that stay open and on which no guardrail acts, where one is enforced.
fn without_guardrail(out: &mut String, plan: &Plan) {
    if plan.without_guardrail.is_empty() {
        return;
    }
    heading(out, "Open, and no guardrail acts there");
    for Unguarded { area, without, unknown } in &plan.without_guardrail {
        let or_none = |doors: &[&str]| if doors.is_empty() { "none".to_owned() } else { doors.join(", ") };
        let _ = writeln!(out, "  {area}: {}", or_none(without));
        let _ = writeln!(out, "  {area}: AWS does not say whether one acts: {}", or_none(unknown));
    }
}

fn left_open(out: &mut String, plan: &Plan) {
    if plan.open_doors.is_empty() {
        return;
    }
    heading(out, "Left open by the charter");
    let areas: std::collections::BTreeSet<&str> =
        plan.open_doors.iter().map(|open| open.area.as_str()).collect();
    for area in areas {
        for (managed, by_model, words) in [
            (false, true, "not managed, although models could be told apart there"),
            (false, false, "not managed"),
            (true, true, "open whatever the model"),
            (true, false, "open, and no policy tells models apart there"),
        ] {
            let doors: Vec<&str> = plan
                .open_doors
                .iter()
                .filter(|open| open.area == area && (open.managed, open.by_model) == (managed, by_model))
                .map(|open| open.door)
                .collect();
            if !doors.is_empty() {
                let _ = writeln!(out, "  {area}: {words}: {}", doors.join(", "));
            }
        }
    }
}

/// What no plan closes.
fn beyond(out: &mut String) {
    heading(out, "What no service control policy sees");
    for beyond in reference::beyond_doors() {
        let _ = writeln!(out, "  {}", beyond.title);
    }
}

fn step_words(step: &Step) -> String {
    match step {
        Step::Share { guardrail } => format!("let the organisation apply {guardrail}"),
        Step::Create { name, .. } => format!("create {name}"),
        Step::Attach { name, node, node_name, .. } => format!("attach {name} to {node_name} ({node})"),
        Step::Detach { name, node, node_name, .. } => format!("detach {name} from {node_name} ({node})"),
        Step::Delete { name, id } => format!("delete {name} ({id})"),
    }
}

/// The plan as a comment on a pull request.
pub fn markdown(found: &Found<'_>) -> String {
    let plan = found.plan;
    let mut out = String::from("### Plan of the charter\n\n");
    for (promise, checked) in found.promises {
        let requests = checked.requests;
        let word = match found.outcome(*promise, checked) {
            Outcome::Checked => format!("checked, {requests} requests"),
            Outcome::Proved(places) => format!("proved for every request in {places} places"),
            Outcome::Unknown(unknown) => format!("**not known** for {unknown}; {requests} requests checked"),
            Outcome::Broken(broken) => format!("**broken** by {}; {requests} requests checked", broken.len()),
        };
        let _ = writeln!(out, "- {}: {word}", promise.sentence());
    }
    if let Some(InForce { places, wrong, unknown }) = &plan.in_force {
        let word = match (wrong.len(), unknown.len()) {
            (0, 0) => format!("in {places} Regions of accounts"),
            (0, unknown) => format!("**not known** for {unknown}"),
            (wrong, _) => format!("**broken** by {wrong}"),
        };
        let _ = writeln!(out, "- {GUARDRAILS_HOLD}: {word}");
    }
    let _ = writeln!(out, "\n| document | characters | attached to | |\n|---|---|---|---|");
    for document in &plan.documents {
        let nodes: Vec<&str> = document.document.nodes.iter().map(AsRef::as_ref).collect();
        let state = if document.is_there { "kept" } else { "new" };
        let characters = document.text.chars().count();
        let _ = writeln!(out, "| `{}` | {characters} | {} | {state} |", document.name, nodes.join(", "));
    }
    for declared in &plan.enforced.policies {
        let state = if declared.is_there { "kept" } else { "new" };
        let characters = declared.policy.text.chars().count();
        let _ = writeln!(out, "| `{}` | {characters} | {} | {state} |", declared.name, declared.policy.node);
    }
    for controlled in &plan.buckets.policies {
        let state = if controlled.is_there { "kept" } else { "new" };
        let characters = controlled.policy.text.chars().count();
        let _ =
            writeln!(out, "| `{}` | {characters} | {} | {state} |", controlled.name, controlled.policy.node);
    }
    roles::markdown(&mut out, found);
    let mut table = |what: &str, rows: Vec<(&str, &Change)>| {
        let _ = writeln!(out, "\n| {what} | keep | lose | gain | not known |\n|---|---|---|---|---|");
        for (name, change) in
            rows.iter().filter(|(_, change)| !change.lost.is_empty() || !change.gained.is_empty())
        {
            let _ = writeln!(
                out,
                "| {name} | {} | {} | {} | {} |",
                change.kept,
                change.lost.len(),
                change.gained.len(),
                change.unknown
            );
        }
    };
    table("door", found.effect.doors.iter().map(|(door, change)| (door.id.as_str(), change)).collect());
    table("model", found.effect.models.iter().map(|(model, change)| (*model, change)).collect());
    let open: Vec<String> =
        plan.open_doors.iter().map(|open| format!("`{}` at {}", open.door, open.area)).collect();
    if !open.is_empty() {
        let _ = writeln!(out, "\nLeft open by the charter: {}", open.join(", "));
    }
    if !plan.notes.is_empty() {
        let _ = writeln!(out, "\nTo know before:\n");
        for note in &plan.notes {
            let _ = writeln!(out, "- {}", note_words(note));
        }
    }
    let _ = writeln!(out, "\nSteps:\n");
    for step in &plan.steps {
        let _ = writeln!(out, "1. {}", step_words(step));
    }
    out
}

/// The requests that break a promise.
fn broken_of(found: &Found<'_>, promise: Promise, checked: &Checked) -> Vec<Broken> {
    match found.outcome(promise, checked) {
        Outcome::Broken(broken) => broken,
        Outcome::Checked | Outcome::Proved(_) | Outcome::Unknown(_) => Vec::new(),
    }
}

/// The plan for machines.
pub fn json(found: &Found<'_>) -> String {
    let Found { plan, effect, promises, extent, refused, proofs } = found;
    let people = |numbers: &[usize]| -> Vec<Value> {
        let person = |number: &usize| json!({ "account": effect.people[*number].0, "principal": effect.people[*number].1 });
        numbers.iter().map(person).collect()
    };
    let change = |name: &str, change: &Change| {
        json!({
            "name": name, "kept": change.kept, "unknown": change.unknown,
            "lost": people(&change.lost), "gained": people(&change.gained),
        })
    };
    let result = json!({
        "charter": plan.charter_hash,
        "organization": plan.organization_hash,
        "documents": plan.documents.iter().map(|document| json!({
            "name": document.name,
            "new": !document.is_there,
            "content": document.text,
            "characters": document.text.chars().count(),
            "targets": document.document.nodes.iter().map(AsRef::as_ref).collect::<Vec<&str>>(),
            "charter_lines": document.lines,
        })).collect::<Vec<Value>>(),
        "guardrails": {
            "made": crate::plan::script::guardrails::json(plan),
            "policies": plan.enforced.policies.iter().map(|declared| json!({
                "name": declared.name,
                "new": !declared.is_there,
                "content": declared.policy.text,
                "target": declared.policy.node.as_ref(),
                "locked": declared.policy.is_locked,
                "charter_lines": [declared.line],
            })).collect::<Vec<Value>>(),
            "shared": plan.enforced.shared.iter().map(|shared| json!({
                "guardrail": shared.guardrail,
                "policy": shared.text,
                "state": match &shared.state {
                    Sharing::Done => "done",
                    Sharing::Written => "written",
                    Sharing::Foreign => "foreign",
                    Sharing::Unknown(_) => "unknown",
                },
            })).collect::<Vec<Value>>(),
            "in_force": plan.in_force.as_ref().map(|in_force| json!({
                "places": in_force.places, "wrong": in_force.wrong, "unknown": in_force.unknown,
            })),
            "doors_without": plan.without_guardrail.iter().map(|of| json!({
                "area": of.area, "doors": of.without, "unknown": of.unknown,
            })).collect::<Vec<Value>>(),
        },
        "buckets": {
            "policies": plan.buckets.policies.iter().map(|controlled| json!({
                "name": controlled.name, "new": !controlled.is_there, "content": controlled.policy.text,
                "target": controlled.policy.node.as_ref(), "charter_lines": [controlled.line],
            })).collect::<Vec<Value>>(),
            "own": plan.buckets.own.iter().map(|(bucket, text)| json!({
                "bucket": bucket, "policy": text,
            })).collect::<Vec<Value>>(),
        },
        "hubs": plan.model.hubs.iter().map(|hub| json!({
            "name": hub.name, "account": hub.account, "regions": hub.regions, "models": hub.models,
            "shared": hub.shared.iter().map(AsRef::as_ref).collect::<Vec<&str>>(),
        })).collect::<Vec<Value>>(),
        "budgets": plan.spending.iter().map(|spending| json!({
            "name": spending.name, "area": spending.area, "usd": spending.usd, "accounts": spending.accounts,
            "budget": spending.budget, "notifications": spending.notifications,
        })).collect::<Vec<Value>>(),
        "roles": roles::json(found),
        "watch": plan.watch.as_ref().map(|watch| json!({
            "selectors": serde_json::from_str::<Value>(&watch.selectors).unwrap_or_default(),
            "rules": watch.rules.iter().map(|rule| json!({
                "name": rule.name, "title": rule.title, "pattern": rule.pattern, "state": rule.state,
            })).collect::<Vec<Value>>(),
            "unseen": watch.unseen.iter().map(|(door, why)| json!({ "door": door, "why": why })).collect::<Vec<Value>>(),
        })),
        "steps": plan.steps.iter().map(step).collect::<Vec<Value>>(),
        "budget": plan.budget.iter().map(|budget| json!({
            "node": budget.node.as_ref(), "name": budget.name, "foreign": budget.foreign, "own": budget.own,
            "documents_max": budget.documents_max, "characters": budget.characters,
            "characters_max": budget.characters_max, "during": budget.during,
        })).collect::<Vec<Value>>(),
        "notes": plan.notes.iter().map(|note| json!({
            "kind": note_kind(note), "message": note_words(note),
        })).collect::<Vec<Value>>(),
        "promises": promises.iter().map(|(promise, checked)| json!({
            "promise": promise.sentence(),
            "outcome": match found.outcome(*promise, checked) {
                Outcome::Checked => "checked",
                Outcome::Proved(_) => "proved",
                Outcome::Unknown(_) => "unknown",
                Outcome::Broken(_) => "refuted",
            },
            "requests": checked.requests,
            "counterexamples": broken_of(found, *promise, checked).iter().map(|broken| json!({
                "principal": broken.principal, "action": broken.action, "resource": broken.resource,
                "context": broken.context.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str()))).collect::<serde_json::Map<String, Value>>(),
            })).collect::<Vec<Value>>(),
        })).collect::<Vec<Value>>(),
        "extent": {
            "principals": extent.principals, "classes": extent.principal_classes,
            "accounts": extent.accounts, "places": extent.places, "accounts_nowhere": extent.nowhere,
        },
        "doors": effect.doors.iter().map(|(door, of)| change(&door.id, of)).collect::<Vec<Value>>(),
        "models": effect.models.iter().map(|(model, of)| change(model, of)).collect::<Vec<Value>>(),
        "left_open": plan.open_doors.iter().map(|open| json!({
            "area": open.area, "door": open.door, "managed": open.managed, "by_model": open.by_model,
        })).collect::<Vec<Value>>(),
    });
    let findings = plan.warnings.iter().map(|warning| {
        json!({
            "file": warning.origin, "line": warning.place.map(|place| place.line), "message": warning.message,
            "hint": warning.hint,
        })
    });
    let unknowns = promises.values().flat_map(|checked| &checked.unknown);
    let unknowns = unknowns
        .map(|(broken, why)| json!({ "action": broken.action, "resource": broken.resource, "why": why }));
    let unproved = proofs.iter().flat_map(|proofs| &proofs.unknown).map(|why| json!({ "why": why }));
    let of_guardrails = plan.in_force.iter().flat_map(|in_force| &in_force.unknown);
    let of_guardrails = of_guardrails.map(|why| json!({ "why": why }));
    let of_roles = refused.iter().flat_map(|refused| &refused.unknown).map(|why| json!({ "why": why }));
    let unknowns = unknowns.chain(unproved).chain(of_guardrails).chain(of_roles);
    envelope::wrap("plan", result, findings.collect(), unknowns.collect())
}
