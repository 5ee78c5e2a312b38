//! Answers as text that a person reads.
//!
//! Styles are ANSI sequences; whoever prints decides whether a terminal is there to show them. What is said is
//! decided elsewhere.

pub mod diff;
pub mod doors;
pub mod plan;
pub mod prove;
mod who;
mod why;

pub use who::who;
pub use why::{change_in_words, why};

use anstyle::{AnsiColor, Style};
use iam::answer::{Decision, Outcome};
use iam::layers::Layer;

const GOOD: Style = AnsiColor::Green.on_default().bold();
const BAD: Style = AnsiColor::Red.on_default().bold();
const OPEN: Style = AnsiColor::Yellow.on_default().bold();
const STRONG: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();

/// What `can` says: the answer, its first reason, and what is open.
pub fn can(answered: &crate::question::Answered) -> String {
    let mut out = String::new();
    why::headline(&mut out, answered);
    why::notes(&mut out, answered);
    why::steps_at_a_glance(&mut out, answered);
    why::doubts(&mut out, answered);
    out
}

/// Green when it is as it should be, red when not.
pub fn judged(is_right: bool, text: impl std::fmt::Display) -> String {
    styled(if is_right { GOOD } else { BAD }, text)
}

/// Text that stands back.
pub fn dimmed(text: impl std::fmt::Display) -> String {
    styled(DIM, text)
}

/// Text in a style.
pub fn styled(style: Style, text: impl std::fmt::Display) -> String {
    format!("{style}{text}{style:#}")
}

/// An outcome in one word, or two.
pub fn outcome_word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Decided(Decision::Allow) => "allowed",
        Outcome::Decided(Decision::ExplicitDeny) => "explicitly denied",
        Outcome::Decided(Decision::ImplicitDeny) => "implicitly denied",
        Outcome::NeedsContext(_) => "needs context",
        Outcome::Unknown(_) => "unknown",
    }
}

fn outcome_style(outcome: &Outcome) -> Style {
    match outcome {
        Outcome::Decided(Decision::Allow) => GOOD,
        Outcome::Decided(Decision::ExplicitDeny | Decision::ImplicitDeny) => BAD,
        Outcome::NeedsContext(_) | Outcome::Unknown(_) => OPEN,
    }
}

fn mark(outcome: &Outcome) -> String {
    let mark = match outcome {
        Outcome::Decided(Decision::Allow) => "✓",
        Outcome::Decided(Decision::ExplicitDeny | Decision::ImplicitDeny) => "✗",
        Outcome::NeedsContext(_) | Outcome::Unknown(_) => "?",
    };
    styled(outcome_style(outcome), mark)
}

fn in_words(layer: Layer) -> &'static str {
    match layer {
        Layer::Scp => "the service control policies",
        Layer::Rcp => "the resource control policies",
        Layer::VpcEndpoint => "the VPC endpoint policy",
        Layer::Boundary => "the permissions boundary",
        Layer::Session => "the session policies",
        Layer::Resource => "the resource-based policy",
        Layer::Identity => "the identity-based policies",
        Layer::Trust => "the role trust policy",
    }
}
