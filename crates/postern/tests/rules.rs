//! What holds of every rule: its examples, its page, its name.

use std::path::Path;

use postern::check::finding::{Audience, Confidence};
use postern::check::rule::{Example, ExampleOf, Rule, rules};
use postern::check::source::Source;
use postern::check::{Checked, DataSet, Options, check, check_all, files, page};

/// What a rule, alone, finds in an example: the messages.
fn found(rule: &'static Rule, example: &Example) -> Vec<String> {
    let kind = match example.of {
        ExampleOf::Document(kind) => Some(kind),
        ExampleOf::Charter | ExampleOf::Snapshot => None,
    };
    let options = Options {
        kind,
        rules: vec![rule],
        audience: Audience::Pedant,
        confidence: Confidence::Low,
        day: "2026-11-21".to_owned(),
    };
    let checked = match example.of {
        ExampleOf::Document(_) => check(vec![Source::new("example.json", example.text)], &options),
        ExampleOf::Charter => check(vec![Source::new("example.yaml", example.text)], &options),
        ExampleOf::Snapshot => checked_snapshot(rule, example, &options),
    };
    checked.findings.iter().map(|finding| finding.message.clone()).collect()
}

/// Writes the files of a snapshot and checks it.
fn checked_snapshot(rule: &'static Rule, example: &Example, options: &Options) -> Checked {
    let which = if example.text == rule.bad.text { "bad" } else { "good" };
    let folder =
        std::env::temp_dir().join(format!("postern-rules-{}-{which}-{}", rule.id, std::process::id()));
    let files: serde_json::Map<String, serde_json::Value> = serde_json::from_str(example.text).unwrap();
    for (path, answer) in &files {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, answer.to_string()).unwrap();
    }
    let estate = postern::snapshot::open(&folder).unwrap();
    let given = files::read(std::slice::from_ref(&folder)).unwrap();
    let data_set = DataSet { path: folder.display().to_string(), estate };
    let checked = check_all(given.into_iter().map(|one| one.source).collect(), &[data_set], options);
    std::fs::remove_dir_all(&folder).unwrap();
    checked
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

#[test]
fn a_charter_is_checked_without_a_snapshot() {
    let options = Options {
        kind: None,
        rules: rules().collect(),
        audience: Audience::Author,
        confidence: Confidence::Low,
        day: "2026-11-21".to_owned(),
    };
    let of = |text: &str| check(vec![Source::new("charter.yaml", text)], &options);
    let acme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/acme-charter.yaml");
    let right = of(&std::fs::read_to_string(acme).unwrap());
    assert_eq!((right.charters, right.findings.len(), right.unknowns.len()), (1, 0, 0));
    assert!(!right.is_unreadable);
    // Two faults at once, each with what to do.
    let wrong = of("charter: 1\nareas:\n  - at: /\n    doors: { claude-plattform: closed, imprt: open }\n");
    let told: Vec<_> = wrong.findings.iter().map(|one| (one.rule.id, one.instead.as_str())).collect();
    let [near, other] = ["did you mean `claude-platform`?", "did you mean `import`?"];
    assert_eq!(told, [("charter-wrong", near), ("charter-wrong", other)]);
    assert!(wrong.is_unreadable);
    // A text that only has the word is none.
    assert_eq!(of("charter: our values\nyear: 2026\n").charters, 0);
}
