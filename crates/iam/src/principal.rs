//! Who asks, and the `Principal` and `NotPrincipal` elements of resource-based policies.
//!
//! Follows IAM User Guide, "AWS JSON policy elements: Principal" and "… NotPrincipal", and for what a matched
//! value is worth the table in "Policy evaluation for requests within a single account" (aws-facts §4.1).
//! Unique ids are compared with `aws:userid`, the only place where a request carries one.

use std::fmt;

use crate::arn::{AccountId, Arn};
use crate::assumption::Assumption;
use crate::context::{Context, Key, Values};
use crate::request::Request;
use crate::truth::{Ledger, Truth, Unsupported};

/// The caller of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principal {
    /// An IAM user with credentials of its own.
    User { arn: String, account: AccountId },
    /// A session of this role; which one is not known.
    Role { arn: String, account: AccountId },
    /// One session of a role. `role_arn` is the role's ARN with its path, where known.
    RoleSession { arn: String, account: AccountId, role_name: String, role_arn: Option<String> },
    /// A session from `GetFederationToken`. `user_arn` is the user who asked for it, where known.
    FederatedUser { arn: String, account: AccountId, user_arn: Option<String> },
    /// The root user of an account.
    Root { arn: String, account: AccountId },
    /// Nobody in particular: an unsigned request.
    Anonymous,
    /// An AWS service acting for itself.
    Service { name: String },
    /// A SAML or OIDC provider, on `sts:AssumeRoleWith…`.
    Federated { provider: String },
}

/// Whether a principal is a service-linked role, which SCPs and RCPs pass by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ServiceLinked {
    Yes,
    No,
    /// A session whose role's path is not known, but whose name is one that AWS gives.
    ByName,
}

/// Why a text is not a principal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PrincipalError {
    /// Not an ARN.
    Arn { text: String, reason: String },
    /// An ARN of something that makes no requests.
    Kind { text: String },
    /// `role_arn` or `user_arn` does not belong to this principal.
    Issuer { text: String, principal: String },
}

impl fmt::Display for PrincipalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Arn { text, reason } => write!(f, "`{text}` is not a principal: {reason}"),
            Self::Kind { text } => write!(
                f,
                "`{text}` makes no requests; a principal is a user, role, assumed-role session, federated-user session or root"
            ),
            Self::Issuer { text, principal } => {
                write!(f, "`{text}` cannot have issued the session `{principal}`")
            }
        }
    }
}

impl std::error::Error for PrincipalError {}

impl Principal {
    /// Reads the ARN of a user, role, session or root user.
    ///
    /// # Errors
    /// [`PrincipalError`] when it is the ARN of nothing that makes requests.
    pub fn parse(text: &str) -> Result<Self, PrincipalError> {
        let malformed = |reason: crate::arn::ArnError| PrincipalError::Arn {
            text: text.to_owned(),
            reason: reason.to_string(),
        };
        let arn = Arn::parse(text).map_err(malformed)?;
        let account = AccountId::new(arn.account).map_err(malformed)?;
        let kind = || PrincipalError::Kind { text: text.to_owned() };
        let own = text.to_owned();
        let (first, rest) = arn.resource.split_once('/').unwrap_or((arn.resource, ""));
        match (arn.service, first) {
            ("iam" | "sts", "root") if rest.is_empty() => Ok(Self::Root { arn: own, account }),
            (_, _) if rest.is_empty() => Err(kind()),
            ("iam", "user") => Ok(Self::User { arn: own, account }),
            ("iam", "role") => Ok(Self::Role { arn: own, account }),
            ("sts", "assumed-role") => match rest.split_once('/') {
                Some((role, session)) if !role.is_empty() && !session.is_empty() => {
                    Ok(Self::RoleSession { account, role_name: role.to_owned(), role_arn: None, arn: own })
                }
                Some(_) | None => Err(kind()),
            },
            ("sts", "federated-user") => Ok(Self::FederatedUser { arn: own, account, user_arn: None }),
            (_, _) => Err(kind()),
        }
    }

