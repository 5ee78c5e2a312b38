//! Bedrock policies of AWS Organizations: their form, and what they leave open below and beside.
//!
//! Follows Organizations User Guide, "Amazon Bedrock policy syntax and examples" and "Understanding management policy
//! inheritance". Which effective policy comes of several is not asked here.

use std::ops::Range;

use iam::json::{Member, Node};

use crate::check::document::Document;
use crate::check::finding::{Audience, Confidence, Severity};
use crate::check::models;
use crate::check::models::listed;
use crate::check::rule::{Example, Found, Look, Rule};
use crate::check::view::place;

pub const FORM: Rule = Rule {
    id: "bedrock-policy-form",
    title: "a Bedrock policy that AWS refuses, or under which every call fails",
    severity: Severity::High,
    confidence: Confidence::High,
    audience: Audience::Author,
    why: "A wrong identifier, a missing version or a guardrail of another Region does not leave calls unguarded: every \
          call of a model in the accounts below fails until the policy is mended. A field that the syntax does not \
          have makes AWS refuse the policy.",
    instead: "Write `REGION.config_1.identifier` as `arn:aws:bedrock:REGION:ACCOUNT:guardrail/ID:VERSION`, with a \
              number as version and the Region above it, and both model lists where `model_enforcement` stands.",
    sources: &[
        "Organizations User Guide, \"Amazon Bedrock policy syntax and examples\"",
        "Amazon Bedrock User Guide, \"Guardrail enforcements\"",
    ],
    bad: Example::bedrock(
        r#"{
  "bedrock": {
    "guardrail_inference": {
      "us-east-1": {
        "config_1": {
          "identifier": { "@@assign": "arn:aws:bedrock:us-west-2:111122223333:guardrail/abcdefghijkl" }
        }
      }
    }
  }
}"#,
    ),
    good: Example::bedrock(GOOD),
    look: Look::Bedrock(look_at_form),
};

pub const OBSOLETE: Rule = Rule {
    id: "bedrock-policy-obsolete-field",
    title: "a field that Bedrock policies no longer have",
    severity: Severity::Medium,
    confidence: Confidence::High,
    audience: Audience::Author,
    why: "`input_tags` with `honor` or `ignore` was replaced by `selective_content_guarding`. What AWS does with a \
          policy that still has it is not documented; new ones are written without.",
    instead: "For `ignore` leave it out, since comprehensive is the default. For `honor` write \
              `selective_content_guarding` with `system` and `messages` as `selective`, and mind that callers then \
              choose what is guarded.",
    sources: &["Organizations User Guide, \"Amazon Bedrock policy syntax and examples\""],
    bad: Example::bedrock(
        r#"{
  "bedrock": {
    "guardrail_inference": {
      "us-east-1": {
        "config_1": {
          "identifier": { "@@assign": "arn:aws:bedrock:us-east-1:111122223333:guardrail/abcdefghijkl:1" },
          "input_tags": { "@@assign": "ignore" }
        }
      }
    }
  }
}"#,
    ),
    good: Example::bedrock(GOOD),
    look: Look::Bedrock(look_at_obsolete),
};

pub const BELOW: Rule = Rule {
    id: "guardrail-can-be-switched-off-below",
    title: "an enforced guardrail that a policy further down may replace or switch off",
    severity: Severity::Medium,
    confidence: Confidence::High,
    audience: Audience::Author,
    why: "Policies of this kind are merged from the root down, and one that is attached below may assign another \
          guardrail, or exclude every model, unless the one above says what its children may do. Whoever may write \
          policies for one unit then decides for it.",
    instead: "Put `\"@@operators_allowed_for_child_policies\": [\"@@none\"]` beside `@@assign` of the identifier and \
              of both model lists, or at `bedrock`.",
    sources: &[
        "Organizations User Guide, \"Inheritance operators\", child control operators",
        "Organizations User Guide, \"Amazon Bedrock policy syntax and examples\"",
    ],
    bad: Example::bedrock(
        r#"{
  "bedrock": {
    "guardrail_inference": {
      "us-east-1": {
        "config_1": {
          "identifier": { "@@assign": "arn:aws:bedrock:us-east-1:111122223333:guardrail/abcdefghijkl:1" }
        }
      }
    }
  }
}"#,
    ),
    good: Example::bedrock(GOOD),
    look: Look::Bedrock(look_at_children),
};

