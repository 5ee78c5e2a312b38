//! Whether a request that leaves keys open can be allowed at all.
//!
//! A Deny that hangs on an open key leaves a request open even where nothing allows it: AWS refuses it either way, once
//! explicitly and once not. Here the two are told apart, by the trace of the one evaluator.

use iam::answer::{Answer, Outcome};
use iam::explain::{self, Check, CheckEffect};
use iam::layers::{Layer, Layers};
use iam::policy::Effect;
use iam::principal::Principal;
use iam::request::Request;
use iam::truth::Truth;

/// The layers that had to allow a request, and in which nothing can whatever the open keys are; none where it may be
/// allowed, or where that hangs on unsettled behaviour of AWS.
pub fn lacking(request: &Request, layers: &Layers, answer: &Answer) -> Vec<Layer> {
    let is_open = matches!(answer.outcome, Outcome::NeedsContext(_));
    if !is_open || !answer.assumptions.is_empty() || !has_identity(request.principal()) {
        return Vec::new();
    }
    let checks = explain::checks(request, layers);
    let of = |layer: Layer| checks.iter().filter(move |check| check.layer == layer);
    let can = |check: &Check| {
        check
            .statements
            .iter()
            .any(|looked| looked.effect == Ok(Effect::Allow) && looked.matches != Truth::False)
    };
    let limits = [Layer::Scp, Layer::Boundary, Layer::Session, Layer::VpcEndpoint];
    let mut lacking: Vec<Layer> = limits
        .into_iter()
        .filter(|layer| of(*layer).any(|check| check.effect != CheckEffect::NoImpact && !can(check)))
        .collect();
    let by_identity = of(Layer::Identity).any(can);
    let by_resource = of(Layer::Resource).chain(of(Layer::Trust)).any(can);
    let own = match layers.resource {
        iam::layers::ResourceSide::Trust(_) => Layer::Trust,
        iam::layers::ResourceSide::None | iam::layers::ResourceSide::Resource(_) => Layer::Resource,
    };
    match (request.is_same_account(), by_identity, by_resource) {
        (true, false, false) => {
            lacking.push(Layer::Identity);
            lacking.extend(layers.resource.policy().is_some().then_some(own));
        }
        (false, by_identity, by_resource) => {
            lacking.extend((!by_identity).then_some(Layer::Identity));
            lacking.extend((!by_resource).then_some(own));
        }
        (true, _, _) => {}
    }
    lacking.sort();
    lacking
}

/// Whether identity-based policies are what lets it do something in its account.
fn has_identity(principal: &Principal) -> bool {
    match principal {
        Principal::User { .. } | Principal::Role { .. } | Principal::RoleSession { .. } => true,
        Principal::FederatedUser { .. }
        | Principal::Root { .. }
        | Principal::Anonymous
        | Principal::Service { .. }
        | Principal::Federated { .. } => false,
    }
}

#[cfg(test)]
mod tests {
    //! A role under an SCP whose Deny hangs on a key that is left open.

    use std::sync::Arc;

    use iam::layers::Level;
    use iam::policy::{PolicyType, read};
    use iam::request::{Completeness, RequestParts};
    use iam::{Action, Context};

    use super::*;

    const OPEN_DENY: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"Bool":{"aws:ViaAWSMCPService":"true"}}}]}"#;
    const ROLES: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:CreateRole","Resource":"*"}]}"#;
    const OTHER: &str =
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#;

    #[track_caller]
    fn check(identity: &str, boundary: Option<&str>, account: &str, expected: &[Layer]) {
        let policy = |text: &str, kind| Arc::new(read(text.as_bytes(), kind).policy.unwrap());
        let level = Level {
            target: "r-ab12".to_owned(),
            policies: vec![policy(OPEN_DENY, PolicyType::ServiceControl)],
        };
        let layers = Layers {
            identity: vec![policy(identity, PolicyType::Identity)],
            boundary: boundary
                .map(|text| policy(text, PolicyType::PermissionsBoundary))
                .into_iter()
                .collect(),
            scp: vec![level],
            ..Layers::default()
        };
        let resource = format!("arn:aws:iam::{account}:role/new");
        let request = Request::new(RequestParts {
            principal: Principal::parse("arn:aws:iam::111122223333:role/app").unwrap(),
            action: Action::parse("iam:CreateRole").unwrap(),
            resource_account: iam::arn::AccountId::new(account).ok(),
            resource,
            context: Context::new(),
            completeness: Completeness::Partial,
        });
        let answer = iam::authorize(&request, &layers);
        assert_eq!(lacking(&request, &layers, &answer), expected, "{identity} {boundary:?} {account}");
    }

    #[test]
    fn an_open_deny_does_not_make_possible_what_nothing_allows() {
        check(ROLES, None, "111122223333", &[]);
        check(OTHER, None, "111122223333", &[Layer::Identity]);
        check(ROLES, Some(OTHER), "111122223333", &[Layer::Boundary]);
        check(ROLES, None, "444455556666", &[Layer::Resource]);
        check(OTHER, None, "444455556666", &[Layer::Resource, Layer::Identity]);
    }
}
