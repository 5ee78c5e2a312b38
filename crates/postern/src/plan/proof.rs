//! The three promises of a plan, proved: over every request of the reference, not over the classes that are checked.
//!
//! What the charter wants is spelled as policies that allow it ([`charter::spelled`]), which knows nothing of how
//! documents are compiled. Under these and under the documents of the fence, where everything else allows everything,
//! the same requests have to be allowed: in each place that the charter tells apart, for users, roles and root users.
//! What only the fence allows breaks the first promise; what only the charter allows the second or third, as
//! [`charter::meaning()`] says of the request.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use charter::{Model, Verdict, meaning, spelled};
use iam::arn::AccountId;
use iam::context::Context;
use iam::estate::Estate;
use iam::glob::Glob;
use iam::layers::{Layers, Level};
use iam::policy::{Policy, PolicyType, read};
use prover::change::changes;
use prover::domain::Kinds;
use prover::question::everything;
use prover::who::{Shape, Who};
use serde_json::json;

use super::promise::{Broken, Fence, Promise, broken};
use super::{Places, Plan, Reached, reached};
use crate::parallel;
use crate::prove::account_patterns;

thread_local! {
    static KINDS: Kinds = Kinds::default();
}

/// What was proved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proofs {
    /// One request of each class for which a promise is broken.
    pub refuted: BTreeMap<Promise, Vec<Broken>>,
    /// What is not known, of whichever promise.
    pub unknown: BTreeSet<String>,
    /// Places in which it was asked.
    pub places: usize,
}

/// Proves the promises of a plan.
pub fn prove(plan: &Plan, estate: &Estate, threads: usize) -> Proofs {
    let mut proofs = Proofs::default();
    let Some(organization) = estate.organizations().first() else { return proofs };
    let fence = Fence::new(&plan.documents);
    let mut work = Vec::new();
    let (reached, nowhere) = reached(organization);
    if nowhere > 0 {
        proofs.unknown.insert(format!("where {nowhere} accounts stand in the organisation"));
    }
    // Accounts of which the charter does not speak are not to notice it.
    let mut places: Places<'_, Option<Arc<str>>> = Places::new();
    for Reached { account, chain, path } in reached {
        let area = plan.model.area(&chain).map(|area| area.node.clone());
        places.entry((area, path)).or_insert_with(|| (Vec::new(), chain)).0.push(account);
    }
    for ((_, path), (accounts, chain)) in &places {
        proofs.places += 1;
        let Some(wanted) = wanted(&plan.model, chain) else {
            proofs.unknown.insert(UNREAD.to_owned());
            continue;
        };
        let mut fenced = among_possible(fence.layers(chain), &plan.model.partition);
        fenced.rcp = controlled(plan, chain);
        let layers = Arc::new([wanted, fenced]);
        for account in told_apart(layers.as_ref(), accounts) {
            work.extend(
                Shape::ALL.map(|shape| (account, shape, chain.clone(), (*path).to_owned(), layers.clone())),
            );
        }
    }
    let found = parallel::map(&work, threads, |(account, shape, chain, path, layers)| {
        let who = Who::Any {
            shape: *shape,
            account: AccountId::new(account).ok(),
            partition: plan.model.partition.as_str().into(),
        };
        let mut given = Context::new();
        given.replace("aws:PrincipalOrgID", vec![organization.id.to_string()]);
        given.replace("aws:PrincipalOrgPaths", vec![path.clone()]);
        let [wanted, fenced] = layers.as_ref();
        let [missing, more] = KINDS.with(|kinds| {
            [[wanted, fenced], [fenced, wanted]].map(|[one, other]| changes(one, other, &who, &given, kinds))
        });
        let refuted: Vec<(Promise, Broken)> = missing
            .classes
            .iter()
            .map(|class| {
                let promise = match meaning(&plan.model, chain, &class.example) {
                    Verdict::NotGoverned => Promise::ChangesNothingElse,
                    Verdict::Admitted | Verdict::Refused(_) => Promise::BreaksNothing,
                };
                (promise, broken(&class.example))
            })
            .chain(more.classes.iter().map(|class| (Promise::Holds, broken(&class.example))))
            .collect();
        (refuted, missing.unknown.into_iter().chain(more.unknown).collect::<BTreeSet<String>>())
    });
    for (refuted, unknown) in found {
        proofs.unknown.extend(unknown);
        for (promise, broken) in refuted {
            proofs.refuted.entry(promise).or_default().push(broken);
        }
    }
    proofs
}

/// Why nothing is known.
pub const UNREAD: &str = "a policy that says what the charter wants cannot be read";

/// Somebody whom everything else allows everything, under what a charter wants in a place; none where the policies that
/// say it cannot be read.
pub fn wanted(model: &Model, chain: &[&str]) -> Option<Layers> {
    let mut scp = Vec::new();
    let of_buckets = spelled::bucket_levels(model, chain);
    for (number, text) in spelled::levels(model, chain).iter().chain(&of_buckets).enumerate() {
        let read = read(text.as_bytes(), PolicyType::Identity);
        let policy = read.policy.filter(|_| read.problems.is_empty())?;
        scp.push(Level { target: format!("rule {number}"), policies: vec![Arc::new(policy)] });
    }
    let layers = Layers { identity: vec![everything()], scp, ..Layers::default() };
    Some(among_possible(layers, &model.partition))
}

