//! The service control policies that hold a charter.
//!
//! Every statement denies; none relies on a policy of somebody else, and what policies allow besides is left as it is.
//! An area's statements are attached where the area is. A statement of an outer area spares the areas below whose own
//! say differs and is not stricter, by their paths, so that a new unit or account is held to what its nearest area says.
//!
//! Follows Organizations User Guide, "SCP syntax" and "SCP evaluation" (aws-facts §2.2, §9).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::{Arc, LazyLock};

use iam::estate::NodeKind;
use iam::glob::Glob;
use iam::policy::Effect;

use crate::complement::{Members, Term, complement};
use crate::diagnostic::Diagnostic;
use crate::gate::{Clause, Failing, Gate, Origins, Pattern, ToldBy, gates};
use crate::model::{Area, Model, NOWHERE, Origin};
use crate::passage::{ANY_ACCOUNT, door_of_type};

/// What has to be attached at one node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AreaFence {
    pub node: Arc<str>,
    pub name: String,
    /// In the order in which they are best read.
    pub statements: Vec<Statement>,
}

/// One statement of a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    pub effect: Effect,
    /// Whom it is about, where the policy is of a resource.
    pub principals: Option<Principals>,
    pub actions: BTreeSet<String>,
    pub resources: Resources,
    /// Values by operator and key.
    pub conditions: Conditions,
    /// The lines of the charter it comes from.
    pub origins: Origins,
}

/// Whom a statement of a resource's policy is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Principals {
    Everybody,
    /// Names by kind: `AWS`, `Federated`, `Service`.
    These(&'static str, BTreeSet<String>),
}

/// Values by operator and key.
pub type Conditions = BTreeMap<String, BTreeMap<String, BTreeSet<String>>>;

/// The resource element.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Resources {
    In(BTreeSet<String>),
    NotIn(BTreeSet<String>),
    /// What the policy belongs to; trust policies have no such element.
    Own,
}

/// Writes the statements of every area.
///
/// # Errors
/// Lines that no statement, or too many, could say.
pub fn compile(model: &Model) -> Result<Vec<AreaFence>, Vec<Diagnostic>> {
    let all: Vec<BTreeMap<String, Gate>> = model.areas.iter().map(|area| gates(model, area)).collect();
    let mut fences = Vec::new();
    let mut wrong = Vec::new();
    for (number, area) in model.areas.iter().enumerate() {
        let mut drafts: Vec<Draft> = Vec::new();
        for (name, gate) in &all[number] {
            let above = area.above.and_then(|above| all[above].get(name));
            if above.is_some_and(|above| above.is_within(gate) && gate.is_within(above)) {
                continue;
            }
            let spared = spared(model, number, &all, name, gate);
            match complement(gate) {
                Ok(terms) => {
                    for term in terms {
                        match Draft::new(gate, term, &spared, &model.partition) {
                            Some(draft) => drafts.push(draft),
                            None => wrong.push(unsayable(gate)),
                        }
                    }
                }
                Err(too_many) => {
                    let (start, end) = too_many.origins.iter().next().copied().unwrap_or_default();
                    wrong.push(
                        Diagnostic::error(start..end, format!("`{}` would need too many statements", gate.action))
                            .hint("give rows about the same models the same Regions, callers and end, or merge them"),
                    );
                }
            }
        }
        let statements = merge(drafts).into_iter().map(|draft| draft.statement(&model.partition)).collect();
        fences.push(AreaFence { node: area.node.clone(), name: area.name.clone(), statements });
    }
    if wrong.is_empty() { Ok(fences) } else { Err(wrong) }
}

fn unsayable(gate: &Gate) -> Diagnostic {
    let message = format!("what is said of `{}` cannot be said in one statement", gate.action);
    Diagnostic::error(gate.origin.clone(), message)
}

/// The areas below whose own say is not held by this gate, the outermost only.
fn spared<'m>(
    model: &'m Model,
    number: usize,
    all: &[BTreeMap<String, Gate>],
    name: &str,
    gate: &Gate,
) -> Vec<&'m Area> {
    let mut spared: Vec<&Area> = Vec::new();
    let area = &model.areas[number];
    for (other, below) in model.areas.iter().enumerate() {
        if other == number || !area.contains(below) || spared.iter().any(|known| known.contains(below)) {
            continue;
        }
        if !all[other].get(name).is_some_and(|own| own.is_within(gate)) {
            spared.push(below);
        }
    }
    spared
}