pub const OTHERS: Rule = Rule {
    id: "bedrock-policy-other-modes",
    title: "an enforced guardrail that excludes some embedding models and none of the others",
    severity: Severity::Low,
    confidence: Confidence::Low,
    audience: Audience::Auditor,
    why: "Who takes embedding models out of a guardrail's reach usually means all of them, and the catalogue has more: \
          calls of those go through the guardrail, or fail where it cannot judge what they carry. Whether it can is \
          not documented model by model.",
    instead: "Compare the list with the models of those kinds that are in use.",
    sources: &["Organizations User Guide, \"Amazon Bedrock policy syntax and examples\", model_enforcement"],
    bad: Example::bedrock(
        r#"{
  "bedrock": {
    "guardrail_inference": {
      "us-east-1": {
        "config_1": {
          "identifier": { "@@assign": "arn:aws:bedrock:us-east-1:111122223333:guardrail/abcdefghijkl:1" },
          "model_enforcement": {
            "included_models": { "@@assign": ["ALL"] },
            "excluded_models": { "@@assign": ["amazon.titan-embed-text-v2:0"] }
          }
        }
      }
    }
  }
}"#,
    ),
    good: Example::bedrock(GOOD),
    look: Look::Bedrock(look_at_modes),
};

pub const REACH: Rule = Rule {
    id: "enforced-guardrail-reach",
    title: "what an enforced guardrail does not see, and what it asks of callers",
    severity: Severity::Info,
    confidence: Confidence::High,
    audience: Audience::Auditor,
    why: "Enforced guardrails act on calls of the Bedrock runtime. Other doors to models pass by them. And every \
          caller needs `bedrock:ApplyGuardrail` on the guardrail, and on its profile in every Region where it reaches \
          other Regions: without it all of their calls fail.",
    instead: "Close the other doors, and grant `bedrock:ApplyGuardrail` on the guardrail to whoever runs models.",
    sources: &["Amazon Bedrock User Guide, \"Guardrail enforcements\" and \"Endpoints\""],
    bad: Example::bedrock(GOOD),
    good: Example::scp(
        r#"{
  "Version": "2012-10-17",
  "Statement": [
    { "Effect": "Deny", "Action": ["aws-external-anthropic:*", "bedrock-mantle:*"], "Resource": "*" }
  ]
}"#,
    ),
    look: Look::Bedrock(look_at_reach),
};

fn look_at_reach(document: &Document, found: &mut Found) {
    let Some(bedrock) =
        document.node.as_object().and_then(|members| members.iter().find(|one| one.name == "bedrock"))
    else {
        return;
    };
    let unseen: Vec<String> = reference::doors()
        .iter()
        .filter(|door| door.guardrails == Some(false) && door.does.contains(&reference::Opens::Run))
        .map(|door| format!("`{}`", door.id))
        .collect();
    let at = bedrock.start..bedrock.start + bedrock.name.len() + 2;
    let message = format!(
        "it does not see these doors: {}; and callers without `bedrock:ApplyGuardrail` on the guardrail fail",
        unseen.join(", ")
    );
    found.add(at, message);
}

pub const SELECTIVE: Rule = Rule {
    id: "guardrail-callers-choose",
    title: "an enforced guardrail of which callers choose what it guards",
    severity: Severity::High,
    confidence: Confidence::High,
    audience: Audience::Author,
    why: "With `selective` only what the caller puts into guard tags is looked at. For `system` without any tag \
          nothing is, so a caller who leaves the tags out leaves the guardrail out; whoever tags a harmless word has \
          the rest pass.",
    instead: "Write `comprehensive`, or leave `selective_content_guarding` out.",
    sources: &[
        "Organizations User Guide, \"Amazon Bedrock policy syntax and examples\", selective_content_guarding",
    ],
    bad: Example::bedrock(
        r#"{
  "bedrock": {
    "guardrail_inference": {
      "us-east-1": {
        "config_1": {
          "identifier": { "@@assign": "arn:aws:bedrock:us-east-1:111122223333:guardrail/abcdefghijkl:1" },
          "selective_content_guarding": { "messages": { "@@assign": "selective" } }
        }
      }
    }
  }
}"#,
    ),
    good: Example::bedrock(GOOD),
    look: Look::Bedrock(look_at_selective),
};

