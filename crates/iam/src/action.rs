//! Actions, and the patterns of `Action` and `NotAction`.
//!
//! Prefix and name are compared without regard to case, and `*` and `?` may stand anywhere in either
//! (IAM User Guide, "IAM JSON policy elements: Action"; since September 2025 in SCPs too, aws-facts §2.2).
//! Whether an action exists is not asked here.

use std::fmt;

use crate::glob::Glob;
use crate::packed::Packed;

/// One action as a request names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    /// As the caller spelled it, and behind that in lower case.
    text: Box<str>,
    /// Where the lower case begins, and where its colon stands.
    folded: u32,
    colon: u32,
    service_bit: u64,
    packed_service: Option<Packed>,
    hash: u64,
    listed: Option<Listed>,
    reaches_rcp: bool,
}

/// What the reference says of an action that it lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Listed {
    pub takes_resources: bool,
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
                let (service, name) = (service.to_lowercase(), name.to_lowercase());
                let (service_bit, hash) = (service_bit(&service), action_hash(&service, &name));
                let packed_service = Packed::new(&service);
                let (folded, colon) = (text.len() as u32, (text.len() + service.len()) as u32);
                let listed = reference::action(&service, &name)
                    .map(|known| Listed { takes_resources: known.takes_resources() });
                let reaches_rcp = reference::supports_rcp(&service)
                    && (service.as_str(), name.as_str()) != ("kms", "retiregrant");
                let text = format!("{text}{service}:{name}").into();
                Ok(Self { text, folded, colon, service_bit, packed_service, hash, listed, reaches_rcp })
            }
            Some(_) | None => Err(ActionError::Form { text: text.to_owned() }),
        }
    }

    /// As the caller spelled it.
    pub fn as_str(&self) -> &str {
        &self.text[..self.folded as usize]
    }

    /// The service prefix in lower case.
    pub fn service(&self) -> &str {
        &self.text[self.folded as usize..self.colon as usize]
    }

    /// The name in lower case.
    pub fn name(&self) -> &str {
        &self.text[self.colon as usize + 1..]
    }

    /// Whether the reference lists it.
    pub fn is_listed(&self) -> bool {
        self.listed.is_some()
    }

    /// What the reference says of it, where it lists it.
    pub(crate) fn listed(&self) -> Option<Listed> {
        self.listed
    }

    /// Whether resource control policies see it (aws-facts §2.3).
    pub(crate) fn reaches_rcp(&self) -> bool {
        self.reaches_rcp
    }

    /// One of 64 bits for its service; two services may share one.
    #[inline]
    pub(crate) fn service_bit(&self) -> u64 {
        self.service_bit
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One value of `Action` or `NotAction`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "nearly every pattern is the large one")]
pub enum ActionPattern {
    /// Stars alone.
    Everything,
    /// `prefix:name`, either with wildcards.
    Named { service: Glob, name: Glob },
    /// Neither stars alone nor `prefix:name`: IAM refuses it, and it matches nothing.
    Nothing,
}

impl ActionPattern {
    /// The pattern that `text` spells.
    pub fn new(text: &str) -> Self {
        match text.split_once(':') {
            Some((service, name)) => {
                let (service, name) = (service.to_lowercase(), name.to_lowercase());
                Self::Named { service: Glob::new(&service), name: Glob::new(&name) }
            }
            None if !text.is_empty() && text.bytes().all(|byte| byte == b'*') => Self::Everything,
            None => Self::Nothing,
        }
    }

    /// Whether it covers the action.
    pub fn matches(&self, action: &Action) -> bool {
        match self {
            Self::Everything => true,
            Self::Named { service, name } => service.matches(action.service()) && name.matches(action.name()),
            Self::Nothing => false,
        }
    }

    /// Bits of the services it can match: see [`ActionElement`].
    fn services(&self) -> u64 {
        match self {
            Self::Everything => u64::MAX,
            Self::Named { service, .. } => service.as_exact().map_or(u64::MAX, service_bit),
            Self::Nothing => 0,
        }
    }
}

