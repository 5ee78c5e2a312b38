//! Actions, and the patterns of `Action` and `NotAction`.
//!
//! Prefix and name are compared without regard to case, and `*` and `?` may stand anywhere in either
//! (IAM User Guide, "IAM JSON policy elements: Action"; since September 2025 in SCPs too, aws-facts §2.2).
//! Whether an action exists is not asked here.

use std::fmt;

use crate::glob::Glob;

/// One action as a request names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    written: String,
    /// The service prefix in lower case.
    service: String,
    /// The name in lower case.
    name: String,
    service_bit: u64,
}

/// Why a text is not an action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ActionError {
    /// Not of the form `prefix:Name`.
    Form { text: String },
    /// A request names one action, not a pattern.
    Wildcard { text: String },
}

impl fmt::Display for ActionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form { text } => write!(f, "`{text}` is not an action; write it as `prefix:Name`"),
            Self::Wildcard { text } => write!(f, "`{text}` is a pattern; a request is for one action"),
        }
    }
}

impl std::error::Error for ActionError {}

impl Action {
    /// Reads `prefix:Name`.
    ///
    /// # Errors
    /// [`ActionError`] when it has not that form or holds a wildcard.
    pub fn parse(text: &str) -> Result<Self, ActionError> {
        if text.contains(['*', '?']) {
            return Err(ActionError::Wildcard { text: text.to_owned() });
        }
        match text.split_once(':') {
            Some((service, name)) if !service.is_empty() && !name.is_empty() && !name.contains(':') => {
                let service = service.to_lowercase();
                let service_bit = service_bit(&service);
                Ok(Self { written: text.to_owned(), service, name: name.to_lowercase(), service_bit })
            }
            Some(_) | None => Err(ActionError::Form { text: text.to_owned() }),
        }
    }

    /// As the caller spelled it.
    pub fn as_str(&self) -> &str {
        &self.written
    }

    /// The service prefix in lower case.
    pub fn service(&self) -> &str {
        &self.service
    }

    /// The name in lower case.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

/// One value of `Action` or `NotAction`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "nearly every pattern is the large one")]
pub enum ActionPattern {
    /// Stars alone.
    Everything,
    /// `prefix:name`, either with wildcards, and a bit for each service that the prefix can be.
    Named { services: u64, service: Glob, name: Glob },
    /// Neither stars alone nor `prefix:name`: IAM refuses it, and it matches nothing.
    Nothing,
}

impl ActionPattern {
    /// The pattern that `text` spells.
    pub fn new(text: &str) -> Self {
        match text.split_once(':') {
            Some((service, name)) => {
                let service = Glob::new(&service.to_lowercase());
                let services = service.as_exact().map_or(u64::MAX, service_bit);
                Self::Named { services, service, name: Glob::new(&name.to_lowercase()) }
            }
            None if !text.is_empty() && text.bytes().all(|byte| byte == b'*') => Self::Everything,
            None => Self::Nothing,
        }
    }

    /// Whether it covers the action.
    pub fn matches(&self, action: &Action) -> bool {
        match self {
            Self::Everything => true,
            Self::Named { services, service, name } => {
                services & action.service_bit != 0
                    && name.matches(&action.name)
                    && service.matches(&action.service)
            }
            Self::Nothing => false,
        }
    }

    /// Bits of the services it can match: see [`ActionElement`].
    fn services(&self) -> u64 {
        match self {
            Self::Everything => u64::MAX,
            Self::Named { services, .. } => *services,
            Self::Nothing => 0,
        }
    }
}

/// `Action` or `NotAction` with its values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActionElement {
    patterns: Vec<ActionPattern>,
    negated: bool,
    /// A bit for each service that a pattern names, so that most statements are passed over at a glance.
    services: u64,
}

impl ActionElement {
    /// `Action`, or with `negated` `NotAction`.
    pub fn new<'a>(texts: impl IntoIterator<Item = &'a str>, negated: bool) -> Self {
        let patterns: Vec<_> = texts.into_iter().map(ActionPattern::new).collect();
        let services =
            if negated { u64::MAX } else { patterns.iter().fold(0, |bits, one| bits | one.services()) };
        Self { patterns, negated, services }
    }

    /// Whether a statement with this element concerns the action.
    pub fn matches(&self, action: &Action) -> bool {
        self.services & action.service_bit != 0
            && self.patterns.iter().any(|pattern| pattern.matches(action)) != self.negated
    }

    /// Whether this is `NotAction`.
    pub fn is_negated(&self) -> bool {
        self.negated
    }
}

/// One of 64 bits for a service prefix; two services may share one.
fn service_bit(service: &str) -> u64 {
    let hash = service.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    1 << (hash >> 58)
}

#[cfg(test)]
mod tests {
    //! Which patterns name which actions.

    use super::*;

    #[track_caller]
    fn check(pattern: &str, action: &str, expected: bool) {
        let action = Action::parse(action).unwrap();
        assert_eq!(ActionElement::new([pattern], false).matches(&action), expected, "{pattern} on {action}");
        assert_eq!(
            ActionElement::new([pattern], true).matches(&action),
            !expected,
            "not {pattern} on {action}"
        );
    }

    #[test]
    fn case_does_not_matter_and_wildcards_stand_anywhere() {
        check("bedrock:InvokeModel", "Bedrock:invokemodel", true);
        check("bedrock:Invoke*", "bedrock:InvokeModelWithResponseStream", true);
        check("bedrock:*Model", "bedrock:InvokeModel", true);
        check("bedrock:*Model", "bedrock:InvokeModelWithResponseStream", false);
        check("bedrock:InvokeMode?", "bedrock:InvokeModel", true);
        check("bedrock*:InvokeModel", "bedrock-mantle:InvokeModel", true);
        check("bedrock:*", "bedrock-mantle:CreateInference", false);
        check("*", "s3:GetObject", true);
        check("**", "s3:GetObject", true);
        check("*:*", "s3:GetObject", true);
    }

    #[test]
    fn a_pattern_without_prefix_names_nothing() {
        check("InvokeModel", "bedrock:InvokeModel", false);
        check("bedrock*", "bedrock:InvokeModel", false);
        check("", "bedrock:InvokeModel", false);
        check("bedrock:", "bedrock:InvokeModel", false);
    }

    #[test]
    fn several_values_are_alternatives() {
        let action = Action::parse("s3:GetObject").unwrap();
        assert!(ActionElement::new(["bedrock:*", "s3:Get*"], false).matches(&action));
        assert!(!ActionElement::new(["bedrock:*", "s3:Get*"], true).matches(&action));
        assert!(!ActionElement::new([], false).matches(&action), "an empty list names nothing");
    }

    #[test]
    fn a_request_is_for_one_action() {
        assert_eq!(
            Action::parse("s3:*").unwrap_err().to_string(),
            "`s3:*` is a pattern; a request is for one action"
        );
        assert_eq!(
            Action::parse("GetObject").unwrap_err().to_string(),
            "`GetObject` is not an action; write it as `prefix:Name`"
        );
        assert!(Action::parse("s3:").is_err());
        assert!(Action::parse("a:b:c").is_err());
    }
}
