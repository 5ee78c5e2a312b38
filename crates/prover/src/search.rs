//! A request that makes a formula true and that the evaluator confirms.

use std::collections::BTreeSet;

use iam::answer::{Decision, Doubt, Outcome};
use iam::authorize;
use iam::layers::Layers;
use iam::request::Request;

use crate::domain::Memo;
use crate::formula::{Atom, Formula, Solver};
use crate::resource::Reading;
use crate::space::{Realised, Space, SpaceParts};

/// Whether there is a request that makes a formula true.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// There is none.
    Never,
    /// This, as the evaluator says too.
    Request(Box<Request>),
    /// Why it is not known.
    Unknown(BTreeSet<String>),
}

/// What the evaluator says of a request that should make the formula true.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Confirmed {
    Yes,
    No,
    /// It does not know, and so nobody does: why.
    Open(BTreeSet<String>),
}

/// Asks the evaluator whether layers allow a request, each as is wanted.
pub fn confirmed(request: &Request, wanted: [(&Layers, bool); 2]) -> Confirmed {
    let (mut open, mut is_one) = (BTreeSet::new(), true);
    for (layers, is_allowed) in wanted {
        match authorize(request, layers).outcome {
            Outcome::Decided(decision) => is_one &= (decision == Decision::Allow) == is_allowed,
            Outcome::NeedsContext(keys) => {
                open.extend(keys.iter().map(|key| format!("the value of `{}`", key.as_str())));
            }
            Outcome::Unknown(doubts) => {
                open.extend(doubts.iter().map(|doubt| match doubt {
                    Doubt::Assumption(assumption) => format!("readings of `{}` differ", assumption.id()),
                    Doubt::Unsupported(_) | Doubt::Resource => doubt.to_string(),
                }));
            }
        }
    }
    match (open.is_empty(), is_one) {
        (false, _) => Confirmed::Open(open),
        (true, true) => Confirmed::Yes,
        (true, false) => Confirmed::No,
    }
}

/// Most proposals of the solver that are looked at in one case.
const PROPOSALS_MAX: usize = 5_000;

/// Most requests that the evaluator does not confirm before nothing more is looked for: it is unknown then anyway.
const UNCONFIRMED_MAX: usize = 16;

/// Asks under the readings of `*` across colons, under others than the first only where they make a difference.
pub fn under_readings<'a>(
    parts: &SpaceParts<'a>,
    memo: &'a Memo,
    formula: impl Fn(&mut Space<'a>) -> Formula,
    confirm: &dyn Fn(&Request) -> Confirmed,
) -> Verdict {
    let mut unknown = BTreeSet::new();
    for reading in Reading::ALL {
        let mut space = Space::new(SpaceParts { reading, ..parts.clone() }, memo);
        let formula = formula(&mut space);
        match space.find(formula, confirm) {
            Verdict::Never => {}
            Verdict::Unknown(why) => unknown.extend(why),
            found @ Verdict::Request(_) => return found,
        }
        let agree = |text: &str| parts.on.as_ref().is_none_or(|on| on.readings_agree(text, memo));
        if space.texts().all(agree) {
            break;
        }
    }
    if unknown.is_empty() { Verdict::Never } else { Verdict::Unknown(unknown) }
}

impl Space<'_> {
    /// A request that makes the formula true.
    pub fn find(&self, formula: Formula, confirm: &dyn Fn(&Request) -> Confirmed) -> Verdict {
        if formula == Formula::FALSE {
            return Verdict::Never;
        }
        let mut solver = Solver::new(&self.formulas, formula);
        let mut reasons = BTreeSet::new();
        let mut unconfirmed = 0;
        for _ in 0..PROPOSALS_MAX {
            let Some(needed) = solver.propose(&self.formulas) else {
                return match reasons.is_empty() {
                    true => Verdict::Never,
                    false => Verdict::Unknown(reasons),
                };
            };
            match self.realise(&needed) {
                Realised::Request(request) => {
                    match confirm(&request) {
                        Confirmed::Yes => return Verdict::Request(request),
                        Confirmed::Open(why) => reasons.extend(why),
                        Confirmed::No if needed.iter().any(|(atom, _)| matches!(atom, Atom::Open(_))) => {
                            reasons.extend(self.reasons(&needed));
                        }
                        Confirmed::No => {
                            reasons.insert(format!(
                                "the evaluator does not confirm a request for {} on {}",
                                request.action(),
                                request.resource().as_str()
                            ));
                        }
                    }
                    unconfirmed += 1;
                    if unconfirmed >= UNCONFIRMED_MAX {
                        return Verdict::Unknown(reasons);
                    }
                    solver.forbid(&needed);
                }
                Realised::Never(core) => solver.forbid(&core),
                Realised::Unknown(why, core) => {
                    reasons.insert(why);
                    solver.forbid(&core);
                }
            }
        }
        reasons.insert(format!("{} has more combinations than are looked at", self.action()));
        Verdict::Unknown(reasons)
    }
}
