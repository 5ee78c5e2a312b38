//! Policies on which a search may blow up: each ends in a verdict, or says what was too much.
//!
//! What ends a search are counts, not clocks: states of one search, ways to take a pattern apart, proposals of the
//! solver. So the same input gives the same answer on every machine. Printed is how long each took.

#[path = "common/dice.rs"]
mod dice;

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Instant;

use dice::Dice;
use iam::policy::{Policy, PolicyType, read};
use prover::difference::{Difference, Side, difference};

fn policy(statements: &[String]) -> Arc<Policy> {
    let text = format!("{{\"Version\":\"2012-10-17\",\"Statement\":[{}]}}", statements.join(","));
    let read = read(text.as_bytes(), PolicyType::Identity);
    Arc::new(read.policy.unwrap_or_else(|| panic!("{text}\n{:?}", read.problems)))
}

fn list(texts: impl IntoIterator<Item = String>) -> String {
    let mut all = String::from("[");
    for (at, text) in texts.into_iter().enumerate() {
        let _ = write!(all, "{}\"{text}\"", if at == 0 { "" } else { "," });
    }
    all + "]"
}

fn allow(action: &str, resources: &str, conditions: &str) -> String {
    statement("Allow", action, resources, conditions)
}

fn deny(action: &str, resources: &str, conditions: &str) -> String {
    statement("Deny", action, resources, conditions)
}

fn statement(effect: &str, action: &str, resources: &str, conditions: &str) -> String {
    let conditions =
        if conditions.is_empty() { String::new() } else { format!(",\"Condition\":{{{conditions}}}") };
    format!("{{\"Effect\":\"{effect}\",\"Action\":\"{action}\",\"Resource\":{resources}{conditions}}}")
}

/// What became of a comparison, `unknown` with its reasons.
fn compare(name: &str, first: &[String], second: &[String]) -> String {
    let (first, second) = (policy(first), policy(second));
    let start = Instant::now();
    let found = match difference(&first, &second, Side::Identity) {
        Difference::Empty => "nothing".to_owned(),
        Difference::Request(_) => "a request".to_owned(),
        Difference::Unknown(why) => format!("unknown: {}", why.into_iter().collect::<Vec<_>>().join("; ")),
    };
    println!("{name}: {found}, {:.0} ms", start.elapsed().as_secs_f64() * 1e3);
    found
}

/// Three letters by number.
fn word(number: usize) -> String {
    [number / 100, number / 10 % 10, number % 10].map(|digit| char::from(b'a' + digit as u8)).iter().collect()
}

#[test]
fn words_that_a_text_has_in_it() {
    let words = |count: usize| (0..count).map(|number| format!("*{}*", word(number * 37 % 1_000)));
    for count in [4, 8, 16, 60] {
        let all = [allow("bedrock:InvokeModel", &list(["*".to_owned()]), "")];
        // Denied where one is in it, against allowed where none is.
        let denied = |of: &str| {
            let conditions = format!("\"StringLike\":{{\"aws:PrincipalTag/team\":{of}}}");
            [all[0].clone(), deny("*", "\"*\"", &conditions)]
        };
        let [many, fewer] = [count, count - 1].map(|count| denied(&list(words(count))));
        assert_eq!(compare(&format!("{count} words denied, one less"), &fewer, &many), "a request");
        assert_eq!(compare(&format!("{count} words denied, one more"), &many, &fewer), "nothing");
        // Allowed only where all are in it: as many searches as there are orders of the words.
        let each = words(count).map(|word| {
            deny("*", "\"*\"", &format!("\"StringNotLike\":{{\"aws:PrincipalTag/team\":\"{word}\"}}"))
        });
        let with_all: Vec<String> = all.iter().cloned().chain(each).collect();
        let found = compare(&format!("{count} words needed"), &with_all, &[deny("*", "\"*\"", "")]);
        assert!(found == "a request" || found.starts_with("unknown: "), "{found}");
    }
}

#[test]
fn wildcards_of_buckets_that_run_across_slashes() {
    let patterns = (0..40).map(|number| format!("arn:aws:s3:::*{}/*{}*/x*", word(number), word(number * 7)));
    let patterns: Vec<String> = patterns.collect();
    let [all, fewer] =
        [40, 39].map(|count| [allow("s3:GetObject", &list(patterns[..count].iter().cloned()), "")]);
    assert_eq!(compare("40 patterns of objects, one less", &fewer, &all), "nothing");
    assert_eq!(compare("40 patterns of objects, one more", &all, &fewer), "a request");
    let spared: Vec<String> =
        patterns.iter().map(|pattern| deny("*", &format!("\"{pattern}\""), "")).collect();
    let whole = [allow("s3:GetObject", "\"*\"", "")];
    let spared: Vec<String> = whole.iter().cloned().chain(spared).collect();
    assert_eq!(compare("40 patterns of objects denied", &whole, &spared), "a request");
    assert_eq!(compare("40 patterns of objects denied, back", &spared, &whole), "nothing");
}

