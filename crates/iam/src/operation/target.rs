//! What a client names, resolved to what AWS authorises: model ids, profile ids, ARNs.
//!
//! An id that no catalogue has is resolved by its shape, with a note: AWS adds models faster than any list. A
//! place that cannot be right (another Region or partition) is an error. Follows Amazon Bedrock API, the
//! patterns of `modelId`, and Amazon Bedrock User Guide, "Supported Regions and models for inference profiles"
//! (aws-facts §1.4, §1.6, §5.1, §5.2).

use std::collections::HashSet;
use std::fmt;
use std::sync::LazyLock;

use reference::{Basis, Destinations, Endpoint, Geography, Listing, TargetKind};

use crate::arn::{AccountId, Arn, ArnError};
use crate::glob::Glob;

/// Where a call is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// `aws`, `aws-us-gov`, …
    pub partition: String,
    /// The Region that is called.
    pub region: String,
    /// The account it is called in.
    pub account: AccountId,
}

/// What a client named, as AWS sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    pub kind: TargetKind,
    /// The ARN AWS authorises; for a model without one, its id.
    pub arn: String,
    /// Id of the model, where one is known.
    pub model: Option<String>,
    /// Id of a system profile.
    pub profile: Option<String>,
    /// Where a profile takes the call; for an application profile none when what it covers is not known.
    pub reach: Option<Reach>,
    /// What its author may want to know.
    pub notes: Vec<TargetNote>,
}

/// Where a profile takes a call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// Regions besides the source, sorted.
    pub destinations: Vec<String>,
    /// Whether these are the Regions at most, and which of them is not known.
    pub at_most: bool,
    /// Whether it is also authorised on the Region-less foundation model, as global profiles are.
    pub everywhere: bool,
}

/// Something about a target that its author may want to know.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TargetNote {
    /// No catalogue has the model.
    UnlistedModel { id: String },
    /// The id belongs to another endpoint.
    OtherEndpoint { id: String, endpoint: Endpoint },
    /// Only profiles of the model are listed.
    OnlyThroughProfiles { id: String },
    /// A system profile was named by an ARN of another Region or account.
    Rewritten { named: String, authorised: String },
}

impl fmt::Display for TargetNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnlistedModel { id } => {
                write!(f, "no catalogue has the model `{id}`; it is taken for one by its shape")
            }
            Self::OtherEndpoint { id, endpoint } => {
                write!(f, "`{id}` is listed for {} only, where ids differ", endpoint.as_str())
            }
            Self::OnlyThroughProfiles { id } => {
                write!(f, "only profiles of `{id}` are listed; it may not run without one")
            }
            Self::Rewritten { named, authorised } => {
                write!(f, "`{named}` is authorised as `{authorised}`, in the Region and account of the call")
            }
        }
    }
}

/// Why a text names nothing that can be called from here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TargetError {
    /// Neither an id nor an ARN.
    NotAnId {
        text: String,
    },
    /// It begins like an ARN and is none.
    Arn {
        text: String,
        reason: ArnError,
    },
    /// An ARN of something that no call names.
    Kind {
        text: String,
    },
    Partition {
        text: String,
        found: String,
        expected: String,
    },
    Region {
        text: String,
        found: String,
        expected: String,
    },
    /// It looks like a profile of a geography that is not known.
    Geography {
        text: String,
        prefix: String,
    },
    /// The profile is not offered in this Region.
    NotASource {
        profile: String,
        region: String,
    },
    /// An application profile covers neither a model nor a system profile.
    Covered {
        profile: String,
        text: String,
    },
}

