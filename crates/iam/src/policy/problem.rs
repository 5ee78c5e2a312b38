//! What can be wrong with a policy document, and how bad that is.
//!
//! Wording follows what IAM itself answers where that is known (`MalformedPolicyDocument`); the sources stand
//! with each kind.

use std::fmt;

use super::PolicyType;
use crate::json::JsonErrorKind;

/// One thing that is wrong, with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub kind: ProblemKind,
    /// Where it begins and ends in the text, in bytes.
    pub start: usize,
    pub end: usize,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The document has no meaning; it is not evaluated.
    Unreadable,
    /// AWS refuses it when it is written; it is evaluated as far as it has a meaning.
    Refused,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProblemKind {
    Json(JsonErrorKind),
    /// Longer than any document that is read.
    TooLong {
        bytes: usize,
        bytes_max: usize,
    },
    /// A value of the wrong kind.
    WrongType {
        element: String,
        expected: &'static str,
        found: &'static str,
    },
    /// An element that the policy language does not have.
    UnknownElement {
        name: String,
        known: &'static str,
    },
    MissingStatement,
    MissingEffect,
    /// Neither `Allow` nor `Deny`, letter for letter.
    Effect {
        text: String,
    },
    MissingVersion {
        policy_type: PolicyType,
    },
    Version {
        text: String,
    },
    /// Two elements that exclude each other.
    Both {
        first: &'static str,
        second: &'static str,
    },
    MissingAction,
    MissingResource,
    /// A list of values with none in it.
    EmptyList {
        element: &'static str,
    },
    ProhibitedElement {
        element: &'static str,
        policy_type: PolicyType,
    },
    MissingPrincipal {
        policy_type: PolicyType,
    },
    Sid {
        text: String,
    },
    DuplicateSid {
        text: String,
    },
    ActionWithoutPrefix {
        text: String,
    },
    ActionColons {
        text: String,
    },
    ActionPrefix {
        text: String,
    },
    TrustAction {
        text: String,
    },
    ResourceForm {
        text: String,
    },
    ResourceService {
        text: String,
    },
    Operator {
        text: String,
    },
    ConditionValue {
        operator: String,
        text: String,
    },
    PrincipalKind {
        text: String,
    },
    PrincipalWildcard {
        text: String,
    },
    ResourceControlEffect,
    ResourceControlAction,
    ResourceControlPrincipal,
    Character {
        character: char,
    },
}

impl ProblemKind {
    /// How bad it is.
    pub fn severity(&self) -> Severity {
        match self {
            Self::Json(_)
            | Self::TooLong { .. }
            | Self::WrongType { .. }
            | Self::UnknownElement { .. }
            | Self::MissingStatement
            | Self::MissingEffect => Severity::Unreadable,
            Self::Effect { .. }
            | Self::MissingVersion { .. }
            | Self::Version { .. }
            | Self::Both { .. }
            | Self::MissingAction
            | Self::MissingResource
            | Self::EmptyList { .. }
            | Self::ProhibitedElement { .. }
            | Self::MissingPrincipal { .. }
            | Self::Sid { .. }
            | Self::DuplicateSid { .. }
            | Self::ActionWithoutPrefix { .. }
            | Self::ActionColons { .. }
            | Self::ActionPrefix { .. }
            | Self::TrustAction { .. }
            | Self::ResourceForm { .. }
            | Self::ResourceService { .. }
            | Self::Operator { .. }
            | Self::ConditionValue { .. }
            | Self::PrincipalKind { .. }
            | Self::PrincipalWildcard { .. }
            | Self::ResourceControlEffect
            | Self::ResourceControlAction
            | Self::ResourceControlPrincipal
            | Self::Character { .. } => Severity::Refused,
        }
    }

    /// A stable name for machines.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Json(_) => "json",
            Self::TooLong { .. } => "too-long",
            Self::WrongType { .. } => "wrong-type",
            Self::UnknownElement { .. } => "unknown-element",
            Self::MissingStatement => "missing-statement",
            Self::MissingEffect => "missing-effect",
            Self::Effect { .. } => "effect",
            Self::MissingVersion { .. } => "missing-version",
            Self::Version { .. } => "version",
            Self::Both { .. } => "both-elements",
            Self::MissingAction => "missing-action",
            Self::MissingResource => "missing-resource",
            Self::EmptyList { .. } => "empty-list",
            Self::ProhibitedElement { .. } => "prohibited-element",
            Self::MissingPrincipal { .. } => "missing-principal",
            Self::Sid { .. } => "sid",
            Self::DuplicateSid { .. } => "duplicate-sid",
            Self::ActionWithoutPrefix { .. } => "action-without-prefix",
            Self::ActionColons { .. } => "action-colons",
            Self::ActionPrefix { .. } => "action-prefix",
            Self::TrustAction { .. } => "trust-action",
            Self::ResourceForm { .. } => "resource-form",
            Self::ResourceService { .. } => "resource-service",
            Self::Operator { .. } => "operator",
            Self::ConditionValue { .. } => "condition-value",
            Self::PrincipalKind { .. } => "principal-kind",
            Self::PrincipalWildcard { .. } => "principal-wildcard",
            Self::ResourceControlEffect => "rcp-effect",
            Self::ResourceControlAction => "rcp-action",
            Self::ResourceControlPrincipal => "rcp-principal",
            Self::Character { .. } => "character",
        }
    }

    /// What to do about it, where that is not said by the message.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Json(JsonErrorKind::Comment) => Some("take the comment out"),
            Self::Json(JsonErrorKind::Duplicate { .. }) => Some("put the values of both into one list"),
            Self::Json(JsonErrorKind::Utf8) => Some("save the file as UTF-8"),
            Self::MissingVersion { .. } | Self::Version { .. } => Some("write \"Version\": \"2012-10-17\""),
            Self::Both { .. } => Some("write two statements"),
            Self::MissingResource => Some("write \"Resource\": \"*\" if every resource is meant"),
            Self::Effect { .. } => Some("`Allow` and `Deny` are spelled so, with regard to case"),
            Self::ActionWithoutPrefix { .. } => {
                Some("put the service prefix in front, as in `bedrock:InvokeModel`")
            }
            Self::ResourceForm { .. } => Some("write an ARN, or `*` for every resource"),
            Self::Sid { .. } => Some("use letters and digits only"),
            Self::PrincipalWildcard { .. } => {
                Some("name the account, and compare `aws:PrincipalArn` with the pattern in a condition")
            }
            Self::Json(JsonErrorKind::Syntax { .. } | JsonErrorKind::Depth)
            | Self::TooLong { .. }
            | Self::WrongType { .. }
            | Self::UnknownElement { .. }
            | Self::MissingStatement
            | Self::MissingEffect
            | Self::MissingAction
            | Self::EmptyList { .. }
            | Self::ProhibitedElement { .. }
            | Self::MissingPrincipal { .. }
            | Self::DuplicateSid { .. }
            | Self::ActionColons { .. }
            | Self::ActionPrefix { .. }
            | Self::TrustAction { .. }
            | Self::ResourceService { .. }
            | Self::Operator { .. }
            | Self::ConditionValue { .. }
            | Self::PrincipalKind { .. }
            | Self::ResourceControlEffect
            | Self::ResourceControlAction
            | Self::ResourceControlPrincipal
            | Self::Character { .. } => None,
        }
    }
}

