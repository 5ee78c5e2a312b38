//! Policies of roles beside a plain reading of what the roles are for, request by request.

#[path = "common/organization.rs"]
mod common;

use std::collections::BTreeSet;
use std::sync::Arc;

use charter::Model;
use charter::model::Role;
use charter::role::{RoleDocuments, RoleRoom, documents, kept_apart};
use common::model;
use iam::action::Action;
use iam::answer::{Decision, Outcome};
use iam::arn::AccountId;
use iam::context::Context;
use iam::layers::{Layers, ResourceSide};
use iam::policy::{Policy, PolicyType, read};
use iam::principal::Principal;
use iam::{Completeness, Request, RequestParts, authorize};
use proptest::prelude::*;
use proptest::sample::subsequence;
use reference::DutyKind;

const ACCOUNT: &str = "222222222222";
const OTHER: &str = "333333333333";

fn parsed(text: &str, kind: PolicyType) -> Arc<Policy> {
    let read = read(text.as_bytes(), kind);
    assert_eq!(read.problems, [], "{text}");
    Arc::new(read.policy.unwrap())
}

/// A charter with one role, made in the accounts of production.
fn charter(role: &str) -> String {
    format!(
        "charter: 1\nmodels:\n  opus: {{ runtime: [anthropic.claude-opus-5-5], mantle: [anthropic.claude-opus-5-5] }}\n  \
         lite: {{ runtime: ['amazon.nova-lite-v1:0'] }}\nroles:\n  one: {role}\nareas:\n  - {{ at: /, doors: {{ others: \
         unmanaged }} }}\n  - {{ at: /workloads/prod, roles: [one] }}\n"
    )
}

fn only(model: &Model) -> (&Role, RoleDocuments) {
    let [role] = model.roles.as_slice() else { panic!("{:?}", model.roles) };
    let area = model.areas.iter().find(|area| area.roles.contains(&role.name)).unwrap();
    (role, documents(model, area, role, ACCOUNT))
}

struct Asked<'a> {
    action: &'a str,
    resource: String,
    owner: Option<&'a str>,
    context: Vec<(String, Vec<String>)>,
}

fn allowed(layers: &Layers, by: &str, asked: &Asked<'_>) -> bool {
    let mut context = Context::new();
    for (key, values) in &asked.context {
        context.insert(key, values.clone()).unwrap();
    }
    if let Some(owner) = asked.owner {
        context.insert("aws:ResourceAccount", vec![owner.to_owned()]).unwrap();
    }
    let principal = match by.ends_with(".amazonaws.com") {
        true => Principal::Service { name: by.to_owned() },
        false => Principal::parse(by).unwrap(),
    };
    let request = Request::new(RequestParts {
        principal,
        action: Action::parse(asked.action).unwrap(),
        resource: asked.resource.clone(),
        resource_account: asked.owner.map(|owner| AccountId::new(owner).unwrap()),
        context,
        completeness: Completeness::Complete,
    });
    match authorize(&request, layers).outcome {
        Outcome::Decided(decision) => decision == Decision::Allow,
        other => panic!("{} on {}: {other:?}", asked.action, asked.resource),
    }
}

fn of_role(documents: &RoleDocuments) -> Layers {
    let identity = documents.policies.iter().map(|text| parsed(text, PolicyType::Identity)).collect();
    let boundary =
        documents.boundary.iter().map(|text| parsed(text, PolicyType::PermissionsBoundary)).collect();
    Layers { identity, boundary, ..Layers::default() }
}

const BY: &str = "arn:aws:iam::222222222222:role/one";
const MODELS: [&str; 3] = ["anthropic.claude-opus-5-5", "amazon.nova-lite-v1:0", "deepseek.v3.2"];
const REGIONS: [&str; 6] = ["us-east-1", "us-east-2", "us-west-2", "us-west-1", "eu-central-1", ""];

