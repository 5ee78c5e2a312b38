//! People to whom every question about doors and models has the same answer.
//!
//! What may decide such a question about somebody is written down: the statements of its policies that are about an action
//! that is asked, or name values of a key that whoever asks chooses; how their conditions come out by what is fixed about
//! its requests; and what of its account is asked on. For people of whom all of that is equal, one of them is asked.
//!
//! Across accounts each one's own account id is written as a sign. This is exact as long as an id is compared as a whole:
//! it stands between colons or alone wherever it stands in what is asked and in what the policies say, and no run of digits
//! in a pattern ends in a wildcard next to where an id may stand, since it could be a part of one. Then whatever a pattern
//! matches for one account it matches for the other with the ids exchanged, so that answers are equally open. Where this
//! does not hold people are alike only within their account. Whom a policy can tell from others in another way (variables,
//! an RCP that names principals, an unsettled point that a condition leans on) is a class of its own, and so is everybody
//! of an account in which things behind doors have policies of their own, and whose policies name an action that takes such
//! a thing of another account.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use iam::action::Action;
use iam::context::Key;
use iam::estate::{
    Account, Attached, Estate, Known, Membership, PolicyLevel, PrincipalSide, ResourcePolicy, ResourceSide,
};
use iam::policy::{Effect, Policy, Statement};
use iam::principal::{Principal, PrincipalValue};
use iam::request::{Completeness, Request, RequestParts};
use iam::truth::{Ledger, Truth};

use super::ask::{Asks, Scope, WithPolicies};
use super::bits::Bits;
use super::person::Person;

/// Equal for people who are alike; made of numbers of [`Texts`].
pub(super) type Signature = Box<[u32]>;

/// That of people no Allow of whom names an action that is asked about.
pub(super) fn far() -> Signature {
    Box::new([])
}

/// Texts by number, for all threads: equal texts have one number.
#[derive(Default)]
pub(super) struct Texts {
    numbers: Mutex<HashMap<Box<str>, u32>>,
}

impl Texts {
    /// Beyond the numbers that stand for something else in a signature.
    const FIRST: usize = 64;

    fn number(&self, text: &str) -> u32 {
        // A thread that panicked left the table as it was between two insertions.
        let mut numbers = self.numbers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = numbers.get(text) {
            return *known;
        }
        let next = (Self::FIRST + numbers.len()) as u32;
        numbers.insert(text.into(), next);
        next
    }
}

/// Signs in a signature that are no numbers of texts.
mod sign {
    pub const LIST_ENDS: u32 = 1;
    pub const UNKNOWN: u32 = 2;
    pub const NONE: u32 = 3;
    pub const STATEMENT_ENDS: u32 = 4;
    /// And the two numbers after it: how a condition comes out.
    pub const TRUTH: u32 = 5;
    pub const BOUNDARY: u32 = 6;
}

/// Which accounts people may be alike in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Within {
    TheEstate,
    TheirAccount,
}

/// What of one policy may decide, as one account sees it.
pub(super) struct Excerpt {
    /// Numbers of statements in the policy, each with that of its text.
    statements: Vec<(u32, u32)>,
    /// The actions that its Allows name, by their number among those that are asked.
    named: Arc<Bits>,
    /// Whether it tells principals apart by conditions without variables only.
    is_plain: bool,
    /// Whether account ids are compared as a whole.
    keeps_ids_whole: bool,
    names_an_account: bool,
    /// How many guardrails it names.
    guardrails: usize,
    /// Of the other statements: by what they have examples of models tried that others would stand for.
    examples: Vec<u32>,
}

/// The policies that were looked at: one that names no account is the same for all of them.
pub(super) struct Looks<'a> {
    asks: &'a Asks,
    scope: &'a Scope,
    texts: &'a Texts,
    pub(super) with_policies: &'a WithPolicies,
    everywhere: HashMap<*const Policy, Arc<Excerpt>>,
    here: HashMap<*const Policy, Arc<Excerpt>>,
    /// There are few different sets of actions.
    sets: HashMap<Bits, Arc<Bits>>,
}

