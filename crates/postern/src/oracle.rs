//! `postern oracle`: the same cases put to AWS's own simulator, and the answers compared.
//!
//! [`script`] writes `aws iam simulate-custom-policy` calls, which change nothing; [`compare`] holds what they
//! printed against our own answers. Where ours is unknown, AWS's answer says which readings of our assumptions
//! it agrees with: that is how somebody with an account helps to settle them.
//!
//! The simulator has no resource control policies, no VPC endpoint policies and no session policies, cannot
//! be asked as a role session or a service, and takes no trust policies (IAM API Reference,
//! `SimulateCustomPolicy`; aws-facts §4.6). Such cases are skipped, each with its reason.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use iam::answer::{Decision, Doubt, Outcome};
use iam::assumption::{Assumption, Readings};
use iam::authorize::{authorize, decide_under};
use iam::case::{self, Case};
use iam::context::ValueList;
use iam::principal::Principal;
use iam::request::Completeness;
use reference::KeyType;
use serde_json::{Value, json};

/// Most SCP levels the simulator takes: root, five organisational units, account.
const SCP_LEVELS_MAX: usize = 7;

/// A script for AWS's simulator.
#[derive(Clone, Debug)]
pub struct Script {
    pub text: String,
    /// Cases that the simulator cannot answer, by id, each with the reason.
    pub skipped: Vec<(String, String)>,
    pub asked: usize,
}

/// Our answers beside AWS's.
#[derive(Clone, Debug, Default)]
pub struct Comparison {
    pub equal: usize,
    /// Both deny, one explicitly and the other implicitly.
    pub other_kind: Vec<Difference>,
    pub different: Vec<Difference>,
    /// Unknown to us, with the readings that give AWS's answer.
    pub settled: Vec<Settled>,
    /// Answers that could not be read, or belong to no case.
    pub unreadable: Vec<String>,
}

/// One case answered differently.
#[derive(Clone, Debug)]
pub struct Difference {
    pub id: String,
    pub ours: &'static str,
    pub theirs: String,
}

/// One case that we leave open and AWS's simulator does not.
#[derive(Clone, Debug)]
pub struct Settled {
    pub id: String,
    pub theirs: String,
    /// Per assumption the readings under which we would say the same.
    pub readings: Vec<(String, Vec<String>)>,
}

/// Writes a shell script that asks every case the simulator can answer.
pub fn script(cases: &str) -> Script {
    let mut script = Script { text: HEAD.to_owned(), skipped: Vec::new(), asked: 0 };
    for line in cases.lines().filter(|line| !line.trim().is_empty()) {
        let raw: Value = serde_json::from_str(line).unwrap_or(Value::Null);
        let id = raw["id"].to_string();
        let case = match case::parse(line.as_bytes()) {
            Ok(case) => case,
            Err(errors) => {
                let reason = errors.first().map_or_else(String::new, |error| error.kind.to_string());
                script.skipped.push((id, reason));
                continue;
            }
        };
        match input(&case, &raw) {
            Ok(input) => {
                let quoted = |text: &str| text.replace('\'', r"'\''");
                let _ = writeln!(script.text, "ask '{}' '{}'", quoted(&id), quoted(&input.to_string()));
                script.asked += 1;
            }
            Err(reason) => script.skipped.push((id, reason.to_owned())),
        }
    }
    script
}

const HEAD: &str = r#"#!/bin/sh
# Asks the IAM policy simulator of your account; needs the permission iam:SimulateCustomPolicy and changes nothing.
# One JSON line per case goes to standard output; `postern oracle compare` reads them.
set -u
ask() {
  answer=$(aws iam simulate-custom-policy --output json --cli-input-json "$2" | tr -d '\n')
  printf '{"id":%s,"answer":%s}\n' "$1" "${answer:-null}"
}
"#;