/// `Action` or `NotAction` with its values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActionElement {
    patterns: Vec<ActionPattern>,
    /// Services that are named whole, `prefix:*`: their first eight bytes side by side, and all of them.
    whole_starts: Vec<u64>,
    whole: Vec<Packed>,
    /// Hashes of the actions that are named without wildcards.
    exact: Vec<u64>,
    /// The other patterns: their numbers, and the service where that is named without wildcards.
    others: Vec<(u32, Option<Packed>)>,
    has_everything: bool,
    negated: bool,
    /// A bit for each service that a pattern names; all of them where it is negated.
    services: u64,
}

impl ActionElement {
    /// `Action`, or with `negated` `NotAction`.
    pub fn new<'a>(texts: impl IntoIterator<Item = &'a str>, negated: bool) -> Self {
        let patterns: Vec<_> = texts.into_iter().map(ActionPattern::new).collect();
        let services =
            if negated { u64::MAX } else { patterns.iter().fold(0, |bits, one| bits | one.services()) };
        let (mut whole, mut exact, mut others) = (Vec::new(), Vec::new(), Vec::new());
        for (number, pattern) in patterns.iter().enumerate() {
            let ActionPattern::Named { service, name } = pattern else { continue };
            let packed = service.as_exact().and_then(Packed::new);
            match (service.as_exact(), name.as_exact(), packed) {
                (Some(service), Some(name), _) => exact.push(action_hash(service, name)),
                (_, _, Some(service)) if name.is_everything() => whole.push(service),
                (_, _, service) => others.push((number as u32, service)),
            }
        }
        let whole_starts = whole.iter().map(|service| service.start()).collect();
        let has_everything = patterns.contains(&ActionPattern::Everything);
        Self { patterns, whole_starts, whole, exact, others, has_everything, negated, services }
    }

    /// Whether a statement with this element concerns the action.
    #[inline]
    pub fn matches(&self, action: &Action) -> bool {
        let is_named = self.has_everything
            || self.names_service(action)
            || self.names_exactly(action)
            || self.names_some(action);
        is_named != self.negated
    }

    fn names_service(&self, action: &Action) -> bool {
        let Some(service) = action.packed_service else {
            return false;
        };
        has(&self.whole_starts, service.start()) && self.whole.contains(&service)
    }

    fn names_exactly(&self, action: &Action) -> bool {
        has(&self.exact, action.hash) && self.patterns.iter().any(|pattern| pattern.matches(action))
    }

    fn names_some(&self, action: &Action) -> bool {
        self.others.iter().any(|(number, service)| {
            let may_match = service.is_none() || *service == action.packed_service;
            may_match && self.patterns[*number as usize].matches(action)
        })
    }

    /// Its values.
    pub fn patterns(&self) -> &[ActionPattern] {
        &self.patterns
    }

    /// A bit for each service that it can concern.
    pub(crate) fn services(&self) -> u64 {
        self.services
    }

    /// Whether this is `NotAction`.
    pub fn is_negated(&self) -> bool {
        self.negated
    }
}

/// Whether a number is among others, without an early end, so that several are compared at once.
fn has(numbers: &[u64], wanted: u64) -> bool {
    numbers.iter().fold(false, |any, number| any | (*number == wanted))
}

/// A hash of an action in lower case.
fn action_hash(service: &str, name: &str) -> u64 {
    hash(service) ^ hash(name).rotate_left(32)
}

/// One of 64 bits for a service prefix; two services may share one.
fn service_bit(service: &str) -> u64 {
    1 << (hash(service) >> 58)
}

/// FNV-1a. Equal texts have equal hashes; nothing rests on the converse.
fn hash(text: &str) -> u64 {
    let mix = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    text.bytes().fold(0xcbf2_9ce4_8422_2325, mix)
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
        check("bedrock-agentcore:*", "bedrock-mantle:CreateInference", false);
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
        assert!(ActionElement::new(["s3:*"], true).is_negated());
        assert!(!ActionElement::new(["s3:*"], false).is_negated());
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