/// What the people of an account have in common.
pub(super) struct Common<'a> {
    account: &'a Account,
    /// None where each of them is a class of its own.
    within: Option<Within>,
    /// Whether things behind doors may have policies of their own.
    have_policies: bool,
    number: u32,
    everywhere: u32,
    scp: PolicyLevels,
    rcp: PolicyLevels,
    is_management: bool,
    /// Whether calls of models meet guardrails there.
    meets_guardrails: bool,
}

impl Common<'_> {
    /// Whether calls of models meet guardrails there.
    pub(super) fn meets_guardrails(&self) -> bool {
        self.meets_guardrails
    }

    /// Whether somebody whose Allows name no action is certainly let in by nothing else.
    pub(super) fn may_be_far(&self) -> bool {
        !self.have_policies
    }
}

/// SCPs or RCPs with their excerpts.
struct PolicyLevels {
    /// None where it is not known which there are; of policies that are not known too.
    levels: Option<Vec<Vec<Looked>>>,
}

/// A policy with its excerpt; none where its text is not known.
type Looked = Option<(Arc<Policy>, Arc<Excerpt>)>;

impl PolicyLevels {
    fn excerpts(&self) -> impl Iterator<Item = &Excerpt> {
        self.levels.iter().flatten().flatten().flatten().map(|(_, excerpt)| excerpt.as_ref())
    }

    fn is_known(&self) -> bool {
        self.levels.as_ref().is_some_and(|levels| levels.iter().flatten().all(Option::is_some))
    }
}

impl<'a> Looks<'a> {
    pub(super) fn new(
        asks: &'a Asks,
        scope: &'a Scope,
        texts: &'a Texts,
        with_policies: &'a WithPolicies,
    ) -> Self {
        Self {
            asks,
            scope,
            texts,
            with_policies,
            everywhere: HashMap::new(),
            here: HashMap::new(),
            sets: HashMap::new(),
        }
    }

    /// The actions that the Allows of all identity-based policies name; everything where one of them is not known, since
    /// it may name anything.
    pub(super) fn named(&mut self, side: &PrincipalSide, account: &str) -> Arc<Bits> {
        let mut named = Bits::new(self.scope.actions.len());
        match &side.identity {
            Known::Known(policies) => policies.iter().for_each(|attached| match attached.policy() {
                Known::Known(policy) => named.add(&self.excerpt(policy, account).named),
                Known::Unknown(_) => named.fill(self.scope.actions.len()),
            }),
            Known::Unknown(_) => named.fill(self.scope.actions.len()),
        }
        self.shared(named)
    }

    fn shared(&mut self, bits: Bits) -> Arc<Bits> {
        if let Some(known) = self.sets.get(&bits) {
            return known.clone();
        }
        let shared = Arc::new(bits.clone());
        self.sets.insert(bits, shared.clone());
        shared
    }

    fn excerpt(&mut self, policy: &Arc<Policy>, account: &str) -> Arc<Excerpt> {
        let known = self.everywhere.get(&Arc::as_ptr(policy)).or(self.here.get(&Arc::as_ptr(policy)));
        if let Some(known) = known {
            return known.clone();
        }
        let excerpt = Arc::new(self.look(policy, account));
        let kept = if excerpt.names_an_account { &mut self.here } else { &mut self.everywhere };
        kept.insert(Arc::as_ptr(policy), excerpt.clone());
        excerpt
    }

