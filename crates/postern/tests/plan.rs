//! A plan for the example organisation: what it writes, in which order, what it changes, and that it is then done.

#[path = "common/acme.rs"]
mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use charter::role::ACCOUNT;
use common::acme_with;
use iam::arn::AccountId;
use iam::estate::{Estate, Known, Node, NodeKind, Organization, OrganizationPolicyKind};
use postern::doors::{State, map};
use postern::plan::guardrails::Sharing;
use postern::plan::promise::{Promise, check};
use postern::plan::proof::prove;
use postern::plan::roles::Refused;
use postern::plan::{Plan, Step, day, effect, init, plan, script};
use postern::reach::{Level, Reach};
use postern::render::plan as render;

fn acme() -> Estate {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/acme");
    postern::snapshot::open(&root).unwrap()
}

fn charter() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/acme-charter.yaml");
    std::fs::read_to_string(path).unwrap()
}

/// The same, where what it does not speak of is left alone.
fn loose() -> String {
    let loose = charter().replace(
        "      bearer-keys: short-term\n",
        "      bearer-keys: short-term\n      others: unmanaged\n",
    );
    assert_ne!(loose, charter());
    loose
}

fn planned(text: &str, estate: &Estate) -> Plan {
    plan("charter.yaml", text, estate, day("2026-11-26").as_ref()).unwrap_or_else(|wrong| {
        panic!("{}", wrong.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    })
}

#[test]
fn the_three_promises_are_checked_for_the_example() {
    let estate = acme();
    let plan = planned(&charter(), &estate);
    assert!(plan.warnings.is_empty(), "{:?}", plan.warnings);
    let (promises, extent) =
        check(&plan.model, &plan.fences, &plan.documents, &estate, "2026-11-26T12:00:00Z", 2);
    for promise in Promise::ALL {
        let checked = &promises[&promise];
        assert!(checked.requests > 500, "{promise:?}: {}", checked.requests);
        assert_eq!((&checked.refuted, &checked.unknown), (&vec![], &vec![]), "{promise:?}");
    }
    // Everybody but those of the management account, whom no SCP reaches.
    assert_eq!((extent.principals, extent.accounts), (89, 11));
}

/// A weakened fence breaks its promise: each statement is taken out in turn, one of five in the ordinary run.
#[test]
fn a_fence_that_lacks_a_statement_breaks_its_promise() {
    let estate = acme();
    let plan = planned(&charter(), &estate);
    let long = std::env::var("POSTERN_CASES").is_ok();
    let (mut told, mut untold) = (0, Vec::new());
    for number in 0..plan.documents.len() {
        for at in 0..plan.documents[number].document.statements.len() {
            if !long && (number + at) % 5 != 0 {
                continue;
            }
            let mut documents = plan.documents.clone();
            let document = &mut documents[number];
            let taken = document.document.statements.remove(at);
            let text = document.document.text();
            let policy = iam::policy::read(text.as_bytes(), iam::PolicyType::ServiceControl).policy.unwrap();
            document.policy = std::sync::Arc::new(policy);
            let (promises, _) =
                check(&plan.model, &plan.fences, &documents, &estate, "2026-11-26T12:00:00Z", 2);
            let holds = &promises[&Promise::Holds];
            match holds.refuted.is_empty() && holds.unknown.is_empty() {
                false => told += 1,
                true => untold.push(taken.text()),
            }
        }
    }
    assert!(untold.is_empty(), "{told} are told, these are not: {untold:#?}");
}

#[test]
fn doors_that_the_charter_closes_are_closed_to_everybody_it_governs() {
    let mut estate = acme();
    let plan = planned(&charter(), &estate);
    let after = plan.organization_after(&estate.organizations()[0]);
    estate.replace_organization(after);
    let reach = Reach::new(&estate);
    let map = map(&reach, 2);
    for door in ["claude-platform", "web-search", "nova-act", "outbound-identity", "copy"] {
        let column = map.doors.iter().position(|each| each.id == door).unwrap();
        for (account, cells) in estate.accounts().iter().zip(&map.cells) {
            let governed = account.id.as_str() != "111122223333";
            let is_shut = matches!(cells[column].state, State::Closed | State::ListOnly);
            assert!(is_shut || !governed, "{door} in {}: {:?}", account.id, cells[column]);
        }
    }
}

#[test]
fn a_plan_that_was_carried_out_is_done_and_an_other_comes_before_what_it_replaces() {
    let mut estate = acme();
    let text = charter();
    let first = planned(&text, &estate);
    assert!(!first.is_done());
    let after = first.organization_after(&estate.organizations()[0]);
    estate.replace_organization(after);
    assert!(planned(&text, &estate).is_done(), "{:?}", planned(&text, &estate).steps);

    let changed = planned(&text.replacen("amazon.titan-embed-text-v2:0", "cohere.embed-*", 1), &estate);
    let last_attached = changed.steps.iter().rposition(|step| matches!(step, Step::Attach { .. })).unwrap();
    let first_detached = changed.steps.iter().position(|step| matches!(step, Step::Detach { .. })).unwrap();
    assert!(last_attached < first_detached, "{:#?}", changed.steps);
    let kept = changed.documents.iter().filter(|document| document.is_there).count();
    assert!(kept > 0 && kept < changed.documents.len());
    // What is detached is deleted, and nothing of others is touched.
    for step in &changed.steps {
        match step {
            Step::Share { .. } => {}
            Step::Create { name, .. }
            | Step::Attach { name, .. }
            | Step::Detach { name, .. }
            | Step::Delete { name, .. } => {
                assert!(name.starts_with("postern-"), "{name}");
            }
        }
    }
}

#[test]
fn the_same_input_gives_the_same_bytes_in_every_form() {
    let estate = acme();
    let (one, other) = (planned(&charter(), &estate), planned(&charter(), &estate));
    let forms = |plan: &Plan| {
        let files: BTreeMap<String, String> = script::folder(plan).into_iter().collect();
        (script::terraform(plan), script::cloudformation(plan), script::saved(plan), files)
    };
    assert_eq!(forms(&one), forms(&other));
    let (terraform, cloudformation, ..) = forms(&one);
    let terraform: serde_json::Value = serde_json::from_str(&terraform).unwrap();
    let policies = terraform["resource"]["aws_organizations_policy"].as_object().unwrap();
    let others = one.enforced.policies.len() + one.buckets.policies.len();
    assert_eq!(policies.len(), one.documents.len() + others);
    let template: serde_json::Value = serde_json::from_str(&cloudformation).unwrap();
    for (document, resource) in one.documents.iter().zip(template["Resources"].as_object().unwrap().values())
    {
        assert!(document.text.chars().count() <= 10_240);
        assert_eq!(resource["Type"], "AWS::Organizations::Policy");
    }
}

#[test]
fn what_changes_is_counted_for_everybody() {
    let mut estate = acme();
    let plan = planned(&charter(), &estate);
    let before = effect::standings(&estate, 2);
    let changed = plan.changed(&estate.organizations()[0]).expect("all texts are known");
    let after = plan.organization_after(&estate.organizations()[0]);
    estate.replace_organization(after);
    let after = effect::standings(&estate, 2);
    // Doors that no policy of the plan names need not be asked again, and what was closed stays so under what only denies;
    // asked again it is at most not known.
    let short = effect::standings_after(&before, &estate, &changed, 2);
    let pairs = |all: &effect::Standings| -> Vec<Level> {
        all.to_doors.iter().chain(&all.to_models).flatten().copied().collect()
    };
    let mut unlike = 0;
    for ((before, whole), short) in pairs(&before).into_iter().zip(pairs(&after)).zip(pairs(&short)) {
        if whole != short {
            assert_eq!((before, whole, short), (Level::Closed, Level::Unknown, Level::Closed));
            unlike += 1;
        }
    }
    assert!(unlike < 50, "{unlike} are not known that were closed");
    let effect = effect::effect(before, &after);
    let of = |door: &str| &effect.doors.iter().find(|(each, _)| each.id == door).unwrap().1;
    assert!(!of("claude-platform").lost.is_empty());
    // A fence that only denies gives nobody anything.
    for (door, change) in &effect.doors {
        assert!(change.gained.is_empty(), "{}: {:?}", door.id, change.gained);
    }
    assert!(effect.models.iter().all(|(_, change)| change.gained.is_empty()));
    // Whoever runs models under a guardrail may apply it still.
    assert!(of("guardrails").kept > 30);
    let (promises, extent) =
        check(&plan.model, &plan.fences, &plan.documents, &estate, "2026-11-26T12:00:00Z", 2);
    let found = render::Found {
        plan: &plan,
        effect: &effect,
        promises: &promises,
        extent: &extent,
        refused: Some(&refused(&plan, &estate)),
        proofs: None,
    };
    assert!(render::text(&found).contains("The fence holds"));
    assert!(render::markdown(&found).contains("| claude-platform |"));
    let json: serde_json::Value = serde_json::from_str(&render::json(&found)).unwrap();
    assert_eq!(json["result"]["promises"][0]["outcome"], "checked");
}

#[test]
fn a_first_charter_is_planned_as_it_is_and_takes_nothing_from_anybody() {
    let mut estate = acme();
    let text = init::charter(&estate, 2);
    assert_eq!(charter::format::format(&text).as_ref(), Ok(&text), "a first charter is laid out");
    let plan = planned(&text, &estate);
    let before = effect::standings(&estate, 2);
    let after = plan.organization_after(&estate.organizations()[0]);
    estate.replace_organization(after);
    let effect = effect::effect(before, &effect::standings(&estate, 2));
    for (name, change) in effect.doors.iter().map(|(door, change)| (door.id.as_str(), change)) {
        assert!(change.lost.is_empty(), "{name}: {:?}\n{text}", change.lost);
    }
    assert!(effect.models.iter().all(|(_, change)| change.lost.is_empty()));
    // And it does close what is closed: whoever is let in tomorrow is not.
    assert!(!plan.documents.is_empty());
}

#[test]
fn a_charter_without_an_organisation_is_refused_with_what_is_needed() {
    let wrong = plan("charter.yaml", &charter(), &Estate::default(), None).unwrap_err();
    assert!(wrong[0].to_string().contains("no organisation"), "{}", wrong[0]);
}

/// A root, its management account and one more, in which nobody is known.
fn bare(partition: &str) -> Estate {
    let kind = OrganizationPolicyKind::ServiceControl;
    let node = |id: &str, parent: Option<&str>, node: NodeKind| {
        let arn = format!("arn:{partition}:organizations::111122223333:root/o-bare/{id}");
        Node::new(&arn, node, parent, [(kind.clone(), Vec::new())].into())
    };
    let account = |id: &str| node(id, Some("r-bare"), NodeKind::Account(AccountId::new(id).unwrap()));
    let organization = Organization::new(
        "o-bare".into(),
        AccountId::new("111122223333").unwrap(),
        Known::Known(vec![kind.clone()]),
        vec![node("r-bare", None, NodeKind::Root), account("111122223333"), account("444455556666")],
        Vec::new(),
        Known::Known(None),
    );
    Estate::new(vec![organization.unwrap()], Vec::new(), Vec::new())
}

#[test]
fn a_first_charter_where_nobody_runs_anything_closes_all_and_is_planned() {
    let estate = bare("aws");
    let text = init::charter(&estate, 1);
    assert!(!text.contains("\nmodels:") && !text.contains(" allow:"), "{text}");
    let plan = planned(&text, &estate);
    let (promises, _) = check(&plan.model, &plan.fences, &plan.documents, &estate, "2026-11-26T12:00:00Z", 2);
    assert!(promises.values().all(|checked| checked.refuted.is_empty() && checked.unknown.is_empty()));
}

#[test]
fn the_promises_hold_in_other_partitions() {
    let text = r#"
charter: 1
models:
  claude: { runtime: ["anthropic.*"], mantle: ["anthropic.*"] }
areas:
  - at: /
    allow:
      - models: [claude]
        through: [runtime, runtime-responses, mantle]
        callers: ["role/approved-*"]
        scope: global
"#;
    for partition in ["aws", "aws-us-gov"] {
        let estate = bare(partition);
        let plan = planned(text, &estate);
        let all: String = plan.documents.iter().map(|document| document.text.as_str()).collect();
        assert!(partition == "aws" || !all.contains("arn:aws:"), "{all}");
        let (promises, _) =
            check(&plan.model, &plan.fences, &plan.documents, &estate, "2026-11-26T12:00:00Z", 2);
        for (promise, checked) in &promises {
            assert!(checked.requests > 20, "{partition} {promise:?}: {}", checked.requests);
            assert_eq!((&checked.refuted, &checked.unknown), (&vec![], &vec![]), "{partition} {promise:?}");
        }
    }
}

/// A plan that takes a stricter fence away: what is asked less than afresh is the same.
#[test]
fn what_a_looser_charter_opens_again_is_seen() {
    let mut estate = acme();
    let plan_of_it = planned(&charter(), &estate);
    let fenced = plan_of_it.organization_after(&estate.organizations()[0]);
    estate.replace_organization(fenced);
    for text in ["charter: 1\nareas:\n  - at: /\n    doors: { others: unmanaged }\n".to_owned(), loose()] {
        let mut estate = estate.clone();
        let plan = planned(&text, &estate);
        assert!(!plan.changed(&estate.organizations()[0]).unwrap().went.is_empty());
        let fresh = effect::standings(&estate, 2);
        let (before, after) = effect::before_and_after(&plan, &mut estate, 2);
        assert_eq!(before, fresh);
        assert_eq!(after, effect::standings(&estate, 2), "{text}");
        assert_ne!(before, after);
    }
}

/// Over every request: the fence of the example allows what its charter admits and denies what it refuses. Without one of
/// its statements it does not, one of twenty in the ordinary run.
#[test]
fn the_promises_of_the_example_are_proved_and_without_a_statement_they_are_not() {
    let estate = acme();
    for text in [charter(), loose()] {
        let proofs = prove(&planned(&text, &estate), &estate, 2);
        assert!(proofs.refuted.is_empty() && proofs.unknown.is_empty() && proofs.places > 2, "{proofs:#?}");
    }
    // What does not close every door is sooner asked again and again.
    let mut plan = planned(&loose(), &estate);
    let long = std::env::var("POSTERN_CASES").is_ok();
    let whole = plan.documents.clone();
    let mut untold = Vec::new();
    for number in 0..whole.len() {
        for at in 0..whole[number].document.statements.len() {
            if !long && (number + at) % 20 != 0 {
                continue;
            }
            plan.documents.clone_from(&whole);
            let document = &mut plan.documents[number];
            let taken = document.document.statements.remove(at);
            let text = document.document.text();
            let policy = iam::policy::read(text.as_bytes(), iam::PolicyType::ServiceControl).policy.unwrap();
            document.policy = std::sync::Arc::new(policy);
            if !prove(&plan, &estate, 2).refuted.contains_key(&Promise::Holds) {
                untold.push(taken.text());
            }
        }
    }
    // Nor without one of its documents, lifted from where it is attached.
    for number in 0..whole.len() {
        plan.documents.clone_from(&whole);
        let lifted = plan.documents.remove(number);
        if !prove(&plan, &estate, 2).refuted.contains_key(&Promise::Holds) {
            untold.push(lifted.name);
        }
    }
    // Nor without what holds its buckets.
    plan.documents.clone_from(&whole);
    plan.buckets.policies.clear();
    let refuted = prove(&plan, &estate, 2).refuted;
    let told = refuted.get(&Promise::Holds).into_iter().flatten();
    let actions: BTreeSet<&str> = told.map(|broken| broken.action.as_str()).collect();
    assert!(
        actions.contains("s3:GetObject") && actions.contains("s3:BypassGovernanceRetention"),
        "{actions:?}"
    );
    assert!(untold.is_empty(), "{untold:#?}");
}

/// A fence that spares somebody else than the charter breaks a promise, whichever statement it is.
#[test]
fn a_fence_that_spares_somebody_else_breaks_its_promises() {
    let estate = acme();
    let plan = planned(&charter(), &estate);
    let places = (0..plan.documents.len()).flat_map(|number| {
        let statements = 0..plan.documents[number].document.statements.len();
        statements.flat_map(move |at| [(number, at, false), (number, at, true)])
    });
    let mut asked = 0;
    let mut untold = Vec::new();
    for (number, at, beside) in places {
        let mut documents = plan.documents.clone();
        let statement = &mut documents[number].document.statements[at];
        let callers = statement.conditions.values_mut().filter_map(|keys| keys.get_mut("aws:PrincipalArn"));
        let mut found = false;
        // Instead of those whom the charter spares, or beside them.
        for values in callers {
            found = true;
            if !beside {
                values.clear();
            }
            values.insert("arn:aws:iam::*:role/somebody-else".to_owned());
        }
        if !found {
            continue;
        }
        asked += 1;
        let told = statement.text();
        let text = documents[number].document.text();
        let policy = iam::policy::read(text.as_bytes(), iam::PolicyType::ServiceControl).policy.unwrap();
        documents[number].policy = std::sync::Arc::new(policy);
        let (promises, _) = check(&plan.model, &plan.fences, &documents, &estate, "2026-11-26T12:00:00Z", 2);
        let promise = if beside { Promise::Holds } else { Promise::BreaksNothing };
        if promises[&promise].refuted.is_empty() {
            untold.push((beside, told));
        }
    }
    assert!(asked > 6, "{asked}");
    assert!(untold.is_empty(), "{untold:#?}");
}

/// The page lists what stays open, and the plan leaves open exactly that.
#[test]
fn what_the_example_leaves_open_is_what_the_page_lists() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/charter.md");
    let page = std::fs::read_to_string(page).unwrap();
    let rows = page.lines().skip_while(|line| *line != "| area | open | why |").skip(2);
    let listed: BTreeSet<(String, String)> = rows
        .take_while(|line| line.starts_with('|'))
        .flat_map(|line| {
            let cells: Vec<&str> = line.split('|').map(str::trim).collect();
            let of = |text: &str| text.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
            let (areas, doors) = (of(cells[1]), of(cells[2]));
            areas
                .into_iter()
                .flat_map(move |area| doors.clone().into_iter().map(move |door| (area.clone(), door)))
        })
        .collect();
    let plan = planned(&charter(), &acme());
    let open: BTreeSet<(String, String)> =
        plan.open_doors.iter().map(|open| (open.area.clone(), open.door.to_owned())).collect();
    assert_eq!(open, listed);
    assert!(plan.open_doors.iter().all(|open| open.managed), "every door is spoken for");
}

