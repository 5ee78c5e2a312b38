//! `postern demo`: one allow-list written the way AWS's own sample writes it, against one approved model asked
//! for in every form a client can, and beside it the same list written so that it holds; then a whole organisation,
//! and what a charter makes of it.
//!
//! Policies and calls are made up and stand in `examples/first-allow-list`; every answer is the evaluator's.

mod charter;
mod organization;

use std::fmt::Write as _;

use anstyle::Style;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::input::{self, Complaint};
use crate::question::{self, Answered, Call, Question, Verdict};
use crate::render;
use crate::stack::{Node, Stack, Subject};
use iam::layers::{Layer, Level};
use iam::policy::PolicyType;

/// Where every call is made.
const REGION: &str = "us-east-1";

const CALLS: &str = include_str!("../../../examples/first-allow-list/demo.toml");
const IDENTITY: (&str, &str) = ("app.json", include_str!("../../../examples/first-allow-list/app.json"));
const SAMPLE: (&str, &str) = (
    "as-the-sample-writes-it.json",
    include_str!("../../../examples/first-allow-list/as-the-sample-writes-it.json"),
);
const HOLDS: (&str, &str) =
    ("as-it-holds.json", include_str!("../../../examples/first-allow-list/as-it-holds.json"));

#[derive(Deserialize)]
struct Calls {
    call: Vec<DemoCall>,
}

/// One call of the story.
#[derive(Clone, Debug, Deserialize)]
struct DemoCall {
    /// How the client asks, in words.
    form: String,
    api: String,
    model: String,
    /// What stands behind an application profile.
    behind: Option<Vec<String>>,
    /// Whether the charter of the story approves the model.
    approved: bool,
}

/// One call with its two answers.
struct Told {
    call: DemoCall,
    sample: Said,
    holds: Said,
}

/// What one list says to one call.
struct Said {
    verdict: Verdict,
    /// The statement that decides, or nothing when it is allowed.
    by: Option<String>,
    /// The resource on which it is denied.
    on: Option<String>,
}

/// The story as text.
///
/// # Errors
/// Complaints when an example cannot be read, which is a mistake of ours.
pub fn text(threads: usize) -> Result<String, Vec<Complaint>> {
    let told = tell()?;
    let mut out = String::new();
    let strong = |text: &str| render::styled(Style::new().bold(), text);
    let _ = writeln!(out, "{}", strong("An allow-list, and what it does"));
    out.push_str(
        "\nAcme approves one model, Claude Opus 5.5, and closes the rest with a service control policy. It is \
         written\nthe way AWS's sample repository writes it: deny InvokeModel on everything but the model's \
         ARN, and deny\nbedrock-mantle by the model's name. A role with full Bedrock permissions calls from \
         us-east-1.\n",
    );
    for (approved, title) in
        [(true, "The approved model, in every form"), (false, "A model that is not approved")]
    {
        let _ = writeln!(out, "\n{}{:<20}rewritten", strong(&format!("{title:<58}")), "AWS's sample");
        for one in told.iter().filter(|one| one.call.approved == approved) {
            let cell = |said: &Said| {
                let word = if said.verdict == Verdict::Yes { "allowed" } else { "denied" };
                let right = (said.verdict == Verdict::Yes) == approved;
                let mark = if right { "" } else { "  ← wrong" };
                (format!("{word}{mark}"), right)
            };
            let (sample, is_right) = cell(&one.sample);
            let (holds, holds_right) = cell(&one.holds);
            let name = format!("{} ({})", one.call.form, one.call.api.rsplit(':').next().unwrap_or_default());
            let _ = writeln!(
                out,
                "  {name:<56}{}{}",
                render::judged(is_right, format!("{sample:<20}")),
                render::judged(holds_right, holds)
            );
            if !is_right {
                let by = one.sample.by.as_deref().unwrap_or("nothing denies it");
                let _ = writeln!(out, "      {}", render::dimmed(by));
                if let Some(on) = &one.sample.on {
                    let _ = writeln!(out, "      {}", render::dimmed(format!("on {on}")));
                }
            }
        }
    }
    let wrong = told.iter().filter(|one| (one.sample.verdict == Verdict::Yes) != one.call.approved).count();
    let _ = writeln!(out, "\n{} of {} answers of the sample are wrong. Why:", wrong, told.len());
    out.push_str(
        "  – A profile, a project and an application profile are resources of their own. NotResource exempts \
         only the\n    model, so the Deny hits the profile, although the model behind it is approved.\n  – The \
         mantle statement denies what is like the approved name, and so the approved model itself; every other\n    \
         model stays open.\n",
    );
    out.push_str(
        "\nThe rewritten list also exempts everything an account owns, so that profiles work. Provisioned, imported \
         and\ndeployed models are among that: whoever closes models closes their creation too.\n",
    );
    let _ = writeln!(out, "\n{}", strong("The whole chain of one denial, and what alone would turn it"));
    out.push_str(NEXT);
    out.push_str(&organization::text(threads)?);
    Ok(out)
}

