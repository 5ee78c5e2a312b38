//! Models that a policy names and the catalogue does not have, or has ended.
//!
//! The catalogue follows a price list that AWS does not write and may lack a model, so what it lacks is told with low
//! confidence; an id of the other endpoint is told with high.

use iam::condition::Comparison;
use iam::glob::Glob;
use iam::json::Node;
use iam::lint::statement::Statement;
use reference::{Endpoint, Lifecycle, Model};

use crate::check::finding::{Audience, Confidence, Severity};
use crate::check::models;
use crate::check::models::{foundation_model, listed, matching};
use crate::check::rule::{Example, Found, Look, Rule};
use crate::check::view::{View, place};

pub const UNKNOWN: Rule = Rule {
    id: "unknown-model",
    title: "a pattern that matches no known model",
    severity: Severity::Medium,
    confidence: Confidence::Low,
    audience: Audience::Author,
    why: "A list of models that matches none approves nothing, or denies nothing. Ids differ in small things: a \
          version, a date, the maker's prefix. The catalogue may also simply lack a new model.",
    instead: "Compare with the model card, or with `aws bedrock list-foundation-models`.",
    sources: &["Amazon Bedrock User Guide, \"Supported foundation models\" and model cards"],
    bad: Example::identity(
        r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": "bedrock:InvokeModel",
      "Resource": "arn:aws:bedrock:*::foundation-model/antropic.claude-opus-5-5"
    }
  ]
}"#,
    ),
    good: Example::identity(
        r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": "bedrock:InvokeModel",
      "Resource": "arn:aws:bedrock:*::foundation-model/anthropic.claude-opus-5-5"
    }
  ]
}"#,
    ),
    look: Look::Policy(look_for_unknown),
};

pub const OTHER_ENDPOINT: Rule = Rule {
    id: "model-id-of-other-endpoint",
    title: "a model named as another endpoint names it",
    severity: Severity::High,
    confidence: Confidence::High,
    audience: Audience::Author,
    why: "The same model has other ids at `bedrock-mantle` than at the runtime. `bedrock-mantle:Model` holds the id \
          that the mantle uses, never an ARN and never the runtime's: `openai.gpt-oss-120b`, not \
          `openai.gpt-oss-120b-1:0`. A value of the other endpoint equals nothing.",
    instead: "Write the id of the endpoint that the statement is about; the model card has both.",
    sources: &[
        "Amazon Bedrock User Guide, \"Endpoints\" and model cards",
        "Service Authorization Reference, bedrock-mantle:Model",
    ],
    bad: Example::scp(
        r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Deny",
      "Action": "bedrock-mantle:CreateInference",
      "Resource": "*",
      "Condition": { "StringNotLike": { "bedrock-mantle:Model": "openai.gpt-oss-120b-1:0" } }
    }
  ]
}"#,
    ),
    good: Example::scp(
        r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Deny",
      "Action": "bedrock-mantle:CreateInference",
      "Resource": "*",
      "Condition": { "StringNotLike": { "bedrock-mantle:Model": "openai.gpt-oss-120b" } }
    }
  ]
}"#,
    ),
    look: Look::Policy(look_for_other_endpoint),
};

pub const RETIRED: Rule = Rule {
    id: "retired-model",
    title: "a pattern whose models have all ended, end soon or are legacy",
    severity: Severity::Low,
    confidence: Confidence::Medium,
    audience: Audience::Author,
    why: "A model that has ended answers no call, so the value approves or grants nothing. Lists that nobody reads \
          again keep names that AWS may one day give to something else.",
    instead: "Take it out, or name the model that came after it.",
    sources: &["Amazon Bedrock User Guide, \"Model lifecycle\""],
    bad: Example::identity(
        r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": "bedrock:InvokeModel",
      "Resource": "arn:aws:bedrock:*::foundation-model/amazon.titan-image-generator-v2:0"
    }
  ]
}"#,
    ),
    good: Example::identity(
        r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": "bedrock:InvokeModel",
      "Resource": "arn:aws:bedrock:*::foundation-model/amazon.nova-*"
    }
  ]
}"#,
    ),
    look: Look::Policy(look_for_retired),
};

/// A model as a policy names it, at the endpoint that the statement is about.
struct Named<'a> {
    endpoint: Endpoint,
    /// The id, perhaps with wildcards.
    id: String,
    node: &'a Node,
}

fn named<'a>(statement: &Statement<'a>) -> Vec<Named<'a>> {
    let mut all = Vec::new();
    for value in statement.resource.iter().flat_map(|resource| &resource.values) {
        if let Some(id) = foundation_model(value.text) {
            all.push(Named { endpoint: Endpoint::Runtime, id: id.to_owned(), node: value.node });
        }
    }
    for condition in statement.conditions_on("bedrock-mantle:Model") {
        if condition.operator.is_none_or(|operator| operator.comparison == Comparison::Null) {
            continue;
        }
        for (text, node) in &condition.values {
            all.push(Named { endpoint: Endpoint::Mantle, id: text.clone(), node });
        }
    }
    // What holds a variable, or nothing but wildcards, names no model.
    all.retain(|named| {
        !named.id.contains('$') && named.id.contains(|each: char| each.is_ascii_alphanumeric())
    });
    all
}