fn refused(plan: &Plan, estate: &Estate) -> Refused {
    postern::plan::roles::refused(plan, estate, "2026-11-26T12:00:00Z", 2)
}

#[test]
fn what_roles_are_given_and_the_fence_refuses_is_told() {
    let estate = acme();
    let plan = planned(&charter(), &estate);
    let found = refused(&plan, &estate);
    assert!(found.requests.is_empty() && found.unknown.is_empty(), "{found:#?}");
    assert!(found.places >= 4);
    // A model less in the area than in the role.
    let narrow =
        charter().replacen("      - models: [claude, embeddings]\n", "      - models: [embeddings]\n", 1);
    let found = refused(&planned(&narrow, &estate), &estate);
    let roles: BTreeSet<&str> = found.requests.iter().map(|(role, _, _)| role.as_str()).collect();
    assert_eq!(roles, ["batch-inference", "model-runner"].into());
    assert!(found.requests.iter().any(|(_, _, broken)| broken.resource.contains("anthropic.claude")));
}

/// A policy of a template as CloudFormation makes it in an account.
fn filled_in(value: &serde_json::Value) -> serde_json::Value {
    match value {
        serde_json::Value::Object(members) => match members.get("Fn::Sub").and_then(|text| text.as_str()) {
            Some(text) => text.replace(ACCOUNT, "123456789012").replace("${!", "${").into(),
            None => members.iter().map(|(name, value)| (name.clone(), filled_in(value))).collect(),
        },
        serde_json::Value::Array(values) => values.iter().map(filled_in).collect(),
        other => other.clone(),
    }
}

