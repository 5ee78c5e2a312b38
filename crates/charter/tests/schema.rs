//! The JSON Schema beside the reader: it takes every charter that is shown anywhere, and refuses by shape what the reader
//! refuses by shape.

use std::path::{Path, PathBuf};

use charter::schema::schema;
use charter::syntax;
use jsonschema::Validator;
use serde_json::Value;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn text(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn validator() -> Validator {
    jsonschema::validator_for(&schema()).expect("it is a schema")
}

fn yaml(text: &str) -> Value {
    serde_saphyr::from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// The charters of a page.
fn of_page(page: &str) -> Vec<String> {
    let blocks = page.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next());
    blocks.map(str::to_owned).collect()
}

fn shown() -> Vec<String> {
    let mut all = vec![text("examples/acme-charter.yaml")];
    all.extend(of_page(&text("docs/charter.md")));
    all.extend(of_page(&text("docs/sources.md")));
    all
}

#[test]
fn the_file_is_what_the_program_says() {
    let written = text("docs/charter.schema.json");
    let said = serde_json::to_string_pretty(&schema()).expect("it can be written") + "\n";
    assert!(written == said, "run `cargo xtask schema`");
    assert!(!said.contains("null"), "a name is not described");
}

#[test]
fn every_charter_that_is_shown_is_taken_by_both() {
    let validator = validator();
    let all = shown();
    assert!(all.len() > 12, "{} charters", all.len());
    for text in all {
        assert!(syntax::read(&text).is_ok(), "{:#?}\n{text}", syntax::read(&text));
        let found: Vec<String> = validator.iter_errors(&yaml(&text)).map(|error| error.to_string()).collect();
        assert!(found.is_empty(), "{found:?}\n{text}");
    }
}

#[test]
fn what_has_the_wrong_shape_is_refused_by_both() {
    let validator = validator();
    let check = |right: &str, wrong: &str| {
        let example = text("examples/acme-charter.yaml");
        let spoiled = example.replacen(right, wrong, 1);
        assert_ne!(example, spoiled, "{right} is not there");
        assert!(syntax::read(&spoiled).is_err(), "the reader takes {wrong}");
        assert!(!validator.is_valid(&yaml(&spoiled)), "the schema takes {wrong}");
    };
    check("charter: 1", "charter: 2");
    check("charter: 1\n", "");
    check("areas:", "places:");
    check("provider: Anthropic", "maker: Anthropic");
    check("review_by: 2027-03-01", "review_by: soon");
    check("  - at: /\n", "  - data: public\n");
    check("scope: geo", "scope: planet");
    check("through: [mantle]", "doors: [mantle]");
    check("bearer-keys: short-term", "bearer-keys: shut");
    check("guardrails: open", "guardrails: ajar");
    check("studio: consumption", "studio: playground");
    check("duties: [invoke]", "duty: [invoke]");
    check("job: batch", "job: bake");
    check("inside: true", "inside: maybe");
    check("usd: 500", "usd: none");
    check("writers: [role/ml-engineer]", "owners: [role/ml-engineer]");
    check(
        "    identity: { source: \"*@acme.example\", except: [\"role/acme/break-glass/*\"] }",
        "    identity: {}",
    );
    check("{ only: [role/platform/model-access] }", "{}");
    check("{ only: [role/platform/model-access] }", "{ may: [role/platform/model-access] }");
    check("{ only: [role/platform/model-access] }", "{ max-age-days: 0 }");
    check("    why: incident response\n", "");
    check("    expires: 2027-01-31\n", "");
    check("fence: { keepers: [role/organization/policy-admin] }", "fence: {}");
    check("regions: [us-east-1]", "regions: []");
}
