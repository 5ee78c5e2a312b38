//! How a door stands to a person.
//!
//! First the question is asked on all resources of a kind at once: often everything is allowed or everything is denied.
//! Otherwise examples are tried: things that exist, the catalogue of models, and what the person's own Allows name.

use std::collections::HashSet;
use std::sync::{Arc, LazyLock};

use iam::answer::{Decision, Doubt, Outcome};
use iam::arn::{AccountId, Arn};
use iam::authorize;
use iam::context::{Context, Key};
use iam::estate::{Estate, Known, KnownLayers, Missing, ResourceKind};
use iam::glob::Glob;
use iam::layers::{Layer, StatementRef};
use iam::request::{Completeness, Request, RequestParts};

use super::Reach;
use super::ask::{Ask, DoorAsks};
use super::person::Person;

/// How open something is, from closed to open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    Closed,
    /// What is known does not say.
    Unknown,
    /// Keys of the request decide.
    Depends,
    Open,
}

impl Level {
    /// Its name for machines.
    pub fn name(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Unknown => "unknown",
            Self::Depends => "depends",
            Self::Open => "open",
        }
    }
}

/// How a door stands to a person, and why.
#[derive(Clone, Debug)]
pub struct Standing {
    pub level: Level,
    /// The action that decides; none where no Allow names any.
    pub action: Option<String>,
    /// The resource that is the example, or the pattern of all of them; none for actions without resources.
    pub resource: Option<String>,
    /// What the request says besides, where whoever asks has to choose it well.
    pub with: Option<(String, String)>,
    pub why: Why,
}

/// Why something is as open as it is.
#[derive(Clone, Debug)]
pub enum Why {
    /// These statements allow it.
    Allowed(Vec<StatementRef>),
    /// The values of these keys decide.
    Keys(Vec<Key>),
    /// These points decide.
    Doubts(Vec<Doubt>),
    /// These points of a whole call decide, in words.
    Unsettled(Vec<String>),
    /// It is allowed by all that is known, and this is not.
    Missing(Arc<Missing>),
    /// A denial, and the statements that deny explicitly.
    Denied { decision: Decision, by: Vec<Layer>, statements: Vec<StatementRef> },
    /// No Allow of its own names an action of the door.
    NotNamed,
}

pub(super) const NOT_NAMED: Standing =
    Standing { level: Level::Closed, action: None, resource: None, with: None, why: Why::NotNamed };

/// How a door stands to a person: as open as its most open way.
pub(super) fn of_door(reach: &Reach<'_>, person: &Person<'_>, door: &DoorAsks) -> Standing {
    best(door.asks.iter().map(|ask| of_ask(reach, person, ask)))
}

/// Whether something behind a door can surely be listed.
pub(super) fn lists(reach: &Reach<'_>, person: &Person<'_>, door: &DoorAsks) -> Level {
    door.lists.iter().map(|ask| of_ask(reach, person, ask).level).max().unwrap_or(Level::Closed)
}

pub(super) fn best(all: impl Iterator<Item = Standing>) -> Standing {
    let mut best = NOT_NAMED;
    for standing in all {
        let says_more = matches!((&best.why, &standing.why), (Why::NotNamed, Why::Denied { .. }));
        if standing.level > best.level || standing.level == best.level && says_more {
            best = standing;
        }
        if best.level == Level::Open {
            break;
        }
    }
    best
}

/// How open one action is to a person, on all it takes.
pub(super) fn of_ask(reach: &Reach<'_>, person: &Person<'_>, ask: &Ask) -> Standing {
    of_ask_with(reach, person, ask, &Context::new())
}

