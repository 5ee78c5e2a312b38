//! System-defined inference profiles and where they take a call.
//!
//! Profiles follow the same price list as models. Destinations depend on profile and source Region and are published
//! only in model cards; a few are kept by hand, for the others the geography says what is possible at most. The
//! answer for one account is GetInferenceProfile in the source Region.

use std::sync::OnceLock;

use serde::Deserialize;

use crate::geography::{Geography, geographies, geography};
use crate::hand_kept::parse;
use crate::model::{Endpoint, Model, Price, model_at, read_day, read_price};
use crate::table::{Table, columns};

static PROFILES: Table = Table::new(include_str!("../data/profiles.tsv"));

/// One system-defined inference profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Its id, e.g. `us.anthropic.claude-opus-5-5`.
    pub id: &'static str,
    /// Prefix of its geography, e.g. `us`.
    pub geography: &'static str,
    /// Id of the model it runs, at the runtime.
    pub model_id: &'static str,
    /// Price of what goes in.
    pub price_in: Price,
    /// Price of what comes out.
    pub price_out: Price,
    /// The day it ends, `YYYY-MM-DD`, once that is announced.
    pub ends: Option<&'static str>,
}

impl Profile {
    /// Its geography; every listed profile has one.
    pub fn geography(self) -> Option<&'static Geography> {
        geography(self.geography)
    }

    /// The model it runs, when the catalogue has it.
    pub fn model(self) -> Option<Model> {
        model_at(Endpoint::Runtime, self.model_id)
    }
}

/// Where a profile takes a call made in one Region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destinations {
    /// Exactly these Regions, sorted; from the model card.
    Known(Vec<&'static str>),
    /// Some of these Regions, sorted; which, only GetInferenceProfile tells.
    Bracket {
        /// The Regions it may reach at most.
        at_most: Vec<&'static str>,
    },
    /// Every commercial Region AWS has or opens, authorised once on the Region-less foundation model.
    Everywhere {
        /// The Regions known today, sorted.
        known: Vec<&'static str>,
    },
    /// The profile is not offered in this source Region, says its model card.
    NotASource,
    /// The geography of the profile or the place of the Region in it is not known.
    Unknown,
}

/// The profile of this id. Ids are compared exactly.
pub fn profile(id: &str) -> Option<Profile> {
    PROFILES.find(&[id]).map(read).filter(|profile| profile.id == id)
}

/// All listed profiles, by id.
pub fn profiles() -> impl Iterator<Item = Profile> + Clone {
    PROFILES.lines().iter().copied().map(read)
}

/// Geography and model id of a profile id, listed or not: `us-gov.openai.gpt-oss-120b-1:0` is `us-gov` and the rest.
///
/// Nothing when the text before the first dot is not the prefix of a known geography, as in a plain model id.
pub fn split_profile_id(id: &str) -> Option<(&'static Geography, &str)> {
    let (prefix, model_id) = id.split_once('.')?;
    let known = geographies().iter().find(|each| each.prefix == prefix)?;
    model_id.contains('.').then_some((known, model_id))
}

/// Where the profile takes a call made in `source`; the profile need not be listed.
///
/// Source: Amazon Bedrock User Guide, "Supported Regions and models for inference profiles", and the model cards.
pub fn destinations(profile_id: &str, source: &str) -> Destinations {
    if let Some(card) = cards().iter().find(|card| card.profile == profile_id) {
        let route = card.route.iter().find(|route| route.sources.iter().any(|each| each == source));
        return match route {
            Some(route) => {
                let mut listed: Vec<_> = route.destinations.iter().map(String::as_str).collect();
                listed.sort_unstable();
                Destinations::Known(listed)
            }
            None => Destinations::NotASource,
        };
    }
    let Some((known, _)) = split_profile_id(profile_id) else {
        return Destinations::Unknown;
    };
    let in_regions = known.regions.iter().any(|each| each == source);
    if known.everywhere {
        return if in_regions {
            Destinations::Everywhere { known: known.regions.iter().map(String::as_str).collect() }
        } else {
            Destinations::Unknown
        };
    }
    let adds_itself = known.adds_itself.iter().any(|each| each == source);
    if !in_regions && !adds_itself {
        return Destinations::Unknown;
    }
    let mut at_most: Vec<_> = known.regions.iter().map(String::as_str).collect();
    at_most.extend(known.adds_itself.iter().map(String::as_str).filter(|each| *each == source));
    at_most.sort_unstable();
    Destinations::Bracket { at_most }
}

fn read(line: &'static str) -> Profile {
    let [id, geography, model_id, price_in, price_out, ends] = columns(line);
    Profile {
        id,
        geography,
        model_id,
        price_in: read_price(price_in),
        price_out: read_price(price_out),
        ends: read_day(ends),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CardTable {
    card: Vec<Card>,
}

/// What one model card says about one profile.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Card {
    profile: String,
    #[serde(rename = "source")]
    _source: String,
    route: Vec<Route>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Route {
    sources: Vec<String>,
    destinations: Vec<String>,
}

fn cards() -> &'static [Card] {
    static CARDS: OnceLock<Vec<Card>> = OnceLock::new();
    CARDS.get_or_init(|| {
        let table: CardTable = parse("destinations.toml", include_str!("../data/destinations.toml"));
        table.card
    })
}