#[test]
fn arns_as_texts() {
    let patterns = ["*:role/*app*", "arn:*:*:*:*:*/x*", "*a*:*b*:*c*", "*::*:*1*", "?rn:*s?:iam*"];
    let conditions = |operator: &str| {
        patterns.map(|pattern| {
            deny(
                "*",
                "\"*\"",
                &format!(
                    "\"{operator}\":{{\"aws:SourceArn\":\"{pattern}\",\"aws:PrincipalArn\":\"{pattern}\"}}"
                ),
            )
        })
    };
    let all = allow("sqs:SendMessage", "\"*\"", "");
    let limited: Vec<String> = std::iter::once(all.clone()).chain(conditions("StringNotLike")).collect();
    let found = compare("ARNs as texts", &limited, &[deny("*", "\"*\"", "")]);
    assert!(found == "a request" || found.starts_with("unknown: "), "{found}");
    assert_eq!(compare("ARNs as texts, back", std::slice::from_ref(&all), &limited), "a request");
    assert_eq!(
        compare(
            "ARNs as texts, the same",
            &limited,
            &[vec![all], conditions("StringNotLike").into()].concat()
        ),
        "nothing"
    );
}

#[test]
fn wildcards_across_colons() {
    let patterns = ["arn:*", "arn:*:*", "*:*:*", "arn:*a*:*b*:*", "*:bedrock:*:*model*", "arn:aws:*/*"];
    for (at, pattern) in patterns.iter().enumerate() {
        let others = patterns.iter().filter(|other| *other != pattern).map(|other| (*other).to_owned());
        let one = [allow("bedrock:*", &format!("\"{pattern}\""), "")];
        let rest = [allow("bedrock:*", &list(others), "")];
        let found = compare(&format!("colons {at}"), &one, &rest);
        assert!(found == "nothing" || found == "a request" || found.starts_with("unknown: "), "{found}");
    }
    let long = format!("arn:aws:bedrock:{}", "*:".repeat(40));
    let found =
        compare("forty stars", &[allow("bedrock:*", &format!("\"{long}*\""), "")], &[deny("*", "\"*\"", "")]);
    assert!(found == "nothing" || found == "a request" || found.starts_with("unknown: "), "{found}");
}

#[test]
fn ten_keys_that_have_nothing_to_do_with_each_other() {
    let keys: Vec<String> = (0..10).map(|number| format!("aws:PrincipalTag/{}", word(number))).collect();
    for seed in 1..=10 {
        let mut dice = Dice(seed * 7_919);
        let mut statements = |count: usize| -> Vec<String> {
            (0..count)
                .map(|_| {
                    let mut conditions = Vec::new();
                    for operator in ["StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "Null"]
                    {
                        if dice.roll(2) == 0 {
                            let key = &keys[dice.roll(keys.len())];
                            let value = match operator {
                                "Null" => ["true", "false"][dice.roll(2)].to_owned(),
                                _ if operator.ends_with("Like") => {
                                    format!("{}*", ["a", "*b", "ab"][dice.roll(3)])
                                }
                                _ => ["a", "b", "ab", "abc"][dice.roll(4)].to_owned(),
                            };
                            conditions.push(format!("\"{operator}\":{{\"{key}\":\"{value}\"}}"));
                        }
                    }
                    let effect = if dice.roll(2) == 0 { "Deny" } else { "Allow" };
                    statement(effect, "bedrock:InvokeModel", "\"*\"", &conditions.join(","))
                })
                .collect()
        };
        let first: Vec<String> = statements(40);
        let second: Vec<String> = first.iter().cloned().chain(statements(5)).collect();
        let mut turned = first.clone();
        turned.rotate_left(17);
        turned.push(first[3].clone());
        assert_eq!(compare(&format!("ten keys {seed}, the same"), &first, &turned), "nothing");
        for found in [compare("forth", &first, &second), compare("back", &second, &first)] {
            assert!(found == "nothing" || found == "a request" || found.starts_with("unknown: "), "{found}");
        }
    }
}

#[test]
fn lists_of_five_thousand() {
    let all: Vec<String> = (0..5_000).map(|number| format!("arn:aws:s3:::bucket-{number}/*")).collect();
    let [whole, fewer] =
        [5_000, 4_999].map(|count| [allow("s3:GetObject", &list(all[..count].iter().cloned()), "")]);
    assert_eq!(compare("5,000 resources, one less", &fewer, &whole), "nothing");
    assert_eq!(compare("5,000 resources, one more", &whole, &fewer), "a request");
    let turned = [allow("s3:GetObject", &list(all[2_500..].iter().chain(&all[..2_500]).cloned()), "")];
    assert_eq!(compare("5,000 resources in another order", &whole, &turned), "nothing");
    let halves =
        [&all[..2_500], &all[2_500..]].map(|half| allow("s3:GetObject", &list(half.iter().cloned()), ""));
    assert_eq!(compare("5,000 resources in two statements", &whole, &halves), "nothing");
    let values: Vec<String> = (0..5_000).map(|number| format!("team-{number}")).collect();
    let of = |values: &[String]| {
        let conditions =
            format!("\"StringEquals\":{{\"aws:PrincipalTag/team\":{}}}", list(values.iter().cloned()));
        [allow("s3:GetObject", "\"*\"", &conditions)]
    };
    assert_eq!(compare("5,000 values, one less", &of(&values[1..]), &of(&values)), "nothing");
    assert_eq!(compare("5,000 values, one more", &of(&values), &of(&values[1..])), "a request");
}
