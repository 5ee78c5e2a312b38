//! The tables of operations and assumptions: complete, consistent with the Service Authorization Reference, sourced.
//!
//! Does not build requests; that the rows come to the right authorisations is tested where they are built.

use std::collections::BTreeSet;

use reference::{
    AddOnKind, Api, Concern, GuardrailDestinations, StepRow, TargetKind, Under, action, action_carries,
    add_on, add_ons, api, apis, assumption, assumptions, guardrail_destinations, key_row, key_rows,
    resource_type, target, targets,
};

fn is_sentence(text: &str) -> bool {
    text.ends_with('.') && text.starts_with(|first: char| first.is_ascii_uppercase()) && text.len() > 20
}

#[test]
fn every_assumption_is_one_sentence_with_a_source_and_a_way_to_settle_it() {
    for row in assumptions() {
        assert!(is_sentence(&row.title) && !row.title[..row.title.len() - 1].contains(". "), "{}", row.id);
        assert!(!row.source.is_empty() && !row.settle.is_empty(), "{}", row.id);
        let names: BTreeSet<_> = row.readings.iter().map(|reading| &reading.name).collect();
        assert!(names.len() == row.readings.len() && names.len() >= 2, "{}", row.id);
        assert!(row.readings.iter().all(|reading| !reading.means.is_empty()), "{}", row.id);
        if let Some(settled) = &row.settled {
            assert!(names.contains(&settled.reading) && !settled.by.is_empty(), "{}", row.id);
            assert_eq!(
                settled.reading,
                row.default_reading().name,
                "evidence decides for the default: {}",
                row.id
            );
        }
    }
}

#[test]
fn ids_of_assumptions_are_unique_and_found() {
    let ids: BTreeSet<_> = assumptions().iter().map(|row| row.id.as_str()).collect();
    assert_eq!(ids.len(), assumptions().len());
    assert!(ids.iter().all(|id| assumption(id).is_some_and(|row| row.id == *id)));
    assert_eq!(assumption("star-across"), None);
}

/// Every row that makes authorisations, with the actions it may have and what to call it.
fn steps() -> Vec<(String, Vec<String>, &'static StepRow)> {
    let mut all = Vec::new();
    for api in apis() {
        for step in &api.steps {
            let actions = vec![step.action.clone().unwrap_or_else(|| api.action.clone())];
            all.push((format!("{} {}", api.endpoint, api.name), actions, step));
        }
    }
    for row in targets() {
        for step in &row.steps {
            let actions = match (&step.action, &step.action_streaming) {
                (Some(one), other) => [Some(one.clone()), other.clone()].into_iter().flatten().collect(),
                (None, _) => runs_of(row.kind),
            };
            all.push((format!("{:?}", row.kind), actions, step));
        }
    }
    for row in add_ons() {
        for step in &row.steps {
            all.push((format!("{:?}", row.kind), step.action.clone().into_iter().collect(), step));
        }
    }
    all
}

/// The actions with which a caller runs a target of this kind.
fn runs_of(kind: TargetKind) -> Vec<String> {
    let mut actions: Vec<String> = apis()
        .iter()
        .filter(|api| api.targets.contains(&kind) && !api.unlisted)
        .flat_map(|api| api.runs.iter().map(|run| run.action.clone().unwrap_or_else(|| api.action.clone())))
        .collect();
    actions.sort_unstable();
    actions.dedup();
    actions
}

fn parts(action: &str) -> (&str, &str) {
    action.split_once(':').unwrap_or((action, ""))
}

#[test]
fn every_action_exists_unless_it_is_marked_as_unlisted() {
    let listed = |text: &str| action(parts(text).0, parts(text).1).is_some();
    for api in apis() {
        assert_eq!(listed(&api.action), !api.unlisted, "{} {}", api.endpoint, api.name);
        for run in &api.runs {
            assert!(run.action.as_deref().is_none_or(listed), "{} {}", api.endpoint, api.name);
        }
    }
    for (row, actions, step) in steps() {
        for text in actions {
            let unlisted = apis().iter().any(|api: &Api| api.unlisted && api.action == text);
            assert!(listed(&text) || unlisted, "{row}: {text} {:?}", step.resource);
        }
    }
}

#[test]
fn every_step_is_on_a_resource_its_action_takes_unless_it_is_marked_as_unlisted() {
    for (row, actions, step) in steps() {
        for text in &actions {
            let Some(known) = action(parts(text).0, parts(text).1) else { continue };
            let takes = match &step.resource {
                Some(resource) => known.resource(resource).is_some(),
                None => !known.takes_resources(),
            };
            assert_eq!(takes, !step.unlisted, "{row}: {text} on {:?}", step.resource);
        }
    }
}

