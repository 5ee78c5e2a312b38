//! `models.tsv` and `profiles.tsv`: models and inference profiles, from the price list litellm ships.
//!
//! A key of the list is a path: `bedrock/us-west-2/1-month-commitment/anthropic.claude-v2:1`. Its last part is the id,
//! the parts before it name Region, commitment, picture size or endpoint. Ids hold dots and colons, so nothing is
//! ever split at the last of them: the first dot ends the provider, or the geography of a profile.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

use super::Files;

/// Writes both files.
pub fn generate(folder: &Path, regions: &BTreeSet<String>, files: &mut Files) -> Result<(), String> {
    let list = super::read_json(&folder.join("litellm/model_prices_and_context_window_backup.json"))?;
    let mut models = BTreeMap::<(String, Endpoint), Record>::new();
    let mut profiles = BTreeMap::<String, Record>::new();

    for (key, entry) in list.as_object().into_iter().flatten() {
        let Some(place) = Place::of(key, entry, regions) else {
            continue;
        };
        let record = match split_profile(place.id) {
            Some(_) => profiles.entry(place.id.to_owned()).or_default(),
            None => models.entry((place.id.to_owned(), place.endpoint)).or_default(),
        };
        record.add(&place, entry);
    }

    // A profile proves its model, even where the list prices the model through profiles only.
    let mut lines = Vec::new();
    for (id, record) in &profiles {
        let (geography, model_id) = split_profile(id).ok_or("a profile lost its geography")?;
        lines.push(format!(
            "{id}\t{geography}\t{model_id}\t{}\t{}\t{}",
            record.price_in, record.price_out, record.ends
        ));
        let key = (model_id.to_owned(), Endpoint::Runtime);
        models.entry(key).or_insert_with(|| Record { mode: record.mode.clone(), ..Record::default() });
    }
    files.insert("profiles.tsv", super::sorted(lines)?);

    let mut lines = Vec::new();
    for ((id, endpoint), record) in &models {
        let (endpoint, provider) = match endpoint {
            Endpoint::Runtime => ("runtime", provider(id)),
            Endpoint::Mantle => ("mantle", provider(id)),
            Endpoint::ClaudePlatform => ("claude-platform", "anthropic"),
        };
        let listing = if record.listed { "itself" } else { "profiles" };
        let regions: Vec<&str> = record.regions.iter().map(String::as_str).collect();
        lines.push(format!(
            "{id}\t{endpoint}\t{provider}\t{}\t{listing}\t{}\t{}\t{}\t{}",
            record.mode,
            regions.join(","),
            record.price_in,
            record.price_out,
            record.ends
        ));
    }
    files.insert("models.tsv", super::sorted(lines)?);
    Ok(())
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Endpoint {
    Runtime,
    Mantle,
    ClaudePlatform,
}

/// What a key of the list says.
struct Place<'a> {
    id: &'a str,
    endpoint: Endpoint,
    region: Option<&'a str>,
    /// Whether the price is that of an ordinary call without a Region.
    plain: bool,
}

impl<'a> Place<'a> {
    /// Nothing for keys of other providers and for keys that name no model of AWS.
    fn of(key: &'a str, entry: &Value, regions: &BTreeSet<String>) -> Option<Self> {
        let mantle = match entry["litellm_provider"].as_str()? {
            "bedrock" | "bedrock_converse" => false,
            "bedrock_mantle" => true,
            _ => return None,
        };
        if entry["mode"] == "guardrail" {
            return None;
        }
        let mut parts: Vec<&str> = key.split('/').collect();
        let id = parts.pop()?;
        let platform = parts.contains(&"claude_platform");
        let fits = id.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b':' | b'-'));
        // A model id begins with its provider and a dot; only Claude Platform takes the bare name.
        let has_provider = id.split_once('.').is_some_and(|(first, rest)| {
            first.starts_with(|letter: char| letter.is_ascii_lowercase())
                && !first.contains(':')
                && rest.starts_with(|letter: char| letter.is_ascii_lowercase())
        });
        if !fits || (has_provider == platform) {
            return None;
        }
        let endpoint = match (mantle, platform) {
            (_, true) => Endpoint::ClaudePlatform,
            (true, false) => Endpoint::Mantle,
            (false, false) => Endpoint::Runtime,
        };
        let region = parts.iter().copied().find(|part| regions.contains(*part));
        let known = ["bedrock", "bedrock_mantle", "claude_platform", "invoke"];
        let plain = parts.iter().all(|part| known.contains(part));
        Some(Self { id, endpoint, region, plain })
    }
}

#[derive(Default)]
struct Record {
    mode: String,
    listed: bool,
    regions: BTreeSet<String>,
    price_in: String,
    price_out: String,
    ends: String,
    /// Whether the fields come from a key without Region, commitment or picture size.
    plain: bool,
}