/// What a request runs behind: nothing, or the ARN of a profile.
fn profiles() -> Vec<Option<String>> {
    let mut all = vec![None];
    for (region, account) in [("us-east-1", ACCOUNT), ("eu-central-1", ACCOUNT), ("us-east-1", OTHER)] {
        all.push(Some(format!(
            "arn:aws:bedrock:{region}:{account}:application-inference-profile/abcdefghijkl"
        )));
    }
    for prefix in ["us", "global", "eu"] {
        let region = if prefix == "eu" { "eu-central-1" } else { "us-east-1" };
        all.push(Some(format!(
            "arn:aws:bedrock:{region}:{ACCOUNT}:inference-profile/{prefix}.anthropic.claude-opus-5-5"
        )));
    }
    all
}

/// Every way to ask for a foundation model.
fn runs() -> Vec<(Asked<'static>, &'static str, &'static str, Option<String>)> {
    let mut all = Vec::new();
    for action in ["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"] {
        for model in MODELS {
            for region in REGIONS {
                for profile in profiles() {
                    let requested = if region.is_empty() { "unspecified" } else { region };
                    let mut context = vec![("aws:RequestedRegion".to_owned(), vec![requested.to_owned()])];
                    if let Some(profile) = &profile {
                        context.push(("bedrock:InferenceProfileArn".to_owned(), vec![profile.clone()]));
                    }
                    let resource = format!("arn:aws:bedrock:{region}::foundation-model/{model}");
                    all.push((Asked { action, resource, owner: None, context }, model, region, profile));
                }
            }
        }
    }
    all
}

/// The Regions that a model called in Virginia reaches, as its card says.
fn reached(scope: &str) -> &'static [&'static str] {
    match scope {
        "in-region" => &["us-east-1"],
        "geo" => &["us-east-1", "us-east-2", "us-west-2"],
        _ => &["us-east-1", "us-east-2", "us-west-2", ""],
    }
}

#[test]
fn a_consumption_role_runs_its_models_behind_profiles_of_its_account_where_these_lead() {
    for scope in ["in-region", "geo", "global"] {
        let charter = charter(&format!(
            "{{ studio: consumption, models: [opus], regions: [us-east-1], scope: {scope} }}"
        ));
        let model = model(&charter).unwrap();
        let (_, documents) = only(&model);
        let layers = of_role(&documents);
        for (asked, id, region, profile) in runs() {
            let is_own = profile.as_deref().is_some_and(|profile| {
                profile.starts_with("arn:aws:bedrock:us-east-1:222222222222:application-inference-profile/")
            });
            let expected = id == MODELS[0] && reached(scope).contains(&region) && is_own;
            assert_eq!(allowed(&layers, BY, &asked), expected, "{scope} {} {profile:?}", asked.resource);
        }
    }
}