/// The same, where some keys of the request are given.
pub(super) fn of_ask_with(reach: &Reach<'_>, person: &Person<'_>, ask: &Ask, given: &Context) -> Standing {
    let by_things = std::iter::once_with(|| by_policies_of_things(reach, person, ask, given)).flatten();
    if !person.named.contains(ask.number) {
        return best(by_things);
    }
    if !ask.takes_resources() {
        let anywhere = asked_with(person, ask, "*", person.layers(), None, given);
        return if is_of_region(&anywhere.why) { in_regions(person, ask, anywhere, given) } else { anywhere };
    }
    let account = &reach.estate.accounts()[person.account];
    let sets = ask.sets(&account.partition, account.id.as_str());
    let on_sets = sets.into_iter().map(|set| {
        let pattern = set.pattern();
        let of_all = asked_with(person, ask, &pattern, person.layers(), Some(set), given);
        match &of_all.why {
            Why::Doubts(doubts) if doubts.contains(&Doubt::Resource) => {
                by_example(reach, person, ask, &pattern, of_all, given)
            }
            why if is_of_region(why) || is_of_tags(why) => {
                by_example(reach, person, ask, &pattern, of_all, given)
            }
            _ => of_all,
        }
    });
    best(on_sets.chain(by_things))
}

/// Things whose own policies may let the person in: those of its account, and of other accounts where its identity
/// policies name the action, since across accounts both sides have to allow.
fn by_policies_of_things(
    reach: &Reach<'_>,
    person: &Person<'_>,
    ask: &Ask,
    given: &Context,
) -> Vec<Standing> {
    if !ask.kinds_are_known() {
        return Vec::new();
    }
    let is_named = person.named.contains(ask.number);
    let own = reach.estate.accounts()[person.account].id;
    let things = reach.with_policies.of_action(ask.number);
    things
        .filter(|thing| is_named || thing.account == own)
        .filter_map(|thing| {
            let layers = KnownLayers::new(person.side(), reach.estate.resource_side(&thing.arn)?);
            let is_own = thing.account == own;
            let mut context = given.clone();
            if !is_own {
                context.fill(&owner_keys(reach.estate, &thing.arn));
            }
            Some(asked_of(reach, person, ask, &thing.arn, &layers, context))
        })
        .collect()
}

/// The most open of some examples; where none is open it stays unknown, unless all there can be was tried.
fn by_example(
    reach: &Reach<'_>,
    person: &Person<'_>,
    ask: &Ask,
    pattern: &str,
    of_all: Standing,
    given: &Context,
) -> Standing {
    let glob = Glob::new(pattern);
    let account = &reach.estate.accounts()[person.account];
    let asked = |example: &str| asked_of(reach, person, ask, example, person.layers(), given.clone());
    // What exists comes first; the rest is put together only where that is not open.
    let existing = account.resources.iter().map(|each| each.arn.as_ref()).filter(|arn| glob.matches(arn));
    let found = best(existing.map(asked));
    if found.level == Level::Open {
        return found;
    }
    let mut examples: Vec<String> = named_by_policies(person, ask, pattern);
    let catalogue = catalogue(person, pattern);
    let is_finite = !catalogue.is_empty() && examples_are_enough(person, pattern);
    examples.extend(catalogue);
    examples.retain(|example| glob.matches(example));
    let found = best(std::iter::once(found).chain(examples.iter().map(|example| asked(example))));
    match (found.level, is_finite, &found.why) {
        (Level::Closed, false, _) | (Level::Closed, true, Why::NotNamed) => of_all,
        _ => found,
    }
}

/// Whether it depends on the Region, which whoever asks chooses.
fn is_of_region(why: &Why) -> bool {
    matches!(why, Why::Keys(keys) if keys.iter().any(|key| key.as_str() == "aws:requestedregion"))
}

/// Whether it depends on tags of the resource, which those that exist have or have not.
fn is_of_tags(why: &Why) -> bool {
    matches!(why, Why::Keys(keys) if keys.iter().any(|key| key.as_str().starts_with("aws:resourcetag/")))
}

/// One request for a resource, with the tags that it is known to have and not to have.
fn asked_of(
    reach: &Reach<'_>,
    person: &Person<'_>,
    ask: &Ask,
    arn: &str,
    layers: &KnownLayers,
    mut context: Context,
) -> Standing {
    let plainly = asked_with(person, ask, arn, layers, None, &context);
    let Why::Keys(keys) = &plainly.why else { return plainly };
    if !add_tags(reach.estate, arn, keys, &mut context) {
        return plainly;
    }
    asked_with(person, ask, arn, layers, None, &context)
}

