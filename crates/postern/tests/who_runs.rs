//! Who can run a model, beside the answer to each call asked alone: two ways through the code, one truth.
//!
//! Every person of acme, some models in every form of the Regions that the account uses. `can` puts a call together by
//! itself, completes it from the data set and authorises every step with the policies of what it takes; `who` asks forms.

use std::path::Path;

use iam::answer::{Decision, Outcome};
use postern::question::{self, Call, Question};
use postern::reach::{Level, Reach};
use postern::stack::{Data, Extent, Stack, Subject};

#[test]
fn who_can_run_a_model_is_whoever_gets_yes_when_asked_alone() {
    let acme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/acme");
    let mut subject = subject(&acme);
    let estate = Data::read(&acme, Extent::Everything).expect("it can be read").estate;
    let reach = Reach::new(&estate);
    let (mut asked, mut allowed, mut unlike) = (0, 0, Vec::new());
    for model in ["amazon.nova-lite-v1:0", "anthropic.claude-opus-5-5"] {
        for account in 0..estate.accounts().len() {
            let used = &estate.accounts()[account].regions;
            let forms = reach.forms(account, model);
            let forms: Vec<_> = forms
                .iter()
                .filter(|form| {
                    form.api.endpoint == "bedrock-runtime" && used.contains_key(form.region.as_str())
                })
                .collect();
            for person in &reach.people[reach.of_account(account)] {
                subject.principal = person.principal.clone();
                subject.context = person.context().clone();
                for form in &forms {
                    let who = reach.runs(person, std::slice::from_ref(*form));
                    // `can` asks for no guardrail unless it is told to.
                    if who.with.is_some() {
                        continue;
                    }
                    let call = Call {
                        api: "bedrock-runtime:Converse".to_owned(),
                        model: form.target.clone(),
                        region: form.region.clone(),
                        guardrail: None,
                        behind: None,
                    };
                    let level = match question::answer(&subject, &Question::Call(call)) {
                        Ok(can) => match (can.outcome, can.missing.is_empty()) {
                            (Outcome::Decided(Decision::Allow), _) => Level::Open,
                            (Outcome::Decided(_), _) => Level::Closed,
                            (Outcome::NeedsContext(_), true) => Level::Depends,
                            (Outcome::NeedsContext(_) | Outcome::Unknown(_), _) => Level::Unknown,
                        },
                        // It is not offered there.
                        Err(_) => Level::Closed,
                    };
                    asked += 1;
                    allowed += usize::from(level == Level::Open);
                    if level != who.level {
                        unlike.push(format!(
                            "{} {} {}: who {:?}, can {level:?}",
                            person.principal, form.target, form.region, who.level
                        ));
                    }
                }
            }
        }
    }
    assert!(unlike.is_empty(), "{} of {asked}:\n{}", unlike.len(), unlike[..unlike.len().min(20)].join("\n"));
    assert!(asked > 500 && allowed > 100, "{asked} asked, {allowed} allowed");
}

#[test]
fn nobody_runs_a_model_without_being_authorised_on_it() {
    let acme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/acme");
    let estate = Data::read(&acme, Extent::Everything).expect("it can be read").estate;
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

fn subject(snapshot: &Path) -> Subject {
    let stack = Stack {
        principal: Some("arn:aws:iam::111122223333:root".to_owned()),
        snapshot: Some(snapshot.to_string_lossy().into_owned()),
        ..Stack::default()
    };
    stack.load(None).expect("the snapshot can be read")
}
