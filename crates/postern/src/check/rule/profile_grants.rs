//! Grants that have to do with inference profiles and say less, or more, than they seem to.

use iam::condition::{Comparison, Quantifier};
use iam::policy::{Effect, PolicyType};

use crate::check::alone::{ACCOUNT, Alone};
use crate::check::finding::{Audience, Confidence, Severity};
use crate::check::models;
use crate::check::models::{and, foundation_model, matching};
use crate::check::rule::{Example, Found, Look, Rule};
use crate::check::view::{View, place};

pub const REGIONS: Rule = Rule {
    id: "model-grant-misses-regions",
    title: "a grant of a model in some Regions of a profile's geography",
    severity: Severity::Low,
    confidence: Confidence::Medium,
    audience: Audience::Auditor,
    why: "Behind a profile the model is authorised in every Region it may run in, and some source Regions add \
          themselves: a `us.` profile called from us-west-1 or Canada runs in three Regions and that one. A grant \
          that lists the three works from these and is refused from the others.",
    instead: "Write `*` for the Region and limit where calls are made by `aws:RequestedRegion` on the profile, or \
              list the Region that is missing.",
    sources: &["Amazon Bedrock User Guide, model cards, source and destination Regions"],
    bad: Example::identity(
        r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": "bedrock:InvokeModel",
      "Resource": [
        "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-opus-5-5",
        "arn:aws:bedrock:us-east-2::foundation-model/anthropic.claude-opus-5-5",
        "arn:aws:bedrock:us-west-2::foundation-model/anthropic.claude-opus-5-5"
      ],
      "Condition": {
        "ArnLike": { "bedrock:InferenceProfileArn": "arn:aws:bedrock:*:*:application-inference-profile/*" }
      }
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
      "Resource": "arn:aws:bedrock:*::foundation-model/anthropic.claude-opus-5-5",
      "Condition": {
        "ArnLike": { "bedrock:InferenceProfileArn": "arn:aws:bedrock:*:*:application-inference-profile/*" }
      }
    }
  ]
}"#,
    ),
    look: Look::Policy(look_at_regions),
};

pub const COPIES: Rule = Rule {
    id: "copies-any-profile",
    title: "a grant of making application profiles that pins models and lets any system profile be copied",
    severity: Severity::Medium,
    confidence: Confidence::Low,
    audience: Audience::Author,
    why: "`bedrock:CreateInferenceProfile` is authorised on the new profile and on what it copies. `inference-profile/*` \
          is the system profiles of every model. Whether the models behind a copied profile are authorised too is \
          not documented; if not, the pinned model is not the only one.",
    instead: "List the system profiles by name: `arn:aws:bedrock:*:*:inference-profile/*.MODEL`.",
    sources: &[
        "Service Authorization Reference, bedrock:CreateInferenceProfile; Amazon Bedrock User Guide, \"Create an application inference profile\"",
    ],
    bad: Example::identity(
        r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": "bedrock:CreateInferenceProfile",
      "Resource": [
        "arn:aws:bedrock:*::foundation-model/anthropic.claude-opus-5-5",
        "arn:aws:bedrock:*:*:application-inference-profile/*",
        "arn:aws:bedrock:*:*:inference-profile/*"
      ]
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
      "Action": "bedrock:CreateInferenceProfile",
      "Resource": [
        "arn:aws:bedrock:*::foundation-model/anthropic.claude-opus-5-5",
        "arn:aws:bedrock:*:*:application-inference-profile/*",
        "arn:aws:bedrock:*:*:inference-profile/*.anthropic.claude-opus-5-5"
      ]
    }
  ]
}"#,
    ),
    look: Look::Policy(look_at_copies),
};