    fn look(&mut self, policy: &Policy, account: &str) -> Excerpt {
        let scope = self.scope;
        let mut of_statement: HashMap<u32, Bits> = HashMap::new();
        for actions in &scope.by_service {
            let Some(first) = actions.first() else { continue };
            for (number, statement) in policy.statements.about(&scope.actions[*first]) {
                for action in actions.iter().filter(|each| statement.action.matches(&scope.actions[**each])) {
                    let bits = of_statement.entry(number).or_insert_with(|| Bits::new(scope.actions.len()));
                    bits.insert(*action);
                }
            }
        }
        let mut named = Bits::new(scope.actions.len());
        let mut excerpt = Excerpt {
            statements: Vec::new(),
            named: Arc::new(Bits::new(0)),
            is_plain: true,
            keeps_ids_whole: true,
            names_an_account: false,
            guardrails: 0,
            examples: Vec::new(),
        };
        let guardrail = Key::new(super::guardrails::GUARDRAIL);
        for (number, statement) in policy.statements.iter().enumerate() {
            let number = number as u32;
            let bits = of_statement.get(&number);
            if let Some(bits) = bits.filter(|_| statement.effect != Ok(Effect::Deny)) {
                named.add(bits);
            }
            let chooses = statement.conditions.iter().any(|each| scope.is_chosen(each.key()));
            if bits.is_none() && !chooses {
                let patterns = statement.resource.iter().flat_map(|element| element.patterns());
                let tells = patterns.filter_map(|pattern| tells_models_apart(pattern.as_str()));
                excerpt.examples.extend(tells.map(|tail| self.texts.number(tail)));
                continue;
            }
            let mut writer = Writer { account, out: String::new(), whole: true, names_an_account: false };
            writer.statement(statement, bits);
            excerpt.is_plain &= is_plain(statement);
            excerpt.keeps_ids_whole &= writer.whole;
            excerpt.names_an_account |= writer.names_an_account;
            let guards = statement.conditions.iter().filter(|each| *each.key() == guardrail);
            excerpt.guardrails += guards.map(|each| each.values().len()).sum::<usize>();
            excerpt.statements.push((number, self.texts.number(&writer.out)));
        }
        excerpt.named = self.shared(named);
        excerpt
    }

    fn levels(&mut self, known: &Known<Arc<[PolicyLevel]>>, account: &str) -> PolicyLevels {
        let mut attached = |each: &Attached| match each.policy() {
            Known::Known(policy) => Some((policy.clone(), self.excerpt(policy, account))),
            Known::Unknown(_) => None,
        };
        let mut level = |level: &PolicyLevel| match &level.policies {
            Known::Known(policies) => policies.iter().map(&mut attached).collect(),
            Known::Unknown(_) => vec![None],
        };
        let levels = match known {
            Known::Known(levels) => Some(levels.iter().map(&mut level).collect()),
            Known::Unknown(_) => None,
        };
        PolicyLevels { levels }
    }

