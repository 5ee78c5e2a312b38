//! Every case of the corpus gets the answer that AWS's documentation gives it.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

#[test]
fn every_case_is_answered_as_documented() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus");
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "jsonl"))
        .collect();
    files.sort();
    let mut cases = 0;
    let mut differences = Vec::new();
    for file in &files {
        for line in std::fs::read_to_string(file).unwrap().lines().filter(|line| !line.trim().is_empty()) {
            cases += 1;
            let case: Value =
                serde_json::from_str(line).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            let answer: Value = serde_json::from_str(&postern::eval::answer_line(line.as_bytes())).unwrap();
            differences.extend(difference(&case, &answer));
        }
    }
    assert!(
        differences.is_empty(),
        "{} of {cases} cases differ:\n{}",
        differences.len(),
        differences.join("\n")
    );
    assert!(cases >= 1_400, "only {cases} cases were found in {}", folder.display());
}

/// What the answer says otherwise than the case expects.
fn difference(case: &Value, answer: &Value) -> Option<String> {
    let expect = &case["expect"];
    let set = |value: &Value| -> BTreeSet<String> {
        value.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_lowercase()).collect()
    };
    let mut different = Vec::new();
    if expect["decision"] != answer["decision"] {
        different.push(format!("decision {} instead of {}", answer["decision"], expect["decision"]));
    }
    for field in ["denied_by", "needs", "reasons"] {
        if expect[field].is_array() && set(&expect[field]) != set(&answer[field]) {
            different.push(format!("{field} {} instead of {}", answer[field], expect[field]));
        }
    }
    if let Some(sid) = expect["sid"].as_str() {
        let statements = answer["determining"].as_array().unwrap();
        if !statements.iter().any(|statement| statement["sid"] == sid) {
            different.push(format!("`{sid}` does not determine it; {} do", answer["determining"]));
        }
    }
    let told = || format!("{}: {}\n    {}", case["id"], different.join("; "), case["title"]);
    (!different.is_empty()).then(told)
}