impl Record {
    /// Prices and end date of a plain key win; another key gives only the end date, the earliest of all.
    fn add(&mut self, place: &Place<'_>, entry: &Value) {
        let text = |field: &str| entry[field].as_str().unwrap_or("").to_owned();
        self.listed = true;
        self.regions.extend(place.region.map(str::to_owned));
        if self.mode.is_empty() || place.plain {
            self.mode = text("mode");
        }
        let ends = text("deprecation_date");
        if place.plain && !self.plain {
            self.plain = true;
            self.ends = ends;
            (self.price_in, self.price_out) = prices(entry);
        } else if !self.plain && !ends.is_empty() && (self.ends.is_empty() || ends < self.ends) {
            self.ends = ends;
        }
    }
}

/// Dollars per million tokens; nothing when a call is charged by query, picture or second instead.
fn prices(entry: &Value) -> (String, String) {
    let million = |field: &str| entry[field].as_f64().map(|price| price * 1e6);
    match million("input_cost_per_token") {
        Some(price_in) if price_in > 0.0 => {
            (decimal(price_in), million("output_cost_per_token").map_or(String::new(), decimal))
        }
        _ => (
            String::new(),
            million("output_cost_per_token").filter(|price| *price > 0.0).map_or(String::new(), decimal),
        ),
    }
}

fn decimal(price: f64) -> String {
    let text = format!("{price:.6}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn provider(id: &str) -> &str {
    id.split('.').next().unwrap_or(id)
}

fn split_profile(id: &str) -> Option<(&str, &str)> {
    reference::split_profile_id(id).map(|(geography, model_id)| (geography.prefix.as_str(), model_id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(provider: &str, key: &str, expected: Option<(&str, Endpoint, Option<&str>, bool)>) {
        let regions = BTreeSet::from(["us-west-2".to_owned()]);
        let entry = serde_json::json!({ "litellm_provider": provider, "mode": "chat" });
        let place = Place::of(key, &entry, &regions);
        let found = place.as_ref().map(|place| (place.id, place.endpoint, place.region, place.plain));
        assert_eq!(found, expected, "{key}");
    }

    #[test]
    fn the_last_part_of_a_key_is_the_id() {
        let runtime = |id, region, plain| Some((id, Endpoint::Runtime, region, plain));
        check("bedrock", "deepseek.v3.2", runtime("deepseek.v3.2", None, true));
        check(
            "bedrock",
            "bedrock/us-west-2/deepseek.v3.2",
            runtime("deepseek.v3.2", Some("us-west-2"), false),
        );
        check(
            "bedrock",
            "bedrock/us-west-2/1-month-commitment/anthropic.claude-v2:1",
            runtime("anthropic.claude-v2:1", Some("us-west-2"), false),
        );
        check(
            "bedrock",
            "bedrock/*/6-month-commitment/cohere.command",
            runtime("cohere.command", None, false),
        );
        check("bedrock", "bedrock/invoke/a.b", runtime("a.b", None, true));
        check("bedrock", "512-x-512/50-steps/stability.sd", runtime("stability.sd", None, false));
        check(
            "bedrock_mantle",
            "bedrock_mantle/openai.gpt-oss-20b",
            Some(("openai.gpt-oss-20b", Endpoint::Mantle, None, true)),
        );
        check(
            "bedrock",
            "bedrock/claude_platform/claude-opus-5-5",
            Some(("claude-opus-5-5", Endpoint::ClaudePlatform, None, true)),
        );
    }

    #[test]
    fn keys_that_name_no_model_of_aws_are_left_out() {
        check("openai", "openai.gpt", None);
        check("bedrock", "bedrock/guardrails", None);
        check("bedrock", "claude-sonnet-4-5-20250929-v1:0", None);
        check("bedrock", "anthropic.claude-haiku-4-5@20251001", None);
    }

    #[test]
    fn a_price_is_dollars_per_million_tokens() {
        let price = |entry: serde_json::Value| prices(&entry);
        let of = |price_in: &str, price_out: &str| (price_in.to_owned(), price_out.to_owned());
        let both = serde_json::json!({ "input_cost_per_token": 3.5e-8, "output_cost_per_token": 0.0001375 });
        assert_eq!(price(both), of("0.035", "137.5"));
        let embedding = serde_json::json!({ "input_cost_per_token": 2e-8, "output_cost_per_token": 0.0 });
        assert_eq!(price(embedding), of("0.02", "0"));
        let by_query = serde_json::json!({ "input_cost_per_token": 0.0, "output_cost_per_token": 0.0 });
        assert_eq!(price(by_query), of("", ""));
        assert_eq!(price(serde_json::json!({ "input_cost_per_image": 0.04 })), of("", ""));
    }
}
