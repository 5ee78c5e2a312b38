//! Areas under a programme of compliance: doors and models outside its scope are refused, and what is not known is said.
//!
//! Scope is of services (aws-facts §8); of models only their author can say it.

use std::collections::BTreeSet;

use super::{Area, Lower, Named, Rule};
use crate::diagnostic::Diagnostic;
use crate::syntax::At;

impl Lower<'_> {
    pub(super) fn in_scope(&mut self, areas: &[Area], named: &[Named<'_>]) {
        for (number, area) in areas.iter().enumerate() {
            let Some((_, entry, _)) = named.iter().find(|(node, _, _)| node.id == area.node) else {
                continue;
            };
            let above = std::iter::successors(Some(number), |at| areas[*at].above);
            let programmes: Vec<&At<String>> = above
                .filter_map(|at| named.iter().find(|(node, _, _)| node.id == areas[at].node))
                .flat_map(|(_, entry, _)| &entry.compliance)
                .collect();
            let mut seen = BTreeSet::new();
            for programme in programmes.into_iter().filter(|programme| seen.insert(programme.value.clone())) {
                self.doors_in_scope(area, programme);
                for row in entry.allow.iter().flat_map(|rows| &rows.value) {
                    for name in &row.models {
                        let model = self.syntax.models.iter().find(|model| model.name.value == name.value);
                        let is_said = |one: &At<String>| one.value == programme.value;
                        if model.is_some_and(|model| !model.compliance.iter().any(is_said)) {
                            let message = format!(
                                "whether `{}` is in the scope of {} is not known",
                                name.value, programme.value
                            );
                            self.found.push(
                                Diagnostic::warning(name.at.clone(), message)
                                    .also(programme.at.clone(), "it holds here")
                                    .hint(format!(
                                        "say `compliance: [{}]` of the model if it is",
                                        programme.value
                                    )),
                            );
                        }
                    }
                }
            }
        }
    }

    fn doors_in_scope(&mut self, area: &Area, programme: &At<String>) {
        let mut unknown = Vec::new();
        for door in reference::doors() {
            let origin = match area.rules.get(door.id.as_str()) {
                Some(Rule::Managed { permits, origin, .. }) if !permits.is_empty() => origin.clone(),
                Some(Rule::Unmanaged) => programme.at.clone(),
                Some(Rule::Managed { .. }) | None => continue,
            };
            let services: BTreeSet<&str> =
                door.actions.iter().map(|action| action.service.as_str()).collect();
            let scope = |service: &str| reference::in_scope(&programme.value, service);
            let outside: Vec<&str> =
                services.iter().copied().filter(|service| scope(service) == Some(false)).collect();
            if outside.len() == services.len() {
                let message = format!(
                    "`{}` is outside the scope of {}, and is open in `{}`",
                    door.id, programme.value, area.name
                );
                self.found.push(
                    Diagnostic::error(origin, message)
                        .also(programme.at.clone(), "the programme holds here")
                        .hint(format!("doors: {{ {}: closed }}", door.id)),
                );
            } else if services.iter().all(|service| scope(service) != Some(true)) {
                unknown.push(door.id.as_str());
            }
        }
        if !unknown.is_empty() {
            let message = format!(
                "open in `{}`, and not known to be in the scope of {}: {}",
                area.name,
                programme.value,
                unknown.join(", ")
            );
            self.found.push(
                Diagnostic::warning(programme.at.clone(), message)
                    .hint("close them, or make sure that they are"),
            );
        }
    }
}
