//! Points where AWS's behaviour is inferred or unsettled, and which reading is in force.
//!
//! What each id means, its readings and its source stand in the reference (`assumptions.toml`); this file
//! gives the ids that the evaluator itself knows. An evaluation runs under one [`Readings`] and reports the
//! assumptions its result leaned on, so that the caller can run it again under the others.

use std::fmt;

/// An unsettled point of the evaluation itself.
///
/// Points that concern the requests an operation makes (which action, which resource, which key value)
/// are not here: they change what is asked, not how it is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Assumption {
    ArnPrefixCase,
    BoolVariables,
    EmptyString,
    ForAnyValueIfExists,
    MalformedNegated,
    NotPrincipal,
    NotPrincipalAllow,
    PrincipalIsAwsService,
    ServiceLinkedRoleName,
    SeveralValues,
    ShortArnPattern,
    StarAcrossColons,
    VariableBeforeFifthColon,
}

impl Assumption {
    /// Every assumption of the evaluator, by id.
    pub const ALL: [Self; 13] = [
        Self::ArnPrefixCase,
        Self::BoolVariables,
        Self::EmptyString,
        Self::ForAnyValueIfExists,
        Self::MalformedNegated,
        Self::NotPrincipal,
        Self::NotPrincipalAllow,
        Self::PrincipalIsAwsService,
        Self::ServiceLinkedRoleName,
        Self::SeveralValues,
        Self::ShortArnPattern,
        Self::StarAcrossColons,
        Self::VariableBeforeFifthColon,
    ];

    /// The id under which the reference describes it.
    pub fn id(self) -> &'static str {
        match self {
            Self::ArnPrefixCase => "arn-prefix-case",
            Self::BoolVariables => "bool-variables",
            Self::EmptyString => "empty-string",
            Self::ForAnyValueIfExists => "for-any-value-if-exists",
            Self::MalformedNegated => "malformed-negated",
            Self::NotPrincipal => "not-principal",
            Self::NotPrincipalAllow => "not-principal-allow",
            Self::PrincipalIsAwsService => "principal-is-aws-service",
            Self::ServiceLinkedRoleName => "service-linked-role-name",
            Self::SeveralValues => "several-values",
            Self::ShortArnPattern => "short-arn-pattern",
            Self::StarAcrossColons => "star-across-colons",
            Self::VariableBeforeFifthColon => "variable-before-fifth-colon",
        }
    }

    /// The names of its readings; the first is the default.
    pub fn readings(self) -> &'static [&'static str] {
        match self {
            Self::ArnPrefixCase => &["exact", "folded"],
            Self::BoolVariables => &["literal", "substituted"],
            Self::EmptyString => &["value", "missing"],
            Self::ForAnyValueIfExists => &["true", "false"],
            Self::MalformedNegated => &["true", "false"],
            Self::NotPrincipal => &["specific", "all"],
            Self::NotPrincipalAllow => &["everyone", "account"],
            Self::PrincipalIsAwsService => &["absent", "false"],
            Self::ServiceLinkedRoleName => &["service-linked", "ordinary"],
            Self::SeveralValues => &["any", "no-match"],
            Self::ShortArnPattern => &["no-match", "wildcard"],
            Self::StarAcrossColons => &["segments", "documented", "free"],
            Self::VariableBeforeFifthColon => &["literal", "substituted"],
        }
    }
}

impl fmt::Display for Assumption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

/// One reading for every assumption.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Readings([u8; Assumption::ALL.len()]);

impl Readings {
    /// The number of the reading in force, as an index into [`Assumption::readings`].
    pub fn of(&self, assumption: Assumption) -> u8 {
        self.0[assumption as usize]
    }

    /// The same readings with one changed.
    #[must_use]
    pub fn with(mut self, assumption: Assumption, reading: u8) -> Self {
        self.0[assumption as usize] = reading;
        self
    }
}

/// A set of assumptions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AssumptionSet(u32);

impl AssumptionSet {
    /// Adds one.
    pub fn insert(&mut self, assumption: Assumption) {
        self.0 |= 1 << assumption as u8;
    }

    /// Whether it holds this one.
    pub fn contains(self, assumption: Assumption) -> bool {
        self.0 & (1 << assumption as u8) != 0
    }

    /// Whether it holds none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// What is in either.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What is in this one and not in the other.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Its members, sorted by id.
    pub fn iter(self) -> impl Iterator<Item = Assumption> {
        Assumption::ALL.into_iter().filter(move |&assumption| self.contains(assumption))
    }
}

impl FromIterator<Assumption> for AssumptionSet {
    fn from_iter<T: IntoIterator<Item = Assumption>>(assumptions: T) -> Self {
        let mut set = Self::default();
        assumptions.into_iter().for_each(|assumption| set.insert(assumption));
        set
    }
}
