//! What comes back: the outcome, who denied, and the statements that determine it.

use std::fmt;

use reference::Refusal;
use smallvec::SmallVec;

use crate::assumption::{Assumption, AssumptionSet};
use crate::context::Key;
use crate::layers::{Layer, StatementRef};
use crate::truth::Unsupported;

/// What AWS answers for one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Decision {
    /// Every layer that applies allows it, and none denies it.
    Allow,
    /// A statement denies it; no allow can win against this.
    ExplicitDeny,
    /// Nothing denies it, but a layer that had to allow it does not.
    ImplicitDeny,
}

/// What is known of AWS's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// AWS answers this, under every reading of what is unsettled.
    Decided(Decision),
    /// The request is partial; the values of these keys decide.
    NeedsContext(Vec<Key>),
    /// These points decide, and they are unsettled.
    Unknown(Vec<Doubt>),
}

/// Why an answer is unknown.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Doubt {
    /// AWS's behaviour is unsettled, and its readings differ here.
    Assumption(Assumption),
    /// The policy asks what no request can answer.
    Unsupported(Unsupported),
    /// The request stands for several resources, and it depends on which of them is meant.
    Resource,
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Assumption(assumption) => assumption.fmt(f),
            Self::Unsupported(what) => what.fmt(f),
            Self::Resource => f.write_str("it depends on which resource is meant"),
        }
    }
}

/// The answer to one authorisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub outcome: Outcome,
    /// Explicit deny: the layers with a matching Deny. Implicit deny: those that had to allow and do not.
    /// In the order of [`Layer::ALL`].
    pub denied_by: SmallVec<[Layer; 4]>,
    /// Not decided, and yet allowed in no case: a Deny, or a reading, only decides how AWS refuses. The layers that had
    /// to allow and do not whatever is open.
    pub lacking: Option<SmallVec<[Layer; 4]>>,
    /// Implicit deny by SCPs: the levels at which nothing allows.
    pub lacking_levels: SmallVec<[u16; 4]>,
    /// Explicit deny: the Denies that match. Allow: the Allows that match. Otherwise none.
    pub determining: SmallVec<[StatementRef; 8]>,
    /// Unsettled points that were met and whose readings agree on the outcome.
    pub assumptions: AssumptionSet,
    /// AWS refuses it to every customer, whatever the policies say.
    pub refusal: Option<&'static Refusal>,
}

impl Answer {
    /// The decision, when there is one.
    pub fn decision(&self) -> Option<Decision> {
        match self.outcome {
            Outcome::Decided(decision) => Some(decision),
            Outcome::NeedsContext(_) | Outcome::Unknown(_) => None,
        }
    }

    /// Whether AWS allows it in no case, although it may be open how it refuses.
    pub fn is_refused(&self) -> bool {
        match self.outcome {
            Outcome::Decided(decision) => decision != Decision::Allow,
            Outcome::NeedsContext(_) | Outcome::Unknown(_) => self.lacking.is_some(),
        }
    }
}