    /// Says which role, with its path, a session belongs to.
    ///
    /// # Errors
    /// [`PrincipalError::Issuer`] when the session cannot be one of that role.
    pub fn with_role(self, role: &str) -> Result<Self, PrincipalError> {
        let Self::RoleSession { arn, account, role_name, .. } = self else {
            return Err(PrincipalError::Issuer { text: role.to_owned(), principal: self.to_string() });
        };
        match Self::parse(role) {
            Ok(Self::Role { arn: role_arn, account: of })
                if of == account && role_arn.rsplit('/').next() == Some(&role_name) =>
            {
                Ok(Self::RoleSession { arn, account, role_name, role_arn: Some(role_arn) })
            }
            Ok(_) | Err(_) => Err(PrincipalError::Issuer { text: role.to_owned(), principal: arn }),
        }
    }

    /// Says which user asked for a federated-user session.
    ///
    /// # Errors
    /// [`PrincipalError::Issuer`] when the session cannot be one of that user.
    pub fn with_user(self, user: &str) -> Result<Self, PrincipalError> {
        let Self::FederatedUser { arn, account, .. } = self else {
            return Err(PrincipalError::Issuer { text: user.to_owned(), principal: self.to_string() });
        };
        match Self::parse(user) {
            Ok(Self::User { arn: user_arn, account: of }) if of == account => {
                Ok(Self::FederatedUser { arn, account, user_arn: Some(user_arn) })
            }
            Ok(_) | Err(_) => Err(PrincipalError::Issuer { text: user.to_owned(), principal: arn }),
        }
    }

    /// The account whose policies limit it; none for anonymous, service and federated principals.
    pub fn account(&self) -> Option<&AccountId> {
        match self {
            Self::User { account, .. }
            | Self::Role { account, .. }
            | Self::RoleSession { account, .. }
            | Self::FederatedUser { account, .. }
            | Self::Root { account, .. } => Some(account),
            Self::Anonymous | Self::Service { .. } | Self::Federated { .. } => None,
        }
    }

    /// The role's ARN as `aws:PrincipalArn` carries it, for a role and its sessions.
    pub fn role_arn(&self) -> Option<String> {
        match self {
            Self::Role { arn, .. } => Some(arn.clone()),
            Self::RoleSession { role_arn: Some(role), .. } => Some(role.clone()),
            Self::RoleSession { arn, account, role_name, role_arn: None } => {
                let partition = arn.split(':').nth(1).unwrap_or("aws");
                Some(format!("arn:{partition}:iam::{account}:role/{role_name}"))
            }
            Self::User { .. }
            | Self::FederatedUser { .. }
            | Self::Root { .. }
            | Self::Anonymous
            | Self::Service { .. }
            | Self::Federated { .. } => None,
        }
    }

    /// Whether it is a service-linked role, as far as its ARN says.
    pub(crate) fn service_linked(&self) -> ServiceLinked {
        let by_path = |arn: &str| match Arn::parse(arn) {
            Ok(arn) if arn.resource.starts_with("role/aws-service-role/") => ServiceLinked::Yes,
            Ok(_) | Err(_) => ServiceLinked::No,
        };
        match self {
            Self::Role { arn, .. } | Self::RoleSession { role_arn: Some(arn), .. } => by_path(arn),
            Self::RoleSession { role_name, role_arn: None, .. }
                if role_name.starts_with("AWSServiceRoleFor") =>
            {
                ServiceLinked::ByName
            }
            Self::RoleSession { .. }
            | Self::User { .. }
            | Self::FederatedUser { .. }
            | Self::Root { .. }
            | Self::Anonymous
            | Self::Service { .. }
            | Self::Federated { .. } => ServiceLinked::No,
        }
    }