fn look_for_unknown(view: &View<'_>, found: &mut Found) {
    for named in view.outline.statements.iter().flat_map(named) {
        if !matching(named.endpoint, &named.id).is_empty() || other_endpoint(&named).is_some() {
            continue;
        }
        let finding = found.add(
            place(named.node),
            format!(
                "no model that the catalogue knows at the {} is called `{}`",
                endpoint(named.endpoint),
                named.id
            ),
        );
        if let Some(nearest) = nearest(&named) {
            finding.instead(format!("did you mean `{nearest}`?"));
        }
    }
}

fn look_for_other_endpoint(view: &View<'_>, found: &mut Found) {
    for named in view.outline.statements.iter().flat_map(named) {
        if !matching(named.endpoint, &named.id).is_empty() {
            continue;
        }
        let Some(reason) = other_endpoint(&named) else { continue };
        let finding = found.add(place(named.node), format!("`{}` {reason}", named.id));
        let bare = named.id.rsplit('/').next().unwrap_or_default().to_owned();
        if let Some(nearest) = nearest(&Named { id: bare, ..named }) {
            finding.instead(format!("did you mean `{nearest}`?"));
        }
    }
}

/// Why the id belongs to another endpoint.
fn other_endpoint(named: &Named<'_>) -> Option<String> {
    let (here, other) = match named.endpoint {
        Endpoint::Mantle => ("bedrock-mantle", Endpoint::Runtime),
        Endpoint::Runtime => ("the runtime", Endpoint::Mantle),
        Endpoint::ClaudePlatform => return None,
    };
    if named.endpoint == Endpoint::Mantle && named.id.starts_with("arn:") {
        return Some("is an ARN; the key holds the id of the model".to_owned());
    }
    let there = matching(other, &named.id);
    let first = there.first()?;
    Some(format!("is how {} calls `{}`; {here} has no model of that id", endpoint(other), first.id))
}

fn look_for_retired(view: &View<'_>, found: &mut Found) {
    for named in view.outline.statements.iter().flat_map(named) {
        let models = matching(named.endpoint, &named.id);
        let ended: Vec<(&Model, &str)> = models.iter().filter_map(|model| ended(model, view.day)).collect();
        let ids: Vec<String> = models.iter().map(|model| model.id.to_owned()).collect();
        if models.is_empty() {
            continue;
        }
        if ended.len() == models.len() {
            let last = ended.iter().map(|(_, day)| *day).max().unwrap_or_default();
            let verb = if last < view.day { "ended" } else { "ends" };
            found.add(place(named.node), format!("{} {verb} on {last}", listed(&ids, 3)));
        } else if models.iter().all(|model| reference::model_notes(model.id).any(|note| note.legacy)) {
            let verb = if ids.len() == 1 { "is" } else { "are" };
            found.add(
                place(named.node),
                format!("{} {verb} legacy: on the way out, and not for new accounts", listed(&ids, 3)),
            );
        }
    }
}

/// The day a model ends, where that is past or within ninety days.
fn ended<'m>(model: &'m Model, day: &str) -> Option<(&'m Model, &'static str)> {
    match model.lifecycle(day) {
        Lifecycle::NoEndKnown => None,
        Lifecycle::Ended { on } => Some((model, on)),
        Lifecycle::Ending { on } => is_soon(day, on).then_some((model, on)),
    }
}

/// Whether the later day is in the same or one of the next two months.
fn is_soon(day: &str, on: &str) -> bool {
    let months = |text: &str| {
        let mut parts = text.splitn(3, '-').map(|part| part.parse::<i32>().unwrap_or_default());
        parts.next().unwrap_or_default() * 12 + parts.next().unwrap_or_default()
    };
    months(on) - months(day) <= 2
}

fn endpoint(endpoint: Endpoint) -> &'static str {
    match endpoint {
        Endpoint::Runtime => "runtime",
        Endpoint::Mantle => "mantle",
        Endpoint::ClaudePlatform => "Claude Platform",
    }
}

/// The id of a model of the same maker that begins most alike, at the endpoint the statement is about.
fn nearest(named: &Named<'_>) -> Option<&'static str> {
    let wanted: String = named.id.chars().filter(|each| !matches!(each, '*' | '?')).collect();
    let alike = |id: &str| id.chars().zip(wanted.chars()).take_while(|(a, b)| a == b).count();
    let of_maker = models::all().iter().copied().filter(|model| model.endpoint == named.endpoint);
    let best = of_maker.max_by_key(|model| (alike(model.id), std::cmp::Reverse(model.id.len())))?;
    let distance = edits(&wanted, best.id);
    let close = alike(best.id) * 2 >= wanted.len();
    if close || distance <= 3 {
        return Some(best.id);
    }
    // A slip in the maker's name leaves nothing alike at the start.
    let by_edits = models::all()
        .iter()
        .copied()
        .filter(|model| model.endpoint == named.endpoint)
        .min_by_key(|model| edits(&wanted, model.id))?;
    (edits(&wanted, by_edits.id) <= 3 || Glob::new(&named.id).matches(by_edits.id)).then_some(by_edits.id)
}

/// How many letters have to be put in, taken out or changed.
fn edits(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (line, from) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = line + 1;
        for (column, to) in b.iter().enumerate() {
            let change = diagonal + usize::from(from != *to);
            diagonal = row[column + 1];
            row[column + 1] = change.min(row[column] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}
