//! Findings in the JSON envelope of every verb.

use serde_json::{Value, json};

use super::{instead, places};
use crate::check::Checked;
use crate::check::document::{Basis, Document};
use crate::check::finding::Finding;
use crate::envelope;

/// Everything that was found.
pub fn json(checked: &Checked) -> String {
    let documents: Vec<Value> = checked.documents.iter().map(|one| document(checked, one)).collect();
    let result = json!({
        "files": checked.sources.len(),
        "documents": documents,
        "findings": checked.findings.len(),
        "untold": checked.untold,
        "without_policy": checked.without_policy,
    });
    let findings = checked.findings.iter().map(|one| finding(checked, one)).collect();
    let unknowns = checked.unknowns.iter().map(|(source, unknown)| {
        let source = &checked.sources[*source];
        let place = source.place(unknown.at);
        json!({
            "file": source.path,
            "line": place.line,
            "column": place.column,
            "what": unknown.what,
            "reason": unknown.reason,
        })
    });
    envelope::wrap("check", result, findings, unknowns.collect())
}

fn document(checked: &Checked, document: &Document) -> Value {
    let place = checked.sources[document.source].place(document.node.start);
    let (basis, reason) = match document.basis {
        Basis::Given => ("given", None),
        Basis::Stated => ("stated", None),
        Basis::Guessed(reason) => ("guessed", Some(reason)),
    };
    json!({
        "file": checked.sources[document.source].path,
        "name": document.name,
        "line": place.line,
        "column": place.column,
        "type": document.kind.name(),
        "type_basis": basis,
        "type_reason": reason,
        "completed": document.completed,
        "parts_unknown": document.holes.len(),
    })
}

fn finding(checked: &Checked, finding: &Finding) -> Value {
    let (begin, end) = places(checked, finding);
    json!({
        "rule": finding.rule.id,
        "severity": finding.severity,
        "confidence": finding.confidence,
        "audience": finding.rule.audience,
        "file": checked.sources[finding.source].path,
        "document": finding.document,
        "line": begin.line,
        "column": begin.column,
        "end_line": end.line,
        "end_column": end.column,
        "place": finding.exactness,
        "message": finding.message,
        "why": finding.rule.why,
        "instead": instead(finding),
        "page": format!("{}/{}", super::PAGES, finding.rule.page()),
    })
}