/// The template fills in the account and nothing else, and says what the policies say.
#[test]
fn templates_make_the_roles_in_every_account() {
    let plan = planned(&charter(), &acme());
    let stack = plan.roles.iter().find(|stack| stack.area == "/workloads/prod").unwrap();
    let template: serde_json::Value = serde_json::from_str(&stack.template).unwrap();
    let resources = template["Resources"].as_object().unwrap();
    let runner = &resources["Rolemodelx2drunner"]["Properties"];
    assert_eq!(runner["RoleName"], "model-runner");
    assert_eq!(runner["PermissionsBoundary"]["Ref"], "Rolemodelx2drunnerBoundary");
    let trust = &runner["AssumeRolePolicyDocument"]["Statement"][0];
    assert_eq!(
        trust["Principal"]["Federated"]["Fn::Sub"],
        "arn:aws:iam::${AWS::AccountId}:saml-provider/acme"
    );
    for made in &stack.roles {
        let policies = made.documents.policies.iter().chain(&made.documents.boundary);
        for text in policies {
            let policy: serde_json::Value =
                serde_json::from_str(&text.replace(ACCOUNT, "123456789012")).unwrap();
            let is_it =
                |resource: &serde_json::Value| filled_in(&resource["Properties"]["PolicyDocument"]) == policy;
            assert!(resources.values().any(is_it), "{text}");
        }
    }
    // The account is filled in where something of it is named, and what IAM fills in stays.
    assert!(stack.template.contains("arn:aws:bedrock:us-east-1:${AWS::AccountId}:model-invocation-job/*"));
    assert!(stack.template.contains("${aws:PrincipalAccount}"));
}