/// The policies that hold the buckets of a place.
fn controlled(plan: &Plan, chain: &[&str]) -> Vec<Level> {
    let level = |node: &&str| {
        let here = plan.buckets.policies.iter().filter(|each| each.policy.node.as_ref() == *node);
        let own =
            here.filter_map(|each| read(each.policy.text.as_bytes(), PolicyType::ResourceControl).policy);
        let policies = std::iter::once(everything()).chain(own.map(Arc::new)).collect();
        Level { target: (*node).to_owned(), policies }
    };
    chain.iter().map(level).collect()
}

/// The same, where what no request is denied too.
fn among_possible(mut layers: Layers, partition: &str) -> Layers {
    layers.scp.push(there_can_be(partition));
    layers
}

/// A level that denies what no request is.
pub fn there_can_be(partition: &str) -> Level {
    Level { target: "requests there can be".to_owned(), policies: vec![possible(partition)] }
}

/// What no request is, where the types of keys and ids do not tell: profiles have an ARN of their own, and things of an
/// account are in a Region.
///
/// Source: Amazon Bedrock API, InferenceProfileArn; Amazon Bedrock User Guide, "Global cross-Region inference".
fn possible(partition: &str) -> Arc<Policy> {
    let profile = |kind: &str| format!("arn:{partition}:bedrock:?*-?*-?*:????????????:{kind}");
    let document = json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Action": "*", "Resource": "*" },
        { "Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {
            "Null": { "bedrock:InferenceProfileArn": "false" },
            "ArnNotLike": { "bedrock:InferenceProfileArn": [
                profile("inference-profile/?*.?*.?*"), profile("application-inference-profile/?*"),
            ] },
        } },
        { "Effect": "Deny", "Action": "bedrock:*", "Resource": [
            "arn:*:bedrock:global:*:*", "arn:*:bedrock:unspecified:*:*",
        ] },
    ] });
    let policy = read(document.to_string().as_bytes(), PolicyType::Identity).policy;
    policy.map_or_else(everything, Arc::new)
}

/// Of accounts in one place those that policies tell apart, and one of the others.
pub fn told_apart<'a>(layers: &[Layers; 2], accounts: &[&'a str]) -> Vec<&'a str> {
    let is_named = |account: &&&str| layers.iter().any(|layers| names(layers, account));
    let (mut some, others): (Vec<&str>, Vec<&str>) = accounts.iter().partition(|account| is_named(account));
    some.extend(others.first());
    some
}

/// Whether a policy names an account, whole or with wildcards.
fn names(layers: &Layers, account: &str) -> bool {
    let levels = layers.scp.iter().chain(&layers.rcp);
    let statements = levels.flat_map(|level| &level.policies).flat_map(|policy| policy.statements.iter());
    let is_it = |text: &str| {
        text.contains(account) || account_patterns(text).any(|pattern| Glob::new(pattern).matches(account))
    };
    statements.into_iter().any(|statement| {
        let on = statement.resource.iter().flat_map(|element| element.patterns());
        on.into_iter().any(|pattern| is_it(pattern.as_str()))
            || statement.conditions.iter().flat_map(|condition| condition.values()).any(|text| is_it(text))
    })
}

#[cfg(test)]
mod tests {
    //! Which accounts have to be asked about.

    use super::*;

    #[track_caller]
    fn check(pattern: &str, expected: &[&str]) {
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Deny","Action":"*","Resource":"*",
                "Condition":{{"StringNotLike":{{"aws:PrincipalArn":"{pattern}"}}}}}}}}"#
        );
        let policy = read(text.as_bytes(), PolicyType::Identity).policy.unwrap();
        let level = Level { target: "root".to_owned(), policies: vec![Arc::new(policy)] };
        let layers = [Layers { scp: vec![level], ..Layers::default() }, Layers::default()];
        let accounts = ["111111111111", "222222222222", "222233333333"];
        assert_eq!(told_apart(&layers, &accounts), expected, "{pattern}");
    }

    #[test]
    fn accounts_that_a_pattern_may_name_are_asked_about_beside_one_of_the_others() {
        check("arn:aws:iam::*:role/app-*", &["111111111111"]);
        check("arn:aws:iam::????????????:role/app-1*", &["111111111111"]);
        check("arn:aws:iam::222222222222:role/app", &["222222222222", "111111111111"]);
        check("arn:aws:iam::2222*:role/app", &["222222222222", "222233333333", "111111111111"]);
        check("*:?22233333333:role/*", &["222233333333", "111111111111"]);
        check("arn:aws:iam::999999999999:role/app", &["111111111111"]);
    }
}
