//! Findings as SARIF, which code hosts and editors show at their lines.
//!
//! Follows OASIS, "Static Analysis Results Interchange Format (SARIF) Version 2.1.0". Columns count UTF-16 code units,
//! as SARIF asks by default.

use serde_json::{Value, json};

use super::{PAGES, instead, places};
use crate::check::Checked;
use crate::check::finding::{Confidence, Finding, Severity};
use crate::check::rule::{Rule, rules};
use crate::check::source::Source;

/// Everything that was found, as one run.
pub fn sarif(checked: &Checked) -> String {
    let mut used: Vec<&Rule> =
        rules().filter(|rule| checked.findings.iter().any(|one| one.rule.id == rule.id)).collect();
    used.dedup_by_key(|rule| rule.id);
    let results: Vec<Value> = checked.findings.iter().map(|one| result(checked, one, &used)).collect();
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {
                "driver": {
                    "name": "postern",
                    "semanticVersion": env!("CARGO_PKG_VERSION"),
                    "rules": used.iter().map(|rule| self::rule(rule)).collect::<Vec<_>>(),
                },
            },
            "columnKind": "utf16CodeUnits",
            "results": results,
        }],
    });
    let mut text = serde_json::to_string_pretty(&log).unwrap_or_default();
    text.push('\n');
    text
}

fn rule(rule: &Rule) -> Value {
    json!({
        "id": rule.id,
        "shortDescription": { "text": sentence(rule.title) },
        "fullDescription": { "text": rule.why },
        "help": { "text": rule.instead },
        "helpUri": format!("{PAGES}/{}", rule.page()),
        "defaultConfiguration": { "level": level(rule.severity) },
        "properties": {
            "precision": precision(rule.confidence),
            "problem.severity": problem(rule.severity),
            "tags": ["security", rule.audience.name()],
        },
    })
}

fn result(checked: &Checked, finding: &Finding, used: &[&Rule]) -> Value {
    let source = &checked.sources[finding.source];
    let (begin, end) = places(checked, finding);
    let index = used.iter().position(|rule| rule.id == finding.rule.id);
    let mut location = json!({
        "physicalLocation": {
            "artifactLocation": { "uri": uri(&source.path) },
            "region": {
                "startLine": begin.line,
                "startColumn": column(source, begin.line, begin.column),
                "endLine": end.line,
                "endColumn": column(source, end.line, end.column),
            },
        },
    });
    if let Some(name) = &finding.document {
        location["logicalLocations"] = json!([{ "fullyQualifiedName": name, "kind": "resource" }]);
    }
    json!({
        "ruleId": finding.rule.id,
        "ruleIndex": index,
        "level": level(finding.severity),
        "message": { "text": format!("{} Instead: {}", sentence(&finding.message), sentence(instead(finding))) },
        "locations": [location],
        "properties": {
            "severity": finding.severity.name(),
            "confidence": finding.confidence.name(),
        },
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "note",
    }
}

fn problem(severity: Severity) -> &'static str {
    match severity {
        Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "recommendation",
    }
}

fn precision(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::High => "very-high",
        Confidence::Medium => "high",
        Confidence::Low => "medium",
    }
}

/// A clause as a sentence: SARIF messages end with a full stop.
fn sentence(clause: &str) -> String {
    let mut letters = clause.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    let stop = if clause.ends_with('.') { "" } else { "." };
    format!("{first}{}{stop}", letters.as_str())
}

/// A path as a relative reference.
fn uri(path: &str) -> String {
    let mut out = String::new();
    for byte in path.trim_start_matches("./").replace('\\', "/").bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                out.push(char::from(byte))
            }
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
    out
}

/// A column counted in UTF-16 code units.
fn column(source: &Source, line: usize, column: usize) -> usize {
    let before = source.line(line).chars().take(column - 1);
    1 + before.map(char::len_utf16).sum::<usize>()
}
