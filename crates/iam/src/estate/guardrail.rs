//! The guardrails under which every call of a model runs, asked for or not: those that an account enforces itself, and
//! those that the Bedrock policies of its organisation do.
//!
//! Whoever calls a model needs `bedrock:ApplyGuardrail` on each of them, or the call fails. Follows Amazon Bedrock User
//! Guide, "Guardrail enforcements", and Organizations User Guide, "Amazon Bedrock policies" (aws-facts §3). Not settled
//! there, and unknown here: whether Bedrock policies bind the management account, and which guardrails a call of a
//! model meets that has no id for their lists of models.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Estate;
use super::account::{Account, EnforcedGuardrail};
use super::inheritance::{Value, Values};
use super::known::{Known, Missing, Reason};
use super::organization::{Node, Organization, OrganizationPolicyKind};
use crate::arn::AccountId;

/// What lists the guardrails that an account enforces.
const LIST: &str = "bedrock list-enforced-guardrails-configuration";

/// The guardrails that are enforced in an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enforcement {
    account: AccountId,
    /// The account's own, by Region; nobody asked in those that are not there.
    own: BTreeMap<Arc<str>, Known<Vec<EnforcedGuardrail>>>,
    /// The organisation's, by Region; none in those that are not there.
    above: Known<BTreeMap<Arc<str>, Known<EnforcedGuardrail>>>,
}

impl Enforcement {
    /// The guardrails that a call of a model meets in a Region, and what is not known about that; of a model without an
    /// id, `None`.
    pub fn of(&self, region: &str, model: Option<&str>) -> (Vec<&EnforcedGuardrail>, Vec<Arc<Missing>>) {
        let (mut met, mut missing) = (Vec::new(), Vec::new());
        let mut add = |guardrail| match guardrail {
            Known::Known(guardrail) => met.push(guardrail),
            Known::Unknown(why) => missing.push(why),
        };
        match self.own.get(region) {
            Some(Known::Known(own)) => own.iter().for_each(|each| add(Known::Known(each))),
            Some(Known::Unknown(why)) => add(Known::Unknown(why.clone())),
            None => {
                let never = Missing::never_asked(Some(&self.account), Some(region), LIST);
                add(Known::Unknown(Arc::new(never)));
            }
        }
        match &self.above {
            Known::Known(above) => above.get(region).into_iter().for_each(|each| add(each.as_ref())),
            Known::Unknown(why) => add(Known::Unknown(why.clone())),
        }
        met.retain(|guardrail: &&EnforcedGuardrail| match guardrail.covers(model) {
            Some(covers) => covers,
            None => {
                let why =
                    "it names models, and of one without an id of its own no page says whether it is meant";
                missing.push(unsettled(self.account, region, &guardrail.arn, why));
                false
            }
        });
        (met, missing)
    }

    /// The guardrail that the organisation enforces in a Region, by what all its policies make together.
    pub fn by_organization(&self, region: &str) -> Known<Option<&EnforcedGuardrail>> {
        match &self.above {
            Known::Known(above) => match above.get(region) {
                Some(Known::Known(guardrail)) => Known::Known(Some(guardrail)),
                Some(Known::Unknown(why)) => Known::Unknown(why.clone()),
                None => Known::Known(None),
            },
            Known::Unknown(why) => Known::Unknown(why.clone()),
        }
    }

    /// Whether any guardrail is known to be enforced.
    pub fn has_any(&self) -> bool {
        let is_any = |known: &Known<Vec<EnforcedGuardrail>>| matches!(known, Known::Known(guardrails) if !guardrails.is_empty());
        self.own.values().any(is_any) || matches!(&self.above, Known::Known(above) if !above.is_empty())
    }

    /// Equal for accounts in which calls meet the same guardrails, or it is unknown in the same Regions which.
    pub fn in_short(&self) -> String {
        let mut short = String::new();
        for (region, known) in &self.own {
            match known {
                Known::Known(guardrails) if guardrails.is_empty() => {}
                Known::Known(guardrails) => short.push_str(&format!("{region} {guardrails:?} ")),
                Known::Unknown(_) => short.push_str(&format!("{region} unknown ")),
            }
        }
        match &self.above {
            Known::Known(above) => above.iter().for_each(|(region, known)| match known {
                Known::Known(guardrail) => short.push_str(&format!("above {region} {guardrail:?} ")),
                Known::Unknown(_) => short.push_str(&format!("above {region} unknown ")),
            }),
            Known::Unknown(_) => short.push_str("above unknown"),
        }
        short
    }
}

