//! Statements into documents: within the quotas, near the fewest characters, and nothing lost.

#[path = "common/organization.rs"]
mod common;

use std::collections::BTreeSet;

use charter::compile::{AreaFence, Conditions, Resources, Statement};
use charter::pack::{Document, Room, pack};
use common::{Fence, organization, place};
use iam::action::Action;
use iam::answer::{Decision, Outcome};
use iam::context::Context;
use iam::estate::NodeKind;
use iam::policy::Effect;
use iam::principal::Principal;
use iam::{Completeness, Request, RequestParts, authorize};

fn room(characters_max: usize, documents_max: usize) -> Room {
    let nodes = organization(false).nodes().iter().map(|node| (node.id.clone(), documents_max)).collect();
    Room { characters_max, documents_max: nodes }
}

fn characters(documents: &[Document]) -> usize {
    documents.iter().map(|document| document.text().chars().count()).sum()
}

/// Twenty families of fifteen models, each unit with a list of its own.
#[test]
fn three_hundred_models_over_six_units_fit() {
    let mut text = String::from("charter: 1\nmodels:\n");
    for family in 0..20 {
        let ids: Vec<String> =
            (0..15).map(|number| format!("vendor{family}.model-{number}-large-v1:0")).collect();
        text.push_str(&format!(
            "  family{family}: {{ runtime: [{}] }}\n",
            ids.join(", ").replace("v1:0", "v1")
        ));
    }
    text.push_str("areas:\n");
    let places = ["/", "/workloads", "/workloads/prod", "/workloads/dev", "/research", "333333333333"];
    for (number, at) in places.iter().enumerate() {
        let families: Vec<String> =
            (0..20).filter(|family| family % 6 != number).map(|family| format!("family{family}")).collect();
        text.push_str(&format!(
            "  - at: {at}\n    allow:\n      - {{ models: [{}], through: [runtime, batch, count-tokens] }}\n    doors: {{ others: unmanaged }}\n",
            families.join(", ")
        ));
    }
    let fences = charter::compile(&common::model(&text).unwrap()).unwrap();
    let documents = pack(&fences, &organization(false), &room(10_240, 8)).unwrap();
    assert!(documents.iter().all(|document| document.text().chars().count() <= 10_240));
    let at =
        |node: &str| documents.iter().filter(|each| each.nodes.iter().any(|at| at.as_ref() == node)).count();
    let most = organization(false).nodes().iter().map(|node| at(&node.id)).max().unwrap();
    assert!(most <= 8, "{most} documents at one node");
    // It needs more than one document somewhere, or the test says nothing.
    assert!(most > 1);

    // Every model, and neighbours of each that nobody named, in every account: as the statements say unpacked.
    let (whole, packed) = (Fence::new(&fences), Fence::packed(&documents));
    let models =
        (0..21).flat_map(|family| (0..16).map(move |number| format!("vendor{family}.model-{number}")));
    let ids: Vec<String> =
        models.flat_map(|model| [format!("{model}-large-v1"), format!("{model}-small-v1")]).collect();
    let organization = organization(false);
    let accounts = organization.nodes().iter().filter(|node| matches!(node.kind, NodeKind::Account(_)));
    let mut denied = [0, 0];
    for account in accounts {
        let (chain, _) = place(&organization, &account.id);
        let (whole, packed) = (whole.layers(&chain), packed.layers(&chain));
        for id in &ids {
            let request = invokes(id, &account.id);
            let (expected, found) =
                (authorize(&request, &whole).outcome, authorize(&request, &packed).outcome);
            assert_eq!(found, expected, "{id} in {}", account.id);
            denied[usize::from(found == Outcome::Decided(Decision::ExplicitDeny))] += 1;
        }
    }
    assert!(denied.iter().all(|count| *count > 500), "{denied:?}");
}

/// A direct call of a model in us-east-1.
fn invokes(model: &str, account: &str) -> Request {
    let mut context = Context::new();
    context.insert("aws:RequestedRegion", vec!["us-east-1".to_owned()]).unwrap();
    Request::new(RequestParts {
        principal: Principal::parse(&format!("arn:aws:iam::{account}:role/app")).unwrap(),
        action: Action::parse("bedrock:InvokeModel").unwrap(),
        resource: format!("arn:aws:bedrock:us-east-1::foundation-model/{model}"),
        resource_account: None,
        context,
        completeness: Completeness::Complete,
    })
}

#[test]
fn one_provider_of_several_regions_stays_together() {
    // Spared: `a.x` everywhere, `a.y` in one Region, and much of others, so that the list is divided.
    let head = "arn:aws:bedrock:*::foundation-model";
    let mut spared: BTreeSet<String> = (0..8).map(|number| format!("{head}/a.x{number}")).collect();
    for provider in ["b", "c", "d"] {
        spared.extend((0..8).map(|number| format!("{head}/{provider}.model-{number}")));
    }
    spared.insert("arn:aws:bedrock:us-east-1::foundation-model/a.y".to_owned());
    let statement = Statement {
        effect: Effect::Deny,
        principals: None,
        actions: ["bedrock:InvokeModel".to_owned()].into(),
        resources: Resources::NotIn(spared),
        conditions: Conditions::new(),
        origins: BTreeSet::new(),
    };
    let fences = [AreaFence { node: "r-ab12".into(), name: "/".to_owned(), statements: vec![statement] }];
    let documents = pack(&fences, &organization(false), &room(1_300, 8)).unwrap();
    assert!(documents.len() > 1, "it is divided");
    let organization = organization(false);
    let (chain, _) = place(&organization, "222222222222");
    let layers = Fence::packed(&documents).layers(&chain);
    for (model, expected) in [
        ("a.x1", Decision::Allow),
        ("a.y", Decision::Allow),
        ("b.model-3", Decision::Allow),
        ("a.z", Decision::ExplicitDeny),
        ("b.other", Decision::ExplicitDeny),
        ("e.x1", Decision::ExplicitDeny),
    ] {
        let answer = authorize(&invokes(model, "222222222222"), &layers);
        assert_eq!(answer.outcome, Outcome::Decided(expected), "{model}");
    }
}