impl fmt::Display for TargetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAnId { text } => write!(f, "`{text}` is neither a model id, a profile id nor an ARN"),
            Self::Arn { text, reason } => write!(f, "`{text}` is not an ARN: {reason}"),
            Self::Kind { text } => write!(f, "`{text}` is nothing that a call to a model can name"),
            Self::Partition { text, found, expected } => {
                write!(f, "`{text}` belongs to partition `{found}`, the call is made in `{expected}`")
            }
            Self::Region { text, found, expected } => {
                write!(f, "`{text}` is in Region `{found}`, the call is made in `{expected}`")
            }
            Self::Geography { text, prefix } => {
                write!(f, "`{text}` looks like an inference profile, but no geography `{prefix}` is known")
            }
            Self::NotASource { profile, region } => {
                write!(f, "the inference profile `{profile}` is not offered in Region `{region}`")
            }
            Self::Covered { profile, text } => write!(
                f,
                "`{profile}` cannot cover `{text}`; an application profile covers models or a system profile"
            ),
        }
    }
}

impl std::error::Error for TargetError {}

impl TargetError {
    /// What to do about it, where that is known.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NotAnId { .. } => Some(
                "examples: `anthropic.claude-opus-5-5`, `us.anthropic.claude-opus-5-5`, an ARN of a model, profile, router or deployment".to_owned(),
            ),
            Self::Partition { .. } => Some("use the ids of the partition that is called".to_owned()),
            Self::Region { found, .. } => {
                Some(format!("call `{found}`, or name what stands in the Region that is called"))
            }
            Self::Geography { .. } => {
                let known: Vec<_> =
                    reference::geographies().iter().map(|each| format!("`{}`", each.prefix)).collect();
                Some(format!("known geographies are {}", known.join(", ")))
            }
            Self::NotASource { .. } => Some(
                "GetInferenceProfile in that Region tells for sure; give its destinations if it is offered".to_owned(),
            ),
            Self::Arn { .. } | Self::Kind { .. } | Self::Covered { .. } => None,
        }
    }
}

/// What is known about a target beyond its name.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Known<'a> {
    /// What stands behind it.
    pub behind: Option<&'a [String]>,
    /// Where it takes a call, as GetInferenceProfile lists it.
    pub destinations: Option<&'a [String]>,
}

impl Place {
    /// What `text` names for an API that takes these kinds.
    ///
    /// # Errors
    /// [`TargetError`] when it names nothing that can be called from here.
    pub(super) fn resolve(
        &self,
        text: &str,
        takes: &[TargetKind],
        known: Known<'_>,
    ) -> Result<Target, TargetError> {
        if takes.contains(&TargetKind::Nothing) {
            return Ok(Target::plain(TargetKind::Nothing, "*"));
        }
        if text.starts_with("arn:") {
            return self.resolve_arn(text, known);
        }
        for (kind, endpoint) in
            [(TargetKind::MantleModel, Endpoint::Mantle), (TargetKind::ClaudeModel, Endpoint::ClaudePlatform)]
        {
            if takes.contains(&kind) {
                return Ok(model_of_endpoint(kind, endpoint, text));
            }
        }
        self.resolve_id(text, known)
    }

    fn resolve_arn(&self, text: &str, known: Known<'_>) -> Result<Target, TargetError> {
        let arn = Arn::parse(text).map_err(|reason| TargetError::Arn { text: text.to_owned(), reason })?;
        if arn.partition != self.partition {
            return Err(TargetError::Partition {
                text: text.to_owned(),
                found: arn.partition.to_owned(),
                expected: self.partition.clone(),
            });
        }
        let Some(kind) = kind_of(text) else { return Err(TargetError::Kind { text: text.to_owned() }) };
        let id = arn.resource.split_once('/').map_or(arn.resource, |(_, id)| id);
        if kind == TargetKind::GeographicProfile {
            // The ARN of a system profile may have any form; AWS authorises the one of the call.
            let mut target = self.resolve_id(id, known)?;
            if target.arn != text {
                let authorised = target.arn.clone();
                target.notes.push(TargetNote::Rewritten { named: text.to_owned(), authorised });
            }
            return Ok(target);
        }
        if arn.region != self.region && kind != TargetKind::User {
            return Err(TargetError::Region {
                text: text.to_owned(),
                found: arn.region.to_owned(),
                expected: self.region.clone(),
            });
        }
        if kind == TargetKind::FoundationModel {
            return Ok(self.foundation_model(id));
        }
        if kind == TargetKind::ApplicationProfile {
            return self.application_profile(text, known);
        }
        Ok(Target::plain(kind, text))
    }

