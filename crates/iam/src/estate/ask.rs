//! One authorisation asked of an estate: the keys of the request that follow from what is known, and its layers.
//!
//! A request that leaves keys open is answered with what the estate knows of them, and keys that it knows to be absent
//! are settled when they turn out to decide. Session and VPC endpoint policies belong to a call and are not here.
//!
//! Follows IAM User Guide, "AWS global condition context keys" (aws-facts §4.4), and for session tags "Pass session tags
//! in AWS STS".

use std::sync::{Arc, LazyLock};

use super::known::Known;
use super::layers::{KnownLayers, ResourcePolicy, ResourceSide};
use super::policies::Document;
use super::public_access;
use super::resource::{PublicAccessBlock, ResourceKind};
use super::{Estate, Role, Tag};
use crate::action::Action;
use crate::answer::{Answer, Outcome};
use crate::arn::{AccountId, Arn};
use crate::authorize::authorize;
use crate::context::{Context, Key};
use crate::glob::Glob;
use crate::layers::{Layer, Layers};
use crate::policy::{Effect, Statement};
use crate::principal::Principal;
use crate::request::{Completeness, Request, RequestParts};

/// What is asked for, as every principal meets it.
#[derive(Clone, Debug)]
pub struct Target {
    arn: String,
    account: Option<AccountId>,
    /// None for a role that its account does not have.
    side: Option<ResourceSide>,
    /// Of a bucket that S3 restricts because its policy is public: what the policy says to those outside its account,
    /// AWS services excepted. Known to be none for everything else.
    to_outsiders: Known<Option<Document>>,
    context: Context,
}

impl Target {
    /// The ARN, or `*`.
    pub fn arn(&self) -> &str {
        &self.arn
    }

    /// The account it belongs to, where that is known.
    pub fn account(&self) -> Option<&AccountId> {
        self.account.as_ref()
    }

    /// Another resource of the account that carries the same policy, such as another object of a bucket.
    #[must_use]
    pub fn at(&self, arn: &str) -> Self {
        Self { arn: arn.to_owned(), ..self.clone() }
    }

    /// Its policies; none for a role that its account, whose list is known, does not have.
    pub fn side(&self) -> Option<&ResourceSide> {
        self.side.as_ref()
    }

    /// Whether S3 ignores what the policy of the resource allows to whoever makes a request.
    pub fn ignores_allows(&self, request: &Request) -> bool {
        matches!(self.to_outsiders, Known::Known(Some(_))) && is_outsider(request)
    }

    /// Its side as one request meets it: a trust policy has a say in what STS does only.
    fn facing(&self, request: &Request) -> ResourceSide {
        let Some(side) = &self.side else { return ResourceSide::nothing() };
        let policy = match (&side.policy, &self.to_outsiders) {
            (ResourcePolicy::Trust(_), _) if request.action().service() != "sts" => {
                ResourcePolicy::Resource(Known::Known(None))
            }
            (ResourcePolicy::Resource(_), Known::Known(Some(rest))) if is_outsider(request) => {
                ResourcePolicy::Resource(Known::Known(Some(rest.clone())))
            }
            (ResourcePolicy::Resource(_) | ResourcePolicy::Trust(_), _) => side.policy.clone(),
        };
        ResourceSide { policy, rcp: side.rcp.clone() }
    }
}

/// Whether S3 keeps what a restricted bucket policy allows from whoever asks.
fn is_outsider(request: &Request) -> bool {
    match request.principal() {
        Principal::Service { .. } => false,
        Principal::Anonymous | Principal::Federated { .. } => true,
        Principal::User { .. }
        | Principal::Role { .. }
        | Principal::RoleSession { .. }
        | Principal::FederatedUser { .. }
        | Principal::Root { .. } => !request.is_same_account(),
    }
}

