//! Three-valued truth and the reasons a value is open.
//!
//! An atom that a complete request settles is [`Truth::True`] or [`Truth::False`]. It is [`Truth::Open`]
//! when the request is partial and a key that it needs was not given, or when the policy asks something that
//! no request can answer; the [`Ledger`] then holds why. Open is never folded into false.

use std::fmt;

use crate::assumption::{Assumption, AssumptionSet, Readings};
use crate::context::Key;

/// The value of an atom, a statement or a layer. In Kleene's logic open lies between false and true, so that
/// conjunction is the lesser and disjunction the greater of two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Truth {
    False,
    /// Not settled by what is known.
    Open,
    True,
}

impl Truth {
    /// Kleene's conjunction.
    #[must_use]
    #[inline]
    pub fn and(self, other: Self) -> Self {
        if (self as u8) < other as u8 { self } else { other }
    }

    /// Kleene's disjunction.
    #[must_use]
    #[inline]
    pub fn or(self, other: Self) -> Self {
        if (self as u8) > other as u8 { self } else { other }
    }

    /// True and false swapped.
    #[must_use]
    #[expect(clippy::should_implement_trait, reason = "reads as the other two do")]
    pub fn not(self) -> Self {
        match self {
            Self::True => Self::False,
            Self::False => Self::True,
            Self::Open => Self::Open,
        }
    }

    /// Whether it is settled and true.
    pub fn is_true(self) -> bool {
        self == Self::True
    }
}

impl From<bool> for Truth {
    fn from(value: bool) -> Self {
        if value { Self::True } else { Self::False }
    }
}

/// Something in a policy that no request can settle.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unsupported {
    /// A condition operator that IAM does not have.
    Operator { name: String },
    /// A canonical user id, which a request does not carry.
    CanonicalUser,
    /// An effect that is neither `Allow` nor `Deny`.
    Effect { text: String },
    /// A principal names one session of a role, and the request names the role only.
    SessionNotNamed { session: String },
}

impl fmt::Display for Unsupported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Operator { name } => write!(f, "IAM has no condition operator `{name}`"),
            Self::CanonicalUser => {
                f.write_str("a canonical user id cannot be compared with the principal of a request")
            }
            Self::Effect { text } => write!(f, "`{text}` is neither `Allow` nor `Deny`"),
            Self::SessionNotNamed { session } => write!(
                f,
                "the policy names the session `{session}`, the request only its role; give the session's ARN"
            ),
        }
    }
}

/// Why something is open.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// The value of this key would settle it.
    Key(Key),
    /// Which resource is meant would settle it.
    Resource,
    /// Nothing would.
    Unsupported(Unsupported),
}

/// What one evaluation runs under and what it leaned on.
#[derive(Debug, Default)]
pub struct Ledger {
    readings: Readings,
    touched: AssumptionSet,
    /// How often a result turned on an assumption, one already in the set included.
    touches: u32,
    causes: Vec<Cause>,
}

/// A point to which a ledger can be taken back.
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    touched: AssumptionSet,
    touches: u32,
    causes: usize,
}

impl Ledger {
    /// An empty ledger under these readings.
    pub fn new(readings: Readings) -> Self {
        Self { readings, ..Self::default() }
    }

    /// The reading of an assumption on which the result turns: says so and gives its number.
    pub fn reading(&mut self, assumption: Assumption) -> u8 {
        self.touched.insert(assumption);
        self.touches += 1;
        self.readings.of(assumption)
    }

    /// The value under the reading in force, out of the values under each; they are noted only if they differ.
    pub fn choose(&mut self, assumption: Assumption, values: &[Truth]) -> Truth {
        if values.iter().all(|value| *value == values[0]) {
            return values[0];
        }
        values[usize::from(self.reading(assumption))]
    }

    /// Open because of a key.
    pub fn needs(&mut self, key: &Key) -> Truth {
        self.causes.push(Cause::Key(key.clone()));
        Truth::Open
    }

    /// Open because the request leaves open which resource is meant.
    pub fn needs_resource(&mut self) -> Truth {
        self.causes.push(Cause::Resource);
        Truth::Open
    }

    /// Open because of the policy itself.
    pub fn unsupported(&mut self, what: Unsupported) -> Truth {
        self.causes.push(Cause::Unsupported(what));
        Truth::Open
    }

    /// The assumptions on which results turned so far.
    pub fn touched(&self) -> AssumptionSet {
        self.touched
    }

    /// Where it stands now.
    pub fn mark(&self) -> Mark {
        Mark { touched: self.touched, touches: self.touches, causes: self.causes.len() }
    }

    /// Whether some result since turned on an assumption.
    pub fn turned_since(&self, mark: Mark) -> bool {
        self.touches != mark.touches
    }

    /// Forgets the assumptions noted since, because what they concerned does not matter.
    pub fn forget_assumptions(&mut self, mark: Mark) {
        self.touched = mark.touched;
        self.touches = mark.touches;
    }

    /// Whether causes were noted since.
    pub fn has_causes_since(&self, mark: Mark) -> bool {
        self.causes.len() > mark.causes
    }

    /// Takes the causes noted since.
    pub fn take_causes(&mut self, mark: Mark) -> Vec<Cause> {
        self.causes.split_off(mark.causes)
    }

    /// Forgets the causes noted since, because the matter is settled without them.
    pub fn forget_causes(&mut self, mark: Mark) {
        self.causes.truncate(mark.causes);
    }
}
