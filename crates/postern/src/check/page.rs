//! The page of a rule, made from what its code says.

use std::fmt::Write as _;

use super::rule::{Example, Rule, rules};

/// The page of one rule, as Markdown.
pub fn page(rule: &Rule) -> String {
    let mut out = String::new();
    let mut line = |text: &str| {
        let _ = writeln!(out, "{text}");
    };
    line(&format!("# {}", rule.id));
    line("");
    line(&format!("Finds {}.", rule.title));
    line("");
    line(&format!(
        "Severity at most **{}**, confidence at most **{}**, for the **{}**.",
        rule.severity.name(),
        rule.confidence.name(),
        rule.audience.name()
    ));
    if !rule.lint_codes().is_empty() {
        let codes: Vec<String> = rule.lint_codes().iter().map(|code| format!("`{code}`")).collect();
        line(&format!("Also found by `--rule` under {}.", codes.join(", ")));
    }
    line("");
    line("## Why it matters");
    line("");
    line(rule.why);
    line("");
    line("## What to write instead");
    line("");
    line(rule.instead);
    line("");
    line("## Example");
    line("");
    line(&format!("Found in this {}:", rule.bad.of));
    line("");
    line(&block(&rule.bad));
    line("");
    line("Not found in this one:");
    line("");
    line(&block(&rule.good));
    line("");
    line("## Sources");
    line("");
    for source in rule.sources {
        line(&format!("- {source}"));
    }
    out
}

/// The example; a run of blanks that nobody wants to read is told by its length.
fn block(example: &Example) -> String {
    const BLANKS_SHOWN_MAX: usize = 40;
    let mut text = String::new();
    for line in example.text.lines() {
        let blanks = line.len() - line.trim_start_matches(' ').len();
        if blanks > BLANKS_SHOWN_MAX {
            let _ = writeln!(text, "({blanks} blanks){}", &line[blanks..]);
        } else {
            let _ = writeln!(text, "{line}");
        }
    }
    format!("```json\n{text}```")
}

/// The page that lists all of them.
pub fn index() -> String {
    let mut out = String::from("# Rules of `postern check`\n\n");
    out.push_str("| rule | finds | severity | confidence | for |\n|---|---|---|---|---|\n");
    for rule in rules() {
        let _ = writeln!(
            out,
            "| [{}]({}) | {} | {} | {} | {} |",
            rule.id,
            rule.page(),
            rule.title,
            rule.severity.name(),
            rule.confidence.name(),
            rule.audience.name()
        );
    }
    out
}
