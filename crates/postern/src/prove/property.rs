//! A property: what nobody may ever do, or what somebody must be able to do, as a file says it.
//!
//! A property is read into a policy document that allows exactly the requests it speaks of: `may never` and `what` are
//! its actions and resources, `where` its conditions, `who` a condition on who asks, and each `unless` a Deny. So all
//! that a policy can say, a property can, and it is judged by the same rules.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use iam::action::ActionPattern;
use iam::policy::{PolicyType, read};
use prover::question::Meant;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::input::{Complaint, read_file};

/// Longest file of a property, in bytes.
const BYTES_MAX: u64 = 1024 * 1024;

/// A property as its file spells it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    id: String,
    title: String,
    #[serde(default)]
    sentence: String,
    #[serde(default)]
    source: String,
    #[serde(default)]
    parameters: BTreeMap<String, Parameter>,
    #[serde(default)]
    who: Texts,
    #[serde(default)]
    at: Texts,
    #[serde(rename = "may never")]
    may_never: Option<Texts>,
    may: Option<Texts>,
    #[serde(default)]
    what: Texts,
    #[serde(default, rename = "where")]
    conditions: Conditions,
    #[serde(default)]
    unless: Vec<Unless>,
    #[serde(default)]
    and: Option<Also>,
    #[serde(default, rename = "by steps")]
    by_steps: bool,
}

/// What takes a request out: all that it says has to be true of it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Unless {
    #[serde(default)]
    who: Texts,
    #[serde(default)]
    may: Texts,
    #[serde(default)]
    what: Texts,
    #[serde(default, rename = "where")]
    conditions: Conditions,
}

/// A second set of requests, which the same principal may never make beside the first.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Also {
    #[serde(rename = "may never")]
    may_never: Texts,
    #[serde(default)]
    what: Texts,
    #[serde(default, rename = "where")]
    conditions: Conditions,
}

/// Operator, key, values: a condition block as policies have it.
type Conditions = BTreeMap<String, BTreeMap<String, Texts>>;

/// A list that the user fills in.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Parameter {
    /// What it lists.
    lists: String,
    default: Option<Vec<String>>,
}

/// One text or several.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum Texts {
    One(String),
    Many(Vec<String>),
}

impl Default for Texts {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

impl Unless {
    /// Whether it takes people out, whatever they do.
    fn is_of_people(&self) -> bool {
        self.may.all().is_empty() && self.what.all().is_empty() && self.conditions.is_empty()
    }
}

impl Texts {
    fn all(&self) -> &[String] {
        match self {
            Self::One(text) => std::slice::from_ref(text),
            Self::Many(texts) => texts,
        }
    }
}

/// Who is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// Everybody in the accounts, or those whose ARNs match.
    Insiders,
    /// Everybody outside the organisation, and those whom nobody knows.
    Outsiders,
    /// An AWS service.
    Service(String),
}

/// What is asked of the requests.
pub enum Demand {
    /// None of them is ever allowed.
    Never(Meant),
    /// Of each of these lists some are allowed to everybody who is meant.
    May(Vec<Meant>),
    /// Nobody is allowed one of the first and one of the second.
    NeverBoth(Meant, Meant),
}

impl Demand {
    /// The sets of requests that it is about.
    pub fn meant(&self) -> Vec<&Meant> {
        match self {
            Self::Never(meant) => vec![meant],
            Self::NeverBoth(first, second) => vec![first, second],
            Self::May(all) => all.iter().collect(),
        }
    }
}

/// Of a property that counts what people come to do by acting for others.
pub struct BySteps {
    /// The sets of requests that it is about, whoever makes them.
    pub sets: Vec<Meant>,
    /// ARN patterns of those to whom it does not apply.
    pub exempt: Vec<String>,
}

/// A property, its parameters filled in.
pub struct Property {
    pub id: String,
    pub title: String,
    pub sentence: String,
    pub source: String,
    /// The file, or where it is built in.
    pub origin: String,
    pub who: Who,
    /// ARN patterns of those who are meant; none for all.
    pub named: Vec<String>,
    /// Accounts and places of the organisation; none for all.
    pub at: Vec<String>,
    /// None where parameters are not given.
    pub demand: Option<Demand>,
    pub by_steps: Option<BySteps>,
    /// Whether everybody is kept for whom it does not hold.
    pub keeps_people: bool,
    /// The parameters that are not given, with what they list.
    pub not_given: Vec<(String, String)>,
    /// Parameters and what was put in their place.
    pub given: BTreeMap<String, Vec<String>>,
}