impl Estate {
    /// What an ARN stands for; the account that is given wins over what the ARN or the estate says.
    pub fn target(&self, arn: &str, account: Option<&AccountId>) -> Target {
        let account = account.cloned().or_else(|| self.owner(arn));
        let mut context = Context::new();
        if let Some(id) = account.as_ref().filter(|_| arn != "*") {
            context.derive("aws:ResourceAccount", id.as_str());
            if Arn::parse(arn).is_ok_and(|arn| arn.service == "s3") {
                context.derive("s3:ResourceAccount", id.as_str());
            }
            match self.account(id).map(|account| self.organization_of(account)) {
                Some(Known::Known(Some((organization, node)))) => {
                    context.derive("aws:ResourceOrgID", &organization.id);
                    if let Known::Known(path) = &node.path {
                        context.derive("aws:ResourceOrgPaths", path);
                    }
                }
                Some(Known::Known(None)) => {
                    context.replace("aws:ResourceOrgID", Vec::new());
                    context.replace("aws:ResourceOrgPaths", Vec::new());
                }
                Some(Known::Unknown(_)) | None => {}
            }
        }
        let side = self.resource_side(arn);
        let to_outsiders = match side.as_ref().map(|side| &side.policy) {
            Some(ResourcePolicy::Resource(Known::Known(Some(document)))) => self.to_outsiders(arn, document),
            Some(ResourcePolicy::Resource(_) | ResourcePolicy::Trust(_)) | None => Known::Known(None),
        };
        Target { arn: arn.to_owned(), account, side, to_outsiders, context }
    }

    /// What a bucket policy says to those outside the account, where S3 restricts the bucket.
    ///
    /// Source: Amazon S3 User Guide, "Blocking public access to your Amazon S3 storage": the most restrictive
    /// combination of the settings of bucket and account is in force, and RestrictPublicBuckets lets in only AWS service
    /// principals and the owner's account while the policy is public.
    fn to_outsiders(&self, arn: &str, document: &Document) -> Known<Option<Document>> {
        let Some((account, bucket)) = self.resource(arn) else { return Known::Known(None) };
        if bucket.kind != ResourceKind::Bucket || !public_access::is_public(&document.policy) {
            return Known::Known(None);
        }
        let blocks = [&bucket.public_access_block, &account.public_access_block];
        let restricts = |block: &Known<Option<PublicAccessBlock>>| match block {
            Known::Known(block) => block.is_some_and(|block| block.restrict_public_buckets),
            Known::Unknown(_) => false,
        };
        if blocks.into_iter().any(restricts) {
            let policy = Arc::new(public_access::without_allows(&document.policy));
            return Known::Known(Some(Document { policy, origin: document.origin.clone() }));
        }
        match blocks.into_iter().find_map(Known::missing) {
            Some(why) => Known::Unknown(why.clone()),
            None => Known::Known(None),
        }
    }

    /// A request with the keys that follow from who asks and what for; given ones win.
    pub fn request(
        &self,
        principal: &Principal,
        action: &Action,
        target: &Target,
        given: &Context,
        completeness: Completeness,
    ) -> Request {
        let mut context = given.clone();
        context.fill(&self.principal_context(principal).0);
        context.fill(&target.context);
        // Keys that every request carries, as one carries them that a client signs and sends itself.
        context.derive("aws:SecureTransport", "true");
        context.derive("aws:ViaAWSService", "false");
        if let Some(region) = Arn::parse(target.arn()).ok().map(|arn| arn.region).filter(|own| is_one(own)) {
            context.derive("aws:RequestedRegion", region);
        }
        if let (Some(account), "kms") = (principal.account(), action.service()) {
            // KMS Developer Guide, "AWS KMS condition keys": the account of the caller.
            context.derive("kms:CallerAccount", account.as_str());
        }
        for tag in self.tags(target.arn()).unwrap_or_default() {
            tag_keys(action, target.arn(), &tag.key).for_each(|name| context.derive(&name, &tag.value));
        }
        Request::new(RequestParts {
            principal: principal.clone(),
            action: action.clone(),
            resource: target.arn.clone(),
            resource_account: target.account,
            context,
            completeness,
        })
    }