/// What the simulator is asked, or why it cannot be.
fn input(case: &Case, raw: &Value) -> Result<Value, &'static str> {
    let layers = &case.layers;
    let raw = &raw["layers"];
    let request = &case.request;
    if request.completeness() == Completeness::Partial {
        return Err("a partial request has no single answer");
    }
    if !layers.rcp.is_empty() {
        return Err("the simulator evaluates no resource control policies");
    }
    if !layers.vpc_endpoint.is_empty() {
        return Err("the simulator evaluates no VPC endpoint policies");
    }
    if !layers.session.is_empty() {
        return Err("the simulator evaluates no session policies");
    }
    if raw["trust"].is_object() {
        return Err("the simulator evaluates no trust policies");
    }
    if layers.boundary.len() > 1 {
        return Err("the simulator takes one permissions boundary");
    }
    if layers.scp.len() > SCP_LEVELS_MAX {
        return Err("the simulator takes seven levels of service control policies");
    }
    let has_resource_policy = raw["resource"].is_object();
    let caller = match request.principal() {
        Principal::User { arn, .. } | Principal::Role { arn, .. } => arn.clone(),
        Principal::RoleSession { .. } if has_resource_policy => {
            return Err("the simulator takes no session as the caller");
        }
        Principal::RoleSession { .. } => request.principal().role_arn().unwrap_or_default(),
        Principal::FederatedUser { .. }
        | Principal::Root { .. }
        | Principal::Anonymous
        | Principal::Service { .. }
        | Principal::Federated { .. } => return Err("the simulator answers for users and roles only"),
    };
    let mut input = json!({
        "PolicyInputList": documents(&raw["identity"]),
        "ActionNames": [request.action().as_str()],
        "ResourceArns": [request.resource().as_str()],
        "CallerArn": caller,
        "ContextEntries": context(case),
    });
    if !layers.boundary.is_empty() {
        input["PermissionsBoundaryPolicyInputList"] = documents(&raw["boundary"]).into();
    }
    if !layers.scp.is_empty() && !layers.management_account {
        let levels = raw["scp"].as_array().into_iter().flatten();
        let level = |level: &Value| json!({ "ServiceControlPolicyInputList": documents(&level["policies"]) });
        input["OrderedOrganizationPolicyInputList"] = levels.map(level).collect();
    }
    if has_resource_policy {
        input["ResourcePolicy"] = document(&raw["resource"]).into();
    }
    if let Some(account) = request.resource_account() {
        input["ResourceOwner"] = format!("arn:aws:iam::{account}:root").into();
    }
    Ok(input)
}

fn documents(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().map(document).collect()
}

fn document(value: &Value) -> String {
    if value["policy"].is_object() { value["policy"].to_string() } else { value.to_string() }
}

/// Every key of the request with its type, the derived ones included.
fn context(case: &Case) -> Vec<Value> {
    let entry = |(name, values): (&str, ValueList<'_>)| {
        let known = reference::key_anywhere(name);
        let base = match known.map(|key| key.value_type) {
            Some(KeyType::Bool) => "boolean",
            Some(KeyType::Numeric) => "numeric",
            Some(KeyType::Date) => "date",
            Some(KeyType::IpAddress) => "ip",
            Some(KeyType::String | KeyType::Arn) | None => "string",
        };
        let is_list = values.only().is_none() || known.is_some_and(|key| key.multi_valued);
        let suffix = if is_list { "List" } else { "" };
        json!({ "ContextKeyName": name, "ContextKeyValues": values.to_vec(), "ContextKeyType": format!("{base}{suffix}") })
    };
    case.request.context().iter().filter(|(_, values)| !values.is_empty()).map(entry).collect()
}

/// Holds what the script printed against our own answers.
pub fn compare(cases: &str, answers: &str) -> Comparison {
    let mut by_id: BTreeMap<String, Case> = BTreeMap::new();
    for line in cases.lines().filter(|line| !line.trim().is_empty()) {
        let id = serde_json::from_str::<Value>(line).unwrap_or(Value::Null)["id"].to_string();
        if let Ok(case) = case::parse(line.as_bytes()) {
            by_id.insert(id, case);
        }
    }
    let mut comparison = Comparison::default();
    for line in answers.lines().filter(|line| !line.trim().is_empty()) {
        let answer: Value = serde_json::from_str(line).unwrap_or(Value::Null);
        let id = answer["id"].to_string();
        match (by_id.get(&id), decision(&answer["answer"])) {
            (Some(case), Some(theirs)) => compare_one(case, id, theirs, &mut comparison),
            (None, _) => comparison.unreadable.push(format!("no case has the id {id}")),
            (Some(_), None) => comparison.unreadable.push(format!("case {id} has no decision in its answer")),
        }
    }
    comparison
}

