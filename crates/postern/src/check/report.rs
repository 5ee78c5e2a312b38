//! What was found, in four forms: text for people, the JSON envelope, SARIF, CSV.
//!
//! All of them say the same; none decides anything.

mod csv;
mod json;
mod sarif;
mod text;

pub use csv::csv;
pub use json::json;
pub use sarif::sarif;
pub use text::text;

use super::Checked;
use super::finding::Finding;
use iam::json::Place;

/// Where the pages of the rules stand, from the root of the project.
pub const PAGES: &str = "docs/rules";

/// The place of a finding: where it begins, and where it ends.
pub(super) fn places(checked: &Checked, finding: &Finding) -> (Place, Place) {
    let source = &checked.sources[finding.source];
    (source.place(finding.start), source.place(finding.end.max(finding.start)))
}

/// What to write instead: what the finding says, or else what its rule says of all.
pub(super) fn instead(finding: &Finding) -> &str {
    if finding.instead.is_empty() { finding.rule.instead } else { &finding.instead }
}