#[test]
fn the_folder_holds_what_roles_hubs_buckets_and_budgets_need() {
    let plan = planned(&charter(), &acme());
    let files: std::collections::BTreeMap<String, String> =
        postern::plan::script::folder(&plan).into_iter().collect();
    for name in [
        "apply.sh",
        "budgets.sh",
        "buckets/acme-weights.json",
        "hubs.sh",
        "roles.sh",
        "roles/sessions/model-runner-claude.json",
    ] {
        assert!(files.contains_key(name), "{name} of {:?}", files.keys());
    }
    assert!(
        files["hubs.sh"].contains("SageMakerPublicHub/Model/meta-textgeneration-llama-3-1-8b-instruct\n")
    );
    assert!(files["hubs.sh"].contains("--no-allow-external-principals"));
    for stack in &plan.roles {
        assert_eq!(files[&format!("roles/{}.template.json", stack.name)], stack.template);
    }
    let [spending] = plan.spending.as_slice() else { panic!("{:?}", plan.spending) };
    assert!(files.contains_key(&format!("budgets/{}.notifications.json", spending.name)));
    let budget = &files[&format!("budgets/{}.json", spending.name)];
    let budget: serde_json::Value = serde_json::from_str(budget).unwrap();
    assert_eq!(budget["CostFilters"]["LinkedAccount"], serde_json::json!(["210987654321", "345678901234"]));
    assert!(files["apply.sh"].contains("attach RESOURCE_CONTROL_POLICY postern-buckets-platform-"));
}