fn statement(number: usize, length: usize) -> Statement {
    let action = format!("s3:{number:03}{}", "x".repeat(length));
    Statement {
        effect: Effect::Deny,
        principals: None,
        actions: [action].into(),
        resources: Resources::In(["*".to_owned()].into()),
        conditions: Conditions::new(),
        origins: BTreeSet::new(),
    }
}

/// Fewest documents by trying every way to share statements out.
fn fewest(sizes: &[usize], characters_max: usize) -> usize {
    fn go(sizes: &[usize], bins: &mut Vec<usize>, characters_max: usize, best: &mut usize) {
        if bins.len() >= *best {
            return;
        }
        let Some((first, rest)) = sizes.split_first() else {
            *best = bins.len();
            return;
        };
        for at in 0..bins.len() {
            if bins[at] + 1 + first <= characters_max {
                bins[at] += 1 + first;
                go(rest, bins, characters_max, best);
                bins[at] -= 1 + first;
            }
        }
        bins.push(first + 40);
        go(rest, bins, characters_max, best);
        bins.pop();
    }
    let mut best = usize::MAX;
    go(sizes, &mut Vec::new(), characters_max, &mut best);
    best
}

#[test]
fn characters_are_within_a_tenth_of_the_best_by_exhaustive_search() {
    let mut seed = 7_u64;
    let mut roll = |sides: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % sides
    };
    let mut same = 0;
    for _ in 0..300 {
        let statements: Vec<Statement> =
            (0..2 + roll(6) as usize).map(|number| statement(number, 20 + roll(380) as usize)).collect();
        let sizes: Vec<usize> = statements.iter().map(|each| each.text().chars().count()).collect();
        let fence = AreaFence { node: "r-ab12".into(), name: "/".to_owned(), statements: statements.clone() };
        let documents = pack(&[fence], &organization(false), &room(600, 20)).unwrap();
        let best = fewest(&sizes, 600);
        // A document more costs its frame and spares a comma.
        let best_characters = sizes.iter().sum::<usize>() + 40 * best + (sizes.len() - best);
        assert!(characters(&documents) * 10 <= best_characters * 11, "{sizes:?}: {}", documents.len());
        same += usize::from(documents.len() == best);
        let kept: BTreeSet<String> =
            documents.iter().flat_map(|each| &each.statements).map(Statement::text).collect();
        assert_eq!(kept, statements.iter().map(Statement::text).collect(), "nothing is lost or made");
    }
    assert!(same > 280, "{same} of 300 need the fewest documents");
}

#[test]
fn what_does_not_fit_is_told_with_what_it_costs() {
    let statements: Vec<Statement> = (0..6).map(|number| statement(number, 300)).collect();
    let fence = AreaFence { node: "r-ab12".into(), name: "/".to_owned(), statements };
    let overflows = pack(&[fence], &organization(false), &room(600, 2)).unwrap_err();
    assert_eq!(overflows.len(), 1);
    assert_eq!((overflows[0].needed, overflows[0].documents_max), (6, 2));
    assert!(!overflows[0].costs.is_empty());
}

#[test]
fn a_node_without_room_hands_up_what_is_limited_to_it() {
    let statements: Vec<Statement> = (0..3).map(|number| statement(number, 300)).collect();
    let fence = AreaFence { node: "ou-ab12-prodprod".into(), name: "/workloads/prod".to_owned(), statements };
    let mut room = room(700, 8);
    room.documents_max.insert("ou-ab12-prodprod".into(), 1);
    let documents = pack(&[fence], &organization(false), &room).unwrap();
    let above: Vec<&Document> = documents
        .iter()
        .filter(|each| each.nodes.iter().any(|at| at.as_ref() == "ou-ab12-workload1"))
        .collect();
    assert!(!above.is_empty());
    for statement in above.iter().flat_map(|each| &each.statements) {
        let text = statement.text();
        assert!(text.contains("o-abc1234567/r-ab12/ou-ab12-workload1/ou-ab12-prodprod/*"), "{text}");
    }
}

#[test]
fn a_statement_longer_than_a_document_is_told_wherever_it_stands() {
    for others in 0..4 {
        let mut statements: Vec<Statement> = (0..others).map(|number| statement(number, 300)).collect();
        statements.push(statement(9, 700));
        let fence =
            AreaFence { node: "ou-ab12-prodprod".into(), name: "/workloads/prod".to_owned(), statements };
        for documents_max in 1..4 {
            let mut room = room(600, 8);
            room.documents_max.insert("ou-ab12-prodprod".into(), documents_max);
            let packed = pack(std::slice::from_ref(&fence), &organization(false), &room);
            assert!(packed.is_err(), "{others} others, {documents_max} documents");
        }
    }
}
