//! The sentence AWS prints when it denies.
//!
//! AWS names one layer even when several deny, in an order it does not document. The sentence here names the
//! first in the order of its own list (IAM User Guide, "Troubleshoot access denied error messages"), and an
//! explicit deny before an implicit one; [`Answer::denied_by`](crate::Answer) keeps all candidates. Whether
//! the resource and the policy's ARN appear differs by service and is data of the reference.

use reference::{Appears, DenialLayer};

use crate::answer::{Answer, Decision, Outcome};
use crate::layers::Layer;
use crate::request::Request;

/// The sentence for a denied request, or `None` when it is not denied or AWS has no such sentence.
///
/// `policy_arn` is the ARN of the policy that holds the first determining statement, where known.
pub fn sentence(request: &Request, answer: &Answer, policy_arn: Option<&str>) -> Option<String> {
    let explicit = match answer.outcome {
        Outcome::Decided(Decision::ExplicitDeny) => true,
        Outcome::Decided(Decision::ImplicitDeny) => false,
        Outcome::Decided(Decision::Allow) | Outcome::NeedsContext(_) | Outcome::Unknown(_) => return None,
    };
    let action = request.action();
    let form = reference::denial_form(action.service(), action.name());
    let layer = *answer.denied_by.first()?;
    let end = reference::denial_sentence(named(layer), explicit)?;
    let mut text =
        format!("User: {} is not authorized to perform: {}", request.principal(), canonical(request));
    if form.on_resource != Appears::No {
        text.push_str(" on resource: ");
        text.push_str(request.resource().as_str());
    }
    text.push(' ');
    text.push_str(&end.text.replace("{action}", &canonical(request)));
    if let (true, true, Appears::Yes, Some(arn)) = (explicit, end.policy_arn, form.policy_arn, policy_arn) {
        text.push_str(": ");
        text.push_str(arn);
    }
    Some(text)
}

/// The action as the Service Authorization Reference spells it.
fn canonical(request: &Request) -> String {
    let action = request.action();
    match reference::action(action.service(), action.name()) {
        Some(known) => format!("{}:{}", known.service, known.name),
        None => action.to_string(),
    }
}

fn named(layer: Layer) -> DenialLayer {
    match layer {
        Layer::Scp => DenialLayer::ServiceControlPolicy,
        Layer::Rcp => DenialLayer::ResourceControlPolicy,
        Layer::VpcEndpoint => DenialLayer::VpcEndpointPolicy,
        Layer::Boundary => DenialLayer::PermissionsBoundary,
        Layer::Session => DenialLayer::SessionPolicy,
        Layer::Resource => DenialLayer::ResourceBasedPolicy,
        Layer::Identity => DenialLayer::IdentityBasedPolicy,
        Layer::Trust => DenialLayer::RoleTrustPolicy,
    }
}
