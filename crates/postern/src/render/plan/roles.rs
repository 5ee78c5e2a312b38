//! The roles of a plan, and what the fence refuses to them.

use std::fmt::Write as _;

use charter::role::{RoleRoom, characters};
use serde_json::{Map, Value, json};

use super::{Found, ROWS_MAX, heading, more};
use crate::plan::promise::Broken;
use crate::plan::roles::{Made, Refused, Stack};
use crate::render::{DIM, GOOD, OPEN, styled};

/// Requests of a role that are shown, before they are counted.
const REQUESTS_MAX: usize = 3;

pub fn text(out: &mut String, found: &Found<'_>) {
    if found.plan.roles.is_empty() {
        return;
    }
    heading(out, "Roles");
    let room = RoleRoom::aws();
    for stack in &found.plan.roles {
        for role in &stack.roles {
            let _ = writeln!(out, "  {:<44} in the accounts of {}", role.name, stack.area);
            let Made { documents, .. } = role;
            let mut parts = vec![format!("trust {} of {}", characters(&documents.trust), room.trust_max)];
            let policies = documents.policies.iter().map(|text| ("policy", text));
            let policies = policies.chain(documents.boundary.iter().map(|text| ("boundary", text)));
            parts.extend(
                policies.map(|(what, text)| format!("{what} {} of {}", characters(text), room.managed_max)),
            );
            let _ = writeln!(out, "      characters: {}", parts.join("; "));
            if !documents.sessions.is_empty() {
                let of = documents.sessions.iter().map(|(model, text)| {
                    let over = if characters(text) > room.session_max { ", too long to be used" } else { "" };
                    format!("{model} {} of {}{over}", characters(text), room.session_max)
                });
                let of: Vec<String> = of.collect();
                let _ = writeln!(
                    out,
                    "      characters of sessions for one model: {}; the packed size only AWS knows",
                    of.join("; ")
                );
            }
            let refused: Vec<&Broken> =
                found.refused.into_iter().flat_map(|refused| of_role(refused, stack, role)).collect();
            for Broken { action, resource, .. } in refused.iter().take(REQUESTS_MAX) {
                let words = styled(OPEN, "given, and refused by the fence:");
                let _ = writeln!(out, "      {words} {action} on {resource}");
            }
            if refused.len() > REQUESTS_MAX {
                let left = refused.len() - REQUESTS_MAX;
                let words = styled(DIM, format!("and {left} more: --format json has all"));
                let _ = writeln!(out, "      {words}");
            }
        }
    }
    match found.refused {
        None => {
            let _ =
                writeln!(out, "  {}", styled(DIM, "whether the fence refuses what they are given: --prove"));
        }
        Some(Refused { requests, unknown, places }) if requests.is_empty() && unknown.is_empty() => {
            let sign = styled(GOOD, "✓");
            let _ = writeln!(
                out,
                "  {sign} the fence refuses nothing that they are given, proved in {places} places"
            );
        }
        Some(Refused { unknown, .. }) => {
            for why in unknown.iter().take(ROWS_MAX) {
                let _ = writeln!(out, "      not known whether the fence refuses more: {why}");
            }
            more(out, unknown.len());
        }
    }
    let _ = writeln!(out, "  made by FOLDER/roles.sh, which --out FOLDER writes");
}

pub fn markdown(out: &mut String, found: &Found<'_>) {
    if found.plan.roles.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n| role | made in | policies | given and refused |\n|---|---|---|---|");
    for stack in &found.plan.roles {
        for role in &stack.roles {
            let refused = match found.refused {
                None => "not asked".to_owned(),
                Some(refused) => of_role(refused, stack, role).count().to_string(),
            };
            let policies = role.documents.policies.len();
            let _ = writeln!(out, "| `{}` | {} | {policies} | {refused} |", role.name, stack.area);
        }
    }
}

/// The roles for machines; what is refused is null where it was not asked.
pub fn json(found: &Found<'_>) -> Value {
    let room = RoleRoom::aws();
    let roles = found.plan.roles.iter().flat_map(|stack| stack.roles.iter().map(move |role| (stack, role)));
    let each = roles.map(|(stack, role)| {
        let refused = found.refused.map(|refused| {
            let requests = of_role(refused, stack, role).map(|broken| {
                let context = broken.context.iter();
                let context: Map<String, Value> =
                    context.map(|(name, value)| (name.clone(), Value::from(value.as_str()))).collect();
                json!({ "action": broken.action, "resource": broken.resource, "context": context })
            });
            requests.collect::<Vec<Value>>()
        });
        let sessions = role.documents.sessions.iter().map(|(model, text)| {
            json!({
                "model": model, "policy": text, "characters": characters(text), "characters_max": room.session_max,
                "packed_size": "unknown",
            })
        });
        json!({
            "name": role.name,
            "area": stack.area,
            "node": stack.node.as_ref(),
            "stack_set": stack.name,
            "charter_lines": [role.line],
            "trust": role.documents.trust,
            "policies": role.documents.policies,
            "boundary": role.documents.boundary,
            "sessions": sessions.collect::<Vec<Value>>(),
            "refused": refused,
        })
    });
    each.collect::<Vec<Value>>().into()
}

fn of_role<'r>(
    refused: &'r Refused,
    stack: &'r Stack,
    role: &'r Made,
) -> impl Iterator<Item = &'r Broken> + Clone {
    let requests = refused.requests.iter();
    let own = requests.filter(|(name, area, _)| *name == role.name && *area == stack.area);
    own.map(|(_, _, broken)| broken)
}
