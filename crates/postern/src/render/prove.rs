//! Proofs as text, JSON and SARIF.

use std::fmt::Write as _;

use iam::request::Request;
use serde_json::{Map, Value, json};

use super::{BAD, DIM, GOOD, OPEN, STRONG, styled};
use crate::compare::as_json;
use crate::envelope;
use crate::input::Document;
use crate::prove::{Counterexample, Proof, Status, command};

/// Most counterexamples of a property that the text shows.
const SHOWN_MAX: usize = 3;

/// Most reasons for not knowing that the text shows.
const UNKNOWN_MAX: usize = 6;

/// What a proof was made from.
pub struct Ground<'a> {
    /// The snapshot, or the files.
    pub of: String,
    /// The digest of the snapshot, or why it has none.
    pub sha256: Option<Result<String, String>>,
    /// The files, where policies were given as files: first those of the level, behind `FullAWSAccess`.
    pub scps: &'a [Document],
    pub identities: &'a [Document],
}

/// Text for people.
pub fn text(proofs: &[Proof<'_>], ground: &Ground<'_>) -> String {
    let mut out = String::new();
    let wide = proofs.iter().map(|proof| proof.property.id.len()).max().unwrap_or(0);
    for proof in proofs {
        let (mark, style) = match proof.status {
            Status::Holds => ("holds    ", GOOD),
            Status::Vacuous => ("vacuous  ", OPEN),
            Status::Unknown => ("unknown  ", OPEN),
            Status::Refuted => ("refuted  ", BAD),
            Status::NotAsked => ("not asked", DIM),
        };
        let _ = writeln!(
            out,
            "{} {:wide$}  {}",
            styled(style, mark),
            proof.property.id,
            styled(STRONG, &proof.property.title)
        );
        for line in extent(proof, ground) {
            let _ = writeln!(out, "            {}", styled(DIM, line));
        }
        if !proof.rests_on.is_empty() {
            let rests = proof.rests_on.join(", ");
            let _ = writeln!(out, "            {}", styled(DIM, format!("rests on {rests}")));
        }
        for (why, accounts) in proof.unknown.iter().take(UNKNOWN_MAX) {
            let _ = writeln!(out, "            unknown in {}: {why}", counted(*accounts, "account"));
        }
        if let Some(rest) = proof.unknown.len().checked_sub(UNKNOWN_MAX + 1) {
            let _ = writeln!(out, "            and {}, with --format json", counted(rest + 1, "reason"));
        }
        for counterexample in proof.refuted.iter().take(SHOWN_MAX) {
            example(&mut out, counterexample);
        }
        let rest: usize = proof.refuted.iter().skip(SHOWN_MAX).map(|each| 1 + each.more).sum();
        if rest > 0 {
            let _ = writeln!(out, "  and {rest} more, with --format json");
        }
    }
    let count = |status: Status| proofs.iter().filter(|proof| proof.status == status).count();
    let _ = writeln!(
        out,
        "\n{} hold, {} refuted, {} unknown, {} vacuous, {} not asked",
        count(Status::Holds),
        count(Status::Refuted),
        count(Status::Unknown),
        count(Status::Vacuous),
        count(Status::NotAsked)
    );
    let _ = writeln!(out, "{}", styled(DIM, basis(ground)));
    out
}

/// What all proofs rest on.
fn basis(ground: &Ground<'_>) -> String {
    format!(
        "of {}{}; reference {}; every reading of an unsettled point that matters was asked. Not asked about: service-linked \
         roles, the root user of a management account, sessions narrowed by session policies.",
        ground.of,
        match &ground.sha256 {
            Some(Ok(digest)) => format!(" {}", &digest[..12]),
            Some(Err(why)) => format!(" (without a digest: {why})"),
            None => String::new(),
        },
        &reference::content_hash()[..12]
    )
}

/// What it is about and how it was found.
fn extent(proof: &Proof<'_>, ground: &Ground<'_>) -> Vec<String> {
    if let Some(why) = &proof.vacuous
        && proof.status == Status::Vacuous
    {
        return vec![format!("it holds because {why}")];
    }
    if proof.status == Status::NotAsked {
        let of = |(name, lists): &(String, String)| format!("--set {name}=…   {lists}");
        return proof.property.not_given.iter().map(of).collect();
    }
    if !ground.scps.is_empty() || !ground.identities.is_empty() {
        return match proof.status {
            Status::Holds => vec!["of whoever has the policies".to_owned()],
            Status::Vacuous | Status::Unknown | Status::Refuted | Status::NotAsked => Vec::new(),
        };
    }
    let rest = proof.accounts - proof.by_ceiling - proof.left_out;
    let mut lines = Vec::new();
    if proof.by_ceiling > 0 {
        lines.push(format!("in {} for anybody who may ever be there", counted(proof.by_ceiling, "account")));
    }
    if rest > 0 {
        let people = counted(proof.people, "principal");
        lines.push(format!("in {}: {people} asked about", counted(rest, "account")));
    }
    if proof.left_out > 0 {
        let steps = if proof.steps_left_out { " and steps" } else { "" };
        let accounts = counted(proof.left_out, "account");
        lines.push(format!("{accounts}{steps} not looked at, enough was found: --all"));
    }
    lines
}

fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

fn example(out: &mut String, counterexample: &Counterexample) {
    for step in &counterexample.steps {
        let _ = writeln!(out, "  {} {} {}", step.from, step.how, step.to);
    }
    let _ = writeln!(out, "  {}", sentence(&counterexample.request, counterexample.is_refused));
    for line in context(&counterexample.request) {
        let _ = writeln!(out, "      with {line}");
    }
    if let Some(second) = &counterexample.second {
        let _ = writeln!(out, "  and {}", sentence(second, false));
    }
    if let Some(through) = &counterexample.through {
        let _ = writeln!(out, "      let in by the policy of {through}");
    }
    if counterexample.is_refused {
        let answer = iam::authorize(&counterexample.request, &counterexample.layers);
        let by: Vec<&str> = answer.denied_by.iter().map(|layer| layer.name()).collect();
        let _ = writeln!(out, "      denied by {}", by.join(", "));
    } else {
        let _ = writeln!(out, "      {}", styled(DIM, command(&counterexample.request)));
    }
    if counterexample.more > 0 {
        let _ = writeln!(out, "      and {} more", counterexample.more);
    }
}

fn sentence(request: &Request, is_refused: bool) -> String {
    let verb = if is_refused { "cannot" } else { "may" };
    let on = match request.resource().as_str() {
        "*" => String::new(),
        arn => format!(" on {arn}"),
    };
    format!("{} {verb} {}{on}", request.principal(), request.action())
}

/// Keys that a request has to carry, those aside that follow from who asks and for what.
fn context(request: &Request) -> Vec<String> {
    let derived = |name: &str| {
        let follows = [
            "aws:principalaccount",
            "aws:principalarn",
            "aws:principalorgid",
            "aws:principalorgpaths",
            "aws:principaltype",
            "aws:requestedregion",
            "aws:resourceaccount",
            "aws:resourceorgid",
            "aws:resourceorgpaths",
            "aws:userid",
            "aws:username",
        ];
        follows.contains(&name.to_ascii_lowercase().as_str())
    };
    let said = request.context().iter().filter(|(name, values)| !derived(name) && !values.is_empty());
    said.map(|(name, values)| format!("{name} = {}", values.to_vec().join(", "))).collect()
}

/// The envelope.
pub fn json(proofs: &[Proof<'_>], ground: &Ground<'_>) -> String {
    let of = |counterexample: &Counterexample| {
        let mut value = Map::new();
        value.insert("request".to_owned(), as_json(&counterexample.request));
        if let Some(second) = &counterexample.second {
            value.insert("and".to_owned(), as_json(second));
        }
        value.insert(
            "sentence".to_owned(),
            sentence(&counterexample.request, counterexample.is_refused).into(),
        );
        if !counterexample.is_refused {
            value.insert("command".to_owned(), command(&counterexample.request).into());
        }
        let steps = counterexample.steps.iter();
        let steps = steps.map(|step| json!({ "from": step.from, "how": step.how, "to": step.to }));
        value.insert("steps".to_owned(), steps.collect());
        value.insert("through".to_owned(), counterexample.through.clone().into());
        value.insert("more".to_owned(), counterexample.more.into());
        Value::Object(value)
    };
    let properties: Vec<Value> = proofs
        .iter()
        .map(|proof| {
            json!({
                "id": proof.property.id,
                "title": proof.property.title,
                "sentence": proof.property.sentence,
                "source": proof.property.source,
                "file": proof.property.origin,
                "parameters": proof.property.given,
                "missing_parameters": proof.property.not_given.iter().map(|(name, _)| name).collect::<Vec<_>>(),
                "status": proof.status.name(),
                "vacuous": proof.vacuous,
                "accounts": proof.accounts,
                "accounts_whoever_comes": proof.by_ceiling,
                "principals": proof.people,
                "accounts_not_looked_at": proof.left_out,
                "steps_not_looked_at": proof.steps_left_out,
                "rests_on": proof.rests_on,
                "refuted": proof.refuted.iter().map(of).collect::<Vec<_>>(),
                "unknown": proof.unknown,
            })
        })
        .collect();
    let result = json!({ "of": ground.of, "sha256": ground.sha256.as_ref().and_then(|digest| digest.as_ref().ok()), "reference": reference::content_hash(), "properties": properties });
    let findings = proofs
        .iter()
        .filter(|proof| proof.status == Status::Refuted)
        .map(|proof| json!({ "code": proof.property.id, "message": proof.property.sentence }))
        .collect();
    let unknowns = proofs
        .iter()
        .flat_map(|proof| {
            proof.unknown.keys().map(move |why| json!({ "property": proof.property.id, "reason": why }))
        })
        .collect();
    envelope::wrap("prove", result, findings, unknowns)
}

/// Refuted properties as SARIF: at the statement that lets a request through, or else at the file of the property.
pub fn sarif(proofs: &[Proof<'_>], ground: &Ground<'_>) -> String {
    let refuted: Vec<&Proof<'_>> = proofs.iter().filter(|proof| proof.status == Status::Refuted).collect();
    let rules: Vec<Value> = refuted
        .iter()
        .map(|proof| {
            json!({
                "id": proof.property.id,
                "shortDescription": { "text": proof.property.title },
                "fullDescription": { "text": proof.property.sentence },
                "helpUri": proof.property.source,
            })
        })
        .collect();
    let mut results = Vec::new();
    for (index, proof) in refuted.iter().enumerate() {
        for counterexample in &proof.refuted {
            let text = format!(
                "{}: {}. {}",
                proof.property.title,
                sentence(&counterexample.request, counterexample.is_refused),
                if counterexample.is_refused { String::new() } else { command(&counterexample.request) }
            );
            results.push(json!({
                "ruleId": proof.property.id,
                "ruleIndex": index,
                "level": "error",
                "message": { "text": text.trim() },
                "locations": [location(proof, counterexample, ground)],
            }));
        }
    }
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "postern", "semanticVersion": env!("CARGO_PKG_VERSION"), "rules": rules } },
            "results": results,
        }],
    });
    let mut text = serde_json::to_string_pretty(&log).unwrap_or_default();
    text.push('\n');
    text
}

