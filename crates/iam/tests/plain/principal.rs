//! Who asks, and whether a statement's Principal or NotPrincipal means them.
//!
//! It does not read identity-like documents: those have no Principal, and one written there is ignored.
//! Follows IAM User Guide, "AWS JSON policy elements: Principal", "AWS JSON policy elements: NotPrincipal" and
//! "IAM identifiers" (unique ids).

use std::collections::BTreeSet;

use serde_json::Value;

use super::context::{Context, scalars};
use super::readings::Choices;
use super::truth::Truth;
use super::{Effect, Layer};

/// Who makes the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principal {
    User {
        arn: String,
        account: String,
    },
    /// Some session of the role, with a name that no policy writes.
    Role {
        arn: String,
        account: String,
    },
    RoleSession {
        arn: String,
        account: String,
        role_arn: String,
        role_arn_given: bool,
    },
    FederatedUser {
        arn: String,
        account: String,
        name: String,
        user_arn: Option<String>,
    },
    Root {
        arn: String,
        account: String,
    },
    Anonymous,
    Service {
        name: String,
    },
    /// A SAML or OIDC provider, in sts:AssumeRoleWithSAML and sts:AssumeRoleWithWebIdentity.
    Federated {
        provider: String,
    },
}

/// What in a Principal element matched: the rows of the table in IAM User Guide, "How AWS enforcement code logic
/// evaluates requests to allow or deny access", section "Resource-based policies".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Row {
    /// The account id or the root ARN of the principal's account: the policy delegates to the account.
    Account,
    /// The ARN or the unique id of the role.
    Role,
    /// The ARN of the role session.
    RoleSession,
    /// The ARN or the unique id of the IAM user who calls with their own keys.
    User,
    /// The ARN of the IAM user whose federated-user session calls.
    UserOfFederatedUser,
    /// The ARN of the federated-user session.
    FederatedUser,
    /// The service itself, or the identity provider itself.
    ServiceOrProvider,
    /// `*`.
    Everyone,
}

impl Principal {
    /// # Errors
    /// Anything that is none of the kinds above.
    pub fn read(request: &Value) -> Result<Principal, String> {
        let principal = &request["principal"];
        if let Some(arn) = principal.as_str() {
            return Principal::read_arn(arn, request).ok_or_else(|| format!("`{arn}` is no principal"));
        }
        let text = |name: &str| principal[name].as_str().map(str::to_string);
        match (principal["type"].as_str(), text("name"), text("provider")) {
            (Some("anonymous"), _, _) => Ok(Principal::Anonymous),
            (Some("service"), Some(name), _) => Ok(Principal::Service { name }),
            (Some("federated"), _, Some(provider)) => Ok(Principal::Federated { provider }),
            (_, _, _) => Err(format!("`{principal}` is no principal")),
        }
    }

    /// "IAM identifiers", section "IAM ARNs".
    fn read_arn(arn: &str, request: &Value) -> Option<Principal> {
        let given = |name: &str| request[name].as_str().map(str::to_string);
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        let ["arn", partition, service, "", account, what] = parts.as_slice() else {
            return None;
        };
        let (arn, account) = (arn.to_string(), account.to_string());
        let (kind, name) = what.split_once('/').unwrap_or((what, ""));
        match (*service, kind) {
            ("iam", "root") => Some(Principal::Root { arn, account }),
            ("iam", "user") => Some(Principal::User { arn, account }),
            ("iam", "role") => Some(Principal::Role { arn, account }),
            ("sts", "assumed-role") => {
                let (role_name, _session_name) = name.split_once('/')?;
                let without_path = format!("arn:{partition}:iam::{account}:role/{role_name}");
                let role_arn_given = given("role_arn").is_some();
                let role_arn = given("role_arn").unwrap_or(without_path);
                Some(Principal::RoleSession { arn, account, role_arn, role_arn_given })
            }
            ("sts", "federated-user") => Some(Principal::FederatedUser {
                arn,
                account,
                name: name.to_string(),
                user_arn: given("user_arn"),
            }),
            (_, _) => None,
        }
    }

