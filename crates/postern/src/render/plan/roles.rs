//! The roles of a plan, and what the fence refuses to them.

use std::fmt::Write as _;

use charter::role::RoleRoom;
use serde_json::{Value, json};

use super::{Found, ROWS_MAX, heading, more};
use crate::plan::promise::Broken;
use crate::plan::roles::Made;
use crate::render::{DIM, GOOD, OPEN, styled};

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
            let mut parts = vec![format!("trust {} of {}", length(&documents.trust), room.trust_max)];
            let policies = documents.policies.iter().chain(&documents.boundary).enumerate();
            parts.extend(policies.map(|(number, text)| {
                let what = if number < documents.policies.len() { "policy" } else { "boundary" };
                format!("{what} {} of {}", length(text), room.managed_max)
            }));
            let _ = writeln!(out, "      characters: {}", parts.join("; "));
            if !documents.sessions.is_empty() {
                let of = documents.sessions.iter().map(|(model, text)| format!("{model} {}", length(text)));
                let _ = writeln!(
                    out,
                    "      sessions for one model: {} of {} characters; the packed size only AWS knows",
                    of.collect::<Vec<_>>().join(", "),
                    room.session_max
                );
            }
            let refused = found
                .refused
                .requests
                .iter()
                .filter(|(name, area, _)| *name == role.name && *area == stack.area);
            for (_, _, Broken { action, resource, .. }) in refused.clone().take(3) {
                let _ = writeln!(
                    out,
                    "      {} {action} on {resource}",
                    styled(OPEN, "given, and refused by the fence:")
                );
            }
            let left = refused.count().saturating_sub(3);
            if left > 0 {
                let _ =
                    writeln!(out, "      {}", styled(DIM, format!("and {left} more: --format json has all")));
            }
        }
    }
    if found.refused.requests.is_empty() && found.refused.unknown.is_empty() {
        let _ = writeln!(
            out,
            "  {} the fence refuses nothing that they are given, proved in {} places",
            styled(GOOD, "✓"),
            found.refused.places
        );
    }
    for why in found.refused.unknown.iter().take(ROWS_MAX) {
        let _ = writeln!(out, "      not known whether the fence refuses more: {why}");
    }
    more(out, found.refused.unknown.len());
    let _ = writeln!(out, "  made by FOLDER/roles.sh, which --out FOLDER writes");
}

fn length(text: &str) -> usize {
    text.chars().count()
}

pub fn markdown(out: &mut String, found: &Found<'_>) {
    if found.plan.roles.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n| role | made in | policies | given and refused |\n|---|---|---|---|");
    for stack in &found.plan.roles {
        for role in &stack.roles {
            let refused = found.refused.requests.iter();
            let refused = refused.filter(|(name, area, _)| *name == role.name && *area == stack.area).count();
            let policies = role.documents.policies.len();
            let _ = writeln!(out, "| `{}` | {} | {policies} | {refused} |", role.name, stack.area);
        }
    }
}

pub fn json(found: &Found<'_>) -> Value {
    let room = RoleRoom::aws();
    let roles = found.plan.roles.iter().flat_map(|stack| stack.roles.iter().map(move |role| (stack, role)));
    let each = roles.map(|(stack, role)| {
        let refused = found.refused.requests.iter();
        let refused = refused.filter(|(name, area, _)| *name == role.name && *area == stack.area);
        json!({
            "name": role.name,
            "area": stack.area,
            "node": stack.node.as_ref(),
            "stack_set": stack.name,
            "charter_lines": [role.line],
            "trust": role.documents.trust,
            "policies": role.documents.policies,
            "boundary": role.documents.boundary,
            "sessions": role.documents.sessions.iter().map(|(model, text)| json!({
                "model": model, "policy": text, "characters": text.chars().count(),
                "characters_max": room.session_max, "packed_size": "unknown",
            })).collect::<Vec<Value>>(),
            "refused": refused.map(|(_, _, broken)| json!({
                "action": broken.action, "resource": broken.resource,
                "context": broken.context.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str()))).collect::<serde_json::Map<String, Value>>(),
            })).collect::<Vec<Value>>(),
        })
    });
    each.collect::<Vec<Value>>().into()
}
