//! Partial requests: hiding keys of a case, and every way of filling them in again.
//!
//! A partial request has no meaning of its own here; it is right to decide it only when every completion is decided
//! the same way. Follows IAM User Guide, "IAM JSON policy elements: Condition" (a key is absent, or has one value or
//! several).

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::coverage::statement_places;
use super::plain::context::scalars;
use super::plain::variable::{self, Part};
use super::random::Random;
use super::universe::values_of;

/// Keys that follow from the principal; a request never leaves them open.
const DERIVED: [&str; 6] = [
    "aws:principalarn",
    "aws:principalaccount",
    "aws:principaltype",
    "aws:username",
    "aws:principalisawsservice",
    "aws:principalservicename",
];

/// The case as a partial request: each supplied key is left out or stays, by the seed, and those left out with an
/// empty list always are.
pub fn hide(case: &Value, seed: u64) -> Value {
    let mut random = Random::new(seed);
    let mut partial = case.clone();
    if let Some(keys) = partial["request"]["context"].as_object_mut() {
        let names: Vec<String> = keys.keys().cloned().collect();
        for name in names {
            let derived = DERIVED.contains(&name.to_lowercase().as_str());
            let empty = keys[&name] == json!([]);
            if !derived && (empty || random.percent(60)) {
                keys.remove(&name);
            }
        }
    }
    partial["request"]["context_complete"] = json!(false);
    partial
}

/// The keys that the policies ask about and the request leaves open, in lower case and sorted.
pub fn missing_keys(case: &Value) -> Vec<String> {
    let mut asked = BTreeSet::new();
    for place in statement_places(case) {
        let statement = place.statement;
        let mut texts = Vec::new();
        for element in ["Resource", "NotResource"] {
            texts.extend(scalars(&statement[element]).unwrap_or_default());
        }
        for (_, keys) in statement["Condition"].as_object().into_iter().flatten() {
            for (key, values) in keys.as_object().into_iter().flatten() {
                asked.insert(key.to_lowercase());
                texts.extend(scalars(values).unwrap_or_default());
            }
        }
        for text in texts {
            for part in variable::parts(&text, place.variables) {
                if let Part::Variable { key, .. } = part {
                    asked.insert(key.to_lowercase());
                }
            }
        }
        for element in ["Principal", "NotPrincipal"] {
            let named = scalars(&statement[element]["AWS"]).unwrap_or_default();
            if named.iter().any(|value| value.starts_with("AROA") || value.starts_with("AIDA")) {
                asked.insert("aws:userid".to_string());
            }
        }
    }
    let supplied = case["request"]["context"].as_object();
    let known: BTreeSet<String> = supplied.into_iter().flatten().map(|(key, _)| key.to_lowercase()).collect();
    asked.into_iter().filter(|key| !known.contains(key) && !DERIVED.contains(&key.as_str())).collect()
}

/// Complete requests that fill in the missing keys: each absent, with each value of its universe, and with two of
/// them. All of them when there are at most `count_max`, otherwise that many spread over all.
pub fn complete(case: &Value, missing: &[String], count_max: usize) -> Vec<Value> {
    let options: Vec<Vec<Value>> = missing.iter().map(|key| options(key)).collect();
    let total = options.iter().fold(1_u128, |product, options| product.saturating_mul(options.len() as u128));
    let taken = total.min(count_max as u128);
    // A stride that visits every digit of the mixed-radix number, not only the leading ones.
    let mut completions = Vec::new();
    for index in 0..taken {
        let mut number =
            index * total / taken.max(1) + if total > taken { index % (total / taken) } else { 0 };
        let mut complete = case.clone();
        complete["request"]["context_complete"] = json!(true);
        if !complete["request"]["context"].is_object() {
            complete["request"]["context"] = json!({});
        }
        for (key, options) in missing.iter().zip(&options) {
            let choice = &options[(number % options.len() as u128) as usize];
            number /= options.len() as u128;
            if !choice.is_null() {
                complete["request"]["context"][key.as_str()] = choice.clone();
            }
        }
        completions.push(complete);
    }
    completions
}

/// Absent (`null`), each value, two values.
fn options(key: &str) -> Vec<Value> {
    let values = values_of(key);
    let mut options = vec![Value::Null];
    options.extend(values.iter().cloned());
    if let [first, .., last] = values.as_slice() {
        options.push(json!([first, last]));
    }
    options
}
