//! What one set of layers allows and another does not, in a few classes.

use std::collections::BTreeSet;
use std::rc::Rc;

use iam::context::Context;
use iam::layers::{Layer, Layers};
use iam::policy::Policy;
use iam::request::Request;

use crate::case::{Actions, cases_with};
use crate::domain::{Domain, Kinds};
use crate::resource::Reading;
use crate::search::{Verdict, confirmed, under_readings};
use crate::space::SpaceParts;
use crate::who::Who;

/// Requests that only the first allow: actions that no policy tells apart, on one type of resources.
#[derive(Clone, Debug)]
pub struct Class {
    pub actions: Vec<String>,
    /// The resource type; none for actions without resources.
    pub kind: Option<&'static str>,
    /// One of them.
    pub example: Request,
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    pub classes: Vec<Class>,
    pub unknown: BTreeSet<String>,
}

/// What `first` allows and `second` does not, to the same who.
pub fn changes(first: &Layers, second: &Layers, who: &Who, given: &Context, kinds: &Kinds) -> Changes {
    let mut policies: Vec<&Policy> = Vec::new();
    for layers in [first, second] {
        for layer in Layer::ALL {
            policies.extend(layers.levels(layer).flatten().map(AsRef::as_ref));
        }
    }
    let mut found = Changes::default();
    for (case, actions) in cases_with(&policies, &Actions::all()) {
        let kind = case.kind.map(|name| kinds.get(case.action.service(), name));
        let domains: Vec<Option<Rc<Domain>>> = match &kind {
            None => vec![None],
            Some(kind) => kind.domains(&who.partition(), who.account()).iter().cloned().map(Some).collect(),
        };
        for on in domains {
            let parts = SpaceParts {
                action: &case.action,
                on,
                who: who.clone(),
                resource_account: None,
                given: given.clone(),
                is_tied: true,
                reading: Reading::Segments,
            };
            let confirm = |request: &Request| confirmed(request, [(first, true), (second, false)]);
            let verdict = under_readings(
                &parts,
                &kinds.memo,
                |space| {
                    let allowed = space.allowed(first);
                    let other = space.allowed(second);
                    let denied = space.formulas.not(other);
                    space.formulas.all([allowed, denied])
                },
                &confirm,
            );
            match verdict {
                Verdict::Never => {}
                Verdict::Unknown(why) => found.unknown.extend(why),
                Verdict::Request(example) => {
                    let actions = actions.iter().map(|action| action.as_str().to_owned()).collect();
                    found.classes.push(Class { actions, kind: case.kind, example: *example });
                    break;
                }
            }
        }
    }
    found
}
