//! The tables of duties and doors: complete, consistent with each other and with the Service Authorization Reference.
//!
//! Does not judge whether a classification is right; what AWS documents about single actions stands in the last tests.

use std::collections::BTreeSet;

use reference::{
    Gate, Opens, Scope, action, action_carries, actions, apis, beyond_doors, condition_key, door, doors,
    doors_of_action, duties, duty, global_key, resource_type,
};

const DUTIES: &str = include_str!("../data/duties.tsv");

fn split(name: &str) -> (&str, &str) {
    name.split_once(':').unwrap_or_else(|| panic!("`{name}` is no `service:Name`"))
}

/// A pattern of action names with any number of `*`.
fn matches(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((start, rest)) => name.strip_prefix(start).is_some_and(|tail| {
            (0..=tail.len()).filter(|at| tail.is_char_boundary(*at)).any(|at| matches(rest, &tail[at..]))
        }),
    }
}

#[test]
fn duties_are_sorted_unique_and_of_listed_actions() {
    let keys: Vec<String> = DUTIES
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split('\t').take(2).collect::<Vec<_>>().join("\t").to_ascii_lowercase())
        .collect();
    assert!(keys.is_sorted_by(|a, b| a < b));
    assert_eq!(keys.len(), duties().count());
    for row in duties() {
        let known = action(row.service, row.action);
        assert_eq!(known.map(|each| each.name), Some(row.action), "{}:{}", row.service, row.action);
        assert_eq!(duty(&row.service.to_uppercase(), &row.action.to_lowercase()), Some(row));
        assert!(!row.reason.is_empty() && !row.reason.ends_with('.'), "{}:{}", row.service, row.action);
        assert!(row.opens.is_sorted_by(|a, b| a < b), "{}:{}", row.service, row.action);
    }
    assert_eq!(duty("bedrock", "Converse"), None);
}

#[test]
fn every_action_of_the_services_that_only_serve_models_is_classified() {
    for service in ["bedrock", "bedrock-mantle", "bedrock-websearch"] {
        let missing: Vec<_> = actions(service)
            .filter(|each| duty(service, each.name).is_none())
            .map(|each| each.name)
            .collect();
        assert_eq!(missing, [""; 0], "{service}");
    }
}

#[test]
fn every_action_that_opens_something_belongs_to_a_door() {
    let orphans: Vec<String> = duties()
        .filter(|row| !row.opens.is_empty() && doors_of_action(row.service, row.action).next().is_none())
        .map(|row| format!("{}:{}", row.service, row.action))
        .collect();
    assert_eq!(orphans, [""; 0]);
}

#[test]
fn a_door_does_what_its_actions_open() {
    for door in doors() {
        let listed = door.actions.iter().filter(|each| action(&each.service, &each.name).is_some());
        let opened: BTreeSet<Opens> = listed
            .flat_map(|each| {
                let row = duty(&each.service, &each.name);
                let row = row.unwrap_or_else(|| panic!("{}:{} is not classified", each.service, each.name));
                row.opens.iter().copied()
            })
            .collect();
        assert_eq!(door.does, opened.into_iter().collect::<Vec<_>>(), "{}", door.id);
    }
}

#[test]
fn actions_of_doors_are_listed_or_say_why_not() {
    for door in doors() {
        for each in &door.actions {
            let name = format!("{}:{} of {}", each.service, each.name, door.id);
            let known = action(&each.service, &each.name);
            let types_listed =
                known.is_some_and(|known| each.on.iter().all(|wanted| known.resource(wanted).is_some()));
            assert_eq!(each.unlisted.is_none(), types_listed, "{name}");
            assert!(known.is_none_or(|known| known.name == each.name), "{name}");
            for wanted in &each.on {
                assert!(resource_type(&each.service, wanted).is_some(), "{wanted} of {name}");
            }
        }
        for name in &door.list_actions {
            let (service, name) = split(name);
            assert!(action(service, name).is_some(), "{service}:{name} of {}", door.id);
            assert!(
                duty(service, name).is_none_or(|row| row.opens.is_empty()),
                "{service}:{name} of {}",
                door.id
            );
        }
    }
}

