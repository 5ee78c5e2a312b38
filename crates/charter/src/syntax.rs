//! A charter as its author writes it: names and patterns with their places, not yet checked against anything.
//!
//! Everything that is wrong is found in one reading. What a word means, whether a door exists, and whether two lines
//! contradict each other is asked later (`check`); here only the form counts.

mod guardrail;
mod role;

use std::ops::Range;

use iam::json::{Member, Node, Value};
use iam::lint::nearest::nearest;

use crate::day::Day;
use crate::diagnostic::Diagnostic;
use crate::yaml;

pub use self::guardrail::{EnforcedEntry, Guarding, GuardrailEntry, LooksFor};
pub(crate) use self::role::{JOBS, STUDIO};
pub use self::role::{JobWord, PurposeEntry, RoleEntry, StudioWord, TrustEntry, TrustFrom};

/// The version of the language that is read.
pub const VERSION: &str = "1";

/// The names that each mapping may have, and the words for the state of a door; the JSON Schema is made from them.
pub(crate) mod names {
    pub const CHARTER: [&str; 10] = [
        "charter",
        "data-classes",
        "models",
        "guardrails",
        "roles",
        "areas",
        "except",
        "fence",
        "watch",
        "hubs",
    ];
    pub const WATCH: [&str; 2] = ["trail", "target"];
    pub const MODEL: [&str; 9] =
        ["runtime", "mantle", "provider", "licence", "owner", "data", "compliance", "review_by", "ends"];
    pub const GUARDRAIL: [&str; 17] = [
        "existing",
        "regions",
        "profile",
        "prompt-attack",
        "hate",
        "insults",
        "misconduct",
        "sexual",
        "violence",
        "words",
        "profanity",
        "pii",
        "patterns",
        "topics",
        "grounding",
        "relevance",
        "message",
    ];
    pub const STRENGTH: [&str; 3] = ["low", "medium", "high"];
    pub const PII: [&str; 2] = ["block", "anonymize"];
    pub const ROLE: [&str; 14] = [
        "studio", "job", "duties", "models", "through", "scope", "regions", "domain", "each", "services",
        "read", "write", "passes", "trust",
    ];
    pub const TRUST: [&str; 9] =
        ["saml", "oidc", "audience", "subjects", "accounts", "callers", "service", "source-identity", "tags"];
    pub const AREA: [&str; 13] = [
        "at",
        "data",
        "compliance",
        "within",
        "allow",
        "doors",
        "off",
        "retention",
        "guardrail",
        "roles",
        "identity",
        "buckets",
        "budget",
    ];
    pub const HUB: [&str; 4] = ["account", "regions", "models", "share"];
    pub const BUDGET: [&str; 2] = ["usd", "notify"];
    pub const BUCKET: [&str; 3] = ["names", "readers", "writers"];
    pub const IDENTITY: [&str; 2] = ["source", "except"];
    pub const ENFORCED: [&str; 4] = ["enforce", "except", "system", "messages"];
    pub const GUARDING: [&str; 2] = ["comprehensive", "selective"];
    pub const ROW: [&str; 6] = ["models", "through", "scope", "regions", "callers", "ends"];
    pub const STATE: [&str; 5] = ["only", "resources", "regions", "inside", "max-age-days"];
    pub const STATES: [&str; 5] = ["closed", "list-only", "open", "unmanaged", "short-term"];
    pub const OFF: [&str; 4] = ["service", "except", "resources", "on"];
    pub const EXCEPTION: [&str; 5] = ["who", "from", "at", "why", "expires"];
    pub const FENCE: [&str; 1] = ["keepers"];
}

/// Longest charter, in bytes.
pub const CHARTER_BYTES_MAX: usize = 4 * 1024 * 1024;

/// A value and where it stands, in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct At<T> {
    pub value: T,
    pub at: Range<usize>,
}

/// A whole charter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Syntax {
    /// The data classes there are; none where the charter does not classify data.
    pub data_classes: Vec<At<String>>,
    pub models: Vec<ModelEntry>,
    pub guardrails: Vec<GuardrailEntry>,
    pub roles: Vec<RoleEntry>,
    pub hubs: Vec<HubEntry>,
    pub areas: Vec<AreaEntry>,
    pub exceptions: Vec<ExceptionEntry>,
    pub fence: Option<FenceEntry>,
    pub watch: Option<WatchEntry>,
}

