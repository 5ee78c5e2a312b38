//! A call as a whole: where a model is run through a profile or a router, that has to be allowed too.
//!
//! Source: Amazon Bedrock User Guide, "Prerequisites for inference profiles". Requests that name a profile are shown only
//! with one that may be used; requests that name a prompt router are not known to be calls.

use std::collections::BTreeSet;
use std::sync::Arc;

use iam::context::{Context, Key};
use iam::policy::{PolicyType, read};
use prover::domain::Kinds;
use prover::question::{Meant, Question};
use prover::search::Verdict;

/// The keys that say through what a model is run.
const PROFILE: &str = "bedrock:InferenceProfileArn";
const ROUTER: &str = "bedrock:PromptRouterArn";

/// Asks for a call that is allowed as a whole.
pub fn whole_call(question: &Question<'_>, kinds: &Kinds) -> Verdict {
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
fn of_profiles(arn: &str) -> Option<Meant> {
    let resources = match arn {
        "*" => {
            r#"["arn:*:bedrock:*:*:inference-profile/*","arn:*:bedrock:*:*:application-inference-profile/*"]"#
                .to_owned()
        }
        arn => serde_json::to_string(arn).ok()?,
    };
    let document = format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"bedrock:InvokeModel*","Resource":{resources}}}}}"#
    );
    Some(Meant::new(Arc::new(read(document.as_bytes(), PolicyType::Identity).policy?)))
}