    /// The account the principal belongs to. Anonymous callers, services and identity providers have none.
    pub fn account(&self) -> Option<String> {
        match self {
            Principal::User { account, .. }
            | Principal::Role { account, .. }
            | Principal::RoleSession { account, .. }
            | Principal::FederatedUser { account, .. }
            | Principal::Root { account, .. } => Some(account.clone()),
            Principal::Anonymous | Principal::Service { .. } | Principal::Federated { .. } => None,
        }
    }

    /// "AWS global condition context keys", aws:PrincipalArn: for a role session the ARN of the role, never of the
    /// session.
    pub fn arn_as_context_key(&self) -> Option<String> {
        match self {
            Principal::User { arn, .. }
            | Principal::Role { arn, .. }
            | Principal::FederatedUser { arn, .. }
            | Principal::Root { arn, .. } => Some(arn.clone()),
            Principal::RoleSession { role_arn, .. } => Some(role_arn.clone()),
            Principal::Anonymous | Principal::Service { .. } | Principal::Federated { .. } => None,
        }
    }

    /// "AWS global condition context keys", aws:PrincipalType.
    pub fn type_as_context_key(&self) -> Option<&'static str> {
        match self {
            Principal::User { .. } => Some("User"),
            Principal::Role { .. } | Principal::RoleSession { .. } => Some("AssumedRole"),
            Principal::FederatedUser { .. } => Some("FederatedUser"),
            Principal::Root { .. } => Some("Account"),
            Principal::Anonymous => Some("Anonymous"),
            Principal::Service { .. } | Principal::Federated { .. } => None,
        }
    }

    /// "AWS global condition context keys", aws:username: IAM users only, and without their path.
    pub fn user_name(&self) -> Option<String> {
        let Principal::User { arn, .. } = self else {
            return None;
        };
        arn.rsplit('/').next().map(str::to_string)
    }

    /// "IAM policy elements: Variables and tags", principal key values: aws:userid where the request alone tells it.
    pub fn user_id(&self) -> Option<String> {
        match self {
            Principal::Root { account, .. } => Some(account.clone()),
            Principal::FederatedUser { account, name, .. } => Some(format!("{account}:{name}")),
            Principal::User { .. }
            | Principal::Role { .. }
            | Principal::RoleSession { .. }
            | Principal::Anonymous
            | Principal::Service { .. }
            | Principal::Federated { .. } => None,
        }
    }

    /// "AWS global condition context keys", aws:PrincipalServiceName.
    pub fn service_name(&self) -> Option<String> {
        match self {
            Principal::Service { name } => Some(name.clone()),
            Principal::User { .. }
            | Principal::Role { .. }
            | Principal::RoleSession { .. }
            | Principal::FederatedUser { .. }
            | Principal::Root { .. }
            | Principal::Anonymous
            | Principal::Federated { .. } => None,
        }
    }

    /// Anonymous requests are not signed, and neither are AssumeRoleWithSAML and AssumeRoleWithWebIdentity
    /// (AWS STS API Reference). Services are asked about separately.
    pub fn signs_requests(&self) -> bool {
        self.account().is_some()
    }

    /// IAM User Guide, "Service-linked roles": the path of such a role is `/aws-service-role/`, its name begins
    /// `AWSServiceRoleFor`.
    pub fn is_service_linked_role(&self, choices: &Choices) -> bool {
        let path_says_so = |role_arn: &str| role_arn.contains(":role/aws-service-role/");
        match self {
            Principal::Role { arn, .. } => path_says_so(arn),
            Principal::RoleSession { role_arn, role_arn_given: true, .. } => path_says_so(role_arn),
            Principal::RoleSession { role_arn, role_arn_given: false, .. } => {
                let name_says_so = role_arn.contains(":role/AWSServiceRoleFor");
                choices.choose("service-linked-role-name", name_says_so, false)
            }
            Principal::User { .. }
            | Principal::FederatedUser { .. }
            | Principal::Root { .. }
            | Principal::Anonymous
            | Principal::Service { .. }
            | Principal::Federated { .. } => false,
        }
    }
}