#[test]
fn an_action_that_several_doors_take_tells_them_apart_by_resource() {
    for row in duties() {
        let takers: Vec<_> = doors_of_action(row.service, row.action).collect();
        if takers.len() < 2 {
            continue;
        }
        let mut types = BTreeSet::new();
        for door in takers {
            for each in door.actions.iter().filter(|each| each.name == row.action) {
                assert!(!each.on.is_empty(), "{} of {}", each.name, door.id);
                for one in &each.on {
                    assert!(types.insert(one), "{} on {one} goes through two doors", each.name);
                }
            }
        }
    }
}

#[test]
fn every_resource_type_a_model_is_run_on_belongs_to_a_door() {
    for name in ["InvokeModel", "InvokeModelWithResponseStream"] {
        let taken: BTreeSet<&str> = doors_of_action("bedrock", name)
            .flat_map(|door| door.actions.iter().filter(|each| each.name == name))
            .flat_map(|each| each.on.iter().map(String::as_str))
            .collect();
        let known = action("bedrock", name);
        let missing: Vec<&str> = known
            .iter()
            .flat_map(|known| known.resource_types())
            .map(|each| each.name)
            .filter(|each| !taken.contains(each))
            .collect();
        assert_eq!(missing, [""; 0], "{name}");
    }
}

#[test]
fn every_api_goes_through_a_door_that_takes_its_action() {
    let named: BTreeSet<&str> =
        doors().iter().flat_map(|door| &door.operations).map(String::as_str).collect();
    let known: BTreeSet<String> = apis().iter().map(|api| format!("{}:{}", api.endpoint, api.name)).collect();
    assert_eq!(named, known.iter().map(String::as_str).collect());
    for door in doors() {
        for api in apis() {
            let (service, name) = split(&api.action);
            if door.operations.contains(&format!("{}:{}", api.endpoint, api.name)) {
                assert!(door.takes(service, name), "{} of {}", api.action, door.id);
            }
        }
    }
}

#[test]
fn the_control_of_a_door_names_all_its_listed_actions_and_no_others() {
    for door in doors() {
        for each in door.actions.iter().filter(|each| action(&each.service, &each.name).is_some()) {
            let name = format!("{}:{}", each.service, each.name);
            assert!(door.deny.iter().any(|pattern| matches(pattern, &name)), "{name} of {}", door.id);
        }
        for pattern in &door.deny {
            let listed = door.actions.iter().filter(|each| action(&each.service, &each.name).is_some());
            let mut names = listed.map(|each| format!("{}:{}", each.service, each.name));
            assert!(names.any(|name| matches(pattern, &name)), "{pattern} of {}", door.id);
        }
    }
}

#[test]
fn the_keys_of_a_door_are_keys_of_its_services() {
    for door in doors() {
        assert!(door.gate != Gate::ConditionKey || !door.keys.is_empty(), "{}", door.id);
        for key in &door.keys {
            let of_service = door.actions.iter().any(|each| condition_key(&each.service, key).is_some())
                || global_key(key).is_some();
            assert!(of_service, "{key} of {}", door.id);
        }
    }
}

#[test]
fn rows_are_complete_and_ids_unique() {
    let mut ids = BTreeSet::new();
    for row in doors() {
        assert!(ids.insert(row.id.as_str()), "{}", row.id);
        assert!(row.id.chars().all(|each| each.is_ascii_lowercase() || each == '-'), "{}", row.id);
        assert_eq!(door(&row.id), Some(row));
        assert!(!row.actions.is_empty() && !row.deny.is_empty() && !row.does.is_empty(), "{}", row.id);
        let clauses = [Some(&row.title), Some(&row.control), row.notes.as_ref(), Some(&row.source)];
        assert!(
            clauses.into_iter().flatten().all(|text| text.len() > 5 && !text.ends_with('.')),
            "{}",
            row.id
        );
    }
    for row in beyond_doors() {
        assert!(ids.insert(row.id.as_str()), "{}", row.id);
        assert!([&row.title, &row.helps, &row.source].into_iter().all(|text| !text.is_empty()), "{}", row.id);
    }
    assert_eq!(door("cat-flap"), None);
}