    fn resolve_id(&self, text: &str, known: Known<'_>) -> Result<Target, TargetError> {
        if let Some((geography, model)) = reference::split_profile_id(text) {
            return self.system_profile(text, geography, model, known.destinations);
        }
        let Some((first, rest)) = text.split_once('.') else {
            return Err(TargetError::NotAnId { text: text.to_owned() });
        };
        if first.is_empty() || rest.is_empty() || text.contains(char::is_whitespace) {
            return Err(TargetError::NotAnId { text: text.to_owned() });
        }
        let after = rest.split('.').next().unwrap_or(rest);
        if !is_provider(first) && rest.contains('.') && is_provider(after) {
            return Err(TargetError::Geography { text: text.to_owned(), prefix: first.to_owned() });
        }
        Ok(self.foundation_model(text))
    }

    fn foundation_model(&self, id: &str) -> Target {
        let notes = match reference::model_at(Endpoint::Runtime, id) {
            Some(model) => match model.listing {
                Listing::Itself => vec![],
                Listing::ThroughProfiles => vec![TargetNote::OnlyThroughProfiles { id: id.to_owned() }],
            },
            None => match reference::model(id) {
                Some(other) => {
                    vec![TargetNote::OtherEndpoint { id: id.to_owned(), endpoint: other.endpoint }]
                }
                None => vec![TargetNote::UnlistedModel { id: id.to_owned() }],
            },
        };
        let arn = format!("arn:{}:bedrock:{}::foundation-model/{id}", self.partition, self.region);
        Target { model: Some(id.to_owned()), notes, ..Target::plain(TargetKind::FoundationModel, &arn) }
    }

    fn system_profile(
        &self,
        id: &str,
        geography: &Geography,
        model: &str,
        given: Option<&[String]>,
    ) -> Result<Target, TargetError> {
        if geography.partition != self.partition {
            return Err(TargetError::Partition {
                text: id.to_owned(),
                found: geography.partition.clone(),
                expected: self.partition.clone(),
            });
        }
        let kind =
            if geography.everywhere { TargetKind::GlobalProfile } else { TargetKind::GeographicProfile };
        let reach = self.reach(id, geography, given)?;
        let arn =
            format!("arn:{}:bedrock:{}:{}:inference-profile/{id}", self.partition, self.region, self.account);
        let notes = match reference::model_at(Endpoint::Runtime, model) {
            Some(_) => vec![],
            None => vec![TargetNote::UnlistedModel { id: model.to_owned() }],
        };
        Ok(Target {
            model: Some(model.to_owned()),
            profile: Some(id.to_owned()),
            reach: Some(reach),
            notes,
            ..Target::plain(kind, &arn)
        })
    }

    /// Where a system profile takes a call made here: what is given, else the model card, else the geography.
    fn reach(&self, id: &str, geography: &Geography, given: Option<&[String]>) -> Result<Reach, TargetError> {
        if geography.everywhere {
            return Ok(Reach { everywhere: true, ..Reach::default() });
        }
        if let Some(given) = given {
            return Ok(self.others(given.iter().map(String::as_str), false));
        }
        match reference::destinations(id, &self.region) {
            Destinations::Known(regions) => Ok(self.others(regions.into_iter(), false)),
            Destinations::Bracket { at_most } => Ok(self.others(at_most.into_iter(), true)),
            Destinations::Unknown if geography.basis == Basis::Inferred => {
                Ok(self.others(geography.at_most().into_iter(), true))
            }
            Destinations::NotASource | Destinations::Unknown | Destinations::Everywhere { .. } => {
                Err(TargetError::NotASource { profile: id.to_owned(), region: self.region.clone() })
            }
        }
    }