/// Reads a property from a file.
///
/// # Errors
/// Everything that is wrong with it.
pub fn from_file(path: &Path, values: &BTreeMap<String, Vec<String>>) -> Result<Property, Vec<Complaint>> {
    let origin = path.display().to_string();
    let bytes = read_file(path, BYTES_MAX).map_err(|complaint| vec![complaint])?;
    let text = String::from_utf8(bytes)
        .map_err(|_| vec![Complaint::new(&origin, "is not valid UTF-8").hint("save the file as UTF-8")])?;
    parse(&origin, &text, values)
}

/// Reads a property.
///
/// # Errors
/// Everything that is wrong with it.
pub fn parse(
    origin: &str,
    text: &str,
    values: &BTreeMap<String, Vec<String>>,
) -> Result<Property, Vec<Complaint>> {
    let written: Written = serde_saphyr::from_str(text).map_err(|error| {
        let whole = error.to_string();
        let first = whole.lines().next().unwrap_or_default();
        let message = first.strip_prefix("error: ").unwrap_or(first).to_owned();
        let complaint = Complaint::new(origin, message);
        vec![
            complaint
                .hint("`postern prove --help` shows a property; docs/prove.md says what each line means"),
        ]
    })?;
    Reading { origin, values, complaints: Vec::new(), written: &written }.property()
}

struct Reading<'a> {
    origin: &'a str,
    values: &'a BTreeMap<String, Vec<String>>,
    complaints: Vec<Complaint>,
    written: &'a Written,
}