/// Where a charter speaks of a unit only, accounts elsewhere do not notice it; if its documents hang at the root they do.
#[test]
fn accounts_of_which_a_charter_does_not_speak_do_not_notice_it() {
    let estate = acme();
    let text = "charter: 1\nmodels:\n  nova: { runtime: ['amazon.nova-*'] }\nareas:\n  - at: /workloads\n    allow:\n      - { models: [nova], through: [runtime], scope: global }\n    doors: { others: unmanaged }\n";
    let mut plan = planned(text, &estate);
    let proofs = prove(&plan, &estate, 2);
    assert!(proofs.refuted.is_empty() && proofs.unknown.is_empty(), "{proofs:#?}");
    let root = estate.organizations()[0].nodes().iter().find(|node| node.kind == NodeKind::Root).unwrap();
    for document in &mut plan.documents {
        document.document.nodes = vec![root.id.clone()];
    }
    let proofs = prove(&plan, &estate, 2);
    assert!(proofs.refuted.contains_key(&Promise::ChangesNothingElse), "{proofs:#?}");
}

/// A list that is longer lets more through and takes nothing; back it is the other way round; the same is no change.
#[test]
fn what_one_charter_wants_and_another_does_not_is_told() {
    let estate = acme();
    let (text, today) = (charter(), day("2026-11-26"));
    let wider = text.replace("anthropic.claude-sonnet-5*", "anthropic.claude-sonnet-*");
    assert_ne!(text, wider);
    let diff = |one: &str, other: &str| {
        let charters = [("before.yaml", one), ("after.yaml", other)];
        postern::diff::charters(charters, &estate, today.as_ref(), 2).unwrap()
    };
    let wide = diff(&text, &wider);
    assert!(wide.impossible.is_empty() && wide.unknown.is_empty(), "{wide:#?}");
    let invokes = wide
        .possible
        .iter()
        .find(|change| change.actions.iter().any(|action| action == "bedrock:InvokeModel"));
    let resource = invokes.expect("a model may be run that could not be").example.resource().as_str();
    assert!(resource.contains("foundation-model/anthropic.claude-sonnet-") && !resource.contains("sonnet-5"));
    let narrow = diff(&wider, &text);
    assert_eq!((narrow.possible.len(), narrow.impossible.len()), (0, wide.possible.len()));
    let same = diff(&text, &text);
    assert!(same.possible.is_empty() && same.impossible.is_empty() && same.unknown.is_empty());
    let wrong = postern::diff::charters([("a", "charter: 9"), ("b", "{")], &estate, None, 1).unwrap_err();
    assert!(wrong.len() > 1, "both are wrong: {wrong:?}");
}