pub const RETAG: Rule = Rule {
    id: "tag-may-be-changed",
    title: "a grant of tagging that asks for a tag and not for its value",
    severity: Severity::Medium,
    confidence: Confidence::High,
    audience: Audience::Author,
    why: "Where tags say to whom a resource belongs, whoever may tag what carries the tag with any value, with any \
          other value, may move it: another team's profile becomes theirs.",
    instead: "Compare the value with what the caller has: \
              `\"StringEquals\": { \"aws:ResourceTag/KEY\": \"${aws:PrincipalTag/KEY}\" }`, and the same for \
              `aws:RequestTag/KEY`.",
    sources: &["IAM User Guide, \"Controlling access to AWS resources using tags\""],
    bad: Example::identity(
        r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": "bedrock:TagResource",
      "Resource": "arn:aws:bedrock:*:*:application-inference-profile/*",
      "Condition": { "Null": { "aws:ResourceTag/team": "false", "aws:RequestTag/team": "false" } }
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
      "Action": "bedrock:TagResource",
      "Resource": "arn:aws:bedrock:*:*:application-inference-profile/*",
      "Condition": {
        "StringEquals": {
          "aws:ResourceTag/team": "${aws:PrincipalTag/team}",
          "aws:RequestTag/team": "${aws:PrincipalTag/team}"
        }
      }
    }
  ]
}"#,
    ),
    look: Look::Policy(look_at_tags),
};

pub const EXTRA_TAGS: Rule = Rule {
    id: "any-other-tag-too",
    title: "a grant that asks for one tag key and lets any other come along",
    severity: Severity::Low,
    confidence: Confidence::High,
    audience: Audience::Author,
    why: "`ForAnyValue:StringEquals` on `aws:TagKeys` holds as soon as one key is listed; the others may be anything, \
          also keys by which other policies decide.",
    instead: "Use `ForAllValues:StringEquals` on `aws:TagKeys` together with `\"Null\": { \"aws:TagKeys\": \"false\" }`.",
    sources: &["IAM User Guide, \"Single-valued vs. multivalued context keys\", aws:TagKeys"],
    bad: Example::identity(
        r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": "bedrock:TagResource",
      "Resource": "*",
      "Condition": { "ForAnyValue:StringEquals": { "aws:TagKeys": ["team"] } }
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
      "Action": "bedrock:TagResource",
      "Resource": "*",
      "Condition": {
        "ForAllValues:StringEquals": { "aws:TagKeys": ["team"] },
        "Null": { "aws:TagKeys": "false" }
      }
    }
  ]
}"#,
    ),
    look: Look::Policy(look_at_extra_tags),
};

fn look_at_regions(view: &View<'_>, found: &mut Found) {
    let Some(alone) = view.alone().filter(|_| view.policy_type == PolicyType::Identity) else { return };
    for statement in view.outline.statements.iter().filter(|statement| statement.effect == Effect::Allow) {
        let Some(resource) = statement.resource.as_ref().filter(|resource| !resource.negated) else {
            continue;
        };
        if !statement.names("bedrock:InvokeModel") {
            continue;
        }
        let profiled = statement.conditions_on("bedrock:InferenceProfileArn").next().is_some();
        let Some(model) = resource.values.iter().find_map(|value| foundation_model(value.text)) else {
            continue;
        };
        let Some(model) = matching(reference::Endpoint::Runtime, model).first().copied() else { continue };
        for profile in models::profiles().iter().copied().filter(|profile| profile.model_id == model.id) {
            let Some(geography) = profile.geography().filter(|geography| !geography.everywhere) else {
                continue;
            };
            let allows = |region: &str| allows_behind_profile(alone, model.id, region, profiled);
            // Only who lists the Regions that every source reaches means the profile.
            let has_core =
                geography.regions.len() > 1 && geography.regions.iter().all(|region| allows(region));
            let missing: Vec<String> =
                geography.adds_itself.iter().filter(|region| !allows(region)).cloned().collect();
            if has_core && !missing.is_empty() {
                let message = format!(
                    "through `{}.` profiles this works from {}, and calls from {} are denied, which run there too",
                    profile.geography,
                    and(&geography.regions),
                    and(&missing)
                );
                found.add(place(resource.node), message);
            }
        }
    }
}

fn allows_behind_profile(alone: &Alone, model: &str, region: &str, profiled: bool) -> bool {
    let resource = format!("arn:aws:bedrock:{region}::foundation-model/{model}");
    let profile = format!("arn:aws:bedrock:{region}:{ACCOUNT}:application-inference-profile/abcdefghijkl");
    let profile = if profiled { profile.as_str() } else { "" };
    let keys = [("aws:RequestedRegion", region), ("bedrock:InferenceProfileArn", profile)];
    // A condition with a part that is not known may be about this account.
    let answer = alone.ask("bedrock:InvokeModel", &resource, &keys);
    answer.is_some_and(|answer| answer.decision().is_none_or(|decision| decision == iam::Decision::Allow))
}