#[test]
fn every_arn_template_is_that_of_its_resource_type() {
    let generalised = |text: &str| {
        let mut out = String::new();
        let mut rest = text;
        while let Some(at) = rest.find("${") {
            out.push_str(&rest[..at]);
            out.push('$');
            rest = rest[at..].split_once('}').map_or("", |(_, tail)| tail);
        }
        out + rest
    };
    for (row, actions, step) in steps() {
        let Some(arn) = &step.arn else {
            assert_eq!(step.resource, None, "{row}");
            continue;
        };
        let resource = step.resource.as_deref().expect("a step with an ARN says of which type");
        if arn.starts_with("${") {
            continue;
        }
        // The Region-less form of global profiles and the two tools of web search fill in what the template leaves open.
        let whole = generalised(arn).replace("bedrock:::foundation-model", "bedrock:$::foundation-model");
        let whole = whole.replace("tool/search", "tool/$").replace("tool/fetch", "tool/$");
        let service = parts(&actions[0]).0;
        let found = resource_type(service, resource).expect("the resource type exists");
        assert!(found.templates().any(|each| generalised(each.text) == whole), "{row}: {arn}");
    }
}

#[test]
fn every_key_has_a_value_and_is_carried_by_the_action_of_its_step() {
    let used: BTreeSet<&str> = apis()
        .iter()
        .flat_map(|api| &api.keys)
        .chain(steps().into_iter().flat_map(|(_, _, step)| &step.keys))
        .map(String::as_str)
        .collect();
    let known: BTreeSet<&str> = key_rows().iter().map(|row| row.name.as_str()).collect();
    assert_eq!(used, known);
    assert!(known.iter().all(|name| key_row(name).is_some()));
    for (row, actions, step) in steps() {
        for key in &step.keys {
            // One row serves several actions; each leaves out what it does not carry.
            let carried = actions.iter().any(|text| action_carries(parts(text).0, parts(text).1, key));
            assert!(carried || step.unlisted, "{row}: {actions:?} {key}");
        }
    }
    for api in apis() {
        for key in &api.keys {
            let carried = action_carries(parts(&api.action).0, parts(&api.action).1, key);
            let only_unstreamed = api.streaming && key == "bedrock:ProjectArn";
            assert_eq!(carried, !only_unstreamed, "{} {} {key}", api.endpoint, api.name);
        }
    }
}

#[test]
fn every_row_has_a_source_and_names_readings_that_exist() {
    assert!(apis().iter().all(|row| !row.source.is_empty()));
    assert!(targets().iter().all(|row| !row.source.is_empty() && !row.title.is_empty()));
    assert!(add_ons().iter().all(|row| !row.source.is_empty() && !row.title.is_empty()));
    assert!(key_rows().iter().all(|row| !row.source.is_empty()));
    let runs = apis().iter().flat_map(|api| &api.runs).filter_map(|run| run.under.as_ref());
    let behind = targets().iter().flat_map(|row| &row.behind).filter_map(|row| row.under.as_ref());
    let of_steps = steps();
    let of_steps = of_steps.iter().filter_map(|(_, _, step)| step.under.as_ref());
    for Under { assumption: id, readings } in runs.chain(behind).chain(of_steps) {
        let row = assumption(id).unwrap_or_else(|| panic!("{id}"));
        assert_eq!(row.concern, Concern::Operation, "{id}");
        assert!(readings.iter().all(|name| row.readings.iter().any(|each| each.name == *name)), "{id}");
    }
}

#[test]
fn every_kind_that_an_api_takes_has_a_row() {
    for api in apis() {
        assert!(!api.targets.is_empty(), "{} {}", api.endpoint, api.name);
        assert!(api.targets.iter().all(|kind| target(*kind).kind == *kind));
        assert!(api.add_ons.iter().all(|kind| add_on(*kind).kind == *kind));
        assert_eq!(api.passes_role_to.is_some(), api.add_ons.contains(&AddOnKind::PassRole), "{}", api.name);
        assert!(!api.steps.is_empty() || !api.runs.is_empty(), "{} is authorised as something", api.name);
    }
    assert_eq!(add_on(AddOnKind::GuardrailProfile).kind, AddOnKind::GuardrailProfile);
    let kinds: BTreeSet<_> = targets().iter().map(|row| row.kind).collect();
    assert_eq!(kinds.len(), targets().len());
}

#[test]
fn an_api_is_found_by_endpoint_and_name_and_no_name_stands_twice() {
    let names: BTreeSet<_> = apis().iter().map(|api| (&api.endpoint, &api.name)).collect();
    assert_eq!(names.len(), apis().len());
    assert_eq!(
        api("bedrock-runtime", "Converse").map(|api| api.action.as_str()),
        Some("bedrock:InvokeModel")
    );
    assert_eq!(
        api("bedrock-mantle", "Responses").map(|api| api.action.as_str()),
        Some("bedrock-mantle:CreateInference")
    );
    assert_eq!(api("bedrock-runtime", "converse"), None);
}

#[track_caller]
fn check_guardrail(geography: &str, source: &str, expected: Option<usize>) {
    let found = match guardrail_destinations(geography, source) {
        GuardrailDestinations::Known(regions) => Some(regions.len()),
        GuardrailDestinations::AtMost(regions) => Some(100 + regions.len()),
        GuardrailDestinations::Unlisted => None,
    };
    assert_eq!(found, expected, "{geography} from {source}");
}

#[test]
fn a_guardrail_profile_reaches_what_its_table_says() {
    check_guardrail("us", "us-east-1", Some(3));
    check_guardrail("us", "us-west-1", Some(4));
    check_guardrail("ca", "ca-central-1", Some(2));
    check_guardrail("apac", "ap-southeast-4", Some(113));
    check_guardrail("us", "ca-central-1", None);
}