/// Acme, of which nobody has given a guardrail in `us-west-2` a policy.
fn acme_without_sharing(guardrail: &str) -> Estate {
    let arn = format!("arn:aws:bedrock:us-west-2:111122223333:guardrail/{guardrail}");
    let absent = |mut file: serde_json::Value| {
        let calls = file["calls"].as_array_mut().unwrap().iter_mut();
        let mut of_it = calls.filter(|call| {
            call["call"] == "bedrock.GetResourcePolicy" && call["items"][0].as_str() == Some(&arn)
        });
        of_it.next().unwrap()["status"] = "absent".into();
        file
    };
    let name = arn.replace(':', "%3A").replace('/', "%2F");
    let file = format!("111122223333/us-west-2/bedrock.GetResourcePolicy/{name}.json");
    acme_with("unshared", &[("111122223333/manifest.json", Some(&absent)), (&file, None)])
}

#[test]
fn guardrails_are_enforced_shared_and_in_force() {
    let estate = acme_without_sharing("acmewest0001");
    let planned = planned(&charter(), &estate);
    let in_force = planned.in_force.as_ref().unwrap();
    assert_eq!((in_force.wrong.as_slice(), in_force.unknown.as_slice()), (&[][..], &[][..]));
    // Six accounts below `/workloads`, each in three Regions.
    assert_eq!(in_force.places, 18);
    assert!(planned.enforced.policies.iter().all(|declared| declared.policy.is_locked));
    let states: Vec<&Sharing> = planned.enforced.shared.iter().map(|shared| &shared.state).collect();
    assert_eq!(states, [&Sharing::Done, &Sharing::Done, &Sharing::Written]);
    let west = "arn:aws:bedrock:us-west-2:111122223333:guardrail/acmewest0001";
    assert_eq!(planned.steps[0], Step::Share { guardrail: west.to_owned() });
    // Before nobody could run anything under it; then whoever may run models may apply it.
    let files = script::folder(&planned);
    let shell = &files.iter().find(|(name, _)| name == "apply.sh").unwrap().1;
    assert!(shell.contains("--resource-policy file://guardrails/us-west-2-acmewest0001.json"), "{shell}");
    assert!(shell.contains("attach BEDROCK_POLICY postern-guardrail-workloads-"), "{shell}");
    assert!(files.iter().any(|(name, _)| name == "guardrails/us-west-2-acmewest0001.json"));
    let terraform: serde_json::Value = serde_json::from_str(&script::terraform(&planned)).unwrap();
    let policies = terraform["resource"]["aws_organizations_policy"].as_object().unwrap();
    assert_eq!(policies.values().filter(|policy| policy["type"] == "BEDROCK_POLICY").count(), 1);
    // What was carried out has not to be done again.
    let mut after = estate.clone();
    after.replace_organization(planned.organization_after(&estate.organizations()[0]));
    planned.enforced.share(&mut after);
    let again = plan("charter.yaml", &charter(), &after, None).unwrap();
    assert_eq!(again.steps, []);
}

