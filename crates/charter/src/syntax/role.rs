//! Roles as a charter's author writes them: what each is for, on which models and buckets, and who may take it.

use std::ops::Range;

use iam::json::Node;

use super::{At, Reader, ScopeWord, names, range};

/// A role, made in every account of the areas that name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleEntry {
    pub name: At<String>,
    pub purpose: Option<PurposeEntry>,
    pub models: Vec<At<String>>,
    /// Doors through which models are run.
    pub through: Vec<At<String>>,
    pub scope: Option<At<ScopeWord>>,
    /// Where calls are made.
    pub regions: Vec<At<String>>,
    /// The domain of Unified Studio; whichever the session is of if none is given.
    pub domain: Option<At<String>>,
    /// Whether there is one role for each name under `models`.
    pub each_model: bool,
    /// Services whose actions a bundle holds; those of Amazon Bedrock if none is given.
    pub services: Vec<At<String>>,
    /// Buckets and what stands in them, `bucket` or `bucket/prefix/*`.
    pub read: Vec<At<String>>,
    pub write: Vec<At<String>>,
    /// Roles of this charter that it may hand to Amazon Bedrock.
    pub passes: Vec<At<String>>,
    pub trust: Option<TrustEntry>,
}

/// What a role is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PurposeEntry {
    /// A role of SageMaker Unified Studio.
    Studio(At<StudioWord>),
    /// A role with which Amazon Bedrock does a job.
    Job(At<JobWord>),
    /// Duties, by their names.
    Duties(At<Vec<At<String>>>),
}

impl PurposeEntry {
    /// Where it stands.
    pub fn at(&self) -> &Range<usize> {
        match self {
            Self::Studio(word) => &word.at,
            Self::Job(word) => &word.at,
            Self::Duties(list) => &list.at,
        }
    }
}

/// The roles of Unified Studio.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StudioWord {
    /// Runs models in the playground of a domain.
    Consumption,
    /// Makes inference profiles of models for projects.
    Provisioning,
}

/// The jobs that Amazon Bedrock does with a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobWord {
    Import,
    Customization,
    Batch,
}

/// Who may take a role, and what a session has to say of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustEntry {
    pub at: Range<usize>,
    pub from: Option<TrustFrom>,
    /// Patterns of the source identity that a session has to have.
    pub source_identity: Vec<At<String>>,
    /// Session tags with the values they may have.
    pub tags: Vec<(At<String>, Vec<At<String>>)>,
}

/// Where sessions come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TrustFrom {
    /// A SAML provider of this name in the account of the role.
    Saml(At<String>),
    /// An OpenID Connect provider of this host in the account of the role.
    Oidc { host: At<String>, audience: At<String>, subjects: Vec<At<String>> },
    /// Accounts, and in them callers; everybody whom they let if there are none.
    Accounts { accounts: Vec<At<String>>, callers: Vec<At<String>> },
    /// A service of AWS, such as `lambda.amazonaws.com`.
    Service(At<String>),
}