impl fmt::Display for ProblemKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json(kind) => kind.fmt(f),
            Self::TooLong { bytes, bytes_max } => {
                write!(f, "the document has {bytes} bytes; documents of up to {bytes_max} bytes are read")
            }
            Self::WrongType { element, expected, found } => {
                write!(f, "`{element}` takes {expected}, found {found}")
            }
            Self::UnknownElement { name, known } => {
                write!(f, "the policy language has no element `{name}` here; it has {known}")
            }
            Self::MissingStatement => f.write_str("a policy needs at least one statement in `Statement`"),
            Self::MissingEffect => f.write_str("a statement needs an `Effect`"),
            Self::Effect { text } => write!(f, "`{text}` is neither `Allow` nor `Deny`"),
            Self::MissingVersion { policy_type } => write!(f, "a {policy_type} needs a `Version`"),
            Self::Version { text } => write!(f, "`{text}` is no version of the policy language"),
            Self::Both { first, second } => write!(f, "a statement takes `{first}` or `{second}`, not both"),
            Self::MissingAction => f.write_str("policy statement must contain actions"),
            Self::MissingResource => f.write_str("policy statement must contain resources"),
            Self::EmptyList { element } => write!(f, "`{element}` is an empty list"),
            Self::ProhibitedElement { element, policy_type } => {
                let article = match policy_type {
                    PolicyType::Identity => "an",
                    PolicyType::Resource
                    | PolicyType::Trust
                    | PolicyType::PermissionsBoundary
                    | PolicyType::Session
                    | PolicyType::ServiceControl
                    | PolicyType::ResourceControl
                    | PolicyType::VpcEndpoint => "a",
                };
                write!(f, "{article} {policy_type} takes no `{element}`")
            }
            Self::MissingPrincipal { policy_type } => {
                write!(f, "a statement of a {policy_type} needs a `Principal`")
            }
            Self::Sid { text } => write!(f, "`{text}` is not alphanumeric, as a statement id must be"),
            Self::DuplicateSid { text } => {
                write!(f, "statement ids in a single policy must be unique; `{text}` is given twice")
            }
            Self::ActionWithoutPrefix { text } => write!(f, "`{text}` is not prefaced by a service prefix"),
            Self::ActionColons { text } => write!(f, "`{text}` has more than one colon"),
            Self::ActionPrefix { text } => write!(f, "the service prefix of `{text}` is not valid"),
            Self::TrustAction { text } => {
                write!(f, "`{text}` cannot be in a role trust policy, which takes actions of `sts` only")
            }
            Self::ResourceForm { text } => write!(f, "resource `{text}` must be in ARN format or `*`"),
            Self::ResourceService { text } => {
                write!(f, "the service of resource `{text}` must be spelled out, without wildcards")
            }
            Self::Operator { text } => write!(f, "IAM has no condition operator `{text}`"),
            Self::ConditionValue { operator, text } => {
                write!(f, "`{text}` is not a value that `{operator}` can compare")
            }
            Self::PrincipalKind { text } => write!(
                f,
                "`{text}` is no kind of principal; there are `AWS`, `Service`, `Federated` and `CanonicalUser`"
            ),
            Self::PrincipalWildcard { text } => {
                write!(f, "principal `{text}` has a wildcard, which only the whole `*` may be")
            }
            Self::ResourceControlEffect => f.write_str("a resource control policy can only deny"),
            Self::ResourceControlAction => {
                f.write_str("a resource control policy cannot name the action `*`")
            }
            Self::ResourceControlPrincipal => {
                f.write_str("the principal of a resource control policy is always `*`")
            }
            Self::Character { character } => write!(
                f,
                "the character U+{:04X} is not one of those a policy may hold (tab, line ends, U+0020 to U+00FF)",
                u32::from(*character)
            ),
        }
    }
}