    /// Begins with an account, of whose people `side` has the SCPs and `things` the RCPs.
    pub(super) fn common<'b>(
        &mut self,
        estate: &Estate,
        account: &'b Account,
        side: &PrincipalSide,
        things: &ResourceSide,
    ) -> Common<'b> {
        self.here.clear();
        let id = account.id.as_str();
        let scp = self.levels(&side.scp, id);
        let rcp = self.levels(&things.rcp, id);
        let own_policy = matches!(things.policy, ResourcePolicy::Resource(Known::Known(None)));
        let is_plain = scp.excerpts().chain(rcp.excerpts()).all(|each| each.is_plain);
        let keep_ids_whole = scp.excerpts().chain(rcp.excerpts()).all(|each| each.keeps_ids_whole);
        let have_policies = !own_policy || self.with_policies.are_in(account.id);
        let within = match () {
            () if have_policies || !is_plain => None,
            () if keep_ids_whole && self.asks.ids_stand_alone(id) && !self.asks.has_things(account) => {
                Some(Within::TheEstate)
            }
            () => Some(Within::TheirAccount),
        };
        // Where it stands is told apart by conditions; here only whether it is known.
        let place = match &account.membership {
            Known::Known(Membership::StandAlone) => "alone".to_owned(),
            Known::Known(Membership::Member { organization, .. }) => format!("in {organization}"),
            Known::Unknown(_) => "unknown".to_owned(),
        };
        let regions: Vec<&str> = account.regions.keys().map(AsRef::as_ref).collect();
        let enforcement = estate.enforcement(account);
        let enforced = enforcement.in_short();
        Common {
            account,
            within,
            have_policies,
            number: self.texts.number(&format!("account {id}")),
            everywhere: self.texts.number(&format!("{:?} {place} {regions:?} {enforced}", account.partition)),
            meets_guardrails: enforcement.has_any(),
            scp,
            rcp,
            is_management: side.management_account,
        }
    }

    /// What a person has in common with those who are alike; none for a class of its own.
    pub(super) fn signature(
        &mut self,
        estate: &Estate,
        common: &Common<'_>,
        person: &Person<'_>,
        side: &PrincipalSide,
    ) -> Option<Signature> {
        let principal = &person.principal;
        let mut within = common.within?;
        let id = common.account.id.as_str();
        let mut tried = Tried::new(estate, principal, id)?;
        // SCPs pass by the management account, known or not.
        let mut is_known = (common.is_management || common.scp.is_known()) && common.rcp.is_known();
        let mut guardrails = 0;
        let levels = || common.scp.excerpts().chain(common.rcp.excerpts());
        let mut examples: Vec<u32> = levels().flat_map(|each| each.examples.iter().copied()).collect();
        let mut policies = |looks: &mut Self, list: &[Attached], tried: &mut Tried| {
            let mut statements: Vec<Vec<u32>> = Vec::new();
            for attached in list {
                match attached.policy() {
                    Known::Known(policy) => {
                        let excerpt = looks.excerpt(policy, id);
                        if !excerpt.is_plain {
                            return None;
                        }
                        if !excerpt.keeps_ids_whole {
                            within = Within::TheirAccount;
                        }
                        guardrails += excerpt.guardrails;
                        examples.extend(&excerpt.examples);
                        statements.extend(tried.statements(policy, &excerpt));
                    }
                    Known::Unknown(_) => {
                        is_known = false;
                        statements.push(vec![sign::UNKNOWN]);
                    }
                }
            }
            // Of one layer the order does not matter, nor how often something is said.
            statements.sort_unstable();
            statements.dedup();
            Some(statements)
        };
        let mut signature = Vec::new();
        match &side.identity {
            Known::Known(list) => {
                signature.extend(policies(self, list, &mut tried)?.into_iter().flatten());
            }
            Known::Unknown(_) => signature.push(sign::UNKNOWN),
        }
        let is_identity_known = !matches!(side.identity, Known::Unknown(_));
        signature.push(sign::LIST_ENDS);
        match &side.boundary {
            Known::Known(None) => signature.push(sign::NONE),
            Known::Known(Some(attached)) => {
                let list = std::slice::from_ref(attached);
                signature.push(sign::BOUNDARY);
                signature.extend(policies(self, list, &mut tried)?.into_iter().flatten());
            }
            Known::Unknown(_) => signature.push(sign::UNKNOWN),
        }
        let is_boundary_known = !matches!(side.boundary, Known::Unknown(_));
        signature.push(sign::LIST_ENDS);
        for levels in [&common.scp, &common.rcp] {
            for level in levels.levels.iter().flatten() {
                let of_policy = |each: &Looked| match each {
                    Some((policy, excerpt)) => tried.statements(policy, excerpt),
                    None => vec![vec![sign::UNKNOWN]],
                };
                let mut statements: Vec<Vec<u32>> = level.iter().flat_map(of_policy).collect();
                statements.sort_unstable();
                statements.dedup();
                signature.extend(statements.into_iter().flatten());
                signature.push(sign::LIST_ENDS);
            }
            signature.push(sign::LIST_ENDS);
        }
        guardrails += levels().map(|each| each.guardrails).sum::<usize>();
        examples.sort_unstable();
        examples.dedup();
        signature.extend(examples);
        signature.push(sign::LIST_ENDS);
        if guardrails > 0 {
            // One that a policy asks for may be another account's, whose policy tells accounts and their places apart.
            within = Within::TheirAccount;
        }
        signature.push(match within {
            Within::TheEstate => common.everywhere,
            Within::TheirAccount => common.number,
        });
        let is_user = matches!(principal, Principal::User { .. });
        let is_service_linked = person.short().starts_with("role/aws-service-role/");
        let is_all_known = is_known && is_identity_known && is_boundary_known;
        let flags = [is_user, is_service_linked, common.is_management, is_all_known];
        signature.extend(flags.map(u32::from));
        tried.ledger.touched().is_empty().then(|| signature.into())
    }
}

/// Conditions as they come out by what is fixed about somebody's requests: for things of no account, and for those of the
/// own account.
struct Tried {
    requests: [Request; 2],
    ledger: Ledger,
}