/// Models under one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelEntry {
    pub name: At<String>,
    /// Ids and patterns of ids as `bedrock` has them.
    pub runtime: Vec<At<String>>,
    /// Ids and patterns of ids as `bedrock-mantle` has them.
    pub mantle: Vec<At<String>>,
    pub provider: Option<At<String>>,
    pub licence: Option<At<String>>,
    pub owner: Option<At<String>>,
    /// The classes of data they are cleared for.
    pub data: Vec<At<String>>,
    /// The programmes in whose scope its author says it is.
    pub compliance: Vec<At<String>>,
    pub review_by: Option<At<Day>>,
    /// The first day on which they are no longer approved.
    pub ends: Option<At<Day>>,
}

/// Part of the organisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AreaEntry {
    /// Paths of names (`/workloads/prod`), ids of units or accounts.
    pub at: Vec<At<String>>,
    /// The class of the data worked on here.
    pub data: Option<At<String>>,
    /// The programmes that hold here and below.
    pub compliance: Vec<At<String>>,
    /// Regions that no call may leave.
    pub within: Option<Vec<At<String>>>,
    pub allow: Option<At<Vec<AllowEntry>>>,
    pub doors: Vec<(At<String>, At<State>)>,
    pub off: Vec<OffEntry>,
    /// The data-retention modes that may be set.
    pub retention: Option<At<Vec<At<String>>>>,
    pub guardrail: Option<EnforcedEntry>,
    /// Roles that are made in every account here and below.
    pub roles: Vec<At<String>>,
    /// What sessions that run models have to say of who stands behind them.
    pub identity: Option<IdentityEntry>,
    /// Buckets that only some may read and write.
    pub buckets: Vec<BucketEntry>,
    pub budget: Option<BudgetEntry>,
}

/// A private hub of SageMaker JumpStart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HubEntry {
    pub name: At<String>,
    pub account: Option<At<String>>,
    pub regions: Vec<At<String>>,
    /// Names of models in the public hub.
    pub models: Vec<At<String>>,
    /// Paths or ids of whom it is shared with.
    pub share: Vec<At<String>>,
}

/// What an area should cost a month, and who is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BudgetEntry {
    pub at: Range<usize>,
    /// Whole US dollars.
    pub usd: u32,
    /// Addresses of mail, or the ARN of a topic.
    pub notify: Vec<At<String>>,
}

/// Buckets that only some may read and write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BucketEntry {
    pub at: Range<usize>,
    /// Names, with `*` and `?`.
    pub names: Vec<At<String>>,
    pub readers: Vec<At<String>>,
    /// Who may read too.
    pub writers: Vec<At<String>>,
}

/// Who has to stand behind whoever runs models.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityEntry {
    pub at: Range<usize>,
    /// Patterns of source identities.
    pub source: Vec<At<String>>,
    /// Who needs none.
    pub except: Vec<At<String>>,
}

/// Models that may be run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowEntry {
    pub at: Range<usize>,
    pub models: Vec<At<String>>,
    pub through: Vec<At<String>>,
    pub scope: Option<At<ScopeWord>>,
    /// Where calls are made; anywhere if none is given.
    pub regions: Vec<At<String>>,
    /// Who may, as patterns such as `role/app-*`; everybody if none is given.
    pub callers: Vec<At<String>>,
    /// The first day on which this is no longer allowed.
    pub ends: Option<At<Day>>,
}

/// How far from the called Region a model may run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ScopeWord {
    /// In the Region that is called.
    InRegion,
    /// In the geography of the called Region.
    Geo,
    /// Anywhere.
    Global,
}

/// What is said of a door.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    Closed,
    ListOnly,
    Open,
    Unmanaged,
    /// Of API keys: only those that a session signs for at most twelve hours.
    ShortTerm,
    /// Of API keys: long-term ones too, as long as they expire within so many days.
    MaxAgeDays(u32),
    /// For some principals, on some things, in some Regions.
    Limited {
        only: Vec<At<String>>,
        resources: Vec<At<String>>,
        /// Where calls are made.
        regions: Vec<At<String>>,
        /// Of sharing: only with principals of the organisation.
        inside: bool,
    },
}

/// A service that is switched off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OffEntry {
    /// Its prefix, e.g. `sagemaker`.
    pub service: At<String>,
    /// Who may use it still.
    pub except: Vec<At<String>>,
    /// The things that may be used still, as patterns of ARNs.
    pub resources: Vec<At<String>>,
    /// The only things it is off on, as patterns of ARNs; all if none is given.
    pub on: Vec<At<String>>,
}