impl Reading<'_> {
    fn property(mut self) -> Result<Property, Vec<Complaint>> {
        let written = self.written;
        let mut not_given = Vec::new();
        let mut given = BTreeMap::new();
        for (name, parameter) in &written.parameters {
            match self.values.get(name).or(parameter.default.as_ref()) {
                Some(values) => {
                    given.insert(name.clone(), values.iter().flat_map(|value| spelled_out(value)).collect());
                }
                None => not_given.push((name.clone(), parameter.lists.clone())),
            }
        }
        let (who, named) = self.who();
        let at = self.texts(&written.at, &given);
        // What is not given is anything, as long as the rest is looked at.
        let mut filled = given.clone();
        filled.extend(not_given.iter().map(|(name, _)| (name.clone(), vec!["*".to_owned()])));
        let all: Vec<&Unless> = written.unless.iter().collect();
        let demand = self.demand(&named, &all, &filled);
        if written.by_steps && (matches!(demand, Some(Demand::May(_))) || who != Who::Insiders) {
            self.complain(
                "`by steps` stands beside `may never` of people in the organisation only".to_owned(),
                "leave it out",
            );
        }
        if !self.complaints.is_empty() {
            return Err(self.complaints);
        }
        let by_steps = (written.by_steps && not_given.is_empty()).then(|| {
            let (people, others): (Vec<&Unless>, Vec<&Unless>) =
                written.unless.iter().partition(|unless| unless.is_of_people());
            let sets = match self.demand(&[], &others, &filled) {
                Some(Demand::Never(meant)) => vec![meant],
                Some(Demand::NeverBoth(first, second)) => vec![first, second],
                Some(Demand::May(_)) | None => Vec::new(),
            };
            let exempt = people.iter().flat_map(|unless| arns(&self.texts(&unless.who, &given)));
            BySteps { sets, exempt: exempt.collect() }
        });
        Ok(Property {
            id: written.id.clone(),
            title: written.title.clone(),
            sentence: match written.sentence.is_empty() {
                true => written.title.clone(),
                false => written.sentence.trim().to_owned(),
            },
            source: written.source.clone(),
            origin: self.origin.to_owned(),
            who,
            named: self.texts(&Texts::Many(named), &given),
            at,
            demand: demand.filter(|_| not_given.is_empty()),
            by_steps,
            keeps_people: false,
            not_given,
            given,
        })
    }

    fn complain(&mut self, message: String, hint: &str) {
        self.complaints.push(Complaint::new(self.origin, message).hint(hint));
    }

    fn who(&mut self) -> (Who, Vec<String>) {
        let mut named = Vec::new();
        for text in self.written.who.all() {
            match text.as_str() {
                "everybody" => {}
                "outsiders" if self.written.who.all().len() == 1 => return (Who::Outsiders, Vec::new()),
                text => match text.strip_prefix("service:") {
                    Some(name) if self.written.who.all().len() == 1 => {
                        return (Who::Service(name.to_owned()), Vec::new());
                    }
                    Some(_) => self.complain(
                        "`who` names a service beside others".to_owned(),
                        "write a property for each service",
                    ),
                    None => named.push(text.to_owned()),
                },
            }
        }
        (Who::Insiders, named)
    }

    /// Texts with parameters filled in.
    fn texts(&self, texts: &Texts, given: &BTreeMap<String, Vec<String>>) -> Vec<String> {
        let of = |text: &String| match parameter(text) {
            Some(name) => given.get(name).cloned().unwrap_or_default(),
            None => vec![text.clone()],
        };
        texts.all().iter().flat_map(of).collect()
    }

    fn demand(
        &mut self,
        named: &[String],
        unless: &[&Unless],
        given: &BTreeMap<String, Vec<String>>,
    ) -> Option<Demand> {
        let written = self.written;
        let unknown: Vec<String> = self
            .all_texts()
            .filter_map(|text| parameter(text))
            .filter(|name| !written.parameters.contains_key(*name))
            .map(str::to_owned)
            .collect();
        for name in unknown {
            self.complain(
                format!("there is no parameter `{name}`"),
                "name it under `parameters`, with what it `lists`",
            );
        }
        let main = |reading: &mut Self, actions: &Texts, texts: &Texts, conditions: &Conditions| {
            let actions = reading.texts(actions, given);
            reading.meant(&actions, (texts, conditions), (named, unless), given)
        };
        match (&written.may_never, &written.may, &written.and) {
            (Some(actions), None, None) => {
                main(self, actions, &written.what, &written.conditions).map(Demand::Never)
            }
            (Some(actions), None, Some(also)) => {
                let first = main(self, actions, &written.what, &written.conditions);
                let second = main(self, &also.may_never, &also.what, &also.conditions);
                Some(Demand::NeverBoth(first?, second?))
            }
            (None, Some(actions), None) => {
                let actions = self.texts(actions, given);
                let what = match written.what.all().is_empty() {
                    true => vec!["*".to_owned()],
                    false => self.texts(&written.what, given),
                };
                let mut all = Vec::new();
                for action in &actions {
                    for one in &what {
                        let (action, one) = (std::slice::from_ref(action), Texts::One(one.clone()));
                        all.push(self.meant(action, (&one, &written.conditions), (named, unless), given)?);
                    }
                }
                Some(Demand::May(all))
            }
            (_, _, _) => {
                self.complain(
                    "one of `may never` and `may` is meant, with `and` beside `may never` only".to_owned(),
                    "list actions, such as `may never: [bedrock:InvokeModel*]`",
                );
                None
            }
        }
    }

    fn all_texts(&self) -> impl Iterator<Item = &String> {
        let written = self.written;
        let conditions = [&written.conditions]
            .into_iter()
            .chain(written.unless.iter().map(|unless| &unless.conditions))
            .chain(written.and.iter().map(|also| &also.conditions));
        let in_conditions = conditions.flat_map(|each| each.values().flat_map(BTreeMap::values));
        let lists = [&written.who, &written.what, &written.at]
            .into_iter()
            .chain(&written.may_never)
            .chain(&written.may)
            .chain(written.unless.iter().flat_map(|unless| [&unless.who, &unless.may, &unless.what]))
            .chain(written.and.iter().flat_map(|also| [&also.may_never, &also.what]))
            .chain(in_conditions);
        lists.flat_map(|texts| texts.all())
    }

    /// The policy that allows what is meant.
    fn meant(
        &mut self,
        actions: &[String],
        (what, conditions): (&Texts, &Conditions),
        (named, unless): (&[String], &[&Unless]),
        given: &BTreeMap<String, Vec<String>>,
    ) -> Option<Meant> {
        let mut statements = Vec::new();
        let mut block = self.block(conditions, given);
        if !named.is_empty() {
            let named = self.texts(&Texts::Many(named.to_vec()), given);
            add(&mut block, "ArnLike", "aws:PrincipalArn", &arns(&named));
        }
        let resources = match what.all().is_empty() {
            true => vec!["*".to_owned()],
            false => self.texts(what, given),
        };
        statements.push(statement("Allow", actions, &resources, block));
        for unless in unless {
            let lists = [&unless.who, &unless.may, &unless.what];
            // What names nobody and nothing takes nothing out.
            if lists.iter().any(|texts| !texts.all().is_empty() && self.texts(texts, given).is_empty()) {
                continue;
            }
            let mut block = self.block(&unless.conditions, given);
            if !unless.who.all().is_empty() {
                add(&mut block, "ArnLike", "aws:PrincipalArn", &arns(&self.texts(&unless.who, given)));
            }
            let or_all = |texts: &Texts| match texts.all().is_empty() {
                true => vec!["*".to_owned()],
                false => self.texts(texts, given),
            };
            let (actions, resources) = (or_all(&unless.may), or_all(&unless.what));
            statements.push(statement("Deny", &actions, &resources, block));
        }
        let document = json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
        let read = read(document.as_bytes(), PolicyType::Identity);
        for problem in &read.problems {
            self.complain(problem.kind.to_string(), "the same rules hold as for the statements of a policy");
        }
        let meant = Meant::new(Arc::new(read.policy?));
        for action in actions {
            let pattern = ActionPattern::new(action);
            if !meant.named.iter().any(|known| pattern.matches(known)) {
                self.complain(
                    format!("AWS has no action that `{action}` names"),
                    "`postern check` knows what is near",
                );
            }
        }
        Some(meant)
    }

    /// A condition block; a key whose parameter lists nothing is left out.
    fn block(&self, conditions: &Conditions, given: &BTreeMap<String, Vec<String>>) -> Map<String, Value> {
        let mut block = Map::new();
        for (operator, keys) in conditions {
            for (key, values) in keys {
                add(&mut block, operator, key, &self.texts(values, given));
            }
        }
        block
    }
}