/// A statement before its patterns are texts.
#[derive(Clone, Debug)]
struct Draft {
    actions: BTreeSet<String>,
    about: Option<Pattern>,
    told_by: ToldBy,
    members: Members,
    conditions: Conditions,
    origins: Origins,
}

impl Draft {
    fn new(gate: &Gate, term: Term, spared: &[&Area], partition: &str) -> Option<Self> {
        let mut conditions = Conditions::new();
        for clause in gate.when.iter().chain(&term.fails.clauses) {
            put(&mut conditions, clause)?;
        }
        for clause in clauses(&term.fails, &gate.action, partition) {
            put(&mut conditions, &clause)?;
        }
        let units = spared.iter().filter(|area| !matches!(area.kind, NodeKind::Account(_)));
        let units: BTreeSet<String> = units.map(|area| format!("{}*", area.path)).collect();
        if !units.is_empty() {
            // True too where the key is absent, which leaves nobody out.
            put(&mut conditions, &Clause::new("ForAllValues:StringNotLike", "aws:PrincipalOrgPaths", units))?;
        }
        let accounts = spared.iter().filter(|area| matches!(area.kind, NodeKind::Account(_)));
        let accounts: BTreeSet<String> = accounts.map(|area| area.node.to_string()).collect();
        if !accounts.is_empty() {
            put(&mut conditions, &Clause::new("StringNotEquals", "aws:PrincipalAccount", accounts))?;
        }
        Some(Self {
            actions: [gate.action.clone()].into(),
            about: gate.about.clone(),
            told_by: gate.told_by,
            members: term.members,
            conditions,
            origins: term.origins,
        })
    }

    fn statement(self, partition: &str) -> Statement {
        let Self { actions, about, told_by, members, mut conditions, origins } = self;
        let everything = || Resources::In(["*".to_owned()].into());
        let about = about.map(|each| Resources::In([text(&each, partition)].into()));
        let resources = match (&members, told_by) {
            (Members::All, _) => about.unwrap_or_else(everything),
            (Members::In(patterns), ToldBy::Resource) => Resources::In(texts(patterns, partition)),
            (Members::NotIn(patterns), ToldBy::Resource) => Resources::NotIn(texts(patterns, partition)),
            (Members::In(patterns), ToldBy::Text(key)) => {
                set(&mut conditions, "StringLike", key, names(patterns));
                about.unwrap_or_else(everything)
            }
            (Members::NotIn(patterns), ToldBy::Text(key)) => {
                set(&mut conditions, "StringNotLike", key, names(patterns));
                about.unwrap_or_else(everything)
            }
            (Members::In(patterns), ToldBy::Arn(key)) => {
                set(&mut conditions, "ArnLike", key, arns(patterns, partition));
                about.unwrap_or_else(everything)
            }
            (Members::NotIn(patterns), ToldBy::Arn(key)) => {
                set(&mut conditions, "ArnNotLike", key, arns(patterns, partition));
                about.unwrap_or_else(everything)
            }
        };
        let actions = shortened(actions);
        Statement { effect: Effect::Deny, principals: None, actions, resources, conditions, origins }
    }

    /// Takes another in, where one statement says both.
    fn takes(&mut self, other: &Self) -> bool {
        if (&self.about, self.told_by, &self.conditions) != (&other.about, other.told_by, &other.conditions) {
            return false;
        }
        let both = match (&self.members, &other.members) {
            (own, theirs) if own == theirs => Some(own.clone()),
            (Members::In(own), Members::In(theirs)) if self.actions == other.actions => {
                Some(Members::In(own.union(theirs).cloned().collect()))
            }
            (Members::NotIn(own), Members::NotIn(theirs)) if self.told_by == ToldBy::Resource => {
                let models = |all: &BTreeSet<Pattern>| -> BTreeSet<Pattern> {
                    all.iter().filter(|each| matches!(each, Pattern::Model(_))).cloned().collect()
                };
                let fits = models(own) == models(theirs)
                    && theirs.difference(own).all(|each| self.never_takes(each))
                    && own.difference(theirs).all(|each| other.never_takes(each));
                fits.then(|| Members::NotIn(own.union(theirs).cloned().collect()))
            }
            (Members::All | Members::In(_) | Members::NotIn(_), _) => None,
        };
        let Some(both) = both else { return false };
        self.members = both;
        self.actions.extend(other.actions.iter().cloned());
        self.origins.extend(&other.origins);
        true
    }