    /// Adds the keys that the principal fixes and the caller did not give.
    ///
    /// Source: IAM User Guide, "AWS global condition context keys", properties of the principal
    /// (aws-facts §4.4).
    pub(crate) fn derive_keys(&self, context: &mut Context) {
        if let Some(account) = self.account() {
            context.derive("aws:PrincipalAccount", account.as_str());
        }
        match self {
            Self::User { arn, .. } => {
                context.derive("aws:PrincipalArn", arn);
                context.derive("aws:PrincipalType", "User");
                context.derive("aws:username", arn.rsplit('/').next().unwrap_or_default());
            }
            Self::Role { .. } | Self::RoleSession { .. } => {
                context.derive("aws:PrincipalArn", &self.role_arn().unwrap_or_default());
                context.derive("aws:PrincipalType", "AssumedRole");
            }
            Self::FederatedUser { arn, account, .. } => {
                let name = arn.split_once('/').map_or("", |(_, name)| name);
                context.derive("aws:PrincipalArn", arn);
                context.derive("aws:PrincipalType", "FederatedUser");
                context.derive("aws:userid", &format!("{account}:{name}"));
            }
            Self::Root { arn, account } => {
                context.derive("aws:PrincipalArn", arn);
                context.derive("aws:PrincipalType", "Account");
                context.derive("aws:userid", account.as_str());
            }
            Self::Anonymous => context.derive("aws:PrincipalType", "Anonymous"),
            Self::Service { name } => {
                context.derive("aws:PrincipalIsAWSService", "true");
                context.derive("aws:PrincipalServiceName", name);
            }
            Self::Federated { .. } => {}
        }
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User { arn, .. }
            | Self::Role { arn, .. }
            | Self::RoleSession { arn, .. }
            | Self::FederatedUser { arn, .. }
            | Self::Root { arn, .. } => f.write_str(arn),
            Self::Anonymous => f.write_str("anonymous"),
            Self::Service { name } => f.write_str(name),
            Self::Federated { provider } => f.write_str(provider),
        }
    }
}

/// One value of a principal element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PrincipalValue {
    /// `*`, alone or under `AWS`.
    Everyone,
    /// An account id or the ARN of its root.
    Account(String),
    /// The ARN of a user, role or session.
    Arn(String),
    /// The unique id of a user (`AIDA…`) or role (`AROA…`), as deleted identities leave it behind.
    UniqueId(String),
    Service(String),
    Federated(String),
    CanonicalUser(String),
}

impl PrincipalValue {
    /// The value that stands under `AWS`.
    pub fn aws(text: &str) -> Self {
        if text == "*" {
            return Self::Everyone;
        }
        if AccountId::new(text).is_ok() {
            return Self::Account(text.to_owned());
        }
        match Arn::parse(text) {
            Ok(arn) if arn.resource == "root" => Self::Account(arn.account.to_owned()),
            Err(_) if text.bytes().all(|byte| byte.is_ascii_alphanumeric()) => {
                Self::UniqueId(text.to_owned())
            }
            Ok(_) | Err(_) => Self::Arn(text.to_owned()),
        }
    }
}

/// Whether a principal element names the caller, by what a match is worth within one account.
///
/// Source: IAM User Guide, "Policy evaluation for requests within a single account" (aws-facts §4.1 step 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PrincipalMatch {
    /// Two bits for each way to be named, in the order account, limited, direct: 0 false, 1 open, 3 true. So
    /// conjunction and disjunction are those of bits.
    bits: u8,
}

impl PrincipalMatch {
    pub(crate) const NONE: Self = Self { bits: 0 };

    /// By its account only.
    pub(crate) fn of_account(truth: Truth) -> Self {
        Self { bits: bits(truth) }
    }

    fn of_limited(truth: Truth) -> Self {
        Self { bits: bits(truth) << 2 }
    }

    /// As everyone, or wherever the difference does not matter.
    pub(crate) fn of_direct(truth: Truth) -> Self {
        Self { bits: bits(truth) << 4 }
    }

