//! Charters that cannot be planned, and what in one is doubtful. The judgement is that of the crate `charter`.
//!
//! Which places its areas name, and whether the documents fit, only `postern plan` can say, with a snapshot.

use charter::Level;

use crate::check::finding::{Audience, Confidence, Severity};
use crate::check::rule::{Example, Look, Rule};

pub const WRONG: Rule = Rule {
    id: "charter-wrong",
    title: "a charter that cannot be planned",
    severity: Severity::High,
    confidence: Confidence::High,
    audience: Audience::Author,
    why: "No plan is made of it, so that it holds nothing.",
    instead: "Mend the charter at the place; docs/charter.md says what it may have.",
    sources: &["docs/charter.md"],
    bad: Example::charter(
        "charter: 1\nareas:\n  - at: /\n    doors: { claude-plattform: closed, others: unmanaged }\n",
    ),
    good: Example::charter(
        "charter: 1\nareas:\n  - at: /\n    doors: { claude-platform: closed, others: unmanaged }\n",
    ),
    look: Look::Charter(Level::Error),
};

pub const DOUBTFUL: Rule = Rule {
    id: "charter-doubtful",
    title: "something in a charter that does nothing, has ended, or is to be reviewed",
    severity: Severity::Low,
    confidence: Confidence::High,
    audience: Audience::Author,
    why: "It is planned as it stands, and may not be what was meant.",
    instead: "Take it out, or say what was meant.",
    sources: &["docs/charter.md"],
    bad: Example::charter(
        "charter: 1\nmodels:\n  nova: { runtime: [\"amazon.nova-*\"] }\nareas:\n  - at: /\n    doors: { others: unmanaged }\n",
    ),
    good: Example::charter(
        "charter: 1\nmodels:\n  nova: { runtime: [\"amazon.nova-*\"] }\nareas:\n  - at: /\n    allow:\n      - models: [nova]\n        through: [runtime]\n    doors: { others: unmanaged }\n",
    ),
    look: Look::Charter(Level::Warning),
};