    fn others<'a>(&self, regions: impl Iterator<Item = &'a str>, at_most: bool) -> Reach {
        let mut destinations: Vec<String> =
            regions.filter(|region| *region != self.region).map(str::to_owned).collect();
        destinations.sort_unstable();
        destinations.dedup();
        Reach { at_most: at_most && !destinations.is_empty(), destinations, everywhere: false }
    }

    /// An application profile with what it covers: a system profile, or the models that GetInferenceProfile lists.
    fn application_profile(&self, text: &str, known: Known<'_>) -> Result<Target, TargetError> {
        let plain = Target::plain(TargetKind::ApplicationProfile, text);
        let Some(covered) = known.behind else { return Ok(plain) };
        let mut regions = Vec::new();
        let mut reach = Reach::default();
        let mut model = None;
        let mut notes = Vec::new();
        for each in covered {
            if let Some((region, id)) = as_foundation_model(each) {
                reach.everywhere |= region.is_empty();
                regions.extend((!region.is_empty()).then_some(region));
                model = Some(id.to_owned());
                continue;
            }
            let target = self.resolve(each, &[], Known { behind: None, ..known })?;
            if let (Some(_), Some(other)) = (&target.profile, target.reach) {
                reach = Reach { everywhere: reach.everywhere || other.everywhere, ..other };
            } else if target.kind != TargetKind::FoundationModel {
                return Err(TargetError::Covered { profile: text.to_owned(), text: each.clone() });
            }
            model = target.model;
            notes = target.notes;
        }
        if !regions.is_empty() {
            let listed = self.others(regions.into_iter(), false);
            reach = Reach { everywhere: reach.everywhere, ..listed };
        }
        let reach = model.is_some().then_some(reach);
        Ok(Target { model, reach, notes, ..plain })
    }
}

impl Target {
    fn plain(kind: TargetKind, arn: &str) -> Self {
        Self { kind, arn: arn.to_owned(), model: None, profile: None, reach: None, notes: Vec::new() }
    }

    /// Whether foundation models stand behind it that carry its ARN as a key.
    pub(super) fn is_profile(&self) -> bool {
        self.profile.is_some() || self.kind == TargetKind::ApplicationProfile
    }
}

/// The kind whose shape says most about this ARN.
fn kind_of(arn: &str) -> Option<TargetKind> {
    let fits = |shape: &str| Glob::new(shape).matches(arn);
    reference::targets()
        .iter()
        .filter_map(|row| {
            row.shape.as_deref().filter(|shape| fits(shape)).map(|shape| (shape.len(), row.kind))
        })
        .max()
        .map(|(_, kind)| kind)
}

/// The Regions of the foundation models that GetInferenceProfile lists for a system profile, sorted: where it takes a
/// call; `None` where it lists none with a Region.
pub fn destinations_of<'t>(models: impl Iterator<Item = &'t str>) -> Option<Vec<String>> {
    let regions = models.filter_map(as_foundation_model).map(|(region, _)| region.to_owned());
    let mut regions: Vec<String> = regions.filter(|region| !region.is_empty()).collect();
    regions.sort_unstable();
    regions.dedup();
    (!regions.is_empty()).then_some(regions)
}

/// Region and id of a foundation-model ARN in any Region, the empty one included.
fn as_foundation_model(text: &str) -> Option<(&str, &str)> {
    let arn = Arn::parse(text).ok()?;
    let id = arn.resource.strip_prefix("foundation-model/")?;
    (arn.service == "bedrock").then_some((arn.region, id))
}

fn model_of_endpoint(kind: TargetKind, endpoint: Endpoint, id: &str) -> Target {
    let notes = match reference::model_at(endpoint, id) {
        Some(_) => vec![],
        None => match reference::model(id) {
            // Many models have one id everywhere and are listed for one endpoint only.
            Some(other) => vec![TargetNote::OtherEndpoint { id: id.to_owned(), endpoint: other.endpoint }],
            None => vec![TargetNote::UnlistedModel { id: id.to_owned() }],
        },
    };
    Target { model: Some(id.to_owned()), notes, ..Target::plain(kind, id) }
}

fn is_provider(text: &str) -> bool {
    // Every id that is resolved is asked about, and to read all models takes longer than all the rest.
    static PROVIDERS: LazyLock<HashSet<&str>> =
        LazyLock::new(|| reference::models().map(|model| model.provider).collect());
    PROVIDERS.contains(text)
}
