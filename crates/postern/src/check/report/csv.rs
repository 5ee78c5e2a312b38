//! Findings as a table, one a line. Follows RFC 4180: lines end with CR LF, fields are quoted where they need it.

use super::{instead, places};
use crate::check::Checked;

/// Everything that was found, under a line of names.
pub fn csv(checked: &Checked) -> String {
    let names = "file,line,column,document,rule,severity,confidence,audience,message,instead";
    let mut out = format!("{names}\r\n");
    for finding in &checked.findings {
        let (begin, _) = places(checked, finding);
        let fields = [
            checked.sources[finding.source].path.clone(),
            begin.line.to_string(),
            begin.column.to_string(),
            finding.document.clone().unwrap_or_default(),
            finding.rule.id.to_owned(),
            finding.severity.name().to_owned(),
            finding.confidence.name().to_owned(),
            finding.rule.audience.name().to_owned(),
            finding.message.clone(),
            instead(finding).to_owned(),
        ];
        let quoted: Vec<String> = fields.iter().map(|field| quoted(field)).collect();
        out.push_str(&quoted.join(","));
        out.push_str("\r\n");
    }
    out
}

/// A field; one that a spreadsheet would take for a formula is kept from being one.
fn quoted(field: &str) -> String {
    let field = if field.starts_with(['=', '+', '-', '@']) { format!("'{field}") } else { field.to_owned() };
    if field.contains([',', '"', '\r', '\n']) { format!("\"{}\"", field.replace('"', "\"\"")) } else { field }
}

#[cfg(test)]
mod tests {
    //! Fields survive a reader.

    use super::quoted;

    #[test]
    fn fields_are_quoted_where_they_need_it_and_are_no_formulas() {
        assert_eq!(quoted("plain"), "plain");
        assert_eq!(quoted("a,b"), "\"a,b\"");
        assert_eq!(quoted("say \"x\""), "\"say \"\"x\"\"\"");
        assert_eq!(quoted("=1+1"), "'=1+1");
    }
}
