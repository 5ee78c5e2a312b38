//! Findings as a person reads them: by file, with the line they are about, why it matters and what to write.
//!
//! A document whose text is one long line, as in a plan of Terraform, is shown around the place only.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use super::{instead, places};
use crate::check::Checked;
use crate::check::document::Basis;
use crate::check::finding::{Confidence, Exactness, Finding, Severity};
use crate::render::{dimmed, styled};

/// Longest part of a line that is shown, in characters.
const SHOWN_MAX: usize = 100;

/// Width that explanations are wrapped to, in characters.
const WIDTH: usize = 100;

const STRONG: Style = Style::new().bold();

/// Everything that was found.
pub fn text(checked: &Checked) -> String {
    let mut out = String::new();
    let mut last_source = None;
    // Why a rule matters is said with the first of its findings in a file.
    let mut explained: Vec<&str> = Vec::new();
    for finding in &checked.findings {
        if last_source != Some(finding.source) {
            if last_source.is_some() {
                out.push('\n');
            }
            header(&mut out, checked, finding.source);
            last_source = Some(finding.source);
            explained.clear();
        }
        let is_first = !explained.contains(&finding.rule.id);
        explained.push(finding.rule.id);
        one(&mut out, checked, finding, is_first);
    }
    summary(&mut out, checked);
    out
}

fn header(out: &mut String, checked: &Checked, number: usize) {
    let source = &checked.sources[number];
    let _ = writeln!(out, "{}", styled(STRONG, &source.path));
    let documents: Vec<_> = checked.documents.iter().filter(|document| document.source == number).collect();
    if let [document] = documents.as_slice() {
        let reason = match document.basis {
            Basis::Given => ", as you say".to_owned(),
            Basis::Stated => String::new(),
            Basis::Guessed(reason) => format!(", since {reason} (--type says otherwise)"),
        };
        let _ = writeln!(out, "{}", dimmed(format!("  read as {}{reason}", document.kind.with_article())));
        if let Some(completed) = document.completed {
            let _ = writeln!(out, "{}", dimmed(format!("  {completed}")));
        }
    }
}

fn one(out: &mut String, checked: &Checked, finding: &Finding, is_first: bool) {
    let source = &checked.sources[finding.source];
    let (begin, end) = places(checked, finding);
    let style = style(finding.severity);
    let label = styled(style, format!("{}[{}]", finding.severity.name(), finding.rule.id));
    let unsure = match finding.confidence {
        Confidence::High => String::new(),
        Confidence::Medium => dimmed(" (medium confidence)"),
        Confidence::Low => dimmed(" (low confidence)"),
    };
    let _ = writeln!(out, "\n  {label}{unsure}");
    wrapped(out, "    ", "    ", &finding.message);
    let named = finding.document.as_deref().map(|name| format!(" in {name}")).unwrap_or_default();
    let inexact = match finding.exactness {
        Exactness::Exact => "",
        Exactness::Document => ", where its document begins",
    };
    let _ = writeln!(out, "    {} {}:{begin}{named}{inexact}", dimmed("-->"), source.path);
    let last = if end.line == begin.line { Some(end.column) } else { None };
    excerpt(out, source.line(begin.line), begin.line, begin.column, last, style);
    if is_first {
        wrapped(out, &format!("    {} ", dimmed("why:    ")), "             ", finding.rule.why);
    }
    wrapped(out, &format!("    {} ", dimmed("instead:")), "             ", instead(finding));
}

/// The line with the place underlined; `last` is the column behind its end, where that is on the line.
fn excerpt(out: &mut String, line: &str, number: usize, column: usize, last: Option<usize>, style: Style) {
    let from = if line.chars().count() > SHOWN_MAX { column.saturating_sub(SHOWN_MAX / 3) } else { 0 };
    let shown: String = line.chars().skip(from).take(SHOWN_MAX).collect();
    let shown = shown.trim_end();
    let begin = column.saturating_sub(1 + from);
    let width = shown.chars().count();
    let rest = width.saturating_sub(begin);
    let length = last.map_or(rest, |last| last.saturating_sub(column)).clamp(1, rest.max(1));
    // A key of YAML is underlined without the colon behind it.
    let marked: String = shown.chars().skip(begin).take(length).collect();
    let length = marked.trim_end_matches([' ', ':', ',']).chars().count().max(1);
    let gutter = number.to_string();
    let bar = dimmed("|");
    let _ = writeln!(out, "     {} {bar}", " ".repeat(gutter.len()));
    let _ = writeln!(out, "     {} {bar} {shown}", dimmed(&gutter));
    let underline = styled(style, "^".repeat(length));
    let _ = writeln!(out, "     {} {bar} {}{underline}", " ".repeat(gutter.len()), " ".repeat(begin));
}

fn summary(out: &mut String, checked: &Checked) {
    if !checked.findings.is_empty() {
        out.push('\n');
    }
    for (source, unknown) in &checked.unknowns {
        let source = &checked.sources[*source];
        let place = source.place(unknown.at);
        let _ = writeln!(
            out,
            "{} {}:{place} {} is not checked: {}",
            styled(AnsiColor::Yellow.on_default().bold(), "unknown"),
            source.path,
            unknown.what,
            unknown.reason
        );
    }
    let count = |severity: Severity| checked.findings.iter().filter(|one| one.severity == severity).count();
    let counts: Vec<String> = [Severity::High, Severity::Medium, Severity::Low, Severity::Info]
        .into_iter()
        .filter(|severity| count(*severity) > 0)
        .map(|severity| styled(style(severity), format!("{} {}", count(severity), severity.name())))
        .collect();
    let policies = plural(checked.documents.len(), "policy", "policies");
    let charters = plural(checked.charters, "charter", "charters");
    let documents = match (checked.documents.len(), checked.charters) {
        (_, 0) => policies,
        (0, _) => charters,
        (_, _) => format!("{policies} and {charters}"),
    };
    let files = plural(checked.sources.len() - checked.without_policy.len(), "file", "files");
    let found = if counts.is_empty() {
        styled(AnsiColor::Green.on_default().bold(), "nothing found")
    } else {
        counts.join(", ")
    };
    let _ = write!(out, "{documents} in {files}: {found}");
    if checked.untold > 0 {
        let _ = write!(
            out,
            "{}",
            dimmed(format!("; {} more with --for pedant --confidence low", checked.untold))
        );
    }
    if !checked.without_policy.is_empty() {
        let without = plural(checked.without_policy.len(), "file", "files");
        let _ = write!(out, "{}", dimmed(format!("; {without} without a policy")));
    }
    out.push('\n');
}

fn plural(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

fn style(severity: Severity) -> Style {
    match severity {
        Severity::High => AnsiColor::Red.on_default().bold(),
        Severity::Medium => AnsiColor::Yellow.on_default().bold(),
        Severity::Low => AnsiColor::Cyan.on_default().bold(),
        Severity::Info => AnsiColor::Blue.on_default().bold(),
    }
}

/// The text in lines of the width, the first behind one lead and the others behind another.
fn wrapped(out: &mut String, first: &str, others: &str, text: &str) {
    let room = WIDTH.saturating_sub(others.len());
    let mut line = String::new();
    let mut lead = first;
    for word in text.split_whitespace() {
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > room {
            let _ = writeln!(out, "{lead}{line}");
            lead = others;
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    let _ = writeln!(out, "{lead}{line}");
}