#[test]
fn what_others_enforce_otherwise_is_told() {
    let estate = acme();
    let other = charter().replace("acmebaseline:2", "acmebaseline:3");
    let told = planned(&other, &estate);
    let in_force = told.in_force.unwrap();
    assert_eq!(in_force.wrong.len(), 6, "{in_force:?}");
    assert!(
        in_force.wrong[0]
            .contains("identifier is arn:aws:bedrock:us-east-1:111122223333:guardrail/acmebaseline:2")
    );
    // A charter without guardrails takes away what an earlier one enforced, and nothing of others.
    let first = planned(&charter(), &estate);
    let mut after = estate.clone();
    after.replace_organization(first.organization_after(&estate.organizations()[0]));
    let without = charter()
        .replace("    guardrail: { enforce: baseline, except: [\"amazon.titan-embed-text-v2:0\"] }\n", "");
    let taken = planned(&without, &after);
    let names: Vec<&str> = taken
        .steps
        .iter()
        .filter_map(|step| match step {
            Step::Detach { name, .. } | Step::Delete { name, .. } => Some(name.as_str()),
            Step::Share { .. } | Step::Create { .. } | Step::Attach { .. } => None,
        })
        .collect();
    assert_eq!(names.len(), 2, "{:?}", taken.steps);
    assert!(names.iter().all(|name| name.starts_with("postern-guardrail-workloads-")), "{names:?}");
    assert_eq!(taken.in_force, None);
}

#[test]
fn what_is_watched_is_written_beside_the_documents() {
    let plan = planned(&charter(), &acme());
    let files: BTreeMap<String, String> = script::folder(&plan).into_iter().collect();
    let shell = &files["watch.sh"];
    for rule in &plan.watch.as_ref().unwrap().rules {
        assert_eq!(files[&format!("watch/{}.json", rule.name)], rule.pattern);
        assert!(shell.contains(&format!("put-rule --name {} --state {}", rule.name, rule.state)), "{shell}");
    }
    // What a trail selects is replaced as a whole: nothing runs that unasked.
    let is_run = |line: &str| line.contains("put-event-selectors") && !line.starts_with('#');
    assert!(!shell.lines().any(is_run) && shell.contains("put-event-selectors"), "{shell}");
    assert!(
        serde_json::from_str::<serde_json::Value>(&files["watch/event-selectors.json"]).unwrap().is_array()
    );
    let without = charter().replace("watch:", "# watch:");
    assert_eq!(planned(&without, &acme()).watch, None);
}

