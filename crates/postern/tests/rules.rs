//! What holds of every rule: its examples, its page, its name.

use postern::check::document::Kind;
use postern::check::finding::{Audience, Confidence};
use postern::check::rule::{Example, Rule, rules};
use postern::check::source::Source;
use postern::check::{Options, check, page};

/// What a rule, alone, finds in an example: the messages.
fn found(rule: &'static Rule, example: &Example) -> Vec<String> {
    let options = Options {
        kind: Some(example.kind),
        rules: vec![rule],
        audience: Audience::Pedant,
        confidence: Confidence::Low,
        day: "2026-11-21".to_owned(),
    };
    let name = match example.kind {
        Kind::Policy(_) | Kind::Bedrock => "example.json",
    };
    let checked = check(vec![Source::new(name, example.text)], &options);
    checked.findings.iter().map(|finding| finding.message.clone()).collect()
}

#[test]
fn every_rule_finds_its_bad_example_and_not_its_good_one() {
    let mut wrong = Vec::new();
    for rule in rules() {
        if found(rule, &rule.bad).is_empty() {
            wrong.push(format!("{}: finds nothing in its bad example", rule.id));
        }
        for message in found(rule, &rule.good) {
            wrong.push(format!("{}: finds in its good example: {message}", rule.id));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn ids_are_words_and_each_stands_for_one_rule() {
    let mut ids: Vec<&str> = Vec::new();
    for rule in rules() {
        let is_word = rule.id.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
        assert!(is_word && !ids.contains(&rule.id), "{}", rule.id);
        ids.push(rule.id);
        let codes = rule.lint_codes().iter().filter(|code| **code != rule.id);
        for code in codes {
            assert!(!ids.contains(code), "{code} is a rule and a code");
        }
        assert!(
            !rule.title.ends_with('.') && rule.why.ends_with('.') && rule.instead.ends_with('.'),
            "{}",
            rule.id
        );
        assert!(!rule.sources.is_empty(), "{}", rule.id);
    }
}

#[test]
fn pages_are_what_the_rules_say() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/rules");
    let mut expected: Vec<(String, String)> = rules().map(|rule| (rule.page(), page::page(rule))).collect();
    expected.push(("README.md".to_owned(), page::index()));
    expected.sort();
    let mut there: Vec<(String, String)> = Vec::new();
    for entry in std::fs::read_dir(&folder).expect("docs/rules is there; cargo xtask rules writes it") {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        there.push((name, std::fs::read_to_string(&path).unwrap()));
    }
    there.sort();
    let names = |pages: &[(String, String)]| pages.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&there), names(&expected), "cargo xtask rules writes the pages");
    for (expected, there) in expected.iter().zip(&there) {
        assert!(expected == there, "{} is not up to date; cargo xtask rules writes it", there.0);
    }
}