    /// The layers of a request; `None` for a principal that its account, whose list is known, does not have.
    pub fn layers(&self, request: &Request, target: &Target) -> Option<KnownLayers> {
        let layers = KnownLayers::new(self.principal_side(request.principal())?, target.facing(request));
        Some(match &target.to_outsiders {
            Known::Unknown(why) if is_outsider(request) => layers.lacking(Layer::Resource, why.clone()),
            Known::Unknown(_) | Known::Known(_) => layers,
        })
    }

    /// What AWS answers under these layers, after keys that decide were settled as far as the estate knows them.
    pub fn answer(&self, request: Request, layers: &Layers) -> (Request, Answer) {
        let mut request = request;
        let mut settled: Vec<Key> = Vec::new();
        loop {
            let answer = authorize(&request, layers);
            let Outcome::NeedsContext(keys) = &answer.outcome else { return (request, answer) };
            let mut changed = false;
            for key in keys {
                if settled.contains(key) {
                    continue;
                }
                if let Some(values) = self.value(key, &request, layers) {
                    request = request.with_key(key.as_str(), values);
                    changed = true;
                }
                settled.push(key.clone());
            }
            if !changed {
                return (request, answer);
            }
        }
    }

    /// What the estate knows of a key beyond what every request says; no values where it is absent.
    fn value(&self, key: &Key, request: &Request, layers: &Layers) -> Option<Vec<String>> {
        let (name, tag) = key.as_str().split_once('/').unwrap_or((key.as_str(), ""));
        if name.ends_with(":resourcetag") {
            let arn = request.resource().as_str();
            let is_it = |each: String| each.eq_ignore_ascii_case(key.as_str());
            let is_carried = tag_keys(request.action(), arn, tag).any(is_it);
            // Tags that are there are in the request already.
            return (is_carried && self.tags(arn).is_some()).then(Vec::new);
        }
        self.value_for_caller(key, request, layers)
    }

    /// What the estate knows of a key that follows from who asks, beyond what every request says; no values where it
    /// is absent.
    pub fn value_for_caller(&self, key: &Key, request: &Request, layers: &Layers) -> Option<Vec<String>> {
        let principal = request.principal();
        let name = key.as_str().split('/').next().unwrap_or_default();
        match name {
            "aws:principaltag" => self.has_its_own_tags_only(principal).then(Vec::new),
            "aws:userid" => {
                let id = match (principal, self.identity(principal)) {
                    (Principal::Role { .. }, Known::Known(Some(identity))) => identity.unique_id.clone()?,
                    _ => return None,
                };
                let depends = any_statement(layers, |statement| depends_on_session(statement, &id));
                (!depends).then(|| vec![format!("{id}:session")])
            }
            // Sent by AWS services on their own calls only.
            "aws:sourceaccount" | "aws:sourcearn" | "aws:sourceorgid" | "aws:sourceorgpaths" => {
                (!matches!(principal, Principal::Service { .. })).then(Vec::new)
            }
            _ => None,
        }
    }

    /// Whether all tags that a principal's requests can carry are those that the estate knows.
    fn has_its_own_tags_only(&self, principal: &Principal) -> bool {
        let tags_are_known = || match self.identity(principal) {
            Known::Known(Some(identity)) => identity.tags.missing().is_none(),
            Known::Known(None) | Known::Unknown(_) => false,
        };
        match principal {
            Principal::Root { .. } | Principal::Anonymous | Principal::Service { .. } => true,
            Principal::User { .. } => tags_are_known(),
            Principal::Role { .. } | Principal::RoleSession { .. } => {
                let trust = self.role(principal).map(|role| &role.trust);
                tags_are_known()
                    && match trust {
                        Some(Known::Known(trust)) => !trust.policy.statements.iter().any(may_tag_sessions),
                        Some(Known::Unknown(_)) | None => false,
                    }
            }
            Principal::FederatedUser { .. } | Principal::Federated { .. } => false,
        }
    }