    /// By its account: identity policies must still allow.
    pub fn account(self) -> Truth {
        truth(self.bits)
    }

    /// By its role, or by the user behind a federated session: boundary and session policies still limit.
    pub fn limited(self) -> Truth {
        truth(self.bits >> 2)
    }

    /// By its session, by the user itself, or as everyone: nothing else need allow.
    pub fn direct(self) -> Truth {
        truth(self.bits >> 4)
    }

    /// Whether it is named at all.
    pub fn any(self) -> Truth {
        truth(self.bits | self.bits >> 2 | self.bits >> 4)
    }

    /// What either of two matches is worth.
    pub(crate) fn or(self, other: Self) -> Self {
        Self { bits: self.bits | other.bits }
    }

    /// The match conjoined with what else the statement asks.
    pub(crate) fn and(self, rest: Truth) -> Self {
        Self { bits: self.bits & (bits(rest) * 0b01_01_01) }
    }
}

fn bits(truth: Truth) -> u8 {
    match truth {
        Truth::False => 0,
        Truth::Open => 1,
        Truth::True => 3,
    }
}

/// The value of the two lowest bits.
fn truth(bits: u8) -> Truth {
    match bits & 3 {
        0 => Truth::False,
        1 => Truth::Open,
        _ => Truth::True,
    }
}

/// `Principal` or `NotPrincipal` with its values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrincipalElement {
    values: Vec<PrincipalValue>,
    negated: bool,
}

impl PrincipalElement {
    /// `Principal`, or with `negated` `NotPrincipal`.
    pub fn new(values: Vec<PrincipalValue>, negated: bool) -> Self {
        Self { values, negated }
    }

    /// Its values.
    pub fn values(&self) -> &[PrincipalValue] {
        &self.values
    }

    /// Whether this is `NotPrincipal`.
    pub fn is_negated(&self) -> bool {
        self.negated
    }

    /// Whether a statement with this element concerns the request's principal.
    pub fn matches(&self, request: &Request, ledger: &mut Ledger) -> PrincipalMatch {
        if self.negated {
            return PrincipalMatch::of_direct(self.excludes(request, ledger));
        }
        let none = PrincipalMatch::NONE;
        self.values.iter().fold(none, |found, value| found.or(names(value, request, ledger)))
    }

    /// `NotPrincipal`: everyone but those who are listed, under each reading of who is listed.
    fn excludes(&self, request: &Request, ledger: &mut Ledger) -> Truth {
        let listed = |value: &PrincipalValue| self.values.contains(value);
        let (specific, all) = match request.principal() {
            Principal::Anonymous => (false, false),
            Principal::Service { name } => {
                let exempt = listed(&PrincipalValue::Service(name.clone()));
                (exempt, exempt)
            }
            Principal::Federated { provider } => {
                let exempt = listed(&PrincipalValue::Federated(provider.clone()));
                (exempt, exempt)
            }
            Principal::Root { account, .. } => {
                let exempt = listed(&PrincipalValue::Account(account.as_str().to_owned()));
                (exempt, exempt)
            }
            Principal::User { arn, account } | Principal::Role { arn, account } => {
                let specific = listed(&PrincipalValue::Arn(arn.clone()));
                (specific, specific && listed(&PrincipalValue::Account(account.as_str().to_owned())))
            }
            Principal::FederatedUser { arn, account, user_arn } => {
                let session = listed(&PrincipalValue::Arn(arn.clone()));
                let user = user_arn.as_ref().is_some_and(|user| listed(&PrincipalValue::Arn(user.clone())));
                let account = listed(&PrincipalValue::Account(account.as_str().to_owned()));
                (session || user, session && account)
            }
            Principal::RoleSession { arn, account, .. } => {
                let session = listed(&PrincipalValue::Arn(arn.clone()));
                let role =
                    request.principal().role_arn().is_some_and(|role| listed(&PrincipalValue::Arn(role)));
                let account = listed(&PrincipalValue::Account(account.as_str().to_owned()));
                (session || role, session && role && account)
            }
        };
        let everyone = listed(&PrincipalValue::Everyone);
        let (specific, all) = (specific || everyone, all || everyone);
        let names_canonical_user =
            self.values.iter().any(|value| matches!(value, PrincipalValue::CanonicalUser(_)));
        let excluded = ledger.choose(Assumption::NotPrincipal, &[(!specific).into(), (!all).into()]);
        if excluded.is_true() && names_canonical_user && request.principal().account().is_some() {
            return ledger.unsupported(Unsupported::CanonicalUser);
        }
        excluded
    }
}

