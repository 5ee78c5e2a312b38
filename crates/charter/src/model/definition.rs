//! Guardrails that a plan makes: what they look for, where, and by which profile they may do so in other Regions.
//!
//! Follows Amazon Bedrock API, CreateGuardrail, whose limits stand in the reference, and Amazon Bedrock User Guide, "Supported
//! Regions for cross-Region guardrails" (aws-facts §3.5).

use std::collections::{BTreeMap, BTreeSet};

use iam::arn::AccountId;
use iam::lint::nearest::nearest;
use reference::{
    ContentFilter, GuardrailDestinations, guardrail_destinations, guardrail_geographies, guardrail_parts,
};

use super::check::Checker;
use super::{Lower, Origin};
use crate::syntax::{At, GuardrailEntry, names};

/// A guardrail of a charter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definition {
    pub name: String,
    /// Where the plan makes it; nowhere where all of it is there already.
    pub regions: BTreeSet<String>,
    /// ARN and number of the versions that are there, by Region.
    pub versions: BTreeMap<String, String>,
    /// The geography of its profile.
    pub profile: Option<String>,
    /// Filters with their strengths, such as `medium`.
    pub filters: Vec<(&'static ContentFilter, String)>,
    pub words: BTreeSet<String>,
    pub profanity: bool,
    /// Kinds of personal information, with `block` or `anonymize`.
    pub pii: BTreeMap<String, String>,
    pub patterns: BTreeMap<String, String>,
    pub topics: BTreeMap<String, String>,
    /// In hundredths.
    pub grounding: Option<u8>,
    pub relevance: Option<u8>,
    pub message: Option<String>,
    pub origin: Origin,
}

impl Definition {
    /// The profile in each Region in which texts may be looked at, of an account; nothing without a profile.
    pub fn profiles(&self, partition: &str, account: &AccountId) -> BTreeSet<String> {
        let Some(geography) = &self.profile else { return BTreeSet::new() };
        let sources = self.regions.iter().chain(self.versions.keys());
        let reached = sources.flat_map(|source| match guardrail_destinations(geography, source) {
            GuardrailDestinations::Known(regions) | GuardrailDestinations::AtMost(regions) => regions,
            GuardrailDestinations::Unlisted => &[],
        });
        let arn = |region: &String| {
            format!("arn:{partition}:bedrock:{region}:{account}:guardrail-profile/{geography}.guardrail.v1:0")
        };
        reached.map(arn).collect()
    }

    /// Regions in which it is made and has no version yet.
    pub fn pending(&self) -> impl Iterator<Item = &str> {
        self.regions.iter().map(String::as_str).filter(|region| !self.versions.contains_key(*region))
    }
}