/// Somebody for whom doors are open for a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExceptionEntry {
    pub at: Range<usize>,
    pub who: Vec<At<String>>,
    pub from: Vec<At<String>>,
    /// Areas it holds in; everywhere if none is given.
    pub areas: Vec<At<String>>,
    pub why: At<String>,
    /// The first day on which it no longer holds.
    pub expires: At<Day>,
}

/// Who may change the fence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FenceEntry {
    pub at: Range<usize>,
    pub keepers: Vec<At<String>>,
}

/// What is seen of what happens, and who is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatchEntry {
    pub at: Range<usize>,
    /// Name or ARN of the trail that logs.
    pub trail: At<String>,
    /// ARN of what rules call; nobody is told without one.
    pub target: Option<At<String>>,
}

/// Reads a charter.
///
/// # Errors
/// Everything that is wrong with its form.
pub fn read(text: &str) -> Result<Syntax, Vec<Diagnostic>> {
    if text.len() > CHARTER_BYTES_MAX {
        let message = format!("longer than {CHARTER_BYTES_MAX} bytes, the most that is read");
        return Err(vec![Diagnostic::error(0..0, message)]);
    }
    let documents = yaml::parse(text).map_err(|error| {
        let end = (error.offset.saturating_add(1)).min(text.len());
        vec![Diagnostic::error(error.offset.min(end)..end, error.message)]
    })?;
    let mut reader = Reader { text, wrong: Vec::new() };
    let root = match documents.as_slice() {
        [root] => root,
        [] => return Err(vec![Diagnostic::error(0..0, "the file is empty").hint("begin with `charter: 1`")]),
        [_, second, ..] => {
            let message = "a charter is one YAML document, and here begins a second";
            return Err(vec![Diagnostic::error(second.start..second.end, message)]);
        }
    };
    let syntax = reader.charter(root);
    match reader.wrong.is_empty() {
        true => Ok(syntax),
        false => {
            reader.wrong.sort_by_key(|each| (each.at.start, each.at.end));
            Err(reader.wrong)
        }
    }
}

/// Notes what is wrong and goes on.
struct Reader<'t> {
    text: &'t str,
    wrong: Vec<Diagnostic>,
}

/// The members of a mapping, by name.
struct Fields<'a> {
    at: Range<usize>,
    members: Vec<(&'a str, &'a Node)>,
}

impl<'a> Fields<'a> {
    fn get(&self, name: &str) -> Option<&'a Node> {
        self.members.iter().find(|(known, _)| *known == name).map(|(_, node)| *node)
    }
}

fn range(node: &Node) -> Range<usize> {
    node.start..node.end
}

