//! `postern can` and `postern why`: from flags to a question, from an answer to an exit code.

use std::collections::BTreeMap;
use std::io::Write as _;

use postern::input::Complaint;
use postern::question::{self, Call, Question, Verdict};
use postern::stack::{ContextValue, Node, Stack};
use postern::{envelope, render};

use crate::arguments::{AskArguments, Format};
use crate::exit::{Ended, Failure, complained, written};

/// How much is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// `can`: the answer.
    Verdict,
    /// `why`: the chain.
    Chain,
}

/// Asks, shows, and ends by the answer.
pub fn run(arguments: &AskArguments, detail: Detail) -> Result<Ended, Failure> {
    let question = question(arguments)?;
    let stack = stack(arguments)?;
    let base = arguments.stack.as_deref().and_then(std::path::Path::parent);
    let subject = stack.load(base).map_err(complained)?;
    let warnings: Vec<Complaint> =
        subject.policies.documents().flat_map(|document| document.warnings()).collect();
    let answered = question::answer(&subject, &question).map_err(complained)?;
    let text = match (arguments.format, detail) {
        (Format::Json, Detail::Verdict) => envelope::asked("can", &answered, &warnings),
        (Format::Json, Detail::Chain) => envelope::asked("why", &answered, &warnings),
        (Format::Text, Detail::Verdict) => render::can(&answered),
        (Format::Text, Detail::Chain) => render::why(&answered),
    };
    let mut out = anstream::stdout();
    written(write!(out, "{text}").and_then(|()| out.flush()))?;
    if arguments.format == Format::Text {
        let mut err = anstream::stderr();
        for warning in &warnings {
            written(writeln!(err, "warning: AWS would refuse this: {warning}"))?;
        }
    }
    Ok(match answered.verdict() {
        Verdict::Yes => Ended::Fine,
        Verdict::No => Ended::Findings,
        Verdict::Open => Ended::Unknown,
    })
}

fn question(arguments: &AskArguments) -> Result<Question, Failure> {
    if let (Some(action), Some(resource)) = (&arguments.action, &arguments.resource) {
        return Ok(Question::Authorization { action: action.clone(), resource: resource.clone() });
    }
    let missing =
        |flag: &str, message: &str, hint: &str| complained(vec![Complaint::new(flag, message).hint(hint)]);
    let Some(model) = &arguments.model else {
        return Err(missing("--model", "nothing is asked for", "give --model, or --action and --resource"));
    };
    let Some(region) = &arguments.region else {
        return Err(missing(
            "--region",
            "the Region of the call is missing",
            "for example --region us-east-1",
        ));
    };
    Ok(Question::Call(Call {
        api: arguments.via.clone(),
        model: model.clone(),
        region: region.clone(),
        guardrail: arguments.guardrail.clone(),
        behind: (!arguments.behind.is_empty()).then(|| arguments.behind.clone()),
    }))
}

/// The stack file, if there is one, with what the flags add.
fn stack(arguments: &AskArguments) -> Result<Stack, Failure> {
    let mut stack = match &arguments.stack {
        Some(path) => Stack::read(path).map_err(|complaint| complained(vec![complaint]))?,
        None => Stack::default(),
    };
    let here = |given: &str| -> String {
        // A stack file's own paths are relative to it; those of flags are relative to where we stand.
        match (&arguments.stack, std::path::absolute(given)) {
            (Some(_), Ok(path)) if !given.starts_with("arn:") && given != "FullAWSAccess" => {
                path.display().to_string()
            }
            _ => given.to_owned(),
        }
    };
    let mut complaints = Vec::new();
    stack.principal = arguments.principal.clone().or(stack.principal);
    stack.dump = arguments.dump.as_deref().map(here).or(stack.dump);
    stack.snapshot = arguments.snapshot.as_deref().map(here).or(stack.snapshot);
    stack.identity.extend(arguments.identity.iter().map(|given| here(given)));
    stack.boundary.extend(arguments.boundary.iter().map(|given| here(given)));
    stack.session.extend(arguments.session.iter().map(|given| here(given)));
    stack.vpc_endpoint.extend(arguments.vpc_endpoint.iter().map(|given| here(given)));
    stack.resource = arguments.resource_policy.as_deref().map(here).or(stack.resource);
    stack.trust = arguments.trust.as_deref().map(here).or(stack.trust);
    stack.management_account |= arguments.management_account;
    stack.resource_account = arguments.resource_account.clone().or(stack.resource_account);
    if arguments.complete {
        stack.context_complete = Some(true);
    }
    for (number, given) in arguments.scp.iter().enumerate() {
        let (target, policies) = node(given, number, &here);
        stack.organization.push(Node { target, scp: Some(policies), rcp: None });
    }
    for (number, given) in arguments.rcp.iter().enumerate() {
        let (target, policies) = node(given, number, &here);
        stack.organization.push(Node { target, scp: None, rcp: Some(policies) });
    }
    context(&arguments.context, &mut stack.context, &mut complaints);
    if complaints.is_empty() { Ok(stack) } else { Err(complained(complaints)) }
}

/// `[TARGET=]FILE,FILE…`; without a target the node is called by its number.
fn node(given: &str, number: usize, here: &dyn Fn(&str) -> String) -> (String, Vec<String>) {
    let (target, policies) = match given.split_once('=') {
        Some((target, policies)) => (target.to_owned(), policies),
        None => (format!("level {}", number + 1), given),
    };
    (target, policies.split(',').filter(|one| !one.is_empty()).map(here).collect())
}

/// Reads `KEY=VALUE,…`; complains of what is not.
pub(crate) fn context(
    given: &[String],
    context: &mut BTreeMap<String, ContextValue>,
    complaints: &mut Vec<Complaint>,
) {
    for pair in given {
        match pair.split_once('=') {
            Some((key, values)) if key.contains(':') => {
                let values = values.split(',').filter(|value| !value.is_empty());
                let values = values.map(|value| ContextValue::Text(value.to_owned())).collect();
                context.insert(key.to_owned(), ContextValue::Several(values));
            }
            Some(_) | None => {
                let complaint = Complaint::new("--context", format!("`{pair}` is not KEY=VALUE"));
                complaints.push(complaint.hint("for example --context aws:PrincipalTag/team=red"));
            }
        }
    }
}
