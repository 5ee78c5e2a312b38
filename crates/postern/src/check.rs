//! `postern check`: what is wrong with policies, wherever they are written down.
//!
//! Files are read by [`files`] and taken apart by [`read`]; every document is looked at by every rule ([`rule`]); what
//! they find is reported by [`report`]. Rules that decide by what a policy means ask the evaluator; nothing here
//! decides what AWS would answer. What is not known is told as unknown and never as wrong.

mod alone;
pub mod document;
mod doors;
mod embedded;
pub mod files;
pub mod finding;
mod hole;
mod lint;
mod models;
pub mod page;
pub mod read;
pub mod report;
pub mod rule;
pub mod source;
pub mod view;
pub mod whole;

use std::collections::BTreeSet;

use document::{Document, Kind};
use finding::{Audience, Confidence, Exactness, Finding};
use hole::Reading;
use iam::estate::Estate;
use read::{Content, SyntaxError, Unknown};
use rule::{Found, Look, Rule, rules};
use source::Source;
use view::View;
use whole::{Told, Whole};

/// What is looked for, and for whom.
#[derive(Clone, Debug)]
pub struct Options {
    /// The kind that every document is of; guessed for each where none is given.
    pub kind: Option<Kind>,
    /// Rules by id; all where none is given.
    pub rules: Vec<&'static Rule>,
    /// Findings for readers up to this one are told.
    pub audience: Audience,
    /// Findings at least this sure are told.
    pub confidence: Confidence,
    /// The day on which it is checked, `YYYY-MM-DD`: models end on days.
    pub day: String,
}

/// What came of it.
#[derive(Debug)]
pub struct Checked {
    pub sources: Vec<Source>,
    pub documents: Vec<Document>,
    /// How many charters were looked at.
    pub charters: usize,
    /// In the order of sources and places.
    pub findings: Vec<Finding>,
    /// How many findings are not told, because of their audience or confidence.
    pub untold: usize,
    /// What is in the sources and cannot be checked, with the number of the source.
    pub unknowns: Vec<(usize, Unknown)>,
    /// Something in the sources could not be read.
    pub is_unreadable: bool,
    /// Sources in which there is no policy.
    pub without_policy: Vec<String>,
}

/// A data set whose files are among the sources.
#[derive(Clone, Debug)]
pub struct DataSet {
    /// Its folder, as the sources name it.
    pub path: String,
    pub estate: Estate,
}

/// Checks texts that have been read, each by itself.
pub fn check(sources: Vec<Source>, options: &Options) -> Checked {
    check_all(sources, &[], options)
}

/// Checks texts that have been read, and the data sets that they are of.
pub fn check_all(sources: Vec<Source>, data_sets: &[DataSet], options: &Options) -> Checked {
    let mut checked = Checked {
        sources: Vec::new(),
        documents: Vec::new(),
        charters: 0,
        findings: Vec::new(),
        untold: 0,
        unknowns: Vec::new(),
        is_unreadable: false,
        without_policy: Vec::new(),
    };
    let wanted: Vec<&'static Rule> =
        if options.rules.is_empty() { rules().collect() } else { options.rules.clone() };
    let mut found = Vec::new();
    for (number, source) in sources.iter().enumerate() {
        let content = read::read(source, number, options.kind);
        if content.is_empty() {
            checked.without_policy.push(source.path.clone());
        }
        if content.is_charter {
            checked.charters += 1;
            let of_charter = check_charter(number, source, &wanted, &options.day);
            checked.is_unreadable |= of_charter.iter().any(|one| one.rule.id == rule::charter::WRONG.id);
            found.extend(of_charter);
        }
        checked.is_unreadable |= !content.errors.is_empty();
        for error in &content.errors {
            found.extend(unreadable(number, error, &wanted));
        }
        for document in &content.documents {
            found.extend(check_document(document, &wanted, &options.day));
        }
        found.extend(check_uses(number, &content, &wanted));
        checked.unknowns.extend(content.unknowns.into_iter().map(|unknown| (number, unknown)));
        checked.documents.extend(content.documents);
    }
    for data_set in data_sets {
        let whole = Whole::new(&data_set.estate, &data_set.path, &sources, &checked.documents);
        for told in check_whole_estate(&whole, &wanted) {
            found.extend(told.findings);
            checked.unknowns.extend(told.unknowns);
        }
    }
    found.sort_by(|a, b| {
        (a.source, a.start, a.end, a.rule.id, &a.message)
            .cmp(&(b.source, b.start, b.end, b.rule.id, &b.message))
    });
    found.dedup_by(|a, b| {
        (a.source, a.start, a.end, a.rule.id, &a.message) == (b.source, b.start, b.end, b.rule.id, &b.message)
    });
    let all = found.len();
    found.retain(|finding| {
        finding.rule.audience <= options.audience && finding.confidence >= options.confidence
    });
    checked.untold = all - found.len();
    checked.findings = found;
    checked.sources = sources;
    checked
}

