//! Amazon Resource Names: six parts separated by colons, the last of which may hold colons itself.
//!
//! Nothing is trimmed, defaulted or guessed, and nothing is said about whether the thing exists.
//! Follows IAM User Guide, "Identify AWS resources with Amazon Resource Names (ARNs)"; that a Region and
//! an account may be empty is aws-facts §1.4 (foundation models).

use std::fmt;

/// An account id: twelve digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId([u8; 12]);

impl AccountId {
    /// Reads twelve digits.
    ///
    /// # Errors
    /// [`ArnError::Account`] for anything else.
    pub fn new(text: &str) -> Result<Self, ArnError> {
        match text.as_bytes().try_into() {
            Ok(digits) if text.bytes().all(|byte| byte.is_ascii_digit()) => Ok(Self(digits)),
            Ok(_) | Err(_) => Err(ArnError::Account { text: text.to_owned() }),
        }
    }

    /// The twelve digits.
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.0).expect("digits are text")
    }
}

impl fmt::Debug for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AccountId({self})")
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One ARN taken apart; the parts are what stands between the colons, empty ones included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arn<'a> {
    pub partition: &'a str,
    pub service: &'a str,
    pub region: &'a str,
    pub account: &'a str,
    /// Everything after the fifth colon.
    pub resource: &'a str,
}

/// Why a text is not an ARN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ArnError {
    /// Fewer than the six parts separated by colons.
    MissingParts { found: usize },
    /// The first part is not `arn`.
    Scheme { text: String },
    /// An account that is not twelve digits.
    Account { text: String },
}

impl fmt::Display for ArnError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MissingParts { found } => {
                write!(f, "an ARN has 6 parts separated by `:`, found {found}")
            }
            Self::Scheme { text } => write!(f, "an ARN begins with `arn:`, found `{text}`"),
            Self::Account { text } => write!(f, "`{text}` is not a 12-digit account id"),
        }
    }
}

impl std::error::Error for ArnError {}

impl<'a> Arn<'a> {
    /// Reads one ARN exactly as written.
    ///
    /// # Errors
    /// [`ArnError`] for the first part, left to right, that is not valid.
    pub fn parse(text: &'a str) -> Result<Self, ArnError> {
        let Some(parts) = split(text) else {
            return Err(ArnError::MissingParts { found: text.split(':').count() });
        };
        let [scheme, partition, service, region, account, resource] = parts;
        if scheme != "arn" {
            return Err(ArnError::Scheme { text: scheme.to_owned() });
        }
        Ok(Self { partition, service, region, account, resource })
    }

    /// The account that owns the resource, when the ARN names one.
    pub fn account_id(&self) -> Option<AccountId> {
        AccountId::new(self.account).ok()
    }
}

/// The six parts of `text`, or `None` when it has fewer than five colons.
pub fn split(text: &str) -> Option<[&str; 6]> {
    let mut parts = [""; 6];
    let (mut part, mut start) = (0, 0);
    for (at, byte) in text.bytes().enumerate() {
        if byte == b':' {
            parts[part] = &text[start..at];
            (part, start) = (part + 1, at + 1);
            if part == 5 {
                parts[5] = &text[start..];
                return Some(parts);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    //! What counts as an ARN.

    use super::*;

    #[track_caller]
    fn refused(text: &str, expected: &str) {
        assert_eq!(Arn::parse(text).map_err(|error| error.to_string()), Err(expected.to_owned()));
    }

    #[test]
    fn the_resource_keeps_its_colons_and_empty_parts_stay_empty() {
        let arn = Arn::parse("arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-pro-v1:0:24k").unwrap();
        assert_eq!((arn.region, arn.account), ("us-east-1", ""));
        assert_eq!(arn.resource, "foundation-model/amazon.nova-pro-v1:0:24k");
        assert_eq!(arn.account_id(), None);
        let global = Arn::parse("arn:aws:bedrock:::foundation-model/x.y").unwrap();
        assert_eq!((global.region, global.account, global.resource), ("", "", "foundation-model/x.y"));
    }

    #[test]
    fn refusals_say_what_is_wrong() {
        refused("arn:aws:s3", "an ARN has 6 parts separated by `:`, found 3");
        refused("urn:aws:s3:::b", "an ARN begins with `arn:`, found `urn`");
        assert_eq!(AccountId::new("12345").unwrap_err().to_string(), "`12345` is not a 12-digit account id");
        assert!(AccountId::new("١١١١٢٢٢٢٣٣٣٣").is_err(), "only ASCII digits count");
    }
}
