//! Who may do what: `postern who` beside iam-simulate, on two organisations in the layout of iam-collect.
//!
//! `bench/who_store.mjs` writes the store and the questions, `bench/who_peer.mjs` asks every principal of the store with
//! the peer's engine. Every answer about a principal must be the same, or stand in [`DIFFERENCES`] with the page that says
//! which is right; anything else refuses to be timed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use serde_json::Value;

use super::report::Row;

/// Only this row, shown and not written to BENCHMARKS.md.
pub const ALONE: &str = "who";

/// An answer of ours that differs on purpose. A part that is empty is in every text.
struct Difference {
    /// How the action begins.
    action: &'static str,
    /// What the resource contains.
    resource: &'static str,
    /// How the principal's ARN ends.
    principal: &'static str,
    ours: &'static str,
    /// None for any.
    theirs: Option<&'static str>,
    /// Why ours is right, with the page that says so.
    why: &'static str,
}

/// All of them.
const DIFFERENCES: [Difference; 11] = [
    Difference {
        action: "dynamodb:",
        resource: ":table/not-there",
        principal: "",
        ours: "unknown",
        theirs: None,
        why: "the store has no such table, so that its resource-based policy is not known; the peer takes it for none \
         (DynamoDB Developer Guide, Using resource-based policies)",
    },
    Difference {
        action: "sqs:",
        resource: ":not-there",
        principal: "",
        ours: "unknown",
        theirs: None,
        why: "the store has no such queue, so that its policy is not known (Amazon SQS Developer Guide, Identity and access management)",
    },
    Difference {
        action: "s3:",
        resource: "globex-canonical",
        principal: "",
        ours: "unknown",
        theirs: None,
        why: "a canonical user id stands for an account that it does not name (Amazon S3 User Guide, Bucket policies, principals)",
    },
    Difference {
        action: "s3:",
        resource: "globex-not-principal",
        principal: "",
        ours: "denied",
        theirs: None,
        why: "Deny with NotPrincipal exempts the principals that it names; the account's root among them exempts no role of \
         the account (IAM User Guide, AWS JSON policy elements: NotPrincipal)",
    },
    Difference {
        action: "bedrock:",
        resource: "::foundation-model/",
        principal: "role/dev-notebook-first-try",
        ours: "denied",
        theirs: Some("allowed_if"),
        why: "bedrock:ModelId is no condition key, so that a statement that asks for it never matches (Service Authorization \
         Reference, Amazon Bedrock)",
    },
    Difference {
        action: "kms:",
        resource: ":key/",
        principal: "",
        ours: "allowed",
        theirs: Some("allowed_if"),
        why: ANOTHER,
    },
    Difference {
        action: "s3:",
        resource: ":::globex-",
        principal: "",
        ours: "allowed",
        theirs: Some("allowed_if"),
        why: ANOTHER,
    },
    Difference {
        action: "sns:",
        resource: ":default",
        principal: "",
        ours: "allowed",
        theirs: Some("allowed_if"),
        why: ANOTHER,
    },
    Difference {
        action: "sqs:",
        resource: ":everyone",
        principal: "",
        ours: "allowed",
        theirs: Some("allowed_if"),
        why: ANOTHER,
    },
    Difference {
        action: "sts:",
        resource: ":role/trust-own-org",
        principal: "",
        ours: "allowed",
        theirs: Some("allowed_if"),
        why: ANOTHER,
    },
    Difference {
        action: "",
        resource: "",
        principal: ":400000000004:role/own-org-only",
        ours: "denied",
        theirs: Some("allowed_if"),
        why: "its account belongs to no organisation, so that aws:PrincipalOrgID is absent and a condition with that \
              variable matches nothing (IAM User Guide, IAM policy elements: Variables and tags)",
    },
];

/// Why the peer names a condition that does not decide.
const ANOTHER: &str = "another statement allows it without the condition that the peer reports (IAM User Guide, Policy \
     evaluation logic)";

/// How one principal stands in one question.
type Standings = BTreeMap<String, &'static str>;

/// Measures and shows the row.
pub fn alone() -> Result<(), String> {
    println!("{}", row(&super::postern()?, &super::target_folder()?.join("bench"))?.text());
    Ok(())
}

