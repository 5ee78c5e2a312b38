//! The models AWS offers: ids per endpoint, prices, end dates.
//!
//! Follows a published price list that AWS does not write, so a model may be missing; it says nothing about what a
//! model can do. AWS offers the authoritative list only to a caller (ListFoundationModels, GetInferenceProfile).

use crate::names::Names;
use crate::table::{Table, columns};

static MODELS: Table = Table::new(include_str!("../data/models.tsv"));

/// One model at one endpoint; the same model often has another id at another endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Model {
    /// The id as the endpoint takes it, e.g. `anthropic.claude-opus-5-5`.
    pub id: &'static str,
    /// Where it is run.
    pub endpoint: Endpoint,
    /// Who made it, as its id spells it: `anthropic`, `moonshotai`.
    pub provider: &'static str,
    /// What it is for: `chat`, `embedding`, `image_generation`, `image_edit`, `realtime`, `rerank`, `responses`.
    pub mode: &'static str,
    /// How the price list knows it.
    pub listing: Listing,
    /// The Regions the price list names for it.
    pub regions: ModelRegions,
    /// Price of what goes in.
    pub price_in: Price,
    /// Price of what comes out.
    pub price_out: Price,
    /// The day it ends, `YYYY-MM-DD`, once that is announced.
    pub ends: Option<&'static str>,
}

/// The endpoint a model id belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Endpoint {
    /// `bedrock-runtime`.
    Runtime,
    /// `bedrock-mantle`.
    Mantle,
    /// Claude Platform on AWS, `aws-external-anthropic`.
    ClaudePlatform,
}

/// How the price list knows a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Listing {
    /// Its id is listed.
    Itself,
    /// Only profiles of it are listed; whether it can be run without one is not known.
    ThroughProfiles,
}

/// The Regions the price list names for a model. Some models are run there through a profile only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModelRegions {
    /// These Regions, and perhaps others that it does not name.
    AtLeast(Names),
    /// The price list names no Region.
    Unknown,
}

/// What a million tokens cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Price {
    /// Millionths of a US dollar per million tokens: 5,000,000 is 5 USD per million tokens.
    MicroUsdPerMillionTokens(u64),
    /// Not listed, or not charged by token.
    Unknown,
}

/// What is known about a model's end on a given day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lifecycle {
    /// No end is announced.
    NoEndKnown,
    /// It ends later.
    Ending {
        /// The day, `YYYY-MM-DD`.
        on: &'static str,
    },
    /// It has ended.
    Ended {
        /// The day, `YYYY-MM-DD`.
        on: &'static str,
    },
}

impl Model {
    /// What is known about its end as of `day`, written `YYYY-MM-DD`; on its last day it still runs.
    pub fn lifecycle(self, day: &str) -> Lifecycle {
        match self.ends {
            None => Lifecycle::NoEndKnown,
            Some(on) if on < day => Lifecycle::Ended { on },
            Some(on) => Lifecycle::Ending { on },
        }
    }
}

/// The model of this id at any endpoint, the runtime first. Ids are compared exactly.
pub fn model(id: &str) -> Option<Model> {
    [Endpoint::Runtime, Endpoint::Mantle, Endpoint::ClaudePlatform]
        .into_iter()
        .find_map(|endpoint| model_at(endpoint, id))
}

/// The model of this id at this endpoint. Ids are compared exactly.
pub fn model_at(endpoint: Endpoint, id: &str) -> Option<Model> {
    MODELS.find(&[id, endpoint.as_str()]).map(read).filter(|model| model.id == id)
}

/// All models, by id and endpoint.
pub fn models() -> impl Iterator<Item = Model> + Clone {
    MODELS.lines().iter().copied().map(read)
}

impl Endpoint {
    /// Its name in files and output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Runtime => "runtime",
            Self::Mantle => "mantle",
            Self::ClaudePlatform => "claude-platform",
        }
    }
}

fn read(line: &'static str) -> Model {
    let [id, endpoint, provider, mode, listing, regions, price_in, price_out, ends] = columns(line);
    Model {
        id,
        endpoint: match endpoint {
            "runtime" => Endpoint::Runtime,
            "mantle" => Endpoint::Mantle,
            "claude-platform" => Endpoint::ClaudePlatform,
            other => panic!("an embedded line has the endpoint {other:?}"),
        },
        provider,
        mode,
        listing: match listing {
            "itself" => Listing::Itself,
            "profiles" => Listing::ThroughProfiles,
            other => panic!("an embedded line has the listing {other:?}"),
        },
        regions: match regions {
            "" => ModelRegions::Unknown,
            listed => ModelRegions::AtLeast(Names::new(listed)),
        },
        price_in: read_price(price_in),
        price_out: read_price(price_out),
        ends: read_day(ends),
    }
}

/// A price is written in dollars per million tokens with at most six decimals.
pub(crate) fn read_price(text: &'static str) -> Price {
    if text.is_empty() {
        return Price::Unknown;
    }
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let micro = format!("{whole}{decimals:0<6}");
    match micro.parse() {
        Ok(price) if decimals.len() <= 6 => Price::MicroUsdPerMillionTokens(price),
        _ => panic!("an embedded line has the price {text:?}"),
    }
}

pub(crate) fn read_day(text: &'static str) -> Option<&'static str> {
    (!text.is_empty()).then_some(text)
}