    fn role(&self, principal: &Principal) -> Option<&Role> {
        let account = self.account(principal.account()?)?;
        let role = match principal {
            Principal::Role { arn, .. } | Principal::RoleSession { role_arn: Some(arn), .. } => {
                account.role(arn)
            }
            Principal::RoleSession { role_name, role_arn: None, .. } => account.role_named(role_name),
            Principal::User { .. }
            | Principal::FederatedUser { .. }
            | Principal::Root { .. }
            | Principal::Anonymous
            | Principal::Service { .. }
            | Principal::Federated { .. } => return None,
        };
        role.result().ok().flatten()
    }

    /// The tags of what an ARN names; `None` where they are not known.
    fn tags(&self, arn: &str) -> Option<&[Tag]> {
        let tags = match Principal::parse(arn).map(|principal| self.identity(&principal)) {
            Ok(Known::Known(Some(identity))) => &identity.tags,
            Ok(Known::Known(None) | Known::Unknown(_)) | Err(_) => {
                let (_, resource) = self.resource(arn)?;
                // Tags of buckets count only where that was switched on for them.
                (resource.kind != ResourceKind::Bucket).then_some(&resource.tags)?
            }
        };
        match tags {
            Known::Known(tags) => Some(tags),
            Known::Unknown(_) => None,
        }
    }
}

fn is_one(region: &str) -> bool {
    !region.is_empty() && !region.contains(['*', '?'])
}

/// The names of the keys that carry a tag of the resource in requests for an action.
fn tag_keys<'a>(action: &'a Action, arn: &'a str, tag: &'a str) -> impl Iterator<Item = String> + 'a {
    let own = Arn::parse(arn).map(|arn| arn.service).ok();
    let known = reference::action(action.service(), action.name());
    let prefixes = ["aws"].into_iter().chain(own);
    prefixes
        .map(move |prefix| format!("{prefix}:ResourceTag/{tag}"))
        .filter(move |key| known.is_some_and(|known| known.lists_key(key)))
}

/// Whether sessions may be given tags of their own by whom a trust policy lets in.
///
/// Source: IAM User Guide, "Pass session tags in AWS STS": the trust policy must allow `sts:TagSession`.
fn may_tag_sessions(statement: &Statement) -> bool {
    static TAG_SESSION: LazyLock<Action> =
        LazyLock::new(|| Action::parse("sts:TagSession").expect("a constant action can be read"));
    statement.effect != Ok(Effect::Deny) && statement.action.matches(&TAG_SESSION)
}

fn any_statement(layers: &Layers, holds: impl Fn(&Statement) -> bool) -> bool {
    let policies = Layer::ALL.into_iter().flat_map(|layer| layers.levels(layer)).flatten();
    policies.into_iter().any(|policy| policy.statements.iter().any(&holds))
}

/// Whether a statement may tell sessions of the role with this unique id apart by `aws:userid`.
fn depends_on_session(statement: &Statement, id: &str) -> bool {
    let is_variable = |text: &str| text.to_ascii_lowercase().contains("${aws:userid");
    let names_session = |value: &String| match value.split_once(':') {
        Some((head, tail)) => tail != "*" && Glob::new(head).matches(id),
        None => value.strip_suffix('*').unwrap_or(value).contains(['*', '?']),
    };
    let resource = statement.resource.as_ref();
    resource.is_some_and(|element| element.patterns().iter().any(|pattern| is_variable(pattern.as_str())))
        || statement.conditions.iter().any(|condition| {
            let is_about_id = condition.key().as_str() == "aws:userid";
            condition.values().iter().any(|value| is_variable(value) || is_about_id && names_session(value))
        })
}
