//! What exactly is asked: each action on each resource, patterns of either filled in with what exists.
//!
//! Follows the Service Authorization Reference: which actions there are and which resource types they take. Resources are
//! those of the data set, the users and roles of its accounts among them, and for actions on objects every bucket's.

use std::collections::BTreeSet;

use iam::action::{Action, ActionElement};
use iam::arn::{AccountId, Arn};
use iam::estate::{Estate, Known, ResourceKind, Target};
use iam::glob::Glob;
use iam::lint;
use iam::principal::Principal;
use iam::resource::ResourceSet;

use super::Ask;
use crate::input::Complaint;

/// One action on one resource, or on all that a pattern names.
#[derive(Clone, Debug)]
pub struct Topic {
    pub action: Action,
    /// The action as AWS spells it.
    pub name: String,
    pub target: Target,
    /// All that the pattern names, where it is one.
    pub set: Option<ResourceSet>,
    /// The only account whose principals are asked.
    only: Option<AccountId>,
    pub notes: Vec<String>,
}

/// An action that is asked about, and whether it was named or only matched by a pattern.
struct Wanted {
    action: Action,
    known: Option<reference::Action>,
    is_named: bool,
}

impl Topic {
    /// Whether a principal is asked about it.
    pub fn concerns(&self, principal: &Principal) -> bool {
        self.only.as_ref().is_none_or(|only| principal.account() == Some(only))
    }

    /// Whether principals of an account are asked about it.
    pub fn concerns_account(&self, account: &AccountId) -> bool {
        self.only.as_ref().is_none_or(|only| only == account)
    }

    /// The partition of the resource.
    pub fn partition(&self) -> &str {
        Arn::parse(self.target.arn()).map_or("aws", |arn| arn.partition)
    }
}

/// Every action on every resource that is asked about.
pub(super) fn topics(
    estate: &Estate,
    ask: &Ask,
    notes: &mut Vec<String>,
) -> Result<Vec<Topic>, Vec<Complaint>> {
    let complain = |flag: &str, message: String| vec![Complaint::new(flag, message)];
    let account = ask.resource_account.as_deref().map(AccountId::new).transpose();
    let account = account.map_err(|error| complain("--resource-account", error.to_string()))?;
    let resource = ask.resource.as_deref().filter(|resource| *resource != "*");
    if let Some(resource) = resource {
        Arn::parse(resource).map_err(|error| complain("--resource", error.to_string()))?;
    }
    let wanted = actions(&ask.actions)?;
    let asker = Asker { estate, account: account.as_ref() };
    let mut topics = Vec::new();
    let mut complaints = Vec::new();
    for one in &wanted {
        match asker.topics(one, resource) {
            Ok(found) if found.is_empty() && one.is_named => notes.push(format!(
                "no resource that `{}` takes is known{}",
                one.name(),
                if resource.is_none() { "; name one with --resource" } else { " by that pattern" }
            )),
            Ok(found) => topics.extend(found),
            Err(complaint) => complaints.push(complaint),
        }
    }
    if topics.is_empty() && !complaints.is_empty() {
        return Err(complaints);
    }
    if topics.is_empty() && !wanted.iter().any(|one| one.is_named) {
        let message = "no action of that pattern takes the resource".to_owned();
        return Err(complain("--action", message));
    }
    notes.extend(complaints.iter().map(|complaint| complaint.message.clone()));
    Ok(topics)
}

/// The actions that are named or matched, each once, by name.
fn actions(given: &[String]) -> Result<Vec<Wanted>, Vec<Complaint>> {
    let mut wanted: Vec<Wanted> = Vec::new();
    let mut complaints = Vec::new();
    if given.is_empty() {
        let complaint = Complaint::new("--action", "nothing is asked for");
        return Err(vec![complaint.hint("for example --action s3:GetObject")]);
    }
    for text in given {
        if text.contains(['*', '?']) {
            let found = matching(text);
            if found.is_empty() {
                complaints.push(Complaint::new("--action", format!("no action is matched by `{text}`")));
            }
            wanted.extend(found);
        } else {
            match Action::parse(text) {
                Ok(action) => {
                    let known = reference::action(action.service(), action.name());
                    wanted.push(Wanted { action, known, is_named: true });
                }
                Err(error) => complaints.push(Complaint::new("--action", error.to_string())),
            }
        }
    }
    if !complaints.is_empty() {
        return Err(complaints);
    }
    // Of one action that is named and matched, the named one stays.
    wanted.sort_by_key(|one| (one.name(), !one.is_named));
    wanted.dedup_by_key(|one| one.name());
    Ok(wanted)
}

fn matching(pattern: &str) -> Vec<Wanted> {
    let element = ActionElement::new([pattern], false);
    let service = pattern.split_once(':').map_or("*", |(service, _)| service).to_lowercase();
    let service = Glob::new(&service);
    let services = reference::services().filter(|known| service.matches(known.prefix));
    let known = services.flat_map(|known| reference::actions(known.prefix));
    let wanted = known.filter_map(|known| {
        let action = Action::parse(&format!("{}:{}", known.service, known.name)).ok()?;
        element.matches(&action).then_some(Wanted { action, known: Some(known), is_named: false })
    });
    wanted.collect()
}