impl Reader<'_> {
    pub(super) fn roles(&mut self, node: &Node) -> Vec<RoleEntry> {
        let Some(members) = node.as_object() else {
            self.say(range(node), format!("`roles` is a mapping, and this is {}", node.kind())).hint =
                Some("name: { studio: consumption, models: [name], regions: [us-east-1] }".to_owned());
            return Vec::new();
        };
        let mut roles = Vec::new();
        for member in members {
            let Some(fields) = self.fields(&member.node, "a role", &names::ROLE) else { continue };
            let at = self.name(member);
            let given: Vec<&str> =
                ["studio", "job", "duties"].into_iter().filter(|name| fields.get(name).is_some()).collect();
            let purpose = match given.as_slice() {
                ["studio"] => self.word(fields.get("studio"), "`studio`", &STUDIO).map(PurposeEntry::Studio),
                ["job"] => self.word(fields.get("job"), "`job`", &JOBS).map(PurposeEntry::Job),
                ["duties"] => fields.get("duties").map(|node| {
                    let value = self.some_texts(Some(node), "a duty");
                    PurposeEntry::Duties(At { value, at: range(node) })
                }),
                [] => {
                    self.say(at.clone(), format!("`{}` does not say what it is for", member.name)).hint =
                        Some("give `studio`, `job` or `duties`".to_owned());
                    None
                }
                several => {
                    let message = format!("`{}` is for several things: {}", member.name, several.join(", "));
                    self.say(at.clone(), message).hint = Some("make a role for each".to_owned());
                    None
                }
            };
            let each_model = match fields.get("each").map(|node| (node, node.as_text())) {
                None => false,
                Some((_, Some("model"))) => true,
                Some((node, _)) => {
                    self.say(range(node), "there may be one role for each model").hint =
                        Some("each: model".to_owned());
                    false
                }
            };
            roles.push(RoleEntry {
                name: At { value: member.name.clone(), at },
                purpose,
                models: self.some_texts(fields.get("models"), "a model"),
                through: self.some_texts(fields.get("through"), "a door"),
                scope: self.scope(fields.get("scope")),
                regions: self.some_texts(fields.get("regions"), "a Region"),
                domain: fields.get("domain").and_then(|node| self.text(node, "`domain`")),
                each_model,
                services: self.some_texts(fields.get("services"), "a service"),
                read: self.some_texts(fields.get("read"), "a bucket"),
                write: self.some_texts(fields.get("write"), "a bucket"),
                passes: self.some_texts(fields.get("passes"), "a role"),
                trust: fields.get("trust").and_then(|node| self.trust(node)),
            });
        }
        roles
    }

    fn trust(&mut self, node: &Node) -> Option<TrustEntry> {
        let fields = self.fields(node, "`trust`", &names::TRUST)?;
        let given: Vec<&str> = ["saml", "oidc", "accounts", "service"]
            .into_iter()
            .filter(|name| fields.get(name).is_some())
            .collect();
        let one = |reader: &mut Self, name: &str| {
            let node = fields.get(name);
            let text = node.and_then(|node| reader.text(node, &format!("`{name}`")));
            reader.needed(text, node.is_some(), &fields.at, &format!("`{name}`"))
        };
        let from = match given.as_slice() {
            ["saml"] => one(self, "saml").map(TrustFrom::Saml),
            ["service"] => one(self, "service").map(TrustFrom::Service),
            ["oidc"] => {
                let (host, audience) = (one(self, "oidc"), one(self, "audience"));
                let subjects = self.some_texts(fields.get("subjects"), "a subject");
                if fields.get("subjects").is_none() {
                    self.say(fields.at.clone(), "`subjects` is missing").hint =
                        Some("without it whoever the provider knows takes the role".to_owned());
                }
                host.zip(audience).map(|(host, audience)| TrustFrom::Oidc { host, audience, subjects })
            }
            ["accounts"] => Some(TrustFrom::Accounts {
                accounts: self.some_texts(fields.get("accounts"), "an account"),
                callers: self.some_texts(fields.get("callers"), "a caller"),
            }),
            others => {
                let message = match others.is_empty() {
                    true => "`trust` does not say where sessions come from".to_owned(),
                    false => format!("sessions come from one place, and here are {}", others.join(", ")),
                };
                self.say(fields.at.clone(), message).hint =
                    Some("give `saml`, `oidc`, `accounts` or `service`".to_owned());
                None
            }
        };
        for (name, of) in [("audience", "oidc"), ("subjects", "oidc"), ("callers", "accounts")] {
            if let Some(node) = fields.get(name)
                && !given.contains(&of)
            {
                self.say(range(node), format!("`{name}` belongs to `{of}`"));
            }
        }
        let mut tags = Vec::new();
        if let Some(node) = fields.get("tags") {
            match node.as_object() {
                Some(members) => {
                    for member in members {
                        let name = At { value: member.name.clone(), at: self.name(member) };
                        tags.push((name, self.some_texts(Some(&member.node), "a value")));
                    }
                }
                None => {
                    self.say(range(node), "`tags` is a mapping of names to the values they may have").hint =
                        Some("tags: { team: [search, shop] }".to_owned());
                }
            }
        }
        Some(TrustEntry {
            at: fields.at.clone(),
            from,
            source_identity: self.some_texts(fields.get("source-identity"), "a source identity"),
            tags,
        })
    }

    /// One of some words.
    fn word<T: Copy>(&mut self, node: Option<&Node>, what: &str, words: &[(&str, T)]) -> Option<At<T>> {
        let text = self.text(node?, what)?;
        match words.iter().find(|(word, _)| *word == text.value) {
            Some((_, value)) => Some(At { value: *value, at: text.at }),
            None => {
                let words: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
                self.say(text.at, format!("{what} cannot be `{}`", text.value)).hint = Some(words.join(", "));
                None
            }
        }
    }
}

pub(crate) const STUDIO: [(&str, StudioWord); 2] =
    [("consumption", StudioWord::Consumption), ("provisioning", StudioWord::Provisioning)];

pub(crate) const JOBS: [(&str, JobWord); 3] =
    [("import", JobWord::Import), ("customization", JobWord::Customization), ("batch", JobWord::Batch)];
