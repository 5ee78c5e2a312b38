//! Guardrails as a charter's author writes them: which there are, what a plan makes, and where calls run under one.

use std::ops::Range;

use iam::json::Node;

use super::{At, Fields, Reader, names, range};

/// A guardrail under one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuardrailEntry {
    pub name: At<String>,
    /// Its versions, each the ARN with the number behind a colon, by Region.
    pub existing: Vec<(At<String>, At<String>)>,
    /// The geography of the guardrail profile by which it may look at texts in other Regions.
    pub profile: Option<At<String>>,
    /// Where a plan makes it.
    pub regions: Vec<At<String>>,
    pub looks_for: LooksFor,
}

/// What a guardrail that a plan makes looks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LooksFor {
    /// Filters of content, by their words, with their strengths.
    pub filters: Vec<(At<String>, At<String>)>,
    pub words: Vec<At<String>>,
    /// Whether it looks for the words that AWS takes for profane.
    pub profanity: bool,
    /// Kinds of personal information, and what is done about each.
    pub pii: Vec<(At<String>, At<String>)>,
    /// Regular expressions by name.
    pub patterns: Vec<(At<String>, At<String>)>,
    /// What nobody is to talk about, by name, in words.
    pub topics: Vec<(At<String>, At<String>)>,
    /// From which score on an answer counts as grounded in what it was given, and as relevant to what was asked.
    pub grounding: Option<At<String>>,
    pub relevance: Option<At<String>>,
    /// What is answered where something is found.
    pub message: Option<At<String>>,
}

impl LooksFor {
    /// Whether there is anything that it looks for.
    pub fn is_said(&self) -> bool {
        *self != Self { message: self.message.clone(), ..Self::default() }
    }
}

/// A guardrail under which all calls of an area run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnforcedEntry {
    pub at: Range<usize>,
    pub guardrail: At<String>,
    /// Ids of models that run without it.
    pub except: Vec<At<String>>,
    /// Of system prompts, and of messages.
    pub system: Guarding,
    pub messages: Guarding,
}

/// How much of a text a guardrail looks at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Guarding {
    /// All of it.
    #[default]
    Comprehensive,
    /// What the caller marks.
    Selective,
}

impl Guarding {
    /// The word for it in charters and in Bedrock policies.
    pub fn word(self) -> &'static str {
        match self {
            Self::Comprehensive => "comprehensive",
            Self::Selective => "selective",
        }
    }
}

impl Reader<'_> {
    pub(super) fn guardrails(&mut self, node: &Node) -> Vec<GuardrailEntry> {
        let Some(members) = node.as_object() else {
            self.say(range(node), format!("`guardrails` is a mapping, and this is {}", node.kind())).hint =
                Some("name: { existing: { us-east-1: ARN:VERSION } }".to_owned());
            return Vec::new();
        };
        let mut guardrails = Vec::new();
        for member in members {
            let Some(fields) = self.fields(&member.node, "a guardrail", &names::GUARDRAIL) else { continue };
            let at = self.name(member);
            if fields.get("existing").is_none() && fields.get("regions").is_none() {
                self.say(at.clone(), format!("`{}` has no versions, and is made nowhere", member.name))
                    .hint = Some(
                    "existing: { us-east-1: arn:aws:bedrock:…:guardrail/ID:1 }, or `regions` to make it in"
                        .to_owned(),
                );
            }
            let looks_for = self.looks_for(&fields);
            guardrails.push(GuardrailEntry {
                name: At { value: member.name.clone(), at },
                existing: self.texts_by_name(fields.get("existing"), "`existing`", "a version"),
                profile: fields.get("profile").and_then(|node| self.text(node, "`profile`")),
                regions: self.some_texts(fields.get("regions"), "a Region"),
                looks_for,
            });
        }
        guardrails
    }

    fn looks_for(&mut self, fields: &Fields<'_>) -> LooksFor {
        let mut filters = Vec::new();
        for filter in &reference::guardrail_parts().filters {
            let Some(node) = fields.get(&filter.word) else { continue };
            let strength = self.text(node, "a strength");
            let name = At { value: filter.word.clone(), at: range(node) };
            filters.extend(strength.map(|strength| (name, strength)));
        }
        let profanity = match fields.get("profanity").map(|node| (node, node.as_text())) {
            None | Some((_, Some("false"))) => false,
            Some((_, Some("true"))) => true,
            Some((node, _)) => {
                self.say(range(node), "`profanity` is true or false").hint =
                    Some("profanity: true".to_owned());
                false
            }
        };
        LooksFor {
            filters,
            words: self.some_texts(fields.get("words"), "a word"),
            profanity,
            pii: self.texts_by_name(fields.get("pii"), "`pii`", "what is done"),
            patterns: self.texts_by_name(fields.get("patterns"), "`patterns`", "a pattern"),
            topics: self.texts_by_name(fields.get("topics"), "`topics`", "a topic"),
            grounding: fields.get("grounding").and_then(|node| self.text(node, "`grounding`")),
            relevance: fields.get("relevance").and_then(|node| self.text(node, "`relevance`")),
            message: fields.get("message").and_then(|node| self.text(node, "`message`")),
        }
    }

    /// A mapping of names to texts that is not empty.
    fn texts_by_name(
        &mut self,
        node: Option<&Node>,
        what: &str,
        each: &str,
    ) -> Vec<(At<String>, At<String>)> {
        let Some(node) = node else { return Vec::new() };
        let Some(members) = node.as_object().filter(|members| !members.is_empty()) else {
            let hint = match what {
                "`existing`" => "us-east-1: arn:aws:bedrock:us-east-1:ACCOUNT:guardrail/ID:1",
                "`pii`" => "US_SOCIAL_SECURITY_NUMBER: block",
                _ => "name: text",
            };
            self.say(range(node), format!("{what} is a mapping of names to texts")).hint =
                Some(hint.to_owned());
            return Vec::new();
        };
        let mut found = Vec::new();
        for member in members {
            let name = At { value: member.name.clone(), at: self.name(member) };
            found.extend(self.text(&member.node, each).map(|text| (name, text)));
        }
        found
    }

    pub(super) fn enforced(&mut self, node: &Node) -> Option<EnforcedEntry> {
        if node.as_text().is_some() {
            let guardrail = self.text(node, "a guardrail")?;
            let (system, messages) = Default::default();
            return Some(EnforcedEntry { at: range(node), guardrail, except: Vec::new(), system, messages });
        }
        let fields = self.fields(node, "a guardrail that is enforced", &names::ENFORCED)?;
        let given = fields.get("enforce");
        let guardrail = given.and_then(|node| self.text(node, "`enforce`"));
        let guardrail = self.needed(guardrail, given.is_some(), &fields.at, "`enforce`");
        let [system, messages] = ["system", "messages"].map(|name| self.guarding(fields.get(name), name));
        Some(EnforcedEntry {
            at: range(node),
            guardrail: guardrail?,
            except: self.some_texts(fields.get("except"), "a model id"),
            system,
            messages,
        })
    }

    fn guarding(&mut self, node: Option<&Node>, name: &str) -> Guarding {
        match node.map(|node| (node, node.as_text())) {
            None | Some((_, Some("comprehensive"))) => Guarding::Comprehensive,
            Some((_, Some("selective"))) => Guarding::Selective,
            Some((node, _)) => {
                self.say(range(node), format!("`{name}` says how much is looked at")).hint =
                    Some("comprehensive, or selective for what callers mark".to_owned());
                Guarding::Comprehensive
            }
        }
    }
}