fn look_at_copies(view: &View<'_>, found: &mut Found) {
    let Some(alone) = view.alone().filter(|_| view.policy_type == PolicyType::Identity) else { return };
    let allows = |resource: &str| {
        let keys = [("aws:ResourceAccount", ACCOUNT), ("aws:RequestedRegion", "us-east-1")];
        alone.allows("bedrock:CreateInferenceProfile", resource, &keys)
    };
    let copied_alone = |profile: &reference::Profile| {
        allows(&format!("arn:aws:bedrock:us-east-1::foundation-model/{}", profile.model_id)) == Some(false)
            && allows(&format!("arn:aws:bedrock:us-east-1:{ACCOUNT}:inference-profile/{}", profile.id))
                == Some(true)
    };
    let mut profiles = models::profiles().iter().copied().filter(|profile| profile.geography == "us");
    let Some(other) = profiles.find(copied_alone) else { return };
    let pins = |text: &str| foundation_model(text).is_some_and(|model| model != "*");
    let values = || {
        let allowing = view.outline.statements.iter().filter(|statement| {
            statement.effect == Effect::Allow && statement.names("bedrock:CreateInferenceProfile")
        });
        allowing.filter_map(|statement| statement.resource.as_ref()).flat_map(|resource| &resource.values)
    };
    let of_profiles =
        |text: &str| text.splitn(6, ':').nth(5).is_some_and(|rest| rest.starts_with("inference-profile/"));
    let Some(value) = values().find(|value| of_profiles(value.text)) else { return };
    if values().any(|value| pins(value.text)) {
        let message = format!(
            "models are pinned, and a system profile of any other may be copied, such as `{}`, unless AWS authorises \
             the models behind it as well",
            other.id
        );
        found.add(place(value.node), message);
    }
}

fn look_at_tags(view: &View<'_>, found: &mut Found) {
    let Some(alone) = view.alone().filter(|_| view.policy_type == PolicyType::Identity) else { return };
    for statement in view.outline.statements.iter().filter(|statement| statement.effect == Effect::Allow) {
        if !statement.names("bedrock:TagResource") {
            continue;
        }
        for condition in &statement.conditions {
            let Some(tag) = condition.key.strip_prefix("aws:ResourceTag/") else { continue };
            let is_null = condition.operator.is_some_and(|operator| operator.comparison == Comparison::Null);
            let is_there = condition.values.iter().any(|(text, _)| text == "false");
            if is_null && is_there && may_change(alone, tag) {
                let at = condition.key_span.start..condition.key_span.end;
                let message =
                    format!("what carries the tag `{tag}` with any value may be given it with another");
                found.add(at, message);
            }
        }
    }
}

fn may_change(alone: &Alone, tag: &str) -> bool {
    let resource = format!("arn:aws:bedrock:us-east-1:{ACCOUNT}:application-inference-profile/abcdefghijkl");
    let (on_resource, in_request) = (format!("aws:ResourceTag/{tag}"), format!("aws:RequestTag/{tag}"));
    let keys = [
        (on_resource.as_str(), "theirs"),
        (in_request.as_str(), "ours"),
        ("aws:TagKeys", tag),
        ("aws:ResourceAccount", ACCOUNT),
        ("aws:RequestedRegion", "us-east-1"),
    ];
    alone.allows("bedrock:TagResource", &resource, &keys) == Some(true)
}

fn look_at_extra_tags(view: &View<'_>, found: &mut Found) {
    for statement in view.outline.statements.iter().filter(|statement| statement.effect == Effect::Allow) {
        let quantified = |wanted: Quantifier| {
            statement
                .conditions_on("aws:TagKeys")
                .find(|condition| condition.operator.is_some_and(|operator| operator.quantifier == wanted))
        };
        let tagging = ["bedrock:TagResource", "bedrock:CreateInferenceProfile", "sagemaker:AddTags"];
        if !tagging.iter().any(|action| statement.names(action)) {
            continue;
        }
        if let (Some(any), None) = (quantified(Quantifier::Any), quantified(Quantifier::All)) {
            let at = any.operator_span.start..any.operator_span.end;
            found.add(at, "one of the tags has to be listed; any other may come along");
        }
    }
}