/// Whether one value names the caller.
fn names(value: &PrincipalValue, request: &Request, ledger: &mut Ledger) -> PrincipalMatch {
    let direct = |holds: bool| PrincipalMatch::of_direct(holds.into());
    let limited = |holds: bool| PrincipalMatch::of_limited(holds.into());
    let principal = request.principal();
    match (value, principal) {
        (PrincipalValue::Everyone, _) => direct(true),
        (PrincipalValue::Account(named), _) => {
            PrincipalMatch::of_account(principal.account().is_some_and(|own| own.as_str() == named).into())
        }
        (PrincipalValue::Service(named), Principal::Service { name }) => direct(named == name),
        (PrincipalValue::Federated(named), Principal::Federated { provider }) => direct(named == provider),
        (PrincipalValue::Arn(named), Principal::User { arn, .. }) => direct(named == arn),
        (PrincipalValue::Arn(named), Principal::Role { arn, .. }) if is_session_of(named, arn) => {
            PrincipalMatch::of_direct(
                ledger.unsupported(Unsupported::SessionNotNamed { session: named.clone() }),
            )
        }
        (PrincipalValue::Arn(named), Principal::Role { arn, .. }) => limited(named == arn),
        (PrincipalValue::Arn(named), Principal::RoleSession { arn, .. }) => {
            direct(named == arn).or(limited(principal.role_arn().as_ref() == Some(named)))
        }
        (PrincipalValue::Arn(named), Principal::FederatedUser { arn, user_arn, .. }) => {
            direct(named == arn).or(limited(user_arn.as_ref() == Some(named)))
        }
        (PrincipalValue::UniqueId(id), Principal::User { .. }) => {
            PrincipalMatch::of_direct(has_unique_id(id, request, ledger))
        }
        (PrincipalValue::UniqueId(id), Principal::Role { .. } | Principal::RoleSession { .. }) => {
            PrincipalMatch::of_limited(has_unique_id(id, request, ledger))
        }
        (PrincipalValue::CanonicalUser(_), _) if principal.account().is_some() => {
            PrincipalMatch::of_direct(ledger.unsupported(Unsupported::CanonicalUser))
        }
        (
            PrincipalValue::Arn(_)
            | PrincipalValue::UniqueId(_)
            | PrincipalValue::Service(_)
            | PrincipalValue::Federated(_)
            | PrincipalValue::CanonicalUser(_),
            _,
        ) => PrincipalMatch::NONE,
    }
}

/// `AROA…` stands for the role, `AIDA…` for the user; `aws:userid` begins with it.
fn has_unique_id(id: &str, request: &Request, ledger: &mut Ledger) -> Truth {
    let key = Key::new("aws:userid");
    match request.values(&key) {
        Values::Present(values) => values.iter().any(|value| value.split(':').next() == Some(id)).into(),
        Values::Absent => Truth::False,
        Values::Unknown => ledger.needs(&key),
    }
}

/// Whether `session` is the ARN of some session of the role.
fn is_session_of(session: &str, role: &str) -> bool {
    match Principal::parse(session) {
        Ok(Principal::RoleSession { account, role_name, .. }) => {
            role.split(':').nth(4) == Some(account.as_str()) && role.rsplit('/').next() == Some(&role_name)
        }
        Ok(_) | Err(_) => false,
    }
}

#[cfg(test)]
mod tests;