/// Asks both, compares, and gives the times.
pub fn row(postern: &Path, scratch: &Path) -> Result<Row, String> {
    let root = crate::tidy::root();
    super::peer::fetch(scratch)?;
    let (store, questions) = (scratch.join("who-store"), scratch.join("who-questions.jsonl"));
    let node = |script: &str| {
        let mut command = Command::new("node");
        command.arg(root.join("xtask/bench").join(script));
        command
    };
    super::quiet(node("who_store.mjs").arg(root).arg(&store).arg(&questions))?;
    println!("asking the peer");
    let output = node("who_peer.mjs")
        .arg(scratch)
        .arg(&store)
        .arg(&questions)
        .output()
        .map_err(|error| format!("node: {error}"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    let mut theirs = lines(&output.stdout)?;
    let times = theirs.pop().ok_or("the peer gave no time")?;
    println!("asking {} questions", theirs.len());
    let (mut ours_ms, mut compared, mut explained) = (0.0, 0, BTreeMap::<&str, usize>::new());
    let mut unexplained = Vec::new();
    for question in &theirs {
        let start = Instant::now();
        let ours = ask(postern, &store, question)?;
        ours_ms += start.elapsed().as_secs_f64() * 1e3;
        let theirs = standings_of_peer(question)?;
        let names: BTreeSet<&String> = ours.keys().chain(theirs.keys()).collect();
        for name in names {
            let of = |all: &Standings| all.get(name).copied().unwrap_or("denied");
            let (ours, theirs) = (of(&ours), of(&theirs));
            compared += 1;
            if ours == theirs {
                continue;
            }
            match reason(question, name, ours, theirs) {
                Some(why) => *explained.entry(why).or_default() += 1,
                None => unexplained.push(format!(
                    "{name}, {} on {}: ours {ours}, the peer's {theirs}",
                    question["action"], question["resource"]
                )),
            }
        }
    }
    for (why, count) in &explained {
        println!("  {count} differ: {why}");
    }
    if !unexplained.is_empty() {
        return Err(format!("{} answers differ:\n{}", unexplained.len(), unexplained.join("\n")));
    }
    if let Some(gone) = DIFFERENCES.iter().find(|known| !explained.contains_key(known.why)) {
        return Err(format!("nothing differs any more because {}", gone.why));
    }
    let number = |name: &str| times[name].as_f64().unwrap_or(f64::NAN);
    let theirs_ms = number("load_ms") + number("answer_ms");
    let (asked, differ) = (theirs.len(), explained.values().sum::<usize>());
    Ok(Row {
        work: format!(
            "who may do what: {asked} questions on two organisations, {} principals, in the layout of iam-collect; \
             {compared} standings compared, {differ} differ for a reason that is listed",
            number("principals")
        ),
        ours: format!("{:.1} ms a question, a process each", ours_ms / asked as f64),
        peer: format!("{:.0} ms a question, one process", theirs_ms / asked as f64),
        ratio: Some(theirs_ms / ours_ms),
        reach: "none set".to_owned(),
        met: None,
    })
}

fn lines(bytes: &[u8]) -> Result<Vec<Value>, String> {
    let text = String::from_utf8_lossy(bytes);
    text.lines().map(|line| serde_json::from_str(line).map_err(|error| format!("{error}: {line}"))).collect()
}

/// Why our answer may differ.
fn reason(question: &Value, principal: &str, ours: &str, theirs: &str) -> Option<&'static str> {
    let text = |name: &str| question[name].as_str().unwrap_or_default();
    let (action, resource) = (text("action"), text("resource"));
    let found = DIFFERENCES.iter().find(|known| {
        action.starts_with(known.action)
            && resource.contains(known.resource)
            && principal.ends_with(known.principal)
            && known.ours == ours
            && known.theirs.is_none_or(|expected| expected == theirs)
    });
    found.map(|known| known.why)
}

fn ask(postern: &Path, store: &Path, question: &Value) -> Result<Standings, String> {
    let mut command = Command::new(postern);
    command.args(["who", "--format", "json", "--snapshot"]).arg(store);
    for (name, option) in
        [("action", "--action"), ("resource", "--resource"), ("resource_account", "--resource-account")]
    {
        if let Some(value) = question[name].as_str() {
            command.args([option, value]);
        }
    }
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    let answer: Value = serde_json::from_slice(&output.stdout)
        .map_err(|error| format!("{command:?}: {error}\n{}", String::from_utf8_lossy(&output.stderr)))?;
    let mut standings = Standings::new();
    for standing in ["allowed", "allowed_if", "unknown"] {
        for entry in answer["result"][standing].as_array().into_iter().flatten() {
            if let (Some("user" | "role"), Some(name)) = (entry["kind"].as_str(), entry["principal"].as_str())
            {
                standings.insert(name.to_owned(), standing);
            }
        }
    }
    Ok(standings)
}

fn standings_of_peer(question: &Value) -> Result<Standings, String> {
    if !question["error"].is_null() {
        return Err(format!("the peer refuses: {question}"));
    }
    let of = |name: &str, standing: &'static str| -> Vec<(String, &'static str)> {
        let names = question[name].as_array().into_iter().flatten().filter_map(Value::as_str);
        names.map(|name| (name.to_owned(), standing)).collect()
    };
    Ok(of("always", "allowed").into_iter().chain(of("if", "allowed_if")).collect())
}
