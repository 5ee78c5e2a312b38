//! Controls of articles in a charter: what is promised is held, where the printed policy fails it is told, and the page
//! says what the program does.

use xtask::sources::{Compiled, page, sources};

#[test]
fn every_control_holds_what_it_promises_and_the_printed_one_fails_where_it_is_said() {
    let sources = sources().expect("the file can be read");
    let mut unlike = Vec::new();
    let (mut asked, mut mended) = (0, 0);
    for control in &sources.control {
        let compiled = match Compiled::new(control) {
            Ok(compiled) => compiled,
            Err(wrong) => {
                unlike.push(wrong);
                continue;
            }
        };
        for request in &control.request {
            let answers = compiled.answers(request).unwrap_or_else(|wrong| (wrong, String::new()));
            let expected = (request.charter.clone(), request.printed.clone());
            asked += 1;
            mended += usize::from(request.charter != request.printed);
            if answers != expected {
                unlike.push(format!("{}: {}: {answers:?}, not {expected:?}", control.id, request.says));
            }
        }
        unlike.extend(control.beside.iter().filter_map(|beside| compiled.lacks(beside)));
        unlike.extend(control.error.iter().filter_map(|spoiled| compiled.unspoiled(spoiled)));
        let says = !compiled.documents.is_empty() || !control.beside.is_empty();
        assert!(says, "{} writes nothing", control.id);
    }
    assert!(unlike.is_empty(), "{}", unlike.join("\n"));
    assert!(asked > 40 && mended > 15, "{asked} asked, {mended} answered otherwise");
    let written = std::fs::read_to_string(xtask::tidy::root().join("docs/sources.md")).expect("it is there");
    assert!(page(&sources).expect("it can be written") == written, "run `cargo xtask sources`");
}

/// Two are no policies that this page can ask: one is of foundation models, which take none, and one is no policy of IAM's
/// language and is evaluated in `crates/charter/tests/guardrails.rs`.
#[test]
fn every_printed_policy_is_in_a_row() {
    let elsewhere = ["governing-access-2-sharing.json", "organizations-2-bedrock-policy.json", "README.md"];
    let sources = sources().expect("the file can be read");
    let used: Vec<&String> = sources.control.iter().flat_map(|control| &control.printed).collect();
    let folder = xtask::tidy::root().join("crates/postern/tests/data/printed");
    for entry in std::fs::read_dir(folder).expect("it is there") {
        let name = entry.expect("it can be read").file_name().to_string_lossy().into_owned();
        let is_somewhere = used.iter().any(|file| **file == name) || elsewhere.contains(&name.as_str());
        assert!(is_somewhere, "{name} is in no row");
    }
}