impl Tried {
    fn new(estate: &Estate, principal: &Principal, account: &str) -> Option<Self> {
        let context = super::person::fixed(estate, principal);
        let mut on_own = context.clone();
        super::standing::own_resource(&mut on_own, account);
        let action = Action::parse("sts:GetCallerIdentity").ok()?;
        let requests = [context, on_own].map(|context| {
            Request::new(RequestParts {
                principal: principal.clone(),
                action: action.clone(),
                resource: "*".to_owned(),
                resource_account: None,
                context,
                completeness: Completeness::Partial,
            })
        });
        Some(Self { requests, ledger: Ledger::default() })
    }

    /// Each statement that may decide, with how its conditions come out.
    fn statements(&mut self, policy: &Policy, excerpt: &Excerpt) -> Vec<Vec<u32>> {
        let mut found = Vec::with_capacity(excerpt.statements.len());
        for (number, text) in &excerpt.statements {
            let mut signs = vec![*text];
            for condition in policy.statements.get(*number as usize).iter().flat_map(|each| &each.conditions)
            {
                signs.push(sign::TRUTH);
                for request in &self.requests {
                    signs.push(match condition.matches(request, &mut self.ledger) {
                        Truth::False => 0,
                        Truth::Open => 1,
                        Truth::True => 2,
                    });
                }
            }
            signs.push(sign::STATEMENT_ENDS);
            found.push(signs);
        }
        found
    }
}

/// The last part of a pattern of resources where some models may match it and others not; the whole of one that has not
/// six parts or has variables, since it may tell any apart.
fn tells_models_apart(pattern: &str) -> Option<&str> {
    let is_everything = pattern.bytes().all(|byte| byte == b'*');
    let Some(tail) = pattern.splitn(6, ':').nth(5).filter(|tail| !tail.contains("${")) else {
        return (!is_everything).then_some("any");
    };
    let start = tail.split(['*', '?']).next().unwrap_or_default();
    let meets = |kind: &str| start.starts_with(kind) || kind.starts_with(start);
    (tail != "*" && (meets("foundation-model/") || meets("inference-profile/"))).then_some(tail)
}

/// Whether a statement tells principals apart by conditions without variables only.
fn is_plain(statement: &Statement) -> bool {
    let names_all = statement.principal.as_ref().is_none_or(|element| {
        !element.is_negated() && matches!(element.values(), [PrincipalValue::Everyone])
    });
    let patterns = statement.resource.iter().flat_map(|element| element.patterns());
    names_all
        && patterns.into_iter().all(|pattern| !pattern.as_str().contains("${"))
        && statement.conditions.iter().all(|condition| {
            !condition.has_variables() && condition.values().iter().all(|value| !value.contains("${"))
        })
}

/// Writes a statement as one account sees it.
struct Writer<'a> {
    account: &'a str,
    out: String,
    /// Whether account ids are compared as a whole.
    whole: bool,
    /// Whether an id of an account stands there, the own or another.
    names_an_account: bool,
}

impl Writer<'_> {
    fn statement(&mut self, statement: &Statement, actions: Option<&Bits>) {
        self.out.push_str(&format!("{:?} {actions:?}", statement.effect));
        match &statement.resource {
            None => self.out.push_str(" no resource"),
            Some(element) => {
                self.out.push_str(if element.is_negated() { " NotResource" } else { " Resource" });
                element.patterns().iter().for_each(|pattern| self.text(pattern.as_str()));
            }
        }
        for condition in &statement.conditions {
            self.out.push_str(&format!(" {:?} {:?}", condition.operator_name(), condition.key().as_str()));
            condition.values().iter().for_each(|value| self.text(value));
        }
    }

    /// A text in quotes, the own account as a sign outside of them.
    fn text(&mut self, text: &str) {
        let bytes = text.as_bytes();
        let mut rest = 0;
        let mut at = 0;
        self.out.push(' ');
        while at < bytes.len() {
            if !bytes[at].is_ascii_digit() {
                at += 1;
                continue;
            }
            let length = bytes[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
            let end = at + length;
            let before = at.checked_sub(1).map(|before| bytes[before]);
            let after = bytes.get(end).copied();
            self.names_an_account |= length >= 12;
            self.whole &= stands_apart(&text[at..end] == self.account, before, after);
            if &text[at..end] == self.account {
                self.out.push_str(&format!("{:?}@", &text[rest..at]));
                rest = end;
            }
            at = end;
        }
        self.out.push_str(&format!("{:?}", &text[rest..]));
    }
}

