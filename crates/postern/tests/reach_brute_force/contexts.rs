//! Every context that could matter to the statements of a case.
//!
//! For each condition key that they name and the request leaves open: absent, each value that they spell (with something
//! in place of wildcards, and the neighbours of numbers, dates and addresses), and one other value; of keys with set
//! operators also pairs of these. Of values for which every condition on the key comes out alike, one is tried. All
//! combinations are tried; more than [`COMBINATIONS_MAX`] would fail the test rather than be left out.
//!
//! Keys of the action's own service are what whoever asks chooses to say; of all others it has to take what comes.

use std::collections::{BTreeMap, BTreeSet};

use postern::reach::Level;
use serde_json::{Map, Value, json};

use super::plain::{self, Decision, Readings, readings::Choices};
use super::universe::LOOKUPS;

/// Most combinations that are tried for one case.
const COMBINATIONS_MAX: usize = 20_000;

/// Keys that no request is without.
const ALWAYS: [&str; 2] = ["aws:currenttime", "aws:epochtime"];

/// One operator with one key.
#[derive(Clone, Debug)]
pub struct Condition<'a> {
    pub key: String,
    operator: &'a str,
    given: &'a Value,
    pub values: Vec<String>,
    variables: bool,
}

/// The most open combination of chosen keys.
pub struct Chosen {
    pub level: Level,
    pub request: String,
}

/// All conditions of statements, with the keys that are variables in their values.
pub fn conditions<'a>(statements: impl Iterator<Item = (&'a Value, &'a Value)>) -> Vec<Condition<'a>> {
    let mut found = Vec::new();
    for (document, statement) in statements {
        let variables_count = document["Version"] == "2012-10-17";
        for element in ["Resource", "NotResource"].into_iter().filter(|_| variables_count) {
            let patterns = plain::context::scalars(&statement[element]).unwrap_or_default();
            for key in patterns.iter().flat_map(|pattern| variables(pattern)) {
                // No condition: what the key says decides whether the statement covers the resource.
                found.push(Condition {
                    key,
                    operator: "",
                    given: &Value::Null,
                    values: Vec::new(),
                    variables: true,
                });
            }
        }
        for (operator, keys) in statement["Condition"].as_object().into_iter().flatten() {
            for (key, given) in keys.as_object().into_iter().flatten() {
                found.push(Condition {
                    key: key.to_lowercase(),
                    operator,
                    given,
                    values: plain::context::scalars(given).unwrap_or_default(),
                    variables: document["Version"] == "2012-10-17",
                });
            }
        }
    }
    found
}

/// The keys that are variables in a pattern, in lower case.
pub fn variables(pattern: &str) -> Vec<String> {
    let after = pattern.split("${").skip(1);
    let names = after.map(|rest| rest.split(['}', ',']).next().unwrap_or_default().trim().to_lowercase());
    names.filter(|name| !matches!(name.as_str(), "*" | "?" | "$")).collect()
}

/// A pattern in which variables may be anything.
pub fn without_variables(pattern: &str) -> String {
    let mut parts = pattern.split("${");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, rest| text + "*" + rest.split_once('}').map_or("", |(_, behind)| behind))
}

/// How open a case is, over all contexts.
pub fn most_open(
    case: &Value,
    action: &str,
    fixed: &BTreeMap<String, Vec<String>>,
    conditions: &[Condition<'_>],
) -> Chosen {
    let mut keys: BTreeSet<&str> = conditions.iter().map(|each| each.key.as_str()).collect();
    keys.retain(|key| !fixed.contains_key(*key) && carries(action, key));
    let service = action.split(':').next().unwrap_or_default().to_lowercase();
    let (chosen, given): (Vec<&str>, Vec<&str>) =
        keys.into_iter().partition(|key| key.split(':').next() == Some(service.as_str()));
    let with_values = |keys: Vec<&'_ str>| -> Vec<(String, Vec<Vec<String>>)> {
        keys.into_iter().map(|key| (key.to_owned(), values(case, key, fixed, conditions))).collect()
    };
    let chosen = combinations(&with_values(chosen));
    let given = combinations(&with_values(given));
    assert!(chosen.len() * given.len() <= COMBINATIONS_MAX, "too many contexts to try all: {case}");
    let mut best = Chosen { level: Level::Closed, request: String::new() };
    for choice in &chosen {
        let (mut all_sure, mut some_sure, mut some) = (true, false, false);
        for rest in &given {
            let mut case = case.clone();
            let all = fixed.iter().filter(|(_, values)| !values.is_empty());
            let mut context: Map<String, Value> =
                all.map(|(key, values)| (key.clone(), json!(values))).collect();
            let given = choice.iter().chain(rest).filter(|(_, values)| !values.is_empty());
            context.extend(given.map(|(key, values)| (key.to_string(), json!(values))));
            case["request"]["context"] = Value::Object(context);
            let decisions: Vec<Decision> = plain::evaluate_all_readings(&case, LOOKUPS).into_keys().collect();
            let may = |decision: &Decision| match decision {
                Decision::Allowed => true,
                Decision::ExplicitDeny | Decision::ImplicitDeny => false,
                // Something without a documented meaning decides.
                Decision::Unsupported(_) => true,
            };
            let sure = decisions == [Decision::Allowed];
            all_sure &= sure;
            some_sure |= sure;
            some |= decisions.iter().any(may);
        }
        let level = match (all_sure, some_sure, some) {
            (true, ..) => Level::Open,
            (false, true, _) => Level::Depends,
            (false, false, true) => Level::Unknown,
            (false, false, false) => Level::Closed,
        };
        if level > best.level {
            best = Chosen { level, request: format!("{choice:?}, {fixed:?}") };
        }
        if best.level == Level::Open {
            break;
        }
    }
    best
}