    /// Whether none of its actions is ever authorised on such a thing.
    fn never_takes(&self, thing: &Pattern) -> bool {
        let Pattern::Thing { kind, .. } = thing else { return false };
        self.actions.iter().all(|action| match action.split_once(':') {
            Some(("bedrock", "InvokeModel*")) => door_of_type(kind).is_none(),
            Some((service, name)) => {
                reference::action(service, name).is_some_and(|known| known.resource(kind).is_none())
            }
            None => false,
        })
    }
}

/// One statement for what one can say.
fn merge(drafts: Vec<Draft>) -> Vec<Draft> {
    let mut merged: Vec<Draft> = Vec::new();
    for draft in drafts {
        if !merged.iter_mut().any(|known| known.takes(&draft)) {
            merged.push(draft);
        }
    }
    // What was merged may now be like something else.
    let before = merged.len();
    let mut again: Vec<Draft> = Vec::new();
    for draft in merged {
        if !again.iter_mut().any(|known| known.takes(&draft)) {
            again.push(draft);
        }
    }
    if again.len() < before { merge(again) } else { again }
}

/// A failing as conditions.
fn clauses(fails: &Failing, action: &str, partition: &str) -> Vec<Clause> {
    let mut clauses = Vec::new();
    if !fails.callers_not.is_empty() {
        clauses.push(Clause::new("ArnNotLike", "aws:PrincipalArn", fails.callers_not.iter().cloned()));
    }
    if let Some(day) = &fails.since {
        clauses.push(Clause::new("DateGreaterThanEquals", "aws:CurrentTime", [day.midnight()]));
    }
    if !fails.region_not.is_empty() {
        clauses.push(Clause::new("StringNotEquals", "aws:RequestedRegion", fails.region_not.iter().cloned()));
    }
    let profile = "bedrock:InferenceProfileArn";
    // Actions that carry no profile never have one.
    if !fails.profile_not_in.is_empty() && action.ends_with("InvokeModel*") {
        let regions = fails.profile_not_in.iter();
        let arns = regions.map(|region| format!("arn:{partition}:bedrock:{region}:*:*"));
        clauses.push(Clause::new("ArnNotLike", profile, arns));
    }
    if fails.system_profile {
        let arn = format!("arn:{partition}:bedrock:*:*:inference-profile/*");
        clauses.push(Clause::new("ArnLike", profile, [arn]));
    }
    if fails.unspecified {
        clauses.push(Clause::new("StringEquals", "aws:RequestedRegion", NOWHERE.map(str::to_owned)));
    }
    clauses
}

/// Adds a condition that holds besides those that are there; none where no statement says both.
fn put(conditions: &mut Conditions, clause: &Clause) -> Option<()> {
    let by_key = conditions.entry(clause.operator.to_owned()).or_default();
    match by_key.get_mut(&clause.key) {
        None => {
            by_key.insert(clause.key.clone(), clause.values.clone());
            Some(())
        }
        Some(values) if *values == clause.values => Some(()),
        // None of these and none of those is none of all.
        Some(values) if clause.operator.contains("Not") => {
            values.extend(clause.values.iter().cloned());
            Some(())
        }
        Some(_) => None,
    }
}

fn set(conditions: &mut Conditions, operator: &str, key: &str, values: BTreeSet<String>) {
    conditions.entry(operator.to_owned()).or_default().insert(key.to_owned(), values);
}

fn names(patterns: &BTreeSet<Pattern>) -> BTreeSet<String> {
    patterns
        .iter()
        .map(|each| match each {
            Pattern::Model(text) | Pattern::Thing { arn: text, .. } => text.clone(),
        })
        .collect()
}

fn text(pattern: &Pattern, partition: &str) -> String {
    match pattern {
        Pattern::Model(id) => format!("arn:{partition}:bedrock:*::foundation-model/{id}"),
        Pattern::Thing { arn, .. } => arn.clone(),
    }
}

fn texts(patterns: &BTreeSet<Pattern>, partition: &str) -> BTreeSet<String> {
    let mut texts: BTreeSet<String> = patterns.iter().map(|each| text(each, partition)).collect();
    // Types whose names end alike, in one pattern.
    for (short, long) in [
        ("inference-profile/*", "application-inference-profile/*"),
        ("prompt-router/*", "default-prompt-router/*"),
    ] {
        let whole = |name: &str| format!("arn:{partition}:bedrock:*:{ANY_ACCOUNT}:{name}");
        if texts.contains(&whole(short)) && texts.contains(&whole(long)) {
            texts.remove(&whole(short));
            texts.remove(&whole(long));
            texts.insert(whole(&format!("*{short}")));
        }
    }
    // A pattern that another covers says nothing.
    let all: Vec<String> = texts.iter().cloned().collect();
    texts.retain(|each| !all.iter().any(|other| other != each && crate::pattern::covers(other, each)));
    texts
}