impl Reader<'_> {
    /// Where the name of a member stands; of one that is quoted or escaped, about there.
    fn name(&self, member: &Member) -> Range<usize> {
        let mut end = (member.start + member.name.len()).min(self.text.len());
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        member.start.min(end)..end
    }

    fn say(&mut self, at: Range<usize>, message: impl Into<String>) -> &mut Diagnostic {
        self.wrong.push(Diagnostic::error(at, message));
        self.wrong.last_mut().expect("one was pushed")
    }

    /// A mapping with no other names than these.
    fn fields<'a>(&mut self, node: &'a Node, what: &str, known: &[&str]) -> Option<Fields<'a>> {
        let Some(members) = node.as_object() else {
            let message = format!("{what} is a mapping, and this is {}", node.kind());
            self.say(range(node), message).hint = Some(format!("it may have: {}", known.join(", ")));
            return None;
        };
        for member in members.iter().filter(|member| !known.contains(&member.name.as_str())) {
            let hint = match nearest(&member.name, known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("it may have: {}", known.join(", ")),
            };
            let at = self.name(member);
            self.say(at, format!("{what} has no `{}`", member.name)).hint = Some(hint);
        }
        let members = members.iter().map(|member| (member.name.as_str(), &member.node)).collect();
        Some(Fields { at: range(node), members })
    }

    fn text(&mut self, node: &Node, what: &str) -> Option<At<String>> {
        match node.as_text() {
            Some(text) if !text.is_empty() => Some(At { value: text.to_owned(), at: range(node) }),
            Some(_) => {
                self.say(range(node), format!("{what} is empty"));
                None
            }
            None => {
                self.say(range(node), format!("{what} is a text, and this is {}", node.kind()));
                None
            }
        }
    }

    /// A list of texts; one alone may stand without brackets.
    fn texts(&mut self, node: Option<&Node>, what: &str) -> Vec<At<String>> {
        let Some(node) = node else { return Vec::new() };
        let found: Vec<_> = match &node.value {
            Value::List(nodes) => nodes.iter().filter_map(|each| self.text(each, what)).collect(),
            _ => self.text(node, what).into_iter().collect(),
        };
        let mut seen: Vec<&At<String>> = Vec::new();
        for each in &found {
            match seen.iter().find(|earlier| earlier.value == each.value) {
                Some(earlier) => self.wrong.push(
                    Diagnostic::error(each.at.clone(), format!("`{}` is named twice", each.value))
                        .also(earlier.at.clone(), "here first"),
                ),
                None => seen.push(each),
            }
        }
        found
    }

    /// The same, where at least one is needed if the list is there.
    fn some_texts(&mut self, node: Option<&Node>, what: &str) -> Vec<At<String>> {
        let found = self.texts(node, what);
        if let Some(node) = node
            && node.as_list().is_some_and(<[Node]>::is_empty)
        {
            self.say(range(node), format!("{what}: the list is empty"));
        }
        found
    }

    fn list<'a>(&mut self, node: Option<&'a Node>, what: &str) -> &'a [Node] {
        let Some(node) = node else { return &[] };
        node.as_list().unwrap_or_else(|| {
            self.say(range(node), format!("{what} is a list, and this is {}", node.kind()));
            &[]
        })
    }

    fn day(&mut self, node: Option<&Node>, what: &str) -> Option<At<Day>> {
        let text = self.text(node?, what)?;
        match Day::parse(&text.value) {
            Some(day) => Some(At { value: day, at: text.at }),
            None => {
                self.say(text.at, format!("`{}` is not a day", text.value)).hint =
                    Some("write it as YYYY-MM-DD".to_owned());
                None
            }
        }
    }

    /// What has to be there.
    fn needed<T>(&mut self, found: Option<T>, given: bool, at: &Range<usize>, what: &str) -> Option<T> {
        if found.is_none() && !given {
            self.say(at.clone(), format!("{what} is missing"));
        }
        found
    }

    fn charter(&mut self, root: &Node) -> Syntax {
        let Some(fields) = self.fields(root, "a charter", &names::CHARTER) else { return Syntax::default() };
        match fields.get("charter") {
            None => {
                self.say(root.start..root.start, "`charter: 1` is missing").hint =
                    Some("it says which version of the language this is".to_owned());
            }
            Some(node) if node.as_text() != Some(VERSION) => {
                self.say(range(node), "this version of the language is not known").hint =
                    Some(format!("write `charter: {VERSION}`"));
            }
            Some(_) => {}
        }
        let models = match fields.get("models") {
            None => Vec::new(),
            Some(node) => self.models(node),
        };
        let areas: Vec<_> = self.list(fields.get("areas"), "`areas`").iter().collect();
        let areas: Vec<_> = areas.into_iter().filter_map(|node| self.area(node)).collect();
        if fields.get("areas").is_none() {
            self.say(root.start..root.start, "`areas` is missing").hint =
                Some("say at least what holds at the root: `areas: [{ at: / }]`".to_owned());
        }
        let exceptions: Vec<_> = self.list(fields.get("except"), "`except`").iter().collect();
        Syntax {
            data_classes: self.texts(fields.get("data-classes"), "a data class"),
            models,
            guardrails: fields.get("guardrails").map(|node| self.guardrails(node)).unwrap_or_default(),
            roles: fields.get("roles").map(|node| self.roles(node)).unwrap_or_default(),
            hubs: fields.get("hubs").map(|node| self.hubs(node)).unwrap_or_default(),
            areas,
            exceptions: exceptions.into_iter().filter_map(|node| self.exception(node)).collect(),
            fence: fields.get("fence").and_then(|node| self.fence(node)),
            watch: fields.get("watch").and_then(|node| self.watch(node)),
        }
    }

    fn models(&mut self, node: &Node) -> Vec<ModelEntry> {
        let Some(members) = node.as_object() else {
            self.say(range(node), format!("`models` is a mapping, and this is {}", node.kind())).hint =
                Some("name: { runtime: [pattern of ids] }".to_owned());
            return Vec::new();
        };
        let mut models = Vec::new();
        for member in members {
            let Some(fields) = self.fields(&member.node, "a model", &names::MODEL) else { continue };
            let at = self.name(member);
            let entry = ModelEntry {
                name: At { value: member.name.clone(), at: at.clone() },
                runtime: self.some_texts(fields.get("runtime"), "a model id"),
                mantle: self.some_texts(fields.get("mantle"), "a model id"),
                provider: fields.get("provider").and_then(|node| self.text(node, "`provider`")),
                licence: fields.get("licence").and_then(|node| self.text(node, "`licence`")),
                owner: fields.get("owner").and_then(|node| self.text(node, "`owner`")),
                data: self.texts(fields.get("data"), "a data class"),
                compliance: self.texts(fields.get("compliance"), "a programme"),
                review_by: self.day(fields.get("review_by"), "`review_by`"),
                ends: self.day(fields.get("ends"), "`ends`"),
            };
            if fields.get("runtime").is_none() && fields.get("mantle").is_none() {
                self.say(at, format!("`{}` has no ids", member.name)).hint =
                    Some("give `runtime`, `mantle` or both; ids differ between them".to_owned());
            }
            models.push(entry);
        }
        models
    }

    fn area(&mut self, node: &Node) -> Option<AreaEntry> {
        let fields = self.fields(node, "an area", &names::AREA)?;
        let at = self.some_texts(fields.get("at"), "`at`");
        if fields.get("at").is_none() {
            self.say(node.start..node.start, "the area does not say where it is").hint =
                Some("at: /workloads/prod, or the id of a unit or account".to_owned());
        }
        let within = fields.get("within").map(|node| self.some_texts(Some(node), "a Region"));
        let allow = fields.get("allow").map(|node| {
            let rows: Vec<_> = self.list(Some(node), "`allow`").iter().collect();
            let value = rows.into_iter().filter_map(|row| self.allow(row)).collect();
            At { value, at: range(node) }
        });
        let mut doors = Vec::new();
        if let Some(node) = fields.get("doors") {
            match node.as_object() {
                Some(members) => {
                    for member in members {
                        let at = self.name(member);
                        if let Some(state) = self.state(&member.node) {
                            let state = At { value: state, at: range(&member.node) };
                            doors.push((At { value: member.name.clone(), at }, state));
                        }
                    }
                }
                None => {
                    self.say(range(node), format!("`doors` is a mapping, and this is {}", node.kind()))
                        .hint = Some("door: closed".to_owned());
                }
            }
        }
        let off: Vec<_> = self.list(fields.get("off"), "`off`").iter().collect();
        Some(AreaEntry {
            at,
            data: fields.get("data").and_then(|node| self.text(node, "`data`")),
            compliance: self.some_texts(fields.get("compliance"), "a programme"),
            within,
            allow,
            doors,
            off: off.into_iter().filter_map(|node| self.off(node)).collect(),
            retention: fields
                .get("retention")
                .map(|node| At { value: self.some_texts(Some(node), "a mode"), at: range(node) }),
            guardrail: fields.get("guardrail").and_then(|node| self.enforced(node)),
            roles: self.some_texts(fields.get("roles"), "a role"),
            budget: fields.get("budget").and_then(|node| self.budget(node)),
            buckets: {
                let buckets: Vec<_> = self.list(fields.get("buckets"), "`buckets`").iter().collect();
                buckets.into_iter().filter_map(|node| self.bucket(node)).collect()
            },
            identity: fields.get("identity").and_then(|node| self.identity(node)),
        })
    }

    fn allow(&mut self, node: &Node) -> Option<AllowEntry> {
        let fields = self.fields(node, "a row of `allow`", &names::ROW)?;
        for (name, hint) in [("models", "models: [name]"), ("through", "through: [runtime]")] {
            if fields.get(name).is_none() {
                self.say(node.start..node.start + 1, format!("the row has no `{name}`")).hint =
                    Some(hint.to_owned());
            }
        }
        Some(AllowEntry {
            at: range(node),
            models: self.some_texts(fields.get("models"), "a model"),
            through: self.some_texts(fields.get("through"), "a door"),
            scope: self.scope(fields.get("scope")),
            regions: self.some_texts(fields.get("regions"), "a Region"),
            callers: self.some_texts(fields.get("callers"), "a caller"),
            ends: self.day(fields.get("ends"), "`ends`"),
        })
    }

    fn scope(&mut self, node: Option<&Node>) -> Option<At<ScopeWord>> {
        let text = self.text(node?, "`scope`")?;
        let value = match text.value.as_str() {
            "in-region" => ScopeWord::InRegion,
            "geo" => ScopeWord::Geo,
            "global" => ScopeWord::Global,
            other => {
                self.say(text.at, format!("`{other}` is no scope")).hint =
                    Some("in-region, geo or global".to_owned());
                return None;
            }
        };
        Some(At { value, at: text.at })
    }

    fn state(&mut self, node: &Node) -> Option<State> {
        if let Some(word) = node.as_text() {
            return Some(match word {
                "closed" => State::Closed,
                "list-only" => State::ListOnly,
                "open" => State::Open,
                "unmanaged" => State::Unmanaged,
                "short-term" => State::ShortTerm,
                other => {
                    let hint = match nearest(other, names::STATES.into_iter()) {
                        Some(near) => format!("did you mean `{near}`?"),
                        None => format!("{}, or {{ only: [callers] }}", names::STATES.join(", ")),
                    };
                    self.say(range(node), format!("a door cannot be `{other}`")).hint = Some(hint);
                    return None;
                }
            });
        }
        let fields = self.fields(node, "the state of a door", &names::STATE)?;
        if let Some(days) = fields.get("max-age-days") {
            if fields.members.len() > 1 {
                self.say(fields.at.clone(), "`max-age-days` stands alone");
            }
            return match days.as_text().and_then(|text| text.parse().ok()) {
                // Source: Amazon Bedrock User Guide, "Generate API keys": 1 to 36,600 days.
                Some(number @ 1..=36_600) => Some(State::MaxAgeDays(number)),
                _ => {
                    self.say(range(days), "`max-age-days` is a number from 1 to 36600");
                    None
                }
            };
        }
        let only = self.some_texts(fields.get("only"), "a caller");
        let resources = self.some_texts(fields.get("resources"), "a resource");
        let regions = self.some_texts(fields.get("regions"), "a Region");
        let inside = match fields.get("inside").map(|node| (node, node.as_text())) {
            None => false,
            Some((_, Some("true"))) => true,
            Some((node, _)) => {
                self.say(range(node), "`inside` is true, or left out");
                false
            }
        };
        if fields.members.is_empty() {
            self.say(fields.at.clone(), "the state of the door says nothing").hint =
                Some(names::STATES.join(", "));
            return None;
        }
        Some(State::Limited { only, resources, regions, inside })
    }

    fn hubs(&mut self, node: &Node) -> Vec<HubEntry> {
        let Some(members) = node.as_object() else {
            self.say(range(node), format!("`hubs` is a mapping, and this is {}", node.kind())).hint = Some(
                "name: { account: \"111122223333\", regions: [us-east-1], models: [name], share: [/] }"
                    .to_owned(),
            );
            return Vec::new();
        };
        let mut hubs = Vec::new();
        for member in members {
            let Some(fields) = self.fields(&member.node, "a hub", &names::HUB) else { continue };
            let at = self.name(member);
            for name in names::HUB.into_iter().filter(|name| fields.get(name).is_none()) {
                self.say(at.clone(), format!("`{}` has no `{name}`", member.name));
            }
            hubs.push(HubEntry {
                name: At { value: member.name.clone(), at },
                account: fields.get("account").and_then(|node| self.text(node, "`account`")),
                regions: self.some_texts(fields.get("regions"), "a Region"),
                models: self.some_texts(fields.get("models"), "a model"),
                share: self.some_texts(fields.get("share"), "an area"),
            });
        }
        hubs
    }

    fn budget(&mut self, node: &Node) -> Option<BudgetEntry> {
        let fields = self.fields(node, "`budget`", &names::BUDGET)?;
        let usd =
            match fields.get("usd").map(|node| (node, node.as_text().and_then(|text| text.parse().ok()))) {
                Some((_, Some(usd @ 1..))) => Some(usd),
                Some((node, _)) => {
                    self.say(range(node), "`usd` is a whole number of US dollars a month").hint =
                        Some("usd: 5000".to_owned());
                    None
                }
                None => {
                    self.say(fields.at.clone(), "`usd` is missing").hint = Some("usd: 5000".to_owned());
                    None
                }
            };
        let notify = self.some_texts(fields.get("notify"), "an address");
        if fields.get("notify").is_none() {
            self.say(fields.at.clone(), "`notify` is missing").hint =
                Some("a budget stops nothing; somebody has to be told".to_owned());
        }
        Some(BudgetEntry { at: range(node), usd: usd?, notify })
    }

    fn bucket(&mut self, node: &Node) -> Option<BucketEntry> {
        let fields = self.fields(node, "a row of `buckets`", &names::BUCKET)?;
        for name in ["names", "readers"] {
            if fields.get(name).is_none() {
                self.say(node.start..node.start + 1, format!("the row has no `{name}`")).hint =
                    Some("{ names: [weights], readers: [role/app], writers: [role/trainer] }".to_owned());
            }
        }
        Some(BucketEntry {
            at: range(node),
            names: self.some_texts(fields.get("names"), "a bucket"),
            readers: self.some_texts(fields.get("readers"), "a caller"),
            writers: self.some_texts(fields.get("writers"), "a caller"),
        })
    }

    fn identity(&mut self, node: &Node) -> Option<IdentityEntry> {
        let fields = self.fields(node, "`identity`", &names::IDENTITY)?;
        let source = self.some_texts(fields.get("source"), "a source identity");
        if fields.get("source").is_none() {
            self.say(node.start..node.start + 1, "`identity` has no `source`").hint =
                Some("source: \"*@acme.example\"".to_owned());
        }
        let except = self.some_texts(fields.get("except"), "a caller");
        Some(IdentityEntry { at: range(node), source, except })
    }

    fn off(&mut self, node: &Node) -> Option<OffEntry> {
        if node.as_text().is_some() {
            let service = self.text(node, "a service")?;
            let (except, resources, on) = Default::default();
            return Some(OffEntry { service, except, resources, on });
        }
        let fields = self.fields(node, "a service that is off", &names::OFF)?;
        let given = fields.get("service");
        let service = given.and_then(|node| self.text(node, "`service`"));
        let service = self.needed(service, given.is_some(), &fields.at, "`service`")?;
        let except = self.some_texts(fields.get("except"), "a caller");
        let resources = self.some_texts(fields.get("resources"), "a pattern of ARNs");
        let on = self.some_texts(fields.get("on"), "a pattern of ARNs");
        if let (Some(node), true) = (fields.get("on"), fields.get("resources").is_some()) {
            self.say(range(node), "a service is off on some things, or on all but some").hint =
                Some("keep `on` or `resources`".to_owned());
        }
        Some(OffEntry { service, except, resources, on })
    }

    fn exception(&mut self, node: &Node) -> Option<ExceptionEntry> {
        let fields = self.fields(node, "an exception", &names::EXCEPTION)?;
        let who = self.some_texts(fields.get("who"), "a caller");
        let from = self.some_texts(fields.get("from"), "a door");
        for name in ["who", "from"] {
            if fields.get(name).is_none() {
                self.say(node.start..node.start + 1, format!("the exception has no `{name}`"));
            }
        }
        let areas = self.some_texts(fields.get("at"), "`at`");
        let first = node.start..node.start + 1;
        let why = fields.get("why").and_then(|node| self.text(node, "`why`"));
        let why = self.needed(why, fields.get("why").is_some(), &first, "`why`");
        let expires = self.day(fields.get("expires"), "`expires`");
        let expires = self.needed(expires, fields.get("expires").is_some(), &first, "`expires`");
        Some(ExceptionEntry { at: range(node), who, from, areas, why: why?, expires: expires? })
    }

    fn watch(&mut self, node: &Node) -> Option<WatchEntry> {
        let fields = self.fields(node, "`watch`", &names::WATCH)?;
        let given = fields.get("trail");
        let trail = given.and_then(|node| self.text(node, "`trail`"));
        let first = node.start..node.start + 1;
        let trail = self.needed(trail, given.is_some(), &first, "`trail`")?;
        let target = fields.get("target").and_then(|node| self.text(node, "`target`"));
        Some(WatchEntry { at: range(node), trail, target })
    }

    fn fence(&mut self, node: &Node) -> Option<FenceEntry> {
        let fields = self.fields(node, "`fence`", &names::FENCE)?;
        let keepers = self.some_texts(fields.get("keepers"), "a caller");
        if fields.get("keepers").is_none() {
            self.say(node.start..node.start + 1, "`fence` has no `keepers`").hint =
                Some("keepers: [role/policy-admin]".to_owned());
            return None;
        }
        Some(FenceEntry { at: range(node), keepers })
    }
}