/// The most open of the Regions to try.
fn in_regions(person: &Person<'_>, ask: &Ask, anywhere: Standing, given: &Context) -> Standing {
    let asked_in = |region: &String| {
        let mut context = request_context(person, ask, false);
        context.fill(given);
        context.replace("aws:RequestedRegion", vec![region.clone()]);
        standing(person, ask, "*", person.layers(), None, context)
    };
    let found = best(person.regions().iter().map(asked_in));
    if found.level == Level::Closed { anywhere } else { found }
}

/// Resources that the person's policies name or describe: of every pattern, allowed, denied or excepted, two in each
/// Region that it may mean, and one that two patterns describe together.
fn named_by_policies(person: &Person<'_>, ask: &Ask, pattern: &str) -> Vec<String> {
    let own_parts: Vec<&str> = pattern.splitn(6, ':').collect();
    let own_globs: Vec<Glob> = own_parts.iter().map(|own| Glob::new(own)).collect();
    let all = person.layers().at_most();
    let policies = Layer::ALL.into_iter().flat_map(|layer| all.levels(layer)).flatten();
    let statements = policies.flat_map(|policy| policy.statements.iter());
    let about = statements.filter(|each| each.action.matches(&ask.action));
    let elements = about.filter_map(|statement| statement.resource.as_ref());
    let mut theirs: Vec<&str> =
        elements.flat_map(|element| element.patterns()).map(|each| each.as_str()).collect();
    theirs.sort_unstable();
    theirs.dedup();
    let mut found = Vec::new();
    let mut tails: Vec<&str> = Vec::new();
    for text in theirs {
        let theirs: Vec<&str> = text.splitn(6, ':').collect();
        tails.extend(theirs.get(5).filter(|tail| !tail.contains("${") && tail.contains(['*', '?'])));
        for filling in FILLINGS {
            // Part by part the more particular of the two, with letters in place of wildcards that are left.
            let parts = own_parts.iter().enumerate().map(|(at, own)| match theirs.get(at) {
                Some(their) if !their.contains("${") => {
                    let their = filled(their, filling);
                    if own_globs[at].matches(&their) { their } else { filled(own, filling) }
                }
                Some(_) | None => filled(own, filling),
            });
            let parts: Vec<String> = parts.collect();
            let of_regions = theirs.get(3).map_or(Glob::new("*"), |region| Glob::new(region));
            in_each_region(person, &own_parts, &parts, &of_regions, &mut found);
        }
    }
    tails.push(own_parts.get(5).copied().unwrap_or("*"));
    tails.sort_unstable();
    tails.dedup();
    tails.truncate(TAILS_MAX);
    let start: Vec<String> = own_parts.iter().map(|own| filled(own, FILLINGS[0])).collect();
    for (number, one) in tails.iter().enumerate() {
        for other in &tails[number + 1..] {
            if let (Some(tail), Some((_, start))) = (described_by_both(one, other), start.split_last()) {
                let parts = [start, &[tail]].concat();
                in_each_region(person, &own_parts, &parts, &Glob::new("*"), &mut found);
            }
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// Most patterns of which each two are put together.
const TAILS_MAX: usize = 24;

/// What stands in place of wildcards.
const FILLINGS: [&str; 2] = ["example", "zq-7"];

/// The resource of these parts, in each Region to try that a pattern means where it stands in Regions.
fn in_each_region(
    person: &Person<'_>,
    own_parts: &[&str],
    parts: &[String],
    meant: &Glob,
    found: &mut Vec<String>,
) {
    if own_parts.get(3) != Some(&"*") {
        return found.push(parts.join(":"));
    }
    found.push(parts.join(":"));
    for region in person.regions().iter().filter(|region| meant.matches(region)) {
        let mut parts = parts.to_vec();
        parts[3].clone_from(region);
        found.push(parts.join(":"));
    }
}

/// A text that two patterns both describe, where there is one.
fn described_by_both(one: &str, other: &str) -> Option<String> {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let mut out = String::new();
    describes(&one, &other, &mut HashSet::new(), &mut out).then_some(out)
}

/// Adds to `out` a text that what is left of two patterns both describes; `seen` are those for which there is none.
fn describes(one: &[char], other: &[char], seen: &mut HashSet<(usize, usize)>, out: &mut String) -> bool {
    if !seen.insert((one.len(), other.len())) {
        return false;
    }
    match (one, other) {
        ([], []) => true,
        (['*', rest @ ..], ['*', others @ ..]) => {
            // What stands for both stars shall be something.
            begins('x', rest, others, seen, out)
                || describes(rest, other, seen, out)
                || describes(one, others, seen, out)
        }
        (['*', rest @ ..], []) => describes(rest, other, seen, out),
        ([], ['*', rest @ ..]) => describes(one, rest, seen, out),
        (['*', rest @ ..], [c, others @ ..]) => {
            describes(rest, other, seen, out) || begins(*c, one, others, seen, out)
        }
        ([c, rest @ ..], ['*', others @ ..]) => {
            describes(one, others, seen, out) || begins(*c, rest, other, seen, out)
        }
        (['?', rest @ ..], [c, others @ ..]) | ([c, rest @ ..], ['?', others @ ..]) => {
            begins(*c, rest, others, seen, out)
        }
        ([c, rest @ ..], [d, others @ ..]) if c == d => begins(*c, rest, others, seen, out),
        (_, _) => false,
    }
}

fn begins(
    c: char,
    one: &[char],
    other: &[char],
    seen: &mut HashSet<(usize, usize)>,
    out: &mut String,
) -> bool {
    out.push(if c == '?' { 'x' } else { c });
    let goes_on = describes(one, other, seen, out);
    if !goes_on {
        out.pop();
    }
    goes_on
}

fn filled(pattern: &str, filling: &str) -> String {
    match pattern {
        "*" => "us-east-1".to_owned(),
        other => other.replace('*', filling).replace('?', "1"),
    }
}

/// The models and system profiles there are, where the pattern is of these: of those that no policy tells apart, one.
fn catalogue(person: &Person<'_>, pattern: &str) -> Vec<String> {
    static MODELS: LazyLock<Vec<&str>> = LazyLock::new(|| {
        let mut ids: Vec<&str> = reference::models().map(|model| model.id).collect();
        ids.dedup();
        ids
    });
    static PROFILES: LazyLock<Vec<&str>> =
        LazyLock::new(|| reference::profiles().map(|profile| profile.id).collect());
    let (ids, kind) = if pattern.ends_with("::foundation-model/*") {
        (&*MODELS, "foundation-model")
    } else if pattern.ends_with(":inference-profile/*") {
        (&*PROFILES, "inference-profile")
    } else {
        return Vec::new();
    };
    let tell_apart = tell_apart(person, kind);
    let mut seen = HashSet::new();
    let different = ids.iter().filter(|id| {
        let text = format!("{kind}/{id}");
        let looks = |patterns: &Vec<Glob>| -> Vec<bool> {
            patterns.iter().map(|pattern| pattern.matches(&text)).collect()
        };
        tell_apart.as_ref().is_none_or(|patterns| seen.insert(looks(patterns)))
    });
    let start = pattern.trim_end_matches('*');
    let of_region =
        |id: &str, region: &str| format!("{start}{id}").replacen(":*:", &format!(":{region}:"), 1);
    let regions = person.regions();
    different.flat_map(|id| regions.iter().map(|region| of_region(id, region)).collect::<Vec<_>>()).collect()
}

/// Whether the catalogue and what the policies describe are all that can matter: every id that a pattern may tell from
/// others is like one of them. More than two patterns with wildcards before their ends may describe ids together that
/// nobody tried.
fn examples_are_enough(person: &Person<'_>, pattern: &str) -> bool {
    let kind = if pattern.contains(":foundation-model/") { "foundation-model" } else { "inference-profile" };
    let is_wild = |tail: &&&str| tail.strip_suffix('*').unwrap_or(tail).contains(['*', '?']);
    tails(person, kind).is_some_and(|tails| tails.iter().filter(is_wild).count() <= 2)
}

/// The last parts of the ARN patterns in a person's policies that may tell things of a kind apart; none where a pattern
/// has not six parts or has a variable, since it may tell anything apart.
pub(super) fn tell_apart(person: &Person<'_>, kind: &str) -> Option<Vec<Glob>> {
    Some(tails(person, kind)?.into_iter().map(Glob::new).collect())
}

fn tails<'p>(person: &'p Person<'_>, kind: &str) -> Option<Vec<&'p str>> {
    let all = person.layers().at_most();
    let policies = Layer::ALL.into_iter().flat_map(|layer| all.levels(layer)).flatten();
    let elements =
        policies.flat_map(|policy| policy.statements.iter()).filter_map(|each| each.resource.as_ref());
    let mut tails = Vec::new();
    for text in elements.flat_map(|element| element.patterns()).map(|each| each.as_str()) {
        let is_everything = text.bytes().all(|byte| byte == b'*');
        match text.splitn(6, ':').nth(5) {
            _ if is_everything => {}
            Some(tail) if !tail.contains("${") => tails.push(tail),
            Some(_) | None => return None,
        }
    }
    tails.retain(|tail| *tail != "*" && tail.strip_prefix(kind) != Some("/*"));
    tails.sort_unstable();
    tails.dedup();
    Some(tails)
}

/// One request, or with a set one for each of its resources.
pub(super) fn asked(
    person: &Person<'_>,
    ask: &Ask,
    resource: &str,
    layers: &KnownLayers,
    set: Option<iam::resource::ResourceSet>,
) -> Standing {
    asked_with(person, ask, resource, layers, set, &Context::new())
}

/// The keys of a resource that follow from which account has it.
pub(super) fn owner_keys(estate: &Estate, arn: &str) -> Context {
    let mut context = Context::new();
    let Some(account) = estate.owner(arn).and_then(|id| estate.account(&id)) else { return context };
    context.derive("aws:ResourceAccount", account.id.as_str());
    match estate.organization_of(account) {
        Known::Known(Some((organization, node))) => {
            context.derive("aws:ResourceOrgID", &organization.id);
            if let Known::Known(path) = &node.path {
                context.derive("aws:ResourceOrgPaths", path);
            }
        }
        Known::Known(None) => {
            context.replace("aws:ResourceOrgID", Vec::new());
            context.replace("aws:ResourceOrgPaths", Vec::new());
        }
        Known::Unknown(_) => {}
    }
    context
}

/// The same, with more that is known of the resource.
pub(super) fn asked_with(
    person: &Person<'_>,
    ask: &Ask,
    resource: &str,
    layers: &KnownLayers,
    set: Option<iam::resource::ResourceSet>,
    of_resource: &Context,
) -> Standing {
    let arn = Arn::parse(resource);
    let region = arn.as_ref().map_or("", |arn| arn.region);
    let own_account = person.principal.account().map(AccountId::as_str);
    let is_own = arn.is_ok_and(|arn| Some(arn.account) == own_account);
    let mut context = request_context(person, ask, is_own);
    context.fill(of_resource);
    match region {
        "*" => {}
        // Services without Regions answer in us-east-1 (IAM User Guide, `aws:RequestedRegion`).
        "" if resource != "*" => context.derive("aws:RequestedRegion", "us-east-1"),
        "" => {}
        named => context.derive("aws:RequestedRegion", named),
    }
    well_chosen(person, ask, On { resource, layers, set }, context, CHOICES_MAX)
}

/// What one request is for.
#[derive(Clone)]
struct On<'o> {
    resource: &'o str,
    layers: &'o KnownLayers,
    set: Option<iam::resource::ResourceSet>,
}

/// Says of a request that the resource belongs to the account of who asks.
pub(super) fn own_resource(context: &mut Context, account: &str) {
    for (of_resource, of_principal) in [
        ("aws:ResourceAccount", "aws:PrincipalAccount"),
        ("aws:ResourceOrgID", "aws:PrincipalOrgID"),
        ("aws:ResourceOrgPaths", "aws:PrincipalOrgPaths"),
    ] {
        if let Some(values) = context.get(&Key::new(of_principal)).map(|values| values.to_vec()) {
            context.replace(of_resource, values);
        }
    }
    context.derive("aws:ResourceAccount", account);
}

/// The key that names the profile through which a model is called.
const THROUGH_PROFILE: &str = "bedrock:inferenceprofilearn";

/// Most keys that are chosen for one request.
const CHOICES_MAX: usize = 3;

/// One request in which keys of the action's own service on which it depends say what is best: whoever asks chooses
/// that. The most open of leaving a key out and of the values that the policies name for it.
fn well_chosen(person: &Person<'_>, ask: &Ask, on: On<'_>, context: Context, choices: usize) -> Standing {
    let plainly = standing(person, ask, on.resource, on.layers, on.set.clone(), context.clone());
    let own = |key: &&Key| key.as_str().split(':').next() == Some(ask.action.service());
    let key = match &plainly.why {
        Why::Keys(keys) if choices > 0 => keys.iter().find(own).cloned(),
        _ => None,
    };
    let Some(key) = key else { return plainly };
    let values = values_to_choose(person, ask, &key, &on);
    let found = best(std::iter::once(None).chain(values.into_iter().map(Some)).map(|value| {
        let mut context = context.clone();
        context.replace(key.as_str(), value.iter().cloned().collect());
        let mut of_choice = well_chosen(person, ask, on.clone(), context, choices - 1);
        let Some(value) = value else { return of_choice };
        // A call through a profile is also authorised on the profile.
        if key.as_str() == THROUGH_PROFILE && of_choice.level > Level::Closed {
            let of_profile = on_profile(person, ask, &value);
            if of_profile.level < of_choice.level {
                of_choice = of_profile;
            }
        }
        Standing { with: Some((key.as_str().to_owned(), value)), ..of_choice }
    }));
    let is_all = || {
        let account = &person.estate().accounts()[person.account];
        let pattern = format!("arn:{}:bedrock:*:{}:inference-profile/*", account.partition, account.id);
        key.as_str() == THROUGH_PROFILE && examples_are_enough(person, &pattern)
    };
    if found.level > Level::Closed || is_all() { found } else { plainly }
}

/// The values that policies name for a key; of the profile that is called also those that exist or are described.
fn values_to_choose(person: &Person<'_>, ask: &Ask, key: &Key, on: &On<'_>) -> Vec<String> {
    let all = on.layers.at_most();
    let policies = Layer::ALL.into_iter().flat_map(|layer| all.levels(layer)).flatten();
    let conditions = policies.flat_map(|policy| policy.statements.iter()).flat_map(|each| &each.conditions);
    let about: Vec<_> = conditions.filter(|each| each.key() == key).collect();
    let mut values: Vec<String> = about.iter().flat_map(|each| each.examples()).collect();
    let account = &person.estate().accounts()[person.account];
    let described = about.iter().flat_map(|each| each.values()).map(AsRef::<str>::as_ref);
    let described: Vec<&str> =
        described.filter(|value| value.contains(['*', '?']) && !value.contains("${")).collect();
    values.extend(described.iter().map(|value| {
        let parts = value.splitn(6, ':').enumerate().map(|(at, part)| match (at, part) {
            (4, "*") => account.id.as_str().to_owned(),
            (_, part) => filled(part, FILLINGS[0]),
        });
        parts.collect::<Vec<_>>().join(":")
    }));
    if key.as_str() == THROUGH_PROFILE {
        let is_profile =
            |kind| matches!(kind, ResourceKind::InferenceProfile | ResourceKind::ApplicationInferenceProfile);
        let there = account.resources.iter().filter(|each| is_profile(each.kind));
        values.extend(there.map(|each| each.arn.to_string()));
        for kind in ["inference-profile", "application-inference-profile"] {
            let pattern = format!("arn:{}:bedrock:*:{}:{kind}/*", account.partition, account.id);
            values.extend(named_by_policies(person, ask, &pattern));
            values.extend(described.iter().filter_map(|value| described_by_both(value, &pattern)));
        }
        // A profile is called in the Region it stands in, or leads to other ones of its geography.
        let region = on.resource.split(':').nth(3).unwrap_or("*");
        let here = |arn: &String| region == "*" || arn.split(':').nth(3) == Some(region);
        if values.iter().any(here) {
            values.retain(here);
        }
    }
    values.sort_unstable();
    values.dedup();
    values
}

/// How an action on a profile stands to a person, whatever tags it is not known to have.
fn on_profile(person: &Person<'_>, ask: &Ask, arn: &str) -> Standing {
    let parts = Arn::parse(arn);
    let own_account = person.principal.account().map(AccountId::as_str);
    let is_own = parts.as_ref().is_ok_and(|parts| Some(parts.account) == own_account);
    let mut context = request_context(person, ask, is_own);
    if let Ok(parts) = parts {
        context.derive("aws:RequestedRegion", parts.region);
    }
    // No profile is reached through another one; of those that exist the tags are known.
    context.replace(THROUGH_PROFILE, Vec::new());
    let plainly = standing(person, ask, arn, person.layers(), None, context.clone());
    let Why::Keys(keys) = &plainly.why else { return plainly };
    if add_tags(person.estate(), arn, keys, &mut context) {
        standing(person, ask, arn, person.layers(), None, context)
    } else {
        plainly
    }
}

/// Adds what tags a thing has and has not, of those that are asked for; whether they are known.
fn add_tags(estate: &Estate, arn: &str, keys: &[Key], context: &mut Context) -> bool {
    let Some(Known::Known(tags)) = estate.resource(arn).map(|(_, thing)| &thing.tags) else { return false };
    for key in keys {
        let Some(name) = key.as_str().strip_prefix("aws:resourcetag/") else { continue };
        let tag = tags.iter().find(|tag| tag.key.eq_ignore_ascii_case(name));
        context.replace(key.as_str(), tag.map(|tag| tag.value.to_string()).into_iter().collect());
    }
    true
}

/// What is the same in every request for an action.
fn request_context(person: &Person<'_>, ask: &Ask, on_own: bool) -> Context {
    if ask.action.name() != "callwithbearertoken" {
        // Whoever signs a request carries no token.
        return person.signed(on_own).clone();
    }
    let mut context = person.context().clone();
    if let Some(account) = person.principal.account().filter(|_| on_own) {
        own_resource(&mut context, account.as_str());
    }
    context
}

/// How open one request is, or with a set one for each of its resources.
pub(super) fn standing(
    person: &Person<'_>,
    ask: &Ask,
    resource: &str,
    layers: &KnownLayers,
    set: Option<iam::resource::ResourceSet>,
    context: Context,
) -> Standing {
    let request = Request::new(RequestParts {
        principal: person.principal.clone(),
        action: ask.action.clone(),
        resource: resource.to_owned(),
        resource_account: None,
        context,
        completeness: Completeness::Partial,
    });
    let request = match set {
        Some(set) => request.on_any(set),
        None => request,
    };
    let answer = authorize(&request, layers.at_most());
    let statements = || answer.determining.to_vec();
    let (level, why) = match answer.outcome {
        // Only how it is denied is open.
        Outcome::NeedsContext(_) | Outcome::Unknown(_) if answer.is_refused() => {
            let by = answer.lacking.iter().flatten().copied().collect();
            (Level::Closed, Why::Denied { decision: Decision::ImplicitDeny, by, statements: Vec::new() })
        }
        Outcome::Decided(Decision::Allow) => match layers.missing().first() {
            Some((_, missing)) => (Level::Unknown, Why::Missing(missing.clone())),
            None => (Level::Open, Why::Allowed(statements())),
        },
        Outcome::Decided(decision) => {
            let by = answer.denied_by.to_vec();
            (Level::Closed, Why::Denied { decision, by, statements: statements() })
        }
        Outcome::NeedsContext(ref keys) => match layers.missing().first() {
            Some((_, missing)) => (Level::Unknown, Why::Missing(missing.clone())),
            None => (Level::Depends, Why::Keys(keys.clone())),
        },
        Outcome::Unknown(ref doubts) => (Level::Unknown, Why::Doubts(doubts.clone())),
    };
    let resource = (resource != "*").then(|| resource.to_owned());
    Standing { level, action: Some(ask.action.as_str().to_owned()), resource, with: None, why }
}
