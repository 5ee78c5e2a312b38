//! `postern compare`: two policies in, what each allows that the other does not.
//!
//! One JSON line a pair, one a verdict, in the shapes of the stable machine interface. Every witness was put to the
//! evaluator. `universe` `catalogue` leaves out requests that AWS could never make; `open` also has actions that AWS may
//! add, on whatever resource and with whatever keys.

use std::sync::Arc;

use iam::json::{Node, Place};
use iam::policy::{Policy, PolicyType, from_node};
use iam::principal::Principal;
use iam::request::Request;
use prover::case::Universe;
use prover::difference::{Difference, Side, differences};
use serde_json::{Map, Value, json};

/// The verdict on one pair, as one line of JSON without its line end.
pub fn answer_line(line: &[u8]) -> String {
    let node = match iam::json::parse(line) {
        Ok(node) => node,
        Err(error) => {
            let place = Place::of(&String::from_utf8_lossy(line), error.offset);
            return malformed("null", vec![format!("column {}: {error}", place.column)]);
        }
    };
    // The id is echoed as it was spelled.
    let id = node.get("id").map(|id| String::from_utf8_lossy(&line[id.start..id.end]).into_owned());
    let id = id.unwrap_or_else(|| "null".to_owned());
    match Pair::read(&node) {
        Ok(pair) => with_id(&id, &pair.verdict()),
        Err(reasons) => malformed(&id, reasons),
    }
}

fn malformed(id: &str, reasons: Vec<String>) -> String {
    let verdict = json!({
        "candidate_minus_reference": "error",
        "reference_minus_candidate": "error",
        "reasons": reasons,
    });
    with_id(id, &verdict)
}

/// The answer to a line that is too long to be read.
pub fn line_too_long(bytes_max: u64) -> String {
    malformed("null", vec![format!("the line has more than {bytes_max} bytes, the most that is read")])
}

fn with_id(id: &str, verdict: &Value) -> String {
    let body = verdict.to_string();
    format!("{{\"id\":{id},{}", body.strip_prefix('{').unwrap_or(&body))
}

/// Two policies of one type.
struct Pair {
    side: Side,
    reference: Arc<Policy>,
    candidate: Arc<Policy>,
    universe: Universe,
    /// What AWS would refuse of the documents, and fields that mean nothing.
    warnings: Vec<String>,
}

impl Pair {
    /// # Errors
    /// Everything that is wrong with the line.
    fn read(node: &Node) -> Result<Self, Vec<String>> {
        let (mut wrong, mut warnings) = (Vec::new(), Vec::new());
        for member in node.as_object().unwrap_or_default() {
            if !["id", "type", "reference", "candidate", "universe"].contains(&member.name.as_str()) {
                warnings.push(format!("there is no field `{}`", member.name));
            }
        }
        let text = |name: &str| node.get(name).and_then(Node::as_text);
        let has_resources = ["reference", "candidate"].iter().all(|name| {
            let document = node.get(name).and_then(document);
            document.is_some_and(|document| {
                let statements = document.get("Statement");
                let all = statements.map(|node| node.as_list().unwrap_or(std::slice::from_ref(node)));
                all.unwrap_or_default()
                    .iter()
                    .any(|each| each.get("Resource").or(each.get("NotResource")).is_some())
            })
        });
        let kind = match text("type") {
            Some("identity") => Some((PolicyType::Identity, Side::Identity)),
            Some("boundary") => Some((PolicyType::PermissionsBoundary, Side::Identity)),
            Some("scp") => Some((PolicyType::ServiceControl, Side::ServiceControl)),
            Some("rcp") => Some((PolicyType::ResourceControl, Side::ResourceControl)),
            Some("trust") => Some((PolicyType::Trust, Side::Trust)),
            // A policy of a thing that names no resource is a trust policy.
            Some("resource") if !has_resources => Some((PolicyType::Trust, Side::Trust)),
            Some("resource") => Some((PolicyType::Resource, Side::Resource)),
            Some(other) => {
                wrong.push(format!(
                    "`type` is `{other}`, and one of identity, resource, scp, rcp, boundary, trust is meant"
                ));
                None
            }
            None => {
                wrong.push("`type` is missing: identity, resource, scp, rcp, boundary or trust".to_owned());
                None
            }
        };
        let universe = match text("universe") {
            None | Some("catalogue") => Universe::Catalogue,
            Some("open") => Universe::Open,
            Some(other) => {
                wrong.push(format!("`universe` is `{other}`, and `catalogue` or `open` is meant"));
                Universe::Catalogue
            }
        };
        let mut policy = |name: &str| {
            let Some(given) = node.get(name).and_then(document) else {
                wrong.push(format!("`{name}` is missing: a policy, or an object with `name` and `policy`"));
                return None;
            };
            let read = from_node(given, kind?.0);
            let problems = read.problems.iter().map(|problem| format!("`{name}`: {}", problem.kind));
            match read.policy {
                Some(policy) => {
                    warnings.extend(problems);
                    Some(Arc::new(policy))
                }
                None => {
                    wrong.extend(problems);
                    None
                }
            }
        };
        let (reference, candidate) = (policy("reference"), policy("candidate"));
        match (kind, reference, candidate) {
            (Some((_, side)), Some(reference), Some(candidate)) if wrong.is_empty() => {
                Ok(Self { side, reference, candidate, universe, warnings })
            }
            (_, _, _) => Err(wrong),
        }
    }

    fn verdict(&self) -> Value {
        let mut verdict = Map::new();
        let mut reasons = Vec::new();
        let ways = [("candidate_minus_reference", "witness"), ("reference_minus_candidate", "witness_back")];
        let found = differences(&self.candidate, &self.reference, self.side, self.universe);
        for ((name, witness), found) in ways.into_iter().zip(found) {
            let found = match found {
                Difference::Empty => "empty",
                Difference::Request(request) => {
                    verdict.insert(witness.to_owned(), as_json(&request));
                    "nonempty"
                }
                Difference::Unknown(why) => {
                    reasons.extend(why.iter().map(|why| format!("{name}: {why}")));
                    "unknown"
                }
            };
            verdict.insert(name.to_owned(), found.into());
        }
        verdict.insert("reasons".to_owned(), reasons.into());
        verdict.insert("warnings".to_owned(), self.warnings.clone().into());
        Value::Object(verdict)
    }
}

/// A policy, or one with a name.
fn document(node: &Node) -> Option<&Node> {
    node.as_object()?;
    Some(node.get("policy").unwrap_or(node))
}

/// A request as `postern eval` takes it.
pub fn as_json(request: &Request) -> Value {
    let principal = match request.principal() {
        Principal::Anonymous => json!({ "type": "anonymous" }),
        Principal::Service { name } => json!({ "type": "service", "name": name }),
        Principal::Federated { provider } => json!({ "type": "federated", "provider": provider }),
        named => Value::String(named.to_string()),
    };
    let mut context = Map::new();
    for (name, values) in request.context().iter() {
        let values = values.to_vec();
        let value = match values.as_slice() {
            [only] => Value::String(only.clone()),
            _ => Value::from(values),
        };
        context.insert(name.to_owned(), value);
    }
    json!({
        "principal": principal,
        "action": request.action().as_str(),
        "resource": request.resource().as_str(),
        "resource_account": request.resource_account().map(|account| account.as_str().to_owned()),
        "context": context,
        "context_complete": true,
    })
}
