//! A request as people would make it: of a model that they know, and without keys that it does not need.

use iam::arn::Arn;
use iam::context::Context;
use iam::request::{Completeness, Request, RequestParts};

/// Keys that follow from who asks and from what for.
const DERIVED: [&str; 6] = [
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principaltype",
    "aws:requestedregion",
    "aws:resourceaccount",
    "aws:username",
];

/// The same request, changed as long as `is_one` says that it still is what is looked for.
pub fn nicer(request: Request, is_one: &dyn Fn(&Request) -> bool) -> Request {
    without_keys(with_model(request, is_one), is_one)
}

/// The same of a foundation model that is listed.
fn with_model(request: Request, is_one: &dyn Fn(&Request) -> bool) -> Request {
    let Ok(arn) = Arn::parse(request.resource().as_str()) else { return request };
    if arn.service != "bedrock" || !arn.resource.starts_with("foundation-model/") {
        return request;
    }
    // What people know comes first.
    let mut models: Vec<reference::Model> =
        reference::models().filter(|model| model.endpoint == reference::Endpoint::Runtime).collect();
    models.sort_by_key(|model| (model.ends.is_some(), !model.id.starts_with("anthropic.")));
    let of = |id: &str| {
        let arn = format!("arn:{}:bedrock:{}::foundation-model/{id}", arn.partition, arn.region);
        with(&request, &arn, request.context().clone())
    };
    models.iter().map(|model| of(model.id)).find(|other| is_one(other)).unwrap_or_else(|| request.clone())
}

fn without_keys(request: Request, is_one: &dyn Fn(&Request) -> bool) -> Request {
    let names: Vec<String> = request.context().iter().map(|(name, _)| name.to_owned()).collect();
    let can_go = |name: &&String| !DERIVED.contains(&name.to_ascii_lowercase().as_str());
    names.iter().filter(can_go).fold(request, |best, name| {
        let other = with(&best, best.resource().as_str(), without(best.context(), |known| known == name));
        if is_one(&other) { other } else { best }
    })
}

/// A context without some keys.
pub fn without(context: &Context, is_out: impl Fn(&str) -> bool) -> Context {
    let mut fewer = Context::new();
    for (name, values) in context.iter().filter(|(name, _)| !is_out(name)) {
        fewer.replace(name, values.to_vec());
    }
    fewer
}

fn with(request: &Request, resource: &str, context: Context) -> Request {
    Request::new(RequestParts {
        principal: request.principal().clone(),
        action: request.action().clone(),
        resource: resource.to_owned(),
        resource_account: request.resource_account().copied(),
        context,
        completeness: Completeness::Complete,
    })
}
