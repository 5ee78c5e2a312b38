//! A call as a whole: where a model is run through a profile, both have to be allowed.
//!
//! Source: Amazon Bedrock User Guide, "Prerequisites for inference profiles". A request for a model that names a profile is
//! shown only with one that may be used, and a request for a profile only where some model may be run through it. Of
//! prompt routers it is not known.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;
use std::sync::Arc;

use iam::context::{Context, Key};
use iam::policy::{Policy, PolicyType, read};
use prover::domain::Kinds;
use prover::question::{Meant, Question};
use prover::search::Verdict;

/// The keys that say through what a model is run.
const PROFILE: &str = "bedrock:InferenceProfileArn";
const ROUTER: &str = "bedrock:PromptRouterArn";

/// What runs nothing by itself.
const PROFILES: &str =
    r#"["arn:*:bedrock:*:*:inference-profile/*","arn:*:bedrock:*:*:application-inference-profile/*"]"#;
const ROUTERS: &str = r#"["arn:*:bedrock:*:*:prompt-router/*","arn:*:bedrock:*:*:default-prompt-router/*"]"#;

/// Asks for a call that is allowed as a whole.
pub fn whole_call(question: &Question<'_>, kinds: &Kinds) -> Verdict {
    if !question.meant.actions.iter().any(is_invoke) {
        return question.find(kinds);
    }
    let deny = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Deny","Action":"bedrock:InvokeModel*","Resource":{PROFILES}}},
            {{"Effect":"Deny","Action":"bedrock:InvokeModel*","Resource":{ROUTERS}}}]}}"#
    );
    let Some(by_itself) = with_statements(question.meant, &deny) else { return question.find(kinds) };
    let found = by_model(&Question { meant: &by_itself, ..question.clone() }, kinds);
    if !matches!(found, Verdict::Never) {
        return found;
    }
    // What is left are profiles and routers.
    let used = match question.find(kinds) {
        Verdict::Request(used) if is_invoke(used.action()) => used,
        other => return other,
    };
    let arn = used.resource().as_str().to_owned();
    if arn.contains("prompt-router/") {
        return unknown("whether models would go with a prompt router");
    }
    let Some(models) = of_resources(r#""arn:*:bedrock:*::foundation-model/*""#) else { return found };
    let mut given = question.given.clone();
    given.replace(PROFILE, vec![arn]);
    given.replace(ROUTER, Vec::new());
    match (Question { meant: &models, given: &given, ..question.clone() }).find(kinds) {
        Verdict::Request(_) => return Verdict::Request(used),
        Verdict::Unknown(why) => return Verdict::Unknown(why),
        Verdict::Never => {}
    }
    // No model may be run through it; perhaps through another one.
    match (Question { meant: &models, ..question.clone() }).find(kinds) {
        Verdict::Never => Verdict::Never,
        Verdict::Request(_) => unknown("which inference profile would go with the model"),
        Verdict::Unknown(why) => Verdict::Unknown(why),
    }
}

fn is_invoke(action: &iam::Action) -> bool {
    action.service() == "bedrock" && action.name().to_ascii_lowercase().starts_with("invokemodel")
}

/// The same of requests for models, which may name a profile.
fn by_model(question: &Question<'_>, kinds: &Kinds) -> Verdict {
    let carries = |key: &str| {
        let mut actions = question.meant.actions.iter();
        actions.any(|action| reference::action_carries(action.service(), action.name(), key))
    };
    if !carries(PROFILE) || question.given.get(&Key::new(PROFILE)).is_some() {
        return question.find(kinds);
    }
    let with = |profile: Option<&str>| {
        let mut given = question.given.clone();
        given.replace(ROUTER, Vec::new());
        given.replace(PROFILE, profile.map(str::to_owned).into_iter().collect());
        given
    };
    let ask = |given: &Context, meant: &Meant| Question { given, meant, ..question.clone() }.find(kinds);
    let direct = ask(&with(None), question.meant);
    let through = match (&direct, question.find(kinds)) {
        (Verdict::Request(_), _) | (_, Verdict::Never) => return direct,
        (_, Verdict::Unknown(why)) => return Verdict::Unknown(why),
        (_, Verdict::Request(request)) => request,
    };
    let named = |key: &str| through.context().get(&Key::new(key)).and_then(|values| values.only());
    if named(ROUTER).is_some() {
        return unknown("whether a prompt router would go with the model");
    }
    // Some profile that may be used, first the one that was named.
    for profile in [named(PROFILE).unwrap_or_default(), "*"] {
        let Some(meant) = of_profiles(profile) else { continue };
        match ask(&with(None), &meant) {
            Verdict::Never => {}
            Verdict::Unknown(why) => return Verdict::Unknown(why),
            Verdict::Request(used) => {
                return match ask(&with(Some(used.resource().as_str())), question.meant) {
                    found @ Verdict::Request(_) => found,
                    Verdict::Never | Verdict::Unknown(_) => {
                        unknown("which inference profile would go with the model")
                    }
                };
            }
        }
    }
    direct
}

fn unknown(why: &str) -> Verdict {
    Verdict::Unknown(BTreeSet::from([why.to_owned()]))
}

/// What runs an inference profile.
fn of_profiles(arn: &str) -> Option<Rc<Meant>> {
    match arn {
        "*" => of_resources(PROFILES),
        arn => of_resources(&serde_json::to_string(arn).ok()?),
    }
}

fn of_resources(resources: &str) -> Option<Rc<Meant>> {
    known(format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"bedrock:InvokeModel*","Resource":{resources}}}}}"#
    ))
}

/// Sets of requests that were read before: reading one looks at every action of the reference.
fn known(document: String) -> Option<Rc<Meant>> {
    thread_local! {
        static KNOWN: RefCell<HashMap<String, Option<Rc<Meant>>>> = RefCell::default();
    }
    KNOWN.with_borrow_mut(|known| {
        if known.len() > KNOWN_MAX {
            known.clear();
        }
        let read = |text: &String| read(text.as_bytes(), PolicyType::Identity).policy;
        let of = |text: &String| read(text).map(|policy| Rc::new(Meant::new(Arc::new(policy))));
        known.entry(document).or_insert_with_key(of).clone()
    })
}

/// Most sets that are kept.
const KNOWN_MAX: usize = 1_000;

/// The same requests, with more statements that say which are meant.
pub fn with_statements(meant: &Meant, document: &str) -> Option<Rc<Meant>> {
    type Known = HashMap<(usize, String), (Arc<Policy>, Option<Rc<Meant>>)>;
    thread_local! {
        // The policy is kept, so that no other comes to stand where it stands.
        static KNOWN: RefCell<Known> = RefCell::default();
    }
    let make = || {
        let more = read(document.as_bytes(), PolicyType::Identity).policy?;
        let mut all = meant.policy.statements.clone().into_vec();
        all.extend(more.statements.into_vec());
        Some(Rc::new(Meant::new(Arc::new(Policy { statements: all.into(), ..(*meant.policy).clone() }))))
    };
    let key = (Arc::as_ptr(&meant.policy) as usize, document.to_owned());
    KNOWN.with_borrow_mut(|known| {
        if known.len() > KNOWN_MAX {
            known.clear();
        }
        known.entry(key).or_insert_with(|| (meant.policy.clone(), make())).1.clone()
    })
}