const NEXT: &str = "  postern why --stack examples/first-allow-list/stack.yaml \\
    --model us.anthropic.claude-opus-5-5 --region us-east-1
";

/// The story for machines.
///
/// # Errors
/// Complaints when an example cannot be read, which is a mistake of ours.
pub fn json() -> Result<String, Vec<Complaint>> {
    let said = |said: &Said| {
        let decision = match said.verdict {
            Verdict::Yes => "allowed",
            Verdict::No => "denied",
            Verdict::Open => "unknown",
        };
        json!({ "decision": decision, "by": said.by, "on": said.on })
    };
    let calls: Vec<Value> = tell()?
        .iter()
        .map(|one| {
            json!({
                "form": one.call.form, "api": one.call.api, "model": one.call.model, "region": REGION,
                "approved": one.call.approved, "as_the_sample_writes_it": said(&one.sample),
                "as_it_holds": said(&one.holds),
            })
        })
        .collect();
    Ok(crate::envelope::wrap("demo", json!({ "calls": calls }), Vec::new(), Vec::new()))
}

fn tell() -> Result<Vec<Told>, Vec<Complaint>> {
    let calls: Calls = toml::from_str(CALLS)
        .map_err(|error| vec![Complaint::new("demo.toml", error.message().to_owned())])?;
    calls
        .call
        .into_iter()
        .map(|call| Ok(Told { sample: said(&call, SAMPLE)?, holds: said(&call, HOLDS)?, call }))
        .collect()
}

fn said(call: &DemoCall, list: (&str, &str)) -> Result<Said, Vec<Complaint>> {
    let subject = subject(list)?;
    let question = Question::Call(Call {
        api: call.api.clone(),
        model: call.model.clone(),
        region: REGION.to_owned(),
        guardrail: None,
        behind: call.behind.clone(),
    });
    let answered = question::answer(&subject, &question)?;
    Ok(Said { verdict: answered.verdict(), by: by(&answered), on: on(&answered) })
}

fn by(answered: &Answered) -> Option<String> {
    let step = answered.first_denied()?;
    Some(step.policies.statement(*step.answer.determining.first()?).to_string())
}

fn on(answered: &Answered) -> Option<String> {
    Some(answered.first_denied()?.request.resource().as_str().to_owned())
}

/// A role with full Bedrock permissions, under one list.
fn subject(list: (&str, &str)) -> Result<Subject, Vec<Complaint>> {
    let stack = Stack {
        principal: Some("arn:aws:iam::111122223333:role/app".to_owned()),
        organization: vec![Node {
            target: "r-ab12".to_owned(),
            scp: Some(vec!["FullAWSAccess".to_owned()]),
            rcp: None,
        }],
        context_complete: Some(true),
        ..Stack::default()
    };
    let mut subject = stack.load(None)?;
    let identity = input::from_text(IDENTITY.0, IDENTITY.1.as_bytes(), PolicyType::Identity)?;
    subject.policies.attach(Layer::Identity, 0, identity);
    let full = input::document("FullAWSAccess", None, PolicyType::ServiceControl)?;
    let scp = input::from_text(list.0, list.1.as_bytes(), PolicyType::ServiceControl)?;
    subject.policies.layers.scp.push(Level { target: "ou-ab12-workloads".to_owned(), policies: Vec::new() });
    subject.policies.attach(Layer::Scp, 1, full);
    subject.policies.attach(Layer::Scp, 1, scp);
    Ok(subject)
}