/// Whether a run of digits of a pattern, between these characters, can match an account id as a whole only: the own id
/// between colons or alone, or any other that no wildcard lengthens towards where an id may stand.
fn stands_apart(is_own: bool, before: Option<u8>, after: Option<u8>) -> bool {
    let is_wild = |byte: Option<u8>| matches!(byte, Some(b'*' | b'?'));
    let is_edge = |byte: Option<u8>| matches!(byte, None | Some(b':'));
    match (is_own, is_wild(before), is_wild(after)) {
        (true, ..) => is_edge(before) && is_edge(after),
        (false, true, true) => false,
        (false, true, false) => !is_edge(after),
        (false, false, true) => !is_edge(before),
        (false, false, false) => true,
    }
}

/// Whether an id stands between colons or alone in the pattern of a set of resources, and no other run of digits can be
/// taken for an id.
pub(super) fn is_whole_in(set: &str, account: &str) -> bool {
    let bytes = set.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let length = bytes[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (before, after) = (at.checked_sub(1).map(|before| bytes[before]), bytes.get(at + length));
        let is_well = match &set[at..at + length] {
            "" => true,
            run if run == account => matches!((before, after), (None | Some(b':'), None | Some(b':'))),
            run => run.len() < 12 && before != Some(b'*') && after != Some(&b'*'),
        };
        if !is_well {
            return false;
        }
        at += length.max(1);
    }
    true
}

#[cfg(test)]
mod tests {
    //! Where account ids are compared as a whole.

    use super::*;

    const OWN: &str = "111122223333";

    #[track_caller]
    fn check(text: &str, whole: bool, written: &str) {
        let mut writer = Writer { account: OWN, out: String::new(), whole: true, names_an_account: false };
        writer.text(text);
        assert_eq!((writer.whole, writer.out.as_str()), (whole, written), "{text}");
    }

    #[test]
    fn the_own_account_is_a_sign_between_colons_or_alone() {
        check("111122223333", true, r#" ""@"""#);
        check("arn:aws:iam::111122223333:role/x", true, r#" "arn:aws:iam::"@":role/x""#);
        check("arn:aws:s3:::data-111122223333", false, r#" "arn:aws:s3:::data-"@"""#);
        check("*111122223333:x", false, r#" "*"@":x""#);
        check("1111222233334", true, r#" "1111222233334""#);
        check("444455556666", true, r#" "444455556666""#);
    }

    #[test]
    fn a_run_of_digits_that_a_wildcard_lengthens_may_be_part_of_an_id() {
        check("arn:aws:iam::1111*:role/x", false, r#" "arn:aws:iam::1111*:role/x""#);
        check("arn:aws:iam::*3333:role/x", false, r#" "arn:aws:iam::*3333:role/x""#);
        check("arn:aws:iam::*22*:role/x", false, r#" "arn:aws:iam::*22*:role/x""#);
        check("1111????????", false, r#" "1111????????""#);
        check("*3333", false, r#" "*3333""#);
        check("arn:aws:iam::*:role/app-1*", true, r#" "arn:aws:iam::*:role/app-1*""#);
        check("arn:aws:iam::*:role/*1-app", true, r#" "arn:aws:iam::*:role/*1-app""#);
        check(
            "arn:aws:bedrock:us-east-1:????????????:*",
            true,
            r#" "arn:aws:bedrock:us-east-1:????????????:*""#,
        );
        check("anthropic.claude-*-v1:0", true, r#" "anthropic.claude-*-v1:0""#);
    }

    #[test]
    fn a_sign_is_no_text() {
        let written = |text: &str, account: &str| {
            let mut writer = Writer { account, out: String::new(), whole: true, names_an_account: false };
            writer.text(text);
            writer.out
        };
        assert_eq!(written("a:111122223333:b", OWN), written("a:444455556666:b", "444455556666"));
        assert_ne!(written("a:111122223333:b", OWN), written("a:\"@\":b", OWN));
        assert_ne!(written("a:444455556666:b", OWN), written("a:444455556666:b", "444455556666"));
    }
}