/// A score between nothing and all, in hundredths.
///
/// Source: Amazon Bedrock User Guide, "Contextual grounding check": from 0 to 0.99; nothing is below 0.
fn hundredths(text: &str) -> Option<u8> {
    let digits = text.strip_prefix("0.")?;
    let digits = match digits.len() {
        1 => format!("{digits}0"),
        2 => digits.to_owned(),
        _ => return None,
    };
    digits.parse().ok().filter(|score| *score > 0 && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

impl Checker<'_> {
    /// What AWS would not take, or what would do nothing.
    pub(super) fn definition(&mut self, entry: &GuardrailEntry) {
        let limits = &guardrail_parts().limits;
        let looks_for = &entry.looks_for;
        for region in &entry.regions {
            self.region(region);
        }
        match (entry.regions.first(), looks_for.is_said()) {
            (Some(region), false) => {
                let hint = Some("prompt-attack: medium, say".to_owned());
                self.error(&region.at, format!("`{}` looks for nothing", entry.name.value), hint);
            }
            (None, _) if looks_for.is_said() || looks_for.message.is_some() => {
                let hint = Some("regions: [us-east-1]".to_owned());
                let message = format!("`{}` says what it looks for, and is made nowhere", entry.name.value);
                self.error(&entry.name.at, message, hint);
            }
            (Some(_), true) | (None, _) => {}
        }
        // Source: CreateGuardrail, `name`.
        let of_name =
            |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        let most = limits.name_characters - "postern-".len();
        let is_made = !entry.regions.is_empty();
        if is_made && (!of_name(&entry.name.value) || entry.name.value.len() > most) {
            let hint = Some(format!("letters, digits, hyphens and underscores, at most {most}"));
            self.error(&entry.name.at, format!("no guardrail is called `{}`", entry.name.value), hint);
        }
        self.profile(entry);
        for (_, strength) in &looks_for.filters {
            self.one_of(strength, "strength", &names::STRENGTH);
        }
        let kinds: Vec<&str> = guardrail_parts().pii.types.iter().map(String::as_str).collect();
        for (kind, what) in &looks_for.pii {
            self.one_of(kind, "kind of personal information", &kinds);
            self.one_of(what, "way to treat it", &names::PII);
        }
        self.at_most("words", looks_for.words.iter(), limits.words, limits.word_characters);
        let patterns = looks_for.patterns.iter().map(|(_, pattern)| pattern);
        self.at_most("patterns", patterns, limits.patterns, limits.pattern_characters);
        let topics = looks_for.topics.iter().map(|(_, topic)| topic);
        self.at_most("topics", topics, limits.topics, limits.topic_characters);
        self.at_most("message", looks_for.message.iter(), 1, limits.message_characters);
        // Source: GuardrailTopicConfig and GuardrailRegexConfig, `name`.
        let of_topic = |letter: char| letter.is_ascii_alphanumeric() || "-_ !?.".contains(letter);
        let topics = looks_for.topics.iter().map(|(name, _)| (name, name.value.chars().all(of_topic)));
        let patterns = looks_for.patterns.iter().map(|(name, _)| (name, true));
        for (name, fits) in topics.chain(patterns) {
            if !fits || name.value.chars().count() > 100 {
                let hint = Some("at most 100 characters; of a topic letters, digits and -_ !?.".to_owned());
                self.error(&name.at, format!("`{}` is no name that AWS takes", name.value), hint);
            }
        }
        for score in looks_for.grounding.iter().chain(&looks_for.relevance) {
            if hundredths(&score.value).is_none() {
                let hint = Some("from 0.01 to 0.99".to_owned());
                self.error(&score.at, format!("`{}` is no score", score.value), hint);
            }
        }
    }

    fn profile(&mut self, entry: &GuardrailEntry) {
        let Some(profile) = &entry.profile else { return };
        for region in entry.regions.iter().chain(entry.existing.iter().map(|(region, _)| region)) {
            match guardrail_destinations(&profile.value, &region.value) {
                GuardrailDestinations::Known(_) => {}
                GuardrailDestinations::AtMost(regions) => {
                    let message = format!(
                        "AWS does not say where `{}` leads from {}; at most {}",
                        profile.value,
                        region.value,
                        regions.join(", ")
                    );
                    self.warn(&region.at, message, "the plan lets the organisation use it in all of them");
                }
                GuardrailDestinations::Unlisted => {
                    let message = format!("no guardrail profile `{}` is in {}", profile.value, region.value);
                    let known: Vec<&str> = guardrail_geographies(&region.value).collect();
                    let hint = Some(match known.is_empty() {
                        true => "no profile is known there".to_owned(),
                        false => format!("there: {}", known.join(", ")),
                    });
                    self.error(&profile.at, message, hint);
                }
            }
        }
    }

    fn one_of(&mut self, found: &At<String>, what: &str, known: &[&str]) {
        if known.contains(&found.value.as_str()) {
            return;
        }
        let hint = match nearest(&found.value, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => known.join(", "),
        };
        self.error(&found.at, format!("`{}` is no {what}", found.value), Some(hint));
    }

    fn at_most<'e>(
        &mut self,
        what: &str,
        texts: impl Iterator<Item = &'e At<String>>,
        most: usize,
        characters_max: usize,
    ) {
        for (number, text) in texts.enumerate() {
            if number == most {
                self.error(&text.at, format!("AWS takes {most} {what} of a guardrail"), None);
            }
            let characters = text.value.chars().count();
            if characters > characters_max {
                let hint = Some(format!("AWS takes {characters_max}"));
                self.error(&text.at, format!("this has {characters} characters"), hint);
            }
        }
    }
}

impl Lower<'_> {
    /// The guardrails of the charter, with versions as they are written: what is no version is told where it is enforced.
    pub(super) fn definitions(&self) -> Vec<Definition> {
        let texts = |all: &[(At<String>, At<String>)]| -> BTreeMap<String, String> {
            all.iter().map(|(name, text)| (name.value.clone(), text.value.clone())).collect()
        };
        let score = |text: &Option<At<String>>| text.as_ref().and_then(|text| hundredths(&text.value));
        let parts = guardrail_parts();
        let definition = |entry: &GuardrailEntry| {
            let looks_for = &entry.looks_for;
            let filters = looks_for.filters.iter().filter_map(|(word, strength)| {
                let filter = parts.filters.iter().find(|filter| filter.word == word.value)?;
                Some((filter, strength.value.clone()))
            });
            Definition {
                name: entry.name.value.clone(),
                regions: entry.regions.iter().map(|region| region.value.clone()).collect(),
                versions: texts(&entry.existing),
                profile: entry.profile.as_ref().map(|profile| profile.value.clone()),
                filters: filters.collect(),
                words: looks_for.words.iter().map(|word| word.value.clone()).collect(),
                profanity: looks_for.profanity,
                pii: texts(&looks_for.pii),
                patterns: texts(&looks_for.patterns),
                topics: texts(&looks_for.topics),
                grounding: score(&looks_for.grounding),
                relevance: score(&looks_for.relevance),
                message: looks_for.message.as_ref().map(|message| message.value.clone()),
                origin: entry.name.at.clone(),
            }
        };
        self.syntax.guardrails.iter().map(definition).collect()
    }
}