/// Models and their profiles, as a key that holds the ARN of either names them.
fn arns(patterns: &BTreeSet<Pattern>, partition: &str) -> BTreeSet<String> {
    let profile = |id: &String| format!("arn:{partition}:bedrock:*:*:inference-profile/*.{id}");
    names(patterns)
        .iter()
        .flat_map(|id| [format!("arn:{partition}:bedrock:*::foundation-model/{id}"), profile(id)])
        .collect()
}

/// The same actions in fewer patterns: those of the table of doors, where they match nothing else that AWS has.
fn shortened(mut actions: BTreeSet<String>) -> BTreeSet<String> {
    /// Patterns with the actions they match.
    static PATTERNS: LazyLock<Vec<(&'static str, Vec<String>)>> = LazyLock::new(|| {
        let patterns = reference::doors().iter().flat_map(|door| &door.deny);
        let some = patterns.filter(|pattern| pattern.ends_with('*') && !pattern.ends_with(":*"));
        let matched = |pattern: &'static String| {
            let (service, name) = pattern.split_once(':')?;
            let glob = Glob::new(name);
            let actions = reference::actions(service).filter(|action| glob.matches(action.name));
            Some((pattern.as_str(), actions.map(|action| format!("{service}:{}", action.name)).collect()))
        };
        some.filter_map(matched).collect()
    });
    if actions.contains("*") {
        return ["*".to_owned()].into();
    }
    for (pattern, matched) in PATTERNS.iter() {
        if matched.len() > 1 && matched.iter().all(|each| actions.contains(each)) {
            actions.retain(|each| !matched.contains(each));
            actions.insert((*pattern).to_owned());
        }
    }
    actions
}

impl Statement {
    /// A statement of an identity-based policy, from some lines of the charter.
    pub(crate) fn new(
        effect: Effect,
        actions: BTreeSet<String>,
        resources: BTreeSet<String>,
        origin: &Origin,
    ) -> Self {
        Self {
            effect,
            principals: None,
            actions,
            resources: Resources::In(resources),
            conditions: Conditions::new(),
            origins: [(origin.start, origin.end)].into(),
        }
    }

    /// The same, where a condition holds too.
    pub(crate) fn when(
        mut self,
        operator: &str,
        key: &str,
        values: impl IntoIterator<Item = String>,
    ) -> Self {
        let by_key = self.conditions.entry(operator.to_owned()).or_default();
        by_key.entry(key.to_owned()).or_default().extend(values);
        self
    }

    /// The statement as it is sent: without a blank that could be left out.
    pub fn text(&self) -> String {
        let effect = match self.effect {
            Effect::Allow => "Allow",
            Effect::Deny => "Deny",
        };
        let mut text = format!("{{\"Effect\":\"{effect}\",");
        match &self.principals {
            None => {}
            Some(Principals::Everybody) => text.push_str("\"Principal\":\"*\","),
            Some(Principals::These(kind, names)) => {
                let _ = write!(text, "\"Principal\":{{\"{kind}\":");
                write_texts(&mut text, names);
                text.push_str("},");
            }
        }
        text.push_str("\"Action\":");
        write_texts(&mut text, &self.actions);
        let resources = match &self.resources {
            Resources::In(list) => Some(("Resource", list)),
            Resources::NotIn(list) => Some(("NotResource", list)),
            Resources::Own => None,
        };
        if let Some((name, list)) = resources {
            let _ = write!(text, ",\"{name}\":");
            write_texts(&mut text, list);
        }
        if !self.conditions.is_empty() {
            text.push_str(",\"Condition\":{");
            for (number, (operator, keys)) in self.conditions.iter().enumerate() {
                let _ = write!(text, "{}\"{operator}\":{{", if number > 0 { "," } else { "" });
                for (number, (key, values)) in keys.iter().enumerate() {
                    let _ = write!(text, "{}{}:", if number > 0 { "," } else { "" }, quoted(key));
                    write_texts(&mut text, values);
                }
                text.push('}');
            }
            text.push('}');
        }
        text.push('}');
        text
    }
}

fn write_texts(text: &mut String, values: &BTreeSet<String>) {
    let all: Vec<String> = values.iter().map(|value| quoted(value)).collect();
    match all.as_slice() {
        [one] => text.push_str(one),
        several => {
            let _ = write!(text, "[{}]", several.join(","));
        }
    }
}

fn quoted(value: &str) -> String {
    serde_json::Value::from(value).to_string()
}