impl Wanted {
    fn name(&self) -> String {
        match self.known {
            Some(known) => format!("{}:{}", known.service, known.name),
            None => self.action.as_str().to_owned(),
        }
    }
}

struct Asker<'a> {
    estate: &'a Estate,
    account: Option<&'a AccountId>,
}

impl Asker<'_> {
    /// The topics of one action.
    fn topics(&self, wanted: &Wanted, resource: Option<&str>) -> Result<Vec<Topic>, Complaint> {
        let takes_none = wanted.known.is_some_and(|known| !known.takes_resources());
        match (resource, wanted.known) {
            (Some(_), Some(_)) if takes_none && !wanted.is_named => Ok(Vec::new()),
            (Some(given), Some(_)) if takes_none => {
                let mut topic = self.topic(wanted, "*", None);
                topic.notes.push(format!(
                    "`{}` takes no resources; it is asked on `*`, not on `{given}`",
                    wanted.name()
                ));
                Ok(vec![topic])
            }
            (Some(given), Some(known)) if !lint::takes(known, given) => {
                let takes: BTreeSet<&str> = known.resource_types().map(|each| each.name).collect();
                let takes: Vec<&str> = takes.into_iter().collect();
                let message = format!("`{}` does not take `{given}`", wanted.name());
                let complaint = Complaint::new("--action", message);
                if wanted.is_named {
                    Err(complaint.hint(format!("it takes {}", takes.join(", "))))
                } else {
                    Ok(Vec::new())
                }
            }
            (Some(given), _) => Ok(self.on(wanted, given)),
            (None, _) if takes_none => Ok(vec![self.topic(wanted, "*", None)]),
            (None, Some(known)) => Ok(self.on_known(wanted, known, "*")),
            (None, None) => {
                let message = format!("the reference knows no action `{}`", wanted.name());
                Err(Complaint::new("--action", message).hint("name the resource with --resource"))
            }
        }
    }

    /// On a resource, or on what a pattern names: all of it where its policy is one, otherwise each that is known.
    fn on(&self, wanted: &Wanted, given: &str) -> Vec<Topic> {
        if !given.contains(['*', '?']) {
            return vec![self.topic(wanted, given, None)];
        }
        let parts = Arn::parse(given).ok();
        let has_one_bucket = parts.is_some_and(|arn| {
            let bucket = arn.resource.split('/').next().unwrap_or_default();
            arn.service == "s3" && arn.resource.contains('/') && !bucket.contains(['*', '?'])
        });
        let has_one_account = parts.is_some_and(|arn| arn.account_id().is_some());
        let has_no_policy =
            ResourceKind::takes_policy(given) == Some(false) && wanted.action.service() != "sts";
        match wanted.known {
            Some(known) if !(has_one_bucket || has_one_account && has_no_policy) => {
                self.on_known(wanted, known, given)
            }
            Some(_) | None => vec![self.topic(wanted, given, Some(ResourceSet::of_pattern(given)))],
        }
    }

    /// On every known resource that an action takes and a pattern matches.
    fn on_known(&self, wanted: &Wanted, known: reference::Action, pattern: &str) -> Vec<Topic> {
        let pattern = Glob::new(pattern);
        let mut resources = BTreeSet::new();
        for account in self.estate.accounts().iter().filter(|own| self.account.is_none_or(|id| own.id == *id))
        {
            resources.extend(account.resources.iter().map(|each| each.arn.as_ref().to_owned()));
            let buckets = account.resources.iter().filter(|each| each.kind == ResourceKind::Bucket);
            resources.extend(buckets.map(|each| format!("{}/*", each.arn)));
            if let Known::Known(users) = &account.users {
                resources.extend(users.iter().map(|user| user.identity.arn.as_ref().to_owned()));
            }
            if let Known::Known(roles) = &account.roles {
                resources.extend(roles.iter().map(|role| role.identity.arn.as_ref().to_owned()));
            }
        }
        let meant = resources.iter().filter(|arn| pattern.matches(arn) && lint::takes(known, arn));
        meant
            .map(|arn| self.topic(wanted, arn, arn.ends_with("/*").then(|| ResourceSet::of_pattern(arn))))
            .collect()
    }

    fn topic(&self, wanted: &Wanted, arn: &str, set: Option<ResourceSet>) -> Topic {
        let target = self.estate.target(arn, self.account);
        let mut notes = Vec::new();
        if wanted.known.is_none() {
            notes
                .push(format!("the reference knows no action `{}`; it is asked all the same", wanted.name()));
        }
        if target.account().is_none() && Arn::parse(arn).is_ok_and(|arn| arn.service == "s3") {
            notes.push(format!(
                "which account holds `{arn}` is not known, and everybody is asked as if it were their own; say it with --resource-account"
            ));
        }
        if target.side().is_none() && wanted.action.service() == "sts" {
            notes.push(format!("its account has no `{arn}`"));
        }
        let only = self.account.filter(|_| arn == "*").cloned();
        Topic { action: wanted.action.clone(), name: wanted.name(), target, set, only, notes }
    }
}