impl Content {
    fn is_empty(&self) -> bool {
        self.documents.is_empty()
            && !self.is_charter
            && self.attachments.is_empty()
            && self.credentials.is_empty()
            && self.unknowns.is_empty()
            && self.errors.is_empty()
    }
}

/// What is wrong and what is doubtful in a charter, whatever the organisation.
fn check_charter(number: usize, source: &Source, wanted: &[&'static Rule], day: &str) -> Vec<Finding> {
    let diagnostics = match charter::syntax::read(&source.text) {
        Ok(syntax) => charter::model::check(&syntax, charter::Day::parse(day).as_ref()),
        Err(wrong) => wrong,
    };
    let mut all = Vec::new();
    for rule in wanted {
        let Look::Charter(level) = rule.look else { continue };
        let mut found = Found::new(rule, number, None, Exactness::Exact);
        for diagnostic in diagnostics.iter().filter(|diagnostic| diagnostic.level == level) {
            let finding = found.add(diagnostic.at.clone(), diagnostic.message.clone());
            if let Some(hint) = &diagnostic.hint {
                finding.instead(hint.clone());
            }
        }
        all.extend(found.into_findings());
    }
    all
}

fn unreadable(source: usize, error: &SyntaxError, wanted: &[&'static Rule]) -> Vec<Finding> {
    let Some(rule) = wanted.iter().find(|rule| matches!(rule.look, Look::Unreadable)) else {
        return Vec::new();
    };
    let mut found = Found::new(rule, source, None, Exactness::Exact);
    found.add(error.offset..error.offset, error.message.clone()).instead("mend the text");
    found.into_findings()
}

/// What rules say of a data set.
fn check_whole_estate(whole: &Whole<'_>, wanted: &[&'static Rule]) -> Vec<Told> {
    let mut all = Vec::new();
    for rule in wanted {
        match rule.look {
            Look::Estate(look) => {
                let mut told = Told::new(rule);
                look(whole, &mut told);
                all.push(told);
            }
            Look::Policy(_)
            | Look::Bedrock(_)
            | Look::Document(_)
            | Look::Attachment(_)
            | Look::Credential(_)
            | Look::Lint(_)
            | Look::Refused
            | Look::Charter(_)
            | Look::Unreadable => {}
        }
    }
    all
}

/// What is attached and made beside the documents.
fn check_uses(source: usize, content: &Content, wanted: &[&'static Rule]) -> Vec<Finding> {
    let mut all = Vec::new();
    for rule in wanted {
        let found = |name: &str| {
            Found::new(rule, source, Some(name).filter(|name| !name.is_empty()), Exactness::Exact)
        };
        match rule.look {
            Look::Attachment(look) => {
                for attachment in &content.attachments {
                    let mut found = found(&attachment.to);
                    look(attachment, &mut found);
                    all.extend(found.into_findings());
                }
            }
            Look::Credential(look) => {
                for credential in &content.credentials {
                    let mut found = found(&credential.name);
                    look(credential, &mut found);
                    all.extend(found.into_findings());
                }
            }
            Look::Policy(_)
            | Look::Bedrock(_)
            | Look::Document(_)
            | Look::Lint(_)
            | Look::Estate(_)
            | Look::Refused
            | Look::Charter(_)
            | Look::Unreadable => {}
        }
    }
    all
}

/// What rules say of a document that is not looked at as a policy.
fn check_whole(document: &Document, wanted: &[&'static Rule]) -> Vec<Finding> {
    let mut all = Vec::new();
    for rule in wanted {
        let mut found = Found::new(rule, document.source, document.name.as_deref(), document.exactness);
        match rule.look {
            Look::Document(look) => look(document, &mut found),
            Look::Bedrock(look) if document.kind == Kind::Bedrock => look(document, &mut found),
            Look::Bedrock(_)
            | Look::Policy(_)
            | Look::Attachment(_)
            | Look::Credential(_)
            | Look::Lint(_)
            | Look::Estate(_)
            | Look::Refused
            | Look::Charter(_)
            | Look::Unreadable => {}
        }
        all.extend(found.into_findings());
    }
    all
}

fn check_document(document: &Document, wanted: &[&'static Rule], day: &str) -> Vec<Finding> {
    let mut all = check_whole(document, wanted);
    all.extend(check_policy(document, wanted, day));
    all
}

fn check_policy(document: &Document, wanted: &[&'static Rule], day: &str) -> Vec<Finding> {
    let Kind::Policy(policy_type) = document.kind else { return Vec::new() };
    let look = |reading| {
        let node = hole::read_as(&document.node, reading);
        match View::new(document, &node, policy_type, day) {
            Ok(view) => look_at(&view, &node, wanted),
            Err(problems) => refused(document, &problems, wanted),
        }
    };
    let wide = look(Reading::Wide);
    if document.holes.is_empty() {
        return wide;
    }
    // Only what holds whatever the unknown parts are.
    let narrow: BTreeSet<(&str, usize, usize)> =
        look(Reading::Narrow).iter().map(|finding| (finding.rule.id, finding.start, finding.end)).collect();
    wide.into_iter()
        .filter(|finding| narrow.contains(&(finding.rule.id, finding.start, finding.end)))
        .collect()
}

/// What every rule says of one reading of a document.
fn look_at(view: &View<'_>, node: &iam::json::Node, wanted: &[&'static Rule]) -> Vec<Finding> {
    let document = view.document;
    let mut all = refused(document, &view.problems, wanted);
    let linted = iam::lint::lint(node, view.policy_type);
    for rule in wanted {
        let mut found = Found::new(rule, document.source, document.name.as_deref(), document.exactness);
        match rule.look {
            Look::Policy(look) => look(view, &mut found),
            Look::Lint(codes) => {
                for finding in linted.iter().filter(|finding| codes.contains(&finding.code)) {
                    let is_unknown = document.holes.contains(&(finding.start..finding.end));
                    if is_unknown || is_unlisted(view, finding) {
                        continue;
                    }
                    let instead = finding.hint.clone().unwrap_or_default();
                    let message = format!("{}{}", finding.message, consequence(view, finding));
                    let severity = lint::severity(finding.level).min(rule.severity);
                    found.add(finding.start..finding.end, message).instead(instead).severity(severity);
                }
            }
            Look::Bedrock(_)
            | Look::Document(_)
            | Look::Attachment(_)
            | Look::Credential(_)
            | Look::Estate(_)
            | Look::Refused
            | Look::Charter(_)
            | Look::Unreadable => {}
        }
        all.extend(found.into_findings());
    }
    all
}

/// Whether a misfit of action and resource is one that a page of AWS contradicts: the reference knows the pair and
/// says why the Service Authorization Reference does not list it.
fn is_unlisted(view: &View<'_>, finding: &iam::lint::Finding) -> bool {
    if !matches!(finding.code, "action-fits-no-resource" | "resource-fits-no-action") {
        return false;
    }
    let at = (finding.start, finding.end);
    let holds = |statement: &&iam::lint::statement::Statement<'_>| {
        statement.node.start <= finding.start && finding.end <= statement.node.end
    };
    let Some(statement) = view.outline.statements.iter().find(holds) else { return false };
    let values = |element: Option<&iam::lint::statement::Element<'_>>| -> Vec<(String, bool)> {
        let values = element.into_iter().flat_map(|element| &element.values);
        values.map(|value| (value.text.to_owned(), (value.node.start, value.node.end) == at)).collect()
    };
    let (actions, resources) = (values(statement.action.as_ref()), values(statement.resource.as_ref()));
    // The finding is about one of the values; the others are what it is held against.
    let about = |all: &[(String, bool)]| -> Vec<String> {
        let own: Vec<String> = all.iter().filter(|(_, is_it)| *is_it).map(|(text, _)| text.clone()).collect();
        if own.is_empty() { all.iter().map(|(text, _)| text.clone()).collect() } else { own }
    };
    let (actions, resources) = (about(&actions), about(&resources));
    let kind =
        |text: &str| text.splitn(6, ':').nth(5).and_then(|rest| rest.split('/').next()).map(str::to_owned);
    reference::doors().iter().flat_map(|door| &door.actions).filter(|action| action.unlisted.is_some()).any(
        |action| {
            let spelled = format!("{}:{}", action.service, action.name);
            actions.iter().any(|text| text.eq_ignore_ascii_case(&spelled))
                && resources.iter().any(|text| kind(text).is_some_and(|kind| action.on.contains(&kind)))
        },
    )
}

/// What comes of a key that no request carries, behind what the lint says of it.
fn consequence(view: &View<'_>, finding: &iam::lint::Finding) -> String {
    use iam::policy::Effect;
    if !UNKNOWN_KEY.contains(&finding.code) {
        return String::new();
    }
    let conditions = view.outline.statements.iter().flat_map(|statement| {
        statement.conditions.iter().map(move |condition| (statement.effect, condition))
    });
    let mut own = conditions.filter(|(_, condition)| {
        (condition.key_span.start, condition.key_span.end) == (finding.start, finding.end)
    });
    let Some((effect, condition)) = own.next() else { return String::new() };
    let words = match (effect, condition.holds_when_absent()) {
        (Effect::Allow | Effect::Deny, None) => return String::new(),
        (Effect::Allow, Some(false)) => "never holds: the statement allows nothing",
        (Effect::Allow, Some(true)) => "always holds: the statement allows as if it were not there",
        (Effect::Deny, Some(false)) => "never holds: the statement denies nothing",
        (Effect::Deny, Some(true)) => "always holds: the statement denies all that it names",
    };
    format!(". No request carries it, so the condition {words}")
}

/// Codes of the lint for keys that do not exist.
const UNKNOWN_KEY: [&str; 3] =
    ["INVALID_GLOBAL_CONDITION_KEY", "INVALID_SERVICE_CONDITION_KEY", "unknown-condition-key"];

fn refused(document: &Document, problems: &[iam::policy::Problem], wanted: &[&'static Rule]) -> Vec<Finding> {
    let Some(rule) = wanted.iter().find(|rule| matches!(rule.look, Look::Refused)) else {
        return Vec::new();
    };
    if document.is_aws_own_rcp() {
        return Vec::new();
    }
    let mut found = Found::new(rule, document.source, document.name.as_deref(), document.exactness);
    for problem in problems {
        let place = problem.start..problem.end;
        if !document.holes.contains(&place) {
            found.add(place, problem.kind.to_string()).instead(problem.kind.hint().unwrap_or_default());
        }
    }
    found.into_findings()
}
