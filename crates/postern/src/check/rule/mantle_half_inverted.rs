//! Allow-lists whose half for `bedrock-mantle` says the opposite.

use iam::condition::Comparison;
use iam::policy::Effect;

use crate::check::finding::{Audience, Confidence, Severity};
use crate::check::models::patterns;
use crate::check::rule::{Example, Found, Look, Rule};
use crate::check::view::View;

pub const RULE: Rule = Rule {
    id: "mantle-half-inverted",
    title: "an allow-list whose half for `bedrock-mantle` denies what the other half allows",
    severity: Severity::High,
    confidence: Confidence::Medium,
    audience: Audience::Author,
    why: "In `bedrock` a list of what is approved stands in `NotResource` of a Deny. In `bedrock-mantle` the model is \
          a condition value, and the same list needs a negated operator: `StringLike` denies the models that it \
          names and leaves all others open.",
    instead: "Write `StringNotLike` with the ids that `bedrock-mantle` uses, on `bedrock-mantle:CreateInference`, \
              `bedrock-mantle:CountTokens` and `bedrock-mantle:CreateFineTuningJob` only, since the other actions \
              carry no model.",
    sources: &[
        "Service Authorization Reference, condition keys of Amazon Bedrock Mantle",
        "IAM User Guide, \"IAM JSON policy elements: Condition operators\"",
    ],
    bad: Example::scp(
        r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Deny",
      "Action": "bedrock:InvokeModel*",
      "NotResource": ["arn:aws:bedrock:*::foundation-model/openai.gpt-oss-*", "arn:aws:bedrock:*:????????????:*"]
    },
    {
      "Effect": "Deny",
      "Action": "bedrock-mantle:*",
      "Resource": "*",
      "Condition": { "StringLike": { "bedrock-mantle:Model": "openai.gpt-oss-*" } }
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
      "Action": "bedrock:InvokeModel*",
      "NotResource": ["arn:aws:bedrock:*::foundation-model/openai.gpt-oss-*", "arn:aws:bedrock:*:????????????:*"]
    },
    {
      "Effect": "Deny",
      "Action": ["bedrock-mantle:CountTokens", "bedrock-mantle:CreateFineTuningJob", "bedrock-mantle:CreateInference"],
      "Resource": "*",
      "Condition": { "StringNotLike": { "bedrock-mantle:Model": "openai.gpt-oss-*" } }
    }
  ]
}"#,
    ),
    look: Look::Policy(look),
};

fn look(view: &View<'_>, found: &mut Found) {
    let denying = || view.outline.statements.iter().filter(|statement| statement.effect == Effect::Deny);
    let approved: Vec<&str> = denying()
        .filter_map(|statement| statement.resource.as_ref())
        .filter(|resource| resource.negated)
        .flat_map(patterns)
        .collect();
    if approved.is_empty() {
        return;
    }
    for statement in denying() {
        for condition in statement.conditions_on("bedrock-mantle:Model") {
            let Some(operator) = condition.operator else { continue };
            if operator.negated || operator.comparison == Comparison::Null {
                continue;
            }
            let is_unknown = |text: &str| text.contains("${");
            let same =
                condition.values.iter().find(|(text, _)| is_unknown(text) || approves(&approved, text));
            if let Some((text, _)) = same {
                let at = condition.operator_span.start..condition.operator_span.end;
                let which =
                    if is_unknown(text) { "the models it names".to_owned() } else { format!("`{text}`") };
                let message = format!(
                    "`{}` denies {which} at `bedrock-mantle` and leaves every other model open there, while \
                     `NotResource` approves models for `bedrock`",
                    condition.operator_name
                );
                let plain = condition.operator_name;
                let negated = plain.replacen("String", "StringNot", 1).replacen("Arn", "ArnNot", 1);
                found.add(at, message).instead(format!(
                    "write `{negated}`, on `bedrock-mantle:CreateInference`, `bedrock-mantle:CountTokens` and \
                     `bedrock-mantle:CreateFineTuningJob` only"
                ));
            }
        }
    }
}

/// Whether the list approves models of the maker that the value is about.
fn approves(approved: &[&str], text: &str) -> bool {
    let maker = |text: &str| text.split(['.', '*']).next().unwrap_or_default().to_owned();
    approved.iter().any(|pattern| !maker(pattern).is_empty() && maker(pattern) == maker(text))
}