const GOOD: &str = r#"{
  "bedrock": {
    "@@operators_allowed_for_child_policies": ["@@none"],
    "guardrail_inference": {
      "us-east-1": {
        "config_1": {
          "identifier": { "@@assign": "arn:aws:bedrock:us-east-1:111122223333:guardrail/abcdefghijkl:1" }
        }
      }
    }
  }
}"#;

/// The operators of management policies.
const CHILDREN: &str = "@@operators_allowed_for_child_policies";

/// One configuration, with the Region it is for.
struct Config<'a> {
    region: &'a Member,
    node: &'a Node,
}

fn configs(document: &Document) -> Vec<Config<'_>> {
    let inference = document.node.get("bedrock").and_then(|bedrock| bedrock.get("guardrail_inference"));
    let regions = inference.and_then(Node::as_object).unwrap_or_default();
    let named = regions.iter().filter(|region| !region.name.starts_with("@@"));
    named
        .flat_map(|region| {
            let slots = region.node.as_object().unwrap_or_default();
            let slots = slots.iter().filter(|slot| !slot.name.starts_with("@@"));
            slots.map(move |slot| Config { region, node: &slot.node })
        })
        .collect()
}

/// The value that a field is assigned.
fn assigned<'a>(node: &'a Node, field: &str) -> Option<&'a Node> {
    node.get(field)?.get("@@assign")
}

/// The guardrails that a policy enforces: the Region, and the identifier that is assigned there.
pub(super) fn identifiers(document: &Document) -> Vec<(&str, &Node)> {
    let configs = configs(document).into_iter();
    configs
        .filter_map(|config| Some((config.region.name.as_str(), assigned(config.node, "identifier")?)))
        .collect()
}

fn look_at_form(document: &Document, found: &mut Found) {
    let Some(bedrock) = document.node.get("bedrock") else { return };
    let known = |node: &Node, names: &[&str], found: &mut Found| {
        for member in node.as_object().unwrap_or_default() {
            if !names.contains(&member.name.as_str()) && !member.name.starts_with("@@") {
                let at = member.start..member.node.end;
                found.add(at, format!("Bedrock policies have no field `{}` here", member.name));
            }
        }
    };
    known(bedrock, &["guardrail_inference"], found);
    for config in configs(document) {
        let region = config.region;
        if reference::region(&region.name).is_none() {
            found.add(region.start..region.node.start, format!("`{}` is no Region", region.name));
        }
        known(
            config.node,
            &["identifier", "input_tags", "model_enforcement", "selective_content_guarding"],
            found,
        );
        match assigned(config.node, "identifier") {
            None => {
                found
                    .add(
                        place(config.node).start..place(config.node).start + 1,
                        "it names no guardrail: `identifier` is missing, unless a policy above has it",
                    )
                    .severity(Severity::Medium)
                    .confidence(Confidence::Low);
            }
            Some(node) if !document.holes.contains(&place(node)) => {
                if let Some(problem) = identifier_problem(node.as_text().unwrap_or_default(), &region.name) {
                    found.add(place(node), problem);
                }
            }
            Some(_) => {}
        }
        if let Some(enforcement) = config.node.get("model_enforcement") {
            for list in ["included_models", "excluded_models"] {
                if enforcement.get(list).is_none() {
                    let at = enforcement.start..enforcement.start + 1;
                    let message = format!(
                        "`model_enforcement` needs `{list}`, which may be an empty list, unless a policy above has it"
                    );
                    found.add(at, message).severity(Severity::Medium).confidence(Confidence::Low);
                }
            }
        }
        for (node, problem) in model_problems(config.node) {
            found.add(node, problem);
        }
    }
}

/// Why no guardrail has this identifier in this Region.
fn identifier_problem(text: &str, region: &str) -> Option<String> {
    let Some([scheme, _, service, own_region, account, rest]) = iam::arn::split(text) else {
        return Some(format!("`{text}` is not the ARN of a guardrail with its version"));
    };
    let Some(id) = rest.strip_prefix("guardrail/").filter(|_| scheme == "arn" && service == "bedrock") else {
        return Some(format!("`{text}` is not the ARN of a guardrail"));
    };
    if account.len() != 12 || !account.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(format!("`{account}` is not the management account's id"));
    }
    if own_region != region {
        return Some(format!(
            "the guardrail is one of {own_region}, and stands for {region}; every call there fails"
        ));
    }
    match id.split_once(':') {
        None => Some("the guardrail has no version; every call fails".to_owned()),
        Some((_, "DRAFT")) => Some("a draft cannot be enforced; write the number of a version".to_owned()),
        Some((_, version)) if version.is_empty() || !version.bytes().all(|byte| byte.is_ascii_digit()) => {
            Some(format!("`{version}` is not the number of a version"))
        }
        Some(_) => None,
    }
}