/// Whether a statement means the principal, and through which rows.
pub struct Meant {
    pub truth: Truth,
    pub rows: BTreeSet<Row>,
}

/// Reads the Principal or NotPrincipal of one statement.
///
/// "AWS JSON policy elements: Principal": it is required in resource-based policies, cannot be used in identity-based
/// ones. AWS Organizations User Guide, "RCP syntax": Principal is always `*`.
pub fn meant(
    statement: &Value,
    layer: Layer,
    effect: Effect,
    has_boundary: bool,
    who: &Principal,
    context: &Context,
    choices: &Choices,
) -> Meant {
    let everyone = BTreeSet::from([Row::Everyone]);
    match layer {
        Layer::Identity | Layer::Boundary | Layer::Session | Layer::Scp => {
            return Meant { truth: Truth::True, rows: everyone };
        }
        Layer::Resource | Layer::Trust | Layer::Rcp | Layer::VpcEndpoint => {}
    }
    match (statement.get("Principal"), statement.get("NotPrincipal")) {
        (Some(_), Some(_)) => unsupported("a statement with both Principal and NotPrincipal"),
        (None, None) => match layer {
            Layer::Rcp => Meant { truth: Truth::True, rows: everyone },
            Layer::Identity
            | Layer::Boundary
            | Layer::Session
            | Layer::Scp
            | Layer::Resource
            | Layer::Trust
            | Layer::VpcEndpoint => Meant { truth: Truth::False, rows: BTreeSet::new() },
        },
        (Some(principal), None) => match listed(principal, who, context) {
            Err(reason) => unsupported(&reason),
            Ok(listed) if listed.rows.is_empty() && listed.canonical_user => unsupported("a CanonicalUser"),
            Ok(listed) => Meant { truth: Truth::of(!listed.rows.is_empty()), rows: listed.rows },
        },
        (None, Some(others)) => match listed(others, who, context) {
            Err(reason) => unsupported(&reason),
            Ok(listed) => {
                let truth = not_exempt(&listed, effect, has_boundary, who, choices);
                let row = choices.choose("not-principal-allow", Row::Everyone, Row::Account);
                Meant { truth, rows: BTreeSet::from([row]) }
            }
        },
    }
}

fn unsupported(what: &str) -> Meant {
    Meant { truth: Truth::Unsupported(what.to_string()), rows: BTreeSet::from([Row::Everyone]) }
}

/// "AWS JSON policy elements: NotPrincipal": everyone except the listed ones is meant. The page asks to list the
/// account of a principal beside it, and for a role session the role too, which the second reading takes literally.
/// The same page: a Deny with NotPrincipal always denies principals that have a permissions boundary, whatever it
/// lists.
fn not_exempt(
    listed: &Listed,
    effect: Effect,
    has_boundary: bool,
    who: &Principal,
    choices: &Choices,
) -> Truth {
    if effect == Effect::Deny && has_boundary {
        return Truth::True;
    }
    let is_listed = |row: &Row| listed.rows.contains(row);
    // The identities that are the principal's own, and all that it has.
    let (own, all): (&[Row], &[Row]) = match who {
        Principal::User { .. } => (&[Row::User], &[Row::User, Row::Account]),
        Principal::Role { .. } => (&[Row::Role], &[Row::Role, Row::Account]),
        Principal::RoleSession { .. } => {
            (&[Row::RoleSession, Row::Role], &[Row::RoleSession, Row::Role, Row::Account])
        }
        Principal::FederatedUser { .. } => {
            (&[Row::FederatedUser, Row::UserOfFederatedUser], &[Row::FederatedUser, Row::Account])
        }
        Principal::Root { .. } => (&[Row::Account], &[Row::Account]),
        Principal::Service { .. } | Principal::Federated { .. } => {
            (&[Row::ServiceOrProvider], &[Row::ServiceOrProvider])
        }
        Principal::Anonymous => (&[Row::Everyone], &[Row::Everyone]),
    };
    let specific = is_listed(&Row::Everyone) || own.iter().any(is_listed);
    let every = is_listed(&Row::Everyone) || all.iter().all(is_listed);
    if choices.choose("not-principal", specific, every) {
        return Truth::False;
    }
    if listed.canonical_user {
        return Truth::Unsupported("a CanonicalUser".to_string());
    }
    Truth::True
}

