//! Who can run a model, beside the answer to each call asked alone: two ways through the code, one truth.
//!
//! Every person of acme, some models in every form of the Regions that the account uses. `can` puts a call together by
//! itself, completes it from the data set and authorises every step with the policies of what it takes; `who` asks forms.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use iam::answer::{Decision, Outcome};
use iam::context::Context;
use iam::estate::{Document, Known, OrganizationPolicy, OrganizationPolicyKind, Origin};
use iam::policy::{PolicyType, read};
use iam::principal::Principal;
use postern::question::{self, Call, Question};
use postern::reach::{Form, Level, Reach};
use postern::stack::{Data, Extent, Stack, Subject};

/// What was compared.
#[derive(Debug, Default)]
struct Compared {
    asked: usize,
    allowed: usize,
    /// Allowed with a guardrail that a policy asks for.
    guarded: usize,
}

/// Compares every person's answers for some models, in the Regions that its account uses.
fn compare(subject: &mut Subject, models: &[&str], only: impl Fn(&Form) -> bool) -> Compared {
    let estate = subject.data.as_ref().expect("it has a snapshot").estate.clone();
    let reach = Reach::new(&estate);
    let (mut compared, mut unlike) = (Compared::default(), Vec::new());
    for (model, account) in
        models.iter().flat_map(|model| (0..estate.accounts().len()).map(move |at| (model, at)))
    {
        let used = &estate.accounts()[account].regions;
        let is_used = |form: &Form| {
            form.api.endpoint == "bedrock-runtime" && used.contains_key(form.region.as_str()) && only(form)
        };
        let forms = reach.forms(account, model);
        let forms: Vec<_> = forms.iter().filter(|form| is_used(form)).collect();
        for person in &reach.people[reach.of_account(account)] {
            subject.principal = person.principal.clone();
            subject.context = person.context().clone();
            for form in &forms {
                let who = reach.runs(person, std::slice::from_ref(*form));
                // `who` tries guardrails that policies name; `can` is told which.
                let guardrail = who.with.as_ref().map(|(_, arn)| arn.clone());
                compared.asked += 1;
                compared.allowed += usize::from(who.level == Level::Open);
                compared.guarded += usize::from(who.level == Level::Open && guardrail.is_some());
                let can = level(subject, (&form.target, &form.region), guardrail);
                if can != who.level {
                    unlike.push(format!(
                        "{} {} {}: who {:?}, can {can:?}",
                        person.principal, form.target, form.region, who.level
                    ));
                }
            }
        }
    }
    assert!(unlike.is_empty(), "{}:\n{}", unlike.len(), unlike[..unlike.len().min(20)].join("\n"));
    compared
}

/// What `can` answers to a call of a form.
fn level(subject: &Subject, (target, region): (&str, &str), guardrail: Option<String>) -> Level {
    let call = Call {
        api: "bedrock-runtime:Converse".to_owned(),
        model: target.to_owned(),
        region: region.to_owned(),
        guardrail,
        behind: None,
    };
    match question::answer(subject, &Question::Call(call)) {
        Ok(can) => match (can.outcome, can.missing.is_empty()) {
            (Outcome::Decided(Decision::Allow), _) => Level::Open,
            (Outcome::Decided(_), _) => Level::Closed,
            (Outcome::NeedsContext(_), true) => Level::Depends,
            (Outcome::NeedsContext(_) | Outcome::Unknown(_), _) => Level::Unknown,
        },
        // It is not offered there.
        Err(_) => Level::Closed,
    }
}

#[test]
fn who_can_run_a_model_is_whoever_gets_yes_when_asked_alone() {
    let mut subject = subject();
    let compared = compare(&mut subject, &["amazon.nova-lite-v1:0", "anthropic.claude-opus-5-5"], |_| true);
    assert!(compared.asked > 500 && compared.allowed > 100, "{compared:?}");
}