/// `duties:run` and `duties:bring-in` stand for the actions of the reference that do so.
fn spelled_out(value: &str) -> Vec<String> {
    let does = |is_one: fn(&reference::Duty) -> bool| -> Vec<String> {
        let duties = reference::duties().filter(|duty| is_one(duty));
        duties.map(|duty| format!("{}:{}", duty.service, duty.action)).collect()
    };
    match value {
        "duties:run" => does(reference::Duty::runs_a_model),
        "duties:bring-in" => does(|duty| duty.opens.contains(&reference::Opens::BringIn)),
        other => vec![other.to_owned()],
    }
}

/// The name in `<name>`.
fn parameter(text: &str) -> Option<&str> {
    text.strip_prefix('<')?.strip_suffix('>')
}

/// `role/x` and `user/x` are those of any account.
pub fn arn_of(named: &str) -> String {
    match named.starts_with("arn:") || named == "*" {
        true => named.to_owned(),
        false => format!("arn:*:iam::*:{named}"),
    }
}

fn arns(named: &[String]) -> Vec<String> {
    named.iter().map(|named| arn_of(named)).collect()
}

fn add(block: &mut Map<String, Value>, operator: &str, key: &str, values: &[String]) {
    let keys = block.entry(operator.to_owned()).or_insert_with(|| Value::Object(Map::new()));
    if let Value::Object(keys) = keys {
        keys.insert(key.to_owned(), json!(values));
    }
}

fn statement(effect: &str, actions: &[String], resources: &[String], block: Map<String, Value>) -> Value {
    let mut statement = json!({ "Effect": effect, "Action": actions, "Resource": resources });
    if let (Value::Object(members), false) = (&mut statement, block.is_empty()) {
        members.insert("Condition".to_owned(), Value::Object(block));
    }
    statement
}