/// Where the statement stands that is to blame: the Allow of an identity, or of a list of Denies the first that is about
/// the action.
fn location(proof: &Proof<'_>, counterexample: &Counterexample, ground: &Ground<'_>) -> Value {
    let request = &counterexample.request;
    let answer = iam::authorize(request, &counterexample.layers);
    let allowing = answer.determining.iter().find_map(|at| {
        let document =
            (at.layer.name() == "identity").then(|| ground.identities.get(at.policy as usize))??;
        Some((document, at.statement as usize))
    });
    let about = || {
        ground.scps.iter().find_map(|document| {
            let mut statements = document.policy.statements.about(request.action());
            let (number, _) = statements.find(|(_, statement)| statement.action.matches(request.action()))?;
            Some((document, number as usize))
        })
    };
    let place = allowing.or_else(about).map(|(document, number)| document.place(number));
    let place = place.or_else(|| ground.scps.first().map(|document| format!("{}:1:1", document.origin)));
    let place = place.unwrap_or_else(|| format!("{}:1:1", proof.property.origin));
    let mut parts = place.rsplitn(3, ':');
    let column: usize = parts.next().and_then(|text| text.parse().ok()).unwrap_or(1);
    let line: usize = parts.next().and_then(|text| text.parse().ok()).unwrap_or(1);
    json!({ "physicalLocation": {
        "artifactLocation": { "uri": parts.next().unwrap_or(&place) },
        "region": { "startLine": line, "startColumn": column },
    } })
}