/// The decision in what the simulator printed, for the one resource that was asked about.
fn decision(answer: &Value) -> Option<Decision> {
    let result = &answer["EvaluationResults"][0];
    let specific = &result["ResourceSpecificResults"][0]["EvalResourceDecision"];
    let text = specific.as_str().or_else(|| result["EvalDecision"].as_str())?;
    match text {
        "allowed" => Some(Decision::Allow),
        "explicitDeny" => Some(Decision::ExplicitDeny),
        "implicitDeny" => Some(Decision::ImplicitDeny),
        _ => None,
    }
}

fn compare_one(case: &Case, id: String, theirs: Decision, comparison: &mut Comparison) {
    let outcome = authorize(&case.request, &case.layers).outcome;
    let spelled = |decision: Decision| crate::eval::decision(&Outcome::Decided(decision)).to_owned();
    let difference =
        || Difference { id: id.clone(), ours: crate::eval::decision(&outcome), theirs: spelled(theirs) };
    match &outcome {
        Outcome::Decided(ours) if *ours == theirs => comparison.equal += 1,
        Outcome::Decided(ours) if *ours != Decision::Allow && theirs != Decision::Allow => {
            comparison.other_kind.push(difference());
        }
        Outcome::Unknown(doubts) if doubts.iter().all(|doubt| matches!(doubt, Doubt::Assumption(_))) => {
            let readings = doubts.iter().filter_map(|doubt| readings_for(case, doubt, theirs)).collect();
            comparison.settled.push(Settled { id, theirs: spelled(theirs), readings });
        }
        Outcome::Decided(_) | Outcome::Unknown(_) | Outcome::NeedsContext(_) => {
            comparison.different.push(difference())
        }
    }
}

/// The readings of one assumption under which we say what AWS says, the others at their defaults.
fn readings_for(case: &Case, doubt: &Doubt, theirs: Decision) -> Option<(String, Vec<String>)> {
    let Doubt::Assumption(assumption) = doubt else { return None };
    let agrees = |(number, _): &(usize, &&str)| {
        let readings = Readings::default().with(*assumption, *number as u8);
        decide_under(&case.request, &case.layers, readings) == Some(theirs)
    };
    let names = Assumption::readings(*assumption).iter().enumerate().filter(agrees);
    Some((assumption.id().to_owned(), names.map(|(_, name)| (*name).to_owned()).collect()))
}

impl Comparison {
    /// What it says, in words.
    pub fn text(&self) -> String {
        let mut out = String::new();
        let total = self.equal + self.other_kind.len() + self.different.len() + self.settled.len();
        let _ = writeln!(out, "{} of {total} answers are equal", self.equal);
        for (title, differences) in [
            ("Different", &self.different),
            ("Denied by both, one explicitly and the other implicitly", &self.other_kind),
        ] {
            if !differences.is_empty() {
                let _ = writeln!(out, "\n{title}");
            }
            for one in differences {
                let _ = writeln!(out, "  – {}: ours {}, AWS {}", one.id, one.ours, one.theirs);
            }
        }
        if !self.settled.is_empty() {
            let _ = writeln!(out, "\nUnknown to us; AWS's answer speaks for these readings");
        }
        for one in &self.settled {
            let _ = writeln!(out, "  – {}: AWS {}", one.id, one.theirs);
            for (assumption, readings) in &one.readings {
                let names = if readings.is_empty() { "none alone".to_owned() } else { readings.join(", ") };
                let _ = writeln!(out, "      {assumption}: {names}");
            }
        }
        for line in &self.unreadable {
            let _ = writeln!(out, "\nnot compared: {line}");
        }
        out
    }

    /// The same for machines.
    pub fn json(&self) -> String {
        let differences = |list: &[Difference]| -> Vec<Value> {
            list.iter().map(|one| json!({ "id": one.id, "ours": one.ours, "theirs": one.theirs })).collect()
        };
        let settled = self.settled.iter().map(|one| {
            let readings: serde_json::Map<String, Value> =
                one.readings.iter().map(|(id, names)| (id.clone(), json!(names))).collect();
            json!({ "id": one.id, "theirs": one.theirs, "readings": readings })
        });
        let result = json!({
            "equal": self.equal,
            "different": differences(&self.different),
            "other_kind": differences(&self.other_kind),
            "settled": settled.collect::<Vec<_>>(),
            "unreadable": self.unreadable,
        });
        crate::envelope::wrap("oracle", result, Vec::new(), Vec::new())
    }

    /// Whether AWS says otherwise anywhere.
    pub fn differs(&self) -> bool {
        !self.different.is_empty() || !self.other_kind.is_empty()
    }
}