/// The rows through which the listed values name the principal.
struct Listed {
    rows: BTreeSet<Row>,
    canonical_user: bool,
}

/// "AWS JSON policy elements: Principal": `"*"` and `{"AWS": "*"}` are everyone; several values are alternatives; a
/// wildcard cannot match part of a name or ARN.
fn listed(element: &Value, who: &Principal, context: &Context) -> Result<Listed, String> {
    if element == "*" {
        return Ok(Listed { rows: BTreeSet::from([Row::Everyone]), canonical_user: false });
    }
    let Some(kinds) = element.as_object() else {
        return Err(format!("the Principal {element}"));
    };
    let mut found = Listed { rows: BTreeSet::new(), canonical_user: false };
    for (kind, values) in kinds {
        let values = scalars(values).ok_or_else(|| format!("the Principal {element}"))?;
        for value in values {
            match kind.as_str() {
                "AWS" => found.rows.extend(named_by_aws_value(&value, who, context)),
                "Service" if who.service_name() == Some(value.clone()) => {
                    found.rows.insert(Row::ServiceOrProvider);
                }
                "Federated" if *who == (Principal::Federated { provider: value.clone() }) => {
                    found.rows.insert(Row::ServiceOrProvider);
                }
                "Service" | "Federated" => {}
                "CanonicalUser" => found.canonical_user |= who.account().is_some(),
                other => return Err(format!("the Principal type `{other}`")),
            }
        }
    }
    Ok(found)
}

/// "AWS JSON policy elements: Principal", sections "AWS account principals", "IAM role principals", "Role session
/// principals", "IAM user principals", "AWS STS federated user session principals", "All principals".
fn named_by_aws_value(value: &str, who: &Principal, context: &Context) -> Option<Row> {
    if value == "*" {
        return Some(Row::Everyone);
    }
    if let Some(account) = account_named(value) {
        return (who.account()? == account).then_some(Row::Account);
    }
    // "IAM identifiers", section "Unique identifiers": AROA… is a role, AIDA… a user; aws:userid begins with it.
    if value.starts_with("AROA") || value.starts_with("AIDA") {
        let row = if value.starts_with("AROA") { Row::Role } else { Row::User };
        return context.values("aws:userid").iter().any(|id| id.starts_with(value)).then_some(row);
    }
    match who {
        Principal::User { arn, .. } => (arn == value).then_some(Row::User),
        Principal::Role { arn, .. } => (arn == value).then_some(Row::Role),
        Principal::RoleSession { arn, .. } if arn == value => Some(Row::RoleSession),
        Principal::RoleSession { role_arn, .. } => (role_arn == value).then_some(Row::Role),
        Principal::FederatedUser { arn, .. } if arn == value => Some(Row::FederatedUser),
        Principal::FederatedUser { user_arn, .. } => {
            (user_arn.as_deref() == Some(value)).then_some(Row::UserOfFederatedUser)
        }
        Principal::Root { .. }
        | Principal::Anonymous
        | Principal::Service { .. }
        | Principal::Federated { .. } => None,
    }
}

/// "AWS account principals": the account id and the root ARN mean the same, the whole account.
fn account_named(value: &str) -> Option<String> {
    if is_account_id(value) {
        return Some(value.to_string());
    }
    let parts: Vec<&str> = value.splitn(6, ':').collect();
    match parts.as_slice() {
        ["arn", _partition, "iam", "", account, "root"] => Some(account.to_string()),
        _ => None,
    }
}

/// An account id is twelve digits.
pub fn is_account_id(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}