/// Whether requests for an action can carry a key. Service Authorization Reference: its own keys are listed for it, and
/// so are those of tags.
fn carries(action: &str, key: &str) -> bool {
    let (service, name) = action.split_once(':').unwrap_or((action, ""));
    let Some(known) = reference::action(service, name) else { return true };
    let is_of_tags = ["aws:requesttag/", "aws:resourcetag/", "aws:tagkeys"];
    let is_global = key.starts_with("aws:") && !is_of_tags.iter().any(|start| key.starts_with(start));
    is_global || known.lists_key(key)
}

/// Values of a key that the conditions tell apart; an empty list is the absent key.
fn values(
    case: &Value,
    key: &str,
    fixed: &BTreeMap<String, Vec<String>>,
    conditions: &[Condition<'_>],
) -> Vec<Vec<String>> {
    let about: Vec<&Condition<'_>> = conditions.iter().filter(|each| each.key == key).collect();
    let is_variable = about.iter().any(|each| each.operator.is_empty());
    let spelled = about.iter().flat_map(|each| each.values.iter().map(|value| filled(value, fixed)));
    let mut singles: BTreeSet<String> = spelled.flat_map(|value| examples(&value)).collect();
    singles.insert("brute-force-other".to_owned());
    if is_variable {
        // What would make the resource the one that is meant stands in it.
        let resource = case["request"]["resource"].as_str().unwrap_or_default();
        singles.extend(resource.split([':', '/']).filter(|part| !part.is_empty()).map(str::to_owned));
    }
    let is_of_sets = about.iter().any(|each| each.operator.to_lowercase().starts_with("for"));
    let mut all: Vec<Vec<String>> = Vec::new();
    if !ALWAYS.contains(&key) {
        all.push(Vec::new());
    }
    all.extend(singles.iter().map(|single| vec![single.clone()]));
    if is_of_sets {
        for one in &singles {
            all.extend(
                singles.iter().filter(|other| one < *other).map(|other| vec![one.clone(), other.clone()]),
            );
        }
    }
    if is_variable {
        return all;
    }
    // Of values that all conditions take alike, one is enough.
    let principal = plain::principal::Principal::read(&case["request"]).expect("a principal");
    let (readings, mut seen) = (Readings::new(), BTreeSet::new());
    all.retain(|values| {
        let mut context: Map<String, Value> =
            fixed.iter().map(|(key, values)| (key.clone(), json!(values))).collect();
        context.insert(key.to_owned(), json!(values));
        let context = Value::Object(context);
        let looks: Vec<String> = about
            .iter()
            .map(|each| {
                let choices = Choices::new(&readings);
                let context = plain::context::Context::read(&context, &principal, &choices).expect("texts");
                let truth = plain::condition::entry(
                    each.operator,
                    &each.key,
                    each.given,
                    each.variables,
                    &context,
                    &choices,
                );
                // What readings differ about is told apart.
                let open = if choices.asked().is_empty() { String::new() } else { format!("{values:?}") };
                format!("{truth:?}{open}")
            })
            .collect();
        seen.insert(looks)
    });
    all
}

/// A value with the variables that the asker fixes replaced.
fn filled(value: &str, fixed: &BTreeMap<String, Vec<String>>) -> String {
    let mut parts = value.split("${");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, rest| {
        let (name, behind) = rest.split_once('}').unwrap_or((rest, ""));
        let known = fixed.get(&name.to_lowercase()).and_then(|values| values.first());
        text + known.map_or("brute-force-other", String::as_str) + behind
    })
}

/// Texts that a value of a policy means, and its neighbours.
fn examples(value: &str) -> Vec<String> {
    let mut found = vec![value.to_owned()];
    if value.contains(['*', '?']) {
        for run in ["", "x", "us-east-1"] {
            found.push(value.replace('*', run).replace('?', "0"));
        }
    }
    if let Ok(number) = value.parse::<i64>() {
        found.extend([(number - 1).to_string(), (number + 1).to_string()]);
    }
    match value {
        "true" => found.push("false".to_owned()),
        "false" => found.push("true".to_owned()),
        _ if value.len() >= 10 && value.as_bytes()[4] == b'-' && value.as_bytes()[0].is_ascii_digit() => {
            found.extend(["1999-01-01T00:00:00Z".to_owned(), "2199-01-01T00:00:00Z".to_owned()]);
        }
        _ => {}
    }
    if let Some((address, _)) = value.split_once('/')
        && address.parse::<std::net::IpAddr>().is_ok()
    {
        found.extend([address.to_owned(), "203.0.113.99".to_owned()]);
    }
    found
}

type Assignment = Vec<(String, Vec<String>)>;

fn combinations(keys: &[(String, Vec<Vec<String>>)]) -> Vec<Assignment> {
    let mut all: Vec<Assignment> = vec![Vec::new()];
    for (key, values) in keys {
        all = all
            .iter()
            .flat_map(|before| {
                values.iter().map(move |value| {
                    let mut with = before.clone();
                    with.push((key.clone(), value.clone()));
                    with
                })
            })
            .collect();
        assert!(all.len() <= COMBINATIONS_MAX, "too many contexts to try all");
    }
    all
}