#[track_caller]
fn check(name: &str, expected: &[&str]) {
    let (service, action) = split(name);
    let found: Vec<&str> = doors_of_action(service, action).map(|door| door.id.as_str()).collect();
    assert_eq!(found, expected, "{name}");
}

#[test]
fn actions_lead_to_the_doors_aws_documents() {
    check("bedrock-mantle:CreateInference", &["mantle"]);
    check("bedrock-mantle:CreateCustomizedModel", &["mantle-customization"]);
    check("bedrock:CreateCustomModel", &["import"]);
    check("bedrock:RegisterMarketplaceModelEndpoint", &["marketplace-endpoints"]);
    check("bedrock:RetrieveAndGenerate", &["retrieve-and-generate"]);
    check("AWS-EXTERNAL-ANTHROPIC:createbatchinference", &["claude-platform"]);
    check("bedrock-agentcore:InvokeWebSearch", &["web-search"]);
    check("sagemaker:CallWithBearerToken", &["bearer-keys"]);
    check("bedrock:ListFoundationModels", &[]);
    check("s3:GetObject", &[]);
}

#[test]
fn a_door_without_a_model_key_is_not_scoped_by_model() {
    for door in doors() {
        assert!(door.gate != Gate::Nothing || door.scope != Scope::Model, "{}", door.id);
    }
    for id in ["claude-platform", "agentcore-harness", "retrieve-and-generate"] {
        assert_eq!(door(id).map(|door| door.gate), Some(Gate::Nothing), "{id}");
    }
}

#[test]
fn keys_that_hold_a_model_stand_on_an_action_of_their_door() {
    for (id, key) in [
        ("mantle", "bedrock-mantle:Model"),
        ("runtime-responses", "bedrock:ModelArn"),
        ("inline-agents", "bedrock:InlineAgentName"),
        ("sagemaker-endpoints", "sagemaker:ModelArn"),
    ] {
        let carried = door(id).is_some_and(|door| {
            door.keys.iter().any(|each| each == key)
                && door.actions.iter().any(|each| action_carries(&each.service, &each.name, key))
        });
        assert!(carried, "{key} of {id}");
    }
}

#[track_caller]
fn check_opens(name: &str, expected: &[Opens]) {
    let (service, action) = split(name);
    let row = duty(service, action).unwrap_or_else(|| panic!("{name} is not classified"));
    assert_eq!(row.opens, expected, "{name}");
    assert_eq!(row.runs_a_model(), expected.contains(&Opens::Run), "{name}");
    let brings = expected.contains(&Opens::BringIn) || expected.contains(&Opens::Deploy);
    assert_eq!(row.brings_a_model_in(), brings, "{name}");
}

#[test]
fn what_an_action_opens_does_not_follow_from_its_access_level() {
    check_opens("bedrock:InvokeModel", &[Opens::Run]);
    check_opens("bedrock:Rerank", &[Opens::Run]);
    check_opens("bedrock:CountTokens", &[Opens::Tool]);
    check_opens("bedrock:ListFoundationModels", &[]);
    check_opens("bedrock:CreateModelCustomizationJob", &[Opens::Run, Opens::BringIn]);
    check_opens("bedrock:CreateCustomModel", &[Opens::BringIn]);
    check_opens("bedrock:DeleteCustomModel", &[]);
    check_opens("bedrock:UpdateProvisionedModelThroughput", &[Opens::Deploy]);
    check_opens("sagemaker:UpdateEndpoint", &[Opens::Deploy]);
    check_opens("bedrock:PutResourcePolicy", &[Opens::Share]);
    check_opens("bedrock:DeleteResourcePolicy", &[]);
    check_opens("iam:CreateServiceSpecificCredential", &[Opens::Credential]);
    check_opens("iam:ResetServiceSpecificCredential", &[Opens::Credential]);
    check_opens("iam:DeleteServiceSpecificCredential", &[]);
    check_opens("sagemaker:CallWithBearerToken", &[Opens::Credential]);
    check_opens("bedrock-websearch:InvokeSearch", &[Opens::Tool, Opens::Egress]);
    check_opens("bedrock:PutAccountDataRetention", &[Opens::Egress]);
    check_opens("iam:PassRole", &[]);
}