/// Values of the model lists that are no model ids.
fn model_problems(config: &Node) -> Vec<(Range<usize>, String)> {
    let mut problems = Vec::new();
    let Some(enforcement) = config.get("model_enforcement") else { return problems };
    for list in ["included_models", "excluded_models"] {
        let operators = enforcement.get(list).and_then(Node::as_object).unwrap_or_default();
        let values = operators.iter().filter(|operator| operator.name != CHILDREN);
        for node in values.flat_map(|operator| operator.node.as_list().unwrap_or_default()) {
            let text = node.as_text().unwrap_or_default();
            let is_profile = reference::split_profile_id(text).is_some();
            if text.starts_with("arn:") || is_profile {
                let what = if is_profile { "a profile" } else { "an ARN" };
                problems.push((place(node), format!("`{text}` is {what}; the lists hold ids of models")));
            }
        }
    }
    problems
}

fn look_at_obsolete(document: &Document, found: &mut Found) {
    for config in configs(document) {
        let members = config.node.as_object().unwrap_or_default();
        let Some(member) = members.iter().find(|member| member.name == "input_tags") else { continue };
        let value = member.node.get("@@assign").and_then(Node::as_text).unwrap_or_default();
        let instead = match value {
            "ignore" => "leave it out: comprehensive guarding is the default",
            _ => {
                "write \"selective_content_guarding\": {\"messages\": {\"@@assign\": \"selective\"}}, if callers are \
                 to choose what is guarded"
            }
        };
        let at = member.start..member.start + member.name.len() + 2;
        found
            .add(at, "`input_tags` was replaced by `selective_content_guarding`".to_owned())
            .instead(instead);
    }
}

fn look_at_children(document: &Document, found: &mut Found) {
    let Some(bedrock) = document.node.get("bedrock") else { return };
    let Some(inference) = bedrock.get("guardrail_inference") else { return };
    if locks(bedrock) || locks(inference) {
        return;
    }
    for config in configs(document) {
        if locks(&config.region.node) || locks(config.node) {
            continue;
        }
        let Some(identifier) = config.node.get("identifier").filter(|identifier| !locks(identifier)) else {
            continue;
        };
        let message = format!(
            "a policy below may assign another guardrail for {}, or exclude its models",
            config.region.name
        );
        found.add(place(identifier), message).severity(Severity::Medium);
    }
}

/// Whether children may change nothing at this node.
fn locks(node: &Node) -> bool {
    let allowed = node.get(CHILDREN).and_then(Node::as_list);
    allowed.is_some_and(|allowed| {
        allowed.iter().all(|one| one.as_text() == Some("@@none")) && !allowed.is_empty()
    })
}

fn look_at_modes(document: &Document, found: &mut Found) {
    for config in configs(document) {
        let Some(enforcement) = config.node.get("model_enforcement") else { continue };
        let Some(list) = assigned(enforcement, "excluded_models") else { continue };
        let excluded: Vec<&str> =
            list.as_list().unwrap_or_default().iter().filter_map(Node::as_text).collect();
        let embeds = |model: &reference::Model| model.mode == "embedding";
        let is_of_embedding = |id: &&str| reference::model(id).is_some_and(|model| embeds(&model));
        if excluded.is_empty() || !excluded.iter().all(is_of_embedding) {
            continue;
        }
        let left: Vec<String> = models::all()
            .iter()
            .copied()
            .filter(|model| model.endpoint == reference::Endpoint::Runtime && embeds(model))
            .map(|model| model.id.to_owned())
            .filter(|id| !excluded.contains(&id.as_str()))
            .collect();
        if !left.is_empty() {
            let message = format!("these embedding models are not excluded: {}", listed(&left, 4));
            found.add(place(list), message);
        }
    }
}

fn look_at_selective(document: &Document, found: &mut Found) {
    for config in configs(document) {
        let Some(guarding) = config.node.get("selective_content_guarding") else { continue };
        for part in ["system", "messages"] {
            if let Some(node) = assigned(guarding, part).filter(|node| node.as_text() == Some("selective")) {
                found.add(place(node), format!("callers choose by tags what of `{part}` is guarded"));
            }
        }
    }
}