#[test]
fn a_consumption_role_takes_profiles_of_its_domain_that_belong_to_no_project() {
    for fixed in [false, true] {
        let domain = if fixed { ", domain: dzd-own" } else { "" };
        let charter =
            charter(&format!("{{ studio: consumption, models: [opus], regions: [us-east-1]{domain} }}"));
        let model = model(&charter).unwrap();
        let layers = of_role(&only(&model).1);
        for owner in [ACCOUNT, OTHER] {
            for region in ["us-east-1", "eu-central-1"] {
                for tag in [None, Some("dzd-own"), Some("dzd-other")] {
                    for project in [None, Some("p1")] {
                        let mut context = vec![("datazone:domainId".to_owned(), vec!["dzd-own".to_owned()])];
                        for (name, value) in [("Domain", tag), ("Project", project)] {
                            let key = format!("aws:ResourceTag/AmazonDataZone{name}");
                            context.extend(value.map(|value| (key, vec![value.to_owned()])));
                        }
                        let asked = Asked {
                            action: "bedrock:InvokeModel",
                            resource: format!(
                                "arn:aws:bedrock:{region}:{owner}:application-inference-profile/abcdefghijkl"
                            ),
                            owner: Some(owner),
                            context,
                        };
                        let expected = owner == ACCOUNT
                            && region == "us-east-1"
                            && tag == Some("dzd-own")
                            && project.is_none();
                        assert_eq!(
                            allowed(&layers, BY, &asked),
                            expected,
                            "{owner} {region} {tag:?} {project:?}"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn a_provisioning_role_makes_profiles_for_projects_and_moves_none() {
    let charter = charter("{ studio: provisioning, models: [opus], regions: [us-east-1], scope: geo }");
    let model = model(&charter).unwrap();
    let layers = of_role(&only(&model).1);
    let profile = |owner: &str, region: &str| {
        format!("arn:aws:bedrock:{region}:{owner}:application-inference-profile/abcdefghijkl")
    };
    let values = [None, Some("p1"), Some("p2")];
    for action in ["CreateInferenceProfile", "TagResource", "DeleteInferenceProfile"] {
        for owner in [ACCOUNT, OTHER] {
            for region in ["us-east-1", "eu-central-1"] {
                for now in values {
                    for wanted in values {
                        for more in [false, true] {
                            let mut context = Vec::new();
                            let key = |kind: &str| format!("aws:{kind}/AmazonDataZoneProject");
                            let mut keys = Vec::new();
                            context.extend(now.map(|now| (key("ResourceTag"), vec![now.to_owned()])));
                            if let Some(wanted) = wanted {
                                context.push((key("RequestTag"), vec![wanted.to_owned()]));
                                keys.push("AmazonDataZoneProject".to_owned());
                            }
                            if more {
                                context.push(("aws:RequestTag/team".to_owned(), vec!["search".to_owned()]));
                                keys.push("team".to_owned());
                            }
                            if !keys.is_empty() {
                                context.push(("aws:TagKeys".to_owned(), keys));
                            }
                            let asked = Asked {
                                action: &format!("bedrock:{action}"),
                                resource: profile(owner, region),
                                owner: Some(owner),
                                context,
                            };
                            let here = owner == ACCOUNT && region == "us-east-1";
                            let expected = here
                                && match action {
                                    "CreateInferenceProfile" => wanted.is_some() && !more,
                                    "TagResource" => wanted.is_some() && now == wanted && !more,
                                    _ => now.is_some(),
                                };
                            assert_eq!(
                                allowed(&layers, BY, &asked),
                                expected,
                                "{action} {owner} {region} {now:?} {wanted:?} {more}"
                            );
                        }
                    }
                }
            }
        }
    }
    // What a profile may be made of.
    let from = |resource: String| Asked {
        action: "bedrock:CreateInferenceProfile",
        resource,
        owner: None,
        context: Vec::new(),
    };
    for id in MODELS {
        for region in REGIONS {
            let asked = from(format!("arn:aws:bedrock:{region}::foundation-model/{id}"));
            let expected = id == MODELS[0] && reached("geo").contains(&region);
            assert_eq!(allowed(&layers, BY, &asked), expected, "{id} {region}");
        }
        for prefix in ["us", "eu", "global"] {
            let asked = from(format!("arn:aws:bedrock:us-east-1:{ACCOUNT}:inference-profile/{prefix}.{id}"));
            assert_eq!(allowed(&layers, BY, &asked), id == MODELS[0] && prefix == "us", "{prefix}.{id}");
        }
    }
}

#[test]
fn a_bundle_that_runs_models_runs_these_where_they_lead_and_no_other() {
    for scope in ["in-region", "geo", "global"] {
        let charter = charter(&format!(
            "{{ duties: [invoke], models: [opus], through: [runtime, mantle], regions: [us-east-1], scope: {scope}, \
             trust: {{ service: lambda.amazonaws.com }} }}"
        ));
        let model = model(&charter).unwrap();
        let layers = of_role(&only(&model).1);
        for (asked, id, region, profile) in runs() {
            let behind = profile.as_deref().is_some_and(|profile| profile.contains(":us-east-1:"));
            let expected =
                id == MODELS[0] && (region == "us-east-1" || reached(scope).contains(&region) && behind);
            assert_eq!(allowed(&layers, BY, &asked), expected, "{scope} {} {profile:?}", asked.resource);
        }
        for (prefix, scopes) in [("us", &["geo", "global"][..]), ("global", &["global"]), ("eu", &[])] {
            let asked = Asked {
                action: "bedrock:InvokeModel",
                resource: format!(
                    "arn:aws:bedrock:us-east-1:{ACCOUNT}:inference-profile/{prefix}.{}",
                    MODELS[0]
                ),
                owner: None,
                context: Vec::new(),
            };
            assert_eq!(allowed(&layers, BY, &asked), scopes.contains(&scope), "{scope} {prefix}");
        }
        for (id, expected) in [(MODELS[0], true), ("openai.gpt-oss-120b", false)] {
            let asked = Asked {
                action: "bedrock-mantle:CreateInference",
                resource: format!("arn:aws:bedrock-mantle:us-east-1:{ACCOUNT}:project/p1"),
                owner: Some(ACCOUNT),
                context: vec![("bedrock-mantle:Model".to_owned(), vec![id.to_owned()])],
            };
            assert_eq!(allowed(&layers, BY, &asked), expected, "{id}");
        }
        for action in ["bedrock:CreateModelImportJob", "bedrock:DeleteGuardrail", "bedrock:InvokeAgent"] {
            let asked = Asked { action, resource: "*".to_owned(), owner: None, context: Vec::new() };
            assert!(!allowed(&layers, BY, &asked), "{action}");
        }
    }
}

#[test]
fn a_bundle_holds_the_actions_of_its_duties_and_its_boundary_keeps_others_out_for_good() {
    let trust = "trust: { saml: okta }";
    let all: Vec<(&str, &str)> = reference::services()
        .flat_map(|service| reference::actions(service.prefix).map(|action| (action.service, action.name)))
        .collect();
    for duty in DutyKind::ALL {
        let runs = match duty {
            DutyKind::Invoke => "models: [opus], through: [runtime], regions: [us-east-1], ",
            _ => "",
        };
        let charter = charter(&format!("{{ duties: [{}], {runs}{trust} }}", duty.name()));
        let model = model(&charter).unwrap();
        let (_, documents) = only(&model);
        assert_eq!(documents.too_long(&RoleRoom::aws()), [], "{}", duty.name());
        let own = of_role(&documents);
        let everything = parsed(
            r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#,
            PolicyType::Identity,
        );
        let later = Layers { identity: vec![everything], ..own.clone() };
        let apart = kept_apart(&[duty].into());
        for (service, name) in &all {
            let kind = reference::duty(service, name).map(|duty| duty.kind);
            let action = format!("{service}:{name}");
            let asked = Asked { action: &action, resource: "*".to_owned(), owner: None, context: Vec::new() };
            let expected = match kind {
                None => Some(true),
                Some(kind) if kind == duty => Some(true),
                Some(kind) if apart.contains(&kind) => Some(false),
                // One boundary would be too long, and may leave out other duties too.
                Some(_) => (duty != DutyKind::LogAdmin).then_some(true),
            };
            if let Some(expected) = expected {
                assert_eq!(allowed(&later, BY, &asked), expected, "{} {action}", duty.name());
            }
            if duty != DutyKind::Invoke {
                let expected = kind == Some(duty) && ["bedrock", "bedrock-mantle"].contains(service);
                assert_eq!(allowed(&own, BY, &asked), expected, "{} {action}", duty.name());
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// Bundles of random duties in random services hold these actions and no other, and no policy that is added gives them
    /// one that should be in another hand.
    #[test]
    fn random_bundles_hold_their_duties_and_are_kept_from_others(
        duties in subsequence(DutyKind::ALL.iter().copied().filter(|duty| *duty != DutyKind::Invoke).collect::<Vec<_>>(), 1..4),
        services in subsequence(vec!["bedrock", "bedrock-agentcore", "bedrock-mantle", "iam", "organizations", "sagemaker"], 1..4),
        in_regions in any::<bool>(),
    ) {
        let names: Vec<&str> = duties.iter().map(|duty| duty.name()).collect();
        let regions = if in_regions { "regions: [us-east-1, us-west-2], " } else { "" };
        let text = charter(&format!(
            "{{ duties: [{}], services: [{}], {regions}trust: {{ saml: okta }} }}",
            names.join(", "),
            services.join(", ")
        ));
        let duties: BTreeSet<DutyKind> = duties.into_iter().collect();
        let apart = kept_apart(&duties);
        let conflict = duties.iter().any(|duty| apart.contains(duty));
        let model = model(&text);
        prop_assert_eq!(model.is_err(), conflict, "{}", text);
        let Ok(model) = model else { return Ok(()) };
        let (_, documents) = only(&model);
        // There is one boundary: a plan with one that is too long is an error.
        prop_assume!(documents.too_long(&RoleRoom::aws()).is_empty());
        let own = of_role(&documents);
        let everything = parsed(
            r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#,
            PolicyType::Identity,
        );
        let later = Layers { identity: vec![everything], ..own.clone() };
        for known in reference::duties() {
            let action = format!("{}:{}", known.service, known.action);
            for region in ["us-east-1", "eu-central-1"] {
                let context = vec![("aws:RequestedRegion".to_owned(), vec![region.to_owned()])];
                let asked = Asked { action: &action, resource: "*".to_owned(), owner: None, context };
                let is_own = duties.contains(&known.kind) && services.contains(&known.service);
                let expected = is_own && (!in_regions || region == "us-east-1");
                prop_assert_eq!(allowed(&own, BY, &asked), expected, "{} in {}\n{}", action, region, text);
                if apart.contains(&known.kind) {
                    prop_assert!(!allowed(&later, BY, &asked), "{action} is added\n{text}");
                } else if duties.contains(&known.kind) {
                    prop_assert!(allowed(&later, BY, &asked), "{action} is in the boundary\n{text}");
                }
            }
        }
    }

    /// Roles that run random models from random Regions run these where they lead and no other.
    #[test]
    fn random_roles_run_their_models_where_these_lead(
        models in subsequence(vec![("opus", MODELS[0]), ("lite", MODELS[1])], 1..3),
        regions in subsequence(vec!["us-east-1", "us-west-2"], 1..3),
        scope in prop::sample::select(vec!["in-region", "geo", "global"]),
        purpose in prop::sample::select(vec!["duties: [invoke], through: [runtime], trust: { saml: okta }", "job: batch, read: [acme-in/*], write: [acme-out/*]"]),
    ) {
        let names: Vec<&str> = models.iter().map(|(name, _)| *name).collect();
        let text = charter(&format!(
            "{{ {purpose}, models: [{}], regions: [{}], scope: {scope} }}",
            names.join(", "),
            regions.join(", ")
        ));
        let model = model(&text).unwrap_or_else(|wrong| panic!("{wrong:?}\n{text}"));
        let layers = of_role(&only(&model).1);
        for (asked, id, region, profile) in runs() {
            let streams = asked.action != "bedrock:InvokeModel";
            let called = |text: &str| regions.iter().any(|region| text.contains(&format!(":{region}:")));
            let behind = profile.as_deref().is_some_and(called);
            let leads = regions.contains(&region) || reached(scope).contains(&region) && behind;
            let is_own = models.iter().any(|(_, own)| *own == id);
            let expected = is_own && leads && !(streams && purpose.starts_with("job"));
            prop_assert_eq!(
                allowed(&layers, BY, &asked), expected, "{} {} {:?}\n{}", asked.action, asked.resource, profile, text
            );
        }
    }
}

#[track_caller]
fn check_trust(trust: &str, by: &str, action: &str, context: &[(&str, &str)], expected: bool) {
    let charter = charter(&format!("{{ duties: [audit-read], trust: {trust} }}"));
    let model = model(&charter).unwrap();
    let (_, documents) = only(&model);
    let everything = parsed(
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#,
        PolicyType::Identity,
    );
    let layers = Layers {
        identity: vec![everything],
        resource: ResourceSide::Trust(parsed(&documents.trust, PolicyType::Trust)),
        ..Layers::default()
    };
    let mut values: Vec<(String, Vec<String>)> = Vec::new();
    for (key, value) in context {
        values.push(((*key).to_owned(), value.split(',').map(str::to_owned).collect()));
    }
    let asked = Asked { action, resource: BY.to_owned(), owner: Some(ACCOUNT), context: values };
    assert_eq!(allowed(&layers, by, &asked), expected, "{by} {context:?}\n{}", documents.trust);
}

#[test]
fn a_session_says_who_stands_behind_it_or_is_not_made() {
    let trust = "{ accounts: ['333333333333'], callers: [role/broker], source-identity: '*@acme.example', tags: { team: \
                 [search, shop] } }";
    let broker = "arn:aws:iam::333333333333:role/broker";
    let whole = [
        ("sts:SourceIdentity", "ann@acme.example"),
        ("aws:RequestTag/team", "shop"),
        ("aws:TagKeys", "team"),
    ];
    check_trust(trust, broker, "sts:AssumeRole", &whole, true);
    check_trust(trust, "arn:aws:iam::333333333333:role/other", "sts:AssumeRole", &whole, false);
    check_trust(trust, "arn:aws:iam::222222222222:role/broker", "sts:AssumeRole", &whole, false);
    check_trust(trust, broker, "sts:AssumeRole", &whole[1..], false);
    check_trust(trust, broker, "sts:AssumeRole", &whole[..1], false);
    for (number, wrong) in [(0, "ann@elsewhere.example"), (1, "sales"), (2, "team,role")] {
        let mut wrongly = whole;
        wrongly[number].1 = wrong;
        check_trust(trust, broker, "sts:AssumeRole", &wrongly, false);
    }
    check_trust(trust, broker, "sts:SetSourceIdentity", &whole[..1], true);
    check_trust(trust, broker, "sts:SetSourceIdentity", &[("sts:SourceIdentity", "root")], false);
    check_trust(trust, broker, "sts:TagSession", &whole[1..], true);
    check_trust(trust, broker, "sts:SetContext", &whole, false);
}

#[test]
fn services_take_the_roles_of_their_account_only() {
    for (role, service, action, arn) in [
        (
            "{ studio: consumption, models: [opus], regions: [us-east-1] }",
            "datazone.amazonaws.com",
            "sts:SetContext",
            "",
        ),
        (
            "{ job: import, read: [acme-weights] }",
            "bedrock.amazonaws.com",
            "sts:AssumeRole",
            "arn:aws:bedrock:us-east-1:ACCOUNT:model-import-job/abc",
        ),
        (
            "{ job: customization, read: [acme-training], write: [acme-results] }",
            "bedrock.amazonaws.com",
            "sts:AssumeRole",
            "arn:aws:bedrock:us-east-1:ACCOUNT:model-customization-job/abc",
        ),
    ] {
        let model = model(&charter(role)).unwrap();
        let (_, documents) = only(&model);
        let layers = Layers {
            resource: ResourceSide::Trust(parsed(&documents.trust, PolicyType::Trust)),
            ..Layers::default()
        };
        for (by, account, expected) in
            [(service, ACCOUNT, true), (service, OTHER, false), ("ec2.amazonaws.com", ACCOUNT, false)]
        {
            let mut context = vec![("aws:SourceAccount".to_owned(), vec![account.to_owned()])];
            if !arn.is_empty() {
                context.push(("aws:SourceArn".to_owned(), vec![arn.replace("ACCOUNT", account)]));
            }
            let asked = Asked { action, resource: BY.to_owned(), owner: Some(ACCOUNT), context };
            assert_eq!(allowed(&layers, by, &asked), expected, "{by} {account}\n{}", documents.trust);
        }
    }
}

#[test]
fn a_job_reads_and_writes_what_it_is_for_in_buckets_of_their_owners() {
    let charter = charter(
        "{ job: customization, read: [acme-training/set/*, '333333333333:shared-data'], write: [acme-results] }",
    );
    let model = model(&charter).unwrap();
    let layers = of_role(&only(&model).1);
    for (action, resource, owner, expected) in [
        ("s3:GetObject", "arn:aws:s3:::acme-training/set/a.jsonl", ACCOUNT, true),
        ("s3:GetObject", "arn:aws:s3:::acme-training/other/a.jsonl", ACCOUNT, false),
        ("s3:GetObject", "arn:aws:s3:::acme-training/set/a.jsonl", OTHER, false),
        // Its bucket has to let it, too.
        ("s3:GetObject", "arn:aws:s3:::shared-data/a.jsonl", OTHER, false),
        ("s3:GetObject", "arn:aws:s3:::shared-data/a.jsonl", ACCOUNT, false),
        ("s3:GetObject", "arn:aws:s3:::acme-results/a.jsonl", ACCOUNT, false),
        ("s3:PutObject", "arn:aws:s3:::acme-results/a.jsonl", ACCOUNT, true),
        ("s3:PutObject", "arn:aws:s3:::acme-training/set/a.jsonl", ACCOUNT, false),
        ("s3:ListBucket", "arn:aws:s3:::acme-training", ACCOUNT, true),
        ("s3:ListBucket", "arn:aws:s3:::acme-other", ACCOUNT, false),
    ] {
        let asked = Asked { action, resource: resource.to_owned(), owner: Some(owner), context: Vec::new() };
        assert_eq!(allowed(&layers, BY, &asked), expected, "{action} {resource} of {owner}");
    }
}

/// As many models as there are: what is too long for one policy says the same in several.
#[test]
fn a_long_role_is_several_policies_of_the_length_that_iam_takes() {
    let ids: BTreeSet<&str> = reference::models()
        .filter(|model| model.endpoint == reference::Endpoint::Runtime && model.id.matches('.').count() == 1)
        .map(|model| model.id)
        .take(60)
        .collect();
    let quoted: Vec<String> = ids.iter().map(|id| format!("'{id}'")).collect();
    let text = charter(
        "{ duties: [invoke], models: [many], through: [runtime], regions: [us-east-1, us-west-2], scope: global, trust: { \
         service: lambda.amazonaws.com } }",
    )
    .replacen("roles:", &format!("  many: {{ runtime: [{}] }}\nroles:", quoted.join(", ")), 1);
    let model = model(&text).unwrap();
    let (_, documents) = only(&model);
    assert!(documents.policies.len() > 1);
    assert_eq!(documents.too_long(&RoleRoom::aws()), []);
    let layers = of_role(&documents);
    for listed in reference::models().filter(|model| model.endpoint == reference::Endpoint::Runtime) {
        let asked = Asked {
            action: "bedrock:InvokeModel",
            resource: format!("arn:aws:bedrock:us-west-2::foundation-model/{}", listed.id),
            owner: None,
            context: Vec::new(),
        };
        assert_eq!(allowed(&layers, BY, &asked), ids.contains(listed.id), "{}", listed.id);
    }
}

/// A role is made in an account and names it; the policy of a session is one text for all of them.
#[test]
fn policies_name_the_account_and_those_of_sessions_any() {
    let text = charter(
        "{ duties: [invoke], models: [opus, lite], through: [runtime, batch], regions: [us-east-1], trust: { saml: okta } }",
    );
    let model = model(&text).unwrap();
    let (_, documents) = only(&model);
    let jobs = |account: &str| format!("arn:aws:bedrock:us-east-1:{account}:model-invocation-job/*");
    assert!(documents.policies.iter().any(|text| text.contains(&jobs(ACCOUNT))), "{:?}", documents.policies);
    assert!(documents.policies.iter().all(|text| !text.contains("????????????")), "{:?}", documents.policies);
    assert!(documents.sessions.values().all(|text| text.contains(&jobs("????????????"))));
}

#[test]
fn a_session_is_for_one_of_the_models() {
    let charter = charter(
        "{ duties: [invoke], models: [opus, lite], through: [runtime], regions: [us-east-1], trust: { saml: okta } }",
    );
    let model = model(&charter).unwrap();
    let (_, documents) = only(&model);
    assert_eq!(documents.sessions.keys().collect::<Vec<_>>(), ["lite", "opus"]);
    for (name, text) in &documents.sessions {
        let session = parsed(text, PolicyType::Session);
        let layers = Layers { session: vec![session], ..of_role(&documents) };
        for (own, id) in [("opus", MODELS[0]), ("lite", MODELS[1])] {
            let asked = Asked {
                action: "bedrock:InvokeModel",
                resource: format!("arn:aws:bedrock:us-east-1::foundation-model/{id}"),
                owner: None,
                context: Vec::new(),
            };
            let by = "arn:aws:sts::222222222222:assumed-role/one/s";
            assert_eq!(allowed(&layers, by, &asked), own == name, "{name} {id}");
        }
    }
}

#[test]
fn one_role_for_each_model_where_that_is_asked_for() {
    let charter = charter("{ studio: consumption, each: model, models: [opus, lite], regions: [us-east-1] }");
    let model = model(&charter).unwrap();
    let names: Vec<&str> = model.roles.iter().map(|role| role.name.as_str()).collect();
    assert_eq!(names, ["one-lite", "one-opus"]);
    assert_eq!(model.areas[1].roles, ["one-opus", "one-lite"]);
}