/// The guardrail stands in the management account, whose policy of it lets the organisation in.
#[test]
fn a_guardrail_of_another_account_that_everybody_has_to_ask_for_is_asked_for() {
    let mut subject = subject();
    let data = subject.data.as_mut().expect("it has a snapshot");
    let organization = data.estate.organizations()[0].clone();
    let root = organization.nodes()[0].id.clone();
    let text = r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"bedrock:InvokeModel*",
        "Resource":"arn:aws:bedrock:*::foundation-model/*","Condition":{"StringNotLike":{"bedrock:GuardrailIdentifier":
        "arn:aws:bedrock:us-east-1:111122223333:guardrail/acmebaseline:*"}}}}"#;
    let policy = read(text.as_bytes(), PolicyType::ServiceControl).policy.expect("it is a policy");
    let origin = Origin::File { file: "guardrail.json".into(), offset: 0, quoted: false };
    let scp = OrganizationPolicy {
        id: "p-guardrail".into(),
        arn: "arn:aws:organizations::111122223333:policy/o-acmeexample/service_control_policy/p-guardrail"
            .into(),
        name: "guardrail".into(),
        kind: OrganizationPolicyKind::ServiceControl,
        aws_managed: false,
        text: Known::Known(text.into()),
        document: Some(Known::Known(Document { policy: Arc::new(policy), origin })),
    };
    let organization = organization.with_policies(vec![(scp, vec![root])], &BTreeSet::new());
    data.estate.replace_organization(organization);
    let compared = compare(&mut subject, &["amazon.nova-lite-v1:0"], |form| {
        form.region == "us-east-1" && !form.target.starts_with("arn:")
    });
    assert!(compared.guarded > 5, "{compared:?}");
}

/// What acme's README says of enforced guardrails, asked one by one.
#[test]
fn enforced_guardrails_are_part_of_the_calls_that_they_cover() {
    let mut subject = subject();
    let mut check = |role: &str, model: &str, region: &str, expected: Level| {
        subject.principal = Principal::parse(&format!("arn:aws:iam::{role}")).expect("a role");
        let context = [("aws:ViaAWSMCPService", "false"), ("aws:SecureTransport", "true")];
        subject.context = Context::new();
        for (key, value) in context {
            subject.context.replace(key, vec![value.to_owned()]);
        }
        assert_eq!(level(&subject, (model, region), None), expected, "{role} {model} {region}");
    };
    let (nova, titan) = ("amazon.nova-lite-v1:0", "amazon.titan-embed-text-v2:0");
    // Nothing grants it the guardrail; the model that the policy excludes needs none.
    check("555555555555:role/app-legacy", nova, "us-east-1", Level::Closed);
    check("555555555555:role/service-role/bedrock-batch", nova, "us-east-1", Level::Open);
    check("555555555555:role/service-role/bedrock-batch-old", nova, "us-east-1", Level::Closed);
    check("555555555555:role/service-role/bedrock-batch-old", titan, "us-east-1", Level::Open);
    // The account's own guardrail besides.
    check(
        "666666666666:role/service-role/AmazonBedrockExecutionRoleForFlows_triage",
        nova,
        "us-east-1",
        Level::Open,
    );
    // Whether the policies bind the management account is not settled.
    check("111122223333:role/acme/break-glass/responder", nova, "us-east-1", Level::Unknown);
}

#[test]
fn nobody_runs_a_model_without_being_authorised_on_it() {
    let estate = Data::read(&acme(), Extent::Everything).expect("it can be read").estate;
    let reach = Reach::new(&estate);
    // Of each endpoint, of several makers, one that nothing names.
    let models = [
        "amazon.nova-lite-v1:0",
        "amazon.titan-embed-text-v2:0",
        "anthropic.claude-opus-5-5",
        "claude-opus-5-5",
        "deepseek.v3.2",
        "openai.gpt-oss-120b",
    ];
    let (mut closed, mut open) = (0, 0);
    for (number, model) in models.iter().enumerate() {
        for account in 0..estate.accounts().len() {
            // Things of the account's own, such as provisioned throughput, are doors of their own.
            let mut forms = reach.forms(account, model);
            forms.retain(|form| !form.target.starts_with("arn:"));
            for person in &reach.people[reach.of_account(account)] {
                let most = reach.authorised(person, &models)[number];
                let whole = reach.runs(person, &forms).level;
                assert!(
                    most != Level::Closed || whole == Level::Closed,
                    "{} runs {model} ({whole:?}) and is not authorised on it",
                    person.principal
                );
                closed += usize::from(most == Level::Closed);
                open += usize::from(whole == Level::Open);
            }
        }
    }
    assert!(closed > 100 && open > 50, "{closed} closed, {open} open");
}

fn acme() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/acme")
}

fn subject() -> Subject {
    let stack = Stack {
        principal: Some("arn:aws:iam::111122223333:root".to_owned()),
        snapshot: Some(acme().to_string_lossy().into_owned()),
        ..Stack::default()
    };
    stack.load(None).expect("the snapshot can be read")
}