impl EnforcedGuardrail {
    /// Whether calls of a model run under it; `None` where the model has no id of its own and the lists name some.
    ///
    /// What is excluded is so even where it is included. No list of included models, an empty one and `ALL` mean every
    /// model. Source: Organizations User Guide, "Amazon Bedrock policy syntax and examples".
    pub fn covers(&self, model: Option<&str>) -> Option<bool> {
        let included = self.included_models.as_deref().unwrap_or_default();
        let includes_all = included.is_empty() || included.iter().any(|id| id.as_ref() == "ALL");
        let names = |list: &[Arc<str>], model: &str| list.iter().any(|id| id.as_ref() == model);
        match model {
            None => (includes_all && self.excluded_models.is_empty()).then_some(true),
            Some(model) if names(&self.excluded_models, model) => Some(false),
            Some(model) => Some(includes_all || names(included, model)),
        }
    }
}

impl Estate {
    /// The guardrails that are enforced in an account, by itself and by its organisation.
    pub fn enforcement(&self, account: &Account) -> Enforcement {
        let above = self.organization_of(account).and_then(|place| match place {
            Some((organization, node)) => enforced_by(organization, node, account),
            None => Known::Known(BTreeMap::new()),
        });
        let regions = account.regions.iter().filter(|(name, _)| name.as_ref() != "global");
        let own = regions.map(|(name, region)| (name.clone(), region.enforced_guardrails.clone()));
        Enforcement { account: account.id, own: own.collect(), above }
    }
}

/// What the Bedrock policies of an organisation enforce in one of its accounts, by Region.
fn enforced_by(
    organization: &Organization,
    node: &Node,
    account: &Account,
) -> Known<BTreeMap<Arc<str>, Known<EnforcedGuardrail>>> {
    let values = organization.effective(node, &OrganizationPolicyKind::Bedrock);
    let is_management = account.id == organization.management_account;
    values.map(|values| {
        let is_inference = |path: &&[Box<str>]| {
            path.len() > 3 && (path[0].as_ref(), path[1].as_ref()) == ("bedrock", "guardrail_inference")
        };
        let places = values.keys().map(Vec::as_slice).filter(is_inference);
        let mut slots: Vec<(&str, &str)> = places.map(|path| (path[2].as_ref(), path[3].as_ref())).collect();
        slots.dedup();
        let mut regions = BTreeMap::new();
        for (region, slot) in slots {
            let guardrail = match is_management {
                true => Err("whether Bedrock policies bind the management account no page says".to_owned()),
                false => enforced(&values, region, slot),
            };
            let guardrail = guardrail.map_err(|why| unsettled(account.id, region, "", &why));
            // Pages show one slot; of several it is not known which count.
            let guardrail = match regions.contains_key(region) {
                true => Err(unsettled(
                    account.id,
                    region,
                    slot,
                    "there are several configurations for one Region",
                )),
                false => guardrail,
            };
            regions.insert(Arc::from(region), guardrail.into());
        }
        regions
    })
}

/// The guardrail of one configuration.
///
/// # Errors
/// Why it is not known, in words.
fn enforced(values: &Values, region: &str, slot: &str) -> Result<EnforcedGuardrail, String> {
    let value = |names: &[&str]| {
        let above = ["bedrock", "guardrail_inference", region, slot];
        let path: Vec<Box<str>> = above.iter().chain(names).map(|name| Box::from(*name)).collect();
        values.get(&path).map(|value| value.as_ref().map_err(ToString::to_string)).transpose()
    };
    let models = |list: &str| -> Result<Option<Vec<Arc<str>>>, String> {
        match value(&["model_enforcement", list])? {
            None => Ok(None),
            Some(Value::List(ids)) => Ok(Some(ids.iter().map(|id| Arc::from(id.as_ref())).collect())),
            Some(Value::One(text)) => Err(format!("`{list}` is `{text}` and no list")),
        }
    };
    let no_identifier =
        || "the effective Bedrock policy names no guardrail, and what AWS then does no page says";
    let identifier = match value(&["identifier"])? {
        Some(Value::One(text)) => text,
        Some(Value::List(_)) | None => return Err(no_identifier().to_owned()),
    };
    let Some((arn, version)) = identifier.rsplit_once(':').filter(|(arn, _)| arn.contains(":guardrail/"))
    else {
        return Err(format!("`{identifier}` is no guardrail with a version, and every call fails"));
    };
    Ok(EnforcedGuardrail {
        config_id: None,
        arn: arn.into(),
        version: Some(version.into()),
        owner: None,
        included_models: models("included_models")?,
        excluded_models: models("excluded_models")?.unwrap_or_default(),
    })
}

fn unsettled(account: AccountId, region: &str, item: &str, why: &str) -> Arc<Missing> {
    let item = (!item.is_empty()).then(|| Arc::from(item));
    let reason = Reason::Unsettled { why: why.to_owned() };
    let never = Missing::never_asked(Some(&account), Some(region), "enforced guardrails");
    Arc::new(Missing { item, reason, ..never })
}