/// An organisation with a Bedrock policy of somebody else at a node.
fn with_bedrock_policy(estate: &Estate, text: &serde_json::Value, node: &str) -> Estate {
    let mut estate = estate.clone();
    let organization = estate.organizations()[0].clone();
    let id: std::sync::Arc<str> = "p-somebodyelses".into();
    let policy = iam::estate::OrganizationPolicy {
        arn: "arn:aws:organizations::111122223333:policy/o-acmeexample/bedrock_policy/p-somebodyelses".into(),
        name: id.clone(),
        id,
        kind: OrganizationPolicyKind::Bedrock,
        aws_managed: false,
        text: Known::Known(text.to_string().into()),
        document: None,
    };
    estate.replace_organization(
        organization.with_policies(vec![(policy, vec![node.into()])], &Default::default()),
    );
    estate
}

#[test]
fn what_others_say_beside_a_guardrail_is_told() {
    // A policy as it was once printed: callers may mark what is looked at, in a Region of the charter and in another.
    let of = |region: &str| {
        serde_json::json!({ "bedrock": { "guardrail_inference": { region: { "config_1": {
            "input_tags": { "@@assign": "honor" } } } } } })
    };
    let told =
        planned(&charter(), &with_bedrock_policy(&acme(), &of("us-west-2"), "r-acme")).in_force.unwrap();
    assert_eq!(told.wrong.len(), 6, "{told:?}");
    assert!(
        told.wrong.iter().all(|one| one.ends_with("us-west-2: others say config_1.input_tags too: honor")),
        "{told:?}"
    );
    let told =
        planned(&charter(), &with_bedrock_policy(&acme(), &of("eu-west-1"), "r-acme")).in_force.unwrap();
    assert_eq!(told.wrong, Vec::<String>::new());
}

#[test]
fn a_node_that_is_full_of_bedrock_policies_of_others_is_an_error() {
    let mut estate = acme();
    let place = estate.organizations()[0].clone();
    let ids: Vec<std::sync::Arc<str>> = vec!["ou-acme-workload1".into()];
    let policy =
        place.policies.iter().find(|policy| policy.kind == OrganizationPolicyKind::Bedrock).unwrap().clone();
    let added = (0..10).map(|number| {
        let id: std::sync::Arc<str> = format!("p-full{number:06}").into();
        let text = Known::Known("{}".into());
        (iam::estate::OrganizationPolicy { id: id.clone(), name: id, text, ..policy.clone() }, ids.clone())
    });
    estate.replace_organization(place.with_policies(added.collect(), &Default::default()));
    let Err(wrong) = plan("charter.yaml", &charter(), &estate, None) else { panic!("it has no room") };
    assert!(wrong[0].to_string().contains("11 Bedrock policies of others"), "{wrong:?}");
}

#[test]
fn doors_on_which_no_guardrail_surely_acts_are_told() {
    let plan = planned(&loose(), &acme());
    let prod = plan.without_guardrail.iter().find(|one| one.area == "/workloads/prod").unwrap();
    // Closed there, acted on, not acted on, not said.
    assert!(!prod.without.contains(&"mantle") && !prod.without.contains(&"runtime"));
    assert!(prod.without.contains(&"sagemaker-endpoints") && prod.unknown.contains(&"agents"), "{prod:?}");
    assert!(plan.without_guardrail.iter().all(|one| one.area.starts_with("/workloads")));
}

#[test]
fn accounts_that_stand_nowhere_are_counted() {
    let mut estate = acme();
    let plan = planned(&charter(), &estate);
    let place = &estate.organizations()[0];
    let mut nodes: Vec<Node> = place.nodes().to_vec();
    let missing = iam::estate::Missing::never_asked(None, None, "organizations list-parents");
    let shop = nodes.iter_mut().find(|node| node.name.as_deref() == Some("shop-prod")).unwrap();
    shop.parent = Known::Unknown(std::sync::Arc::new(missing));
    let changed = Organization::new(
        place.id.clone(),
        place.management_account,
        place.enabled.clone(),
        nodes,
        place.policies.clone(),
        place.resource_policy.clone(),
    );
    estate.replace_organization(changed.unwrap());
    let (_, extent) = check(&plan.model, &plan.fences, &plan.documents, &estate, "2026-11-26T12:00:00Z", 2);
    assert_eq!((extent.accounts, extent.nowhere), (10, 1));
}
