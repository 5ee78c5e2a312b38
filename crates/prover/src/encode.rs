//! What policies decide of the requests of a case, as formulas.
//!
//! Follows [`iam::authorize()`] layer by layer. What it says of a request is what these formulas say, where no part of
//! them is open; every request that is found is put to it.

use std::sync::Arc;

use iam::layers::{Layer, Layers};
use iam::policy::{Effect, Policy, Statement};
use iam::principal::Principal;

use crate::formula::Formula;
use crate::language::{ANY, Pattern};
use crate::space::{Named, Space};

/// What some policies say.
pub struct Said {
    pub allow: Named,
    pub deny: Formula,
}

impl<'a> Space<'a> {
    /// What the layers that apply decide: that it is allowed.
    pub fn allowed(&mut self, layers: &'a Layers) -> Formula {
        let applies = {
            let applies = iam::authorize::applies(self.example(), layers);
            Layer::ALL.map(|layer| (layer, applies(layer)))
        };
        // Without session policies a federated session may do nothing.
        let is_federated = matches!(self.example().principal(), Principal::FederatedUser { .. });
        let mut denies = Vec::new();
        let mut allows: [Option<Named>; 8] = Default::default();
        let mut scp = Vec::new();
        // Who gives comes first: where nobody does, nothing that takes matters.
        let order = [Layer::Identity, Layer::Resource, Layer::Trust];
        let others = Layer::ALL.into_iter().filter(|layer| !order.contains(layer));
        for layer in order.into_iter().chain(others) {
            if layer == Layer::Scp && self.nobody_gives(&allows, layers) {
                return Formula::FALSE;
            }
            if !applies.contains(&(layer, true)) {
                continue;
            }
            let mut of_layer = Vec::new();
            for policies in layers.levels(layer) {
                let said = self.said(policies, layer, !layers.boundary.is_empty());
                denies.push(said.deny);
                if layer == Layer::Scp {
                    scp.push(self.formulas.any([said.allow.direct, said.allow.limited, said.allow.account]));
                } else {
                    of_layer.push(said.allow);
                }
            }
            let direct = self.formulas.any(of_layer.iter().map(|named| named.direct).collect::<Vec<_>>());
            let limited = self.formulas.any(of_layer.iter().map(|named| named.limited).collect::<Vec<_>>());
            let account = self.formulas.any(of_layer.iter().map(|named| named.account).collect::<Vec<_>>());
            allows[layer as usize] = Some(Named { direct, limited, account });
        }
        let mut of = |layer: Layer| match &allows[layer as usize] {
            Some(named) => self.formulas.any([named.direct, named.limited, named.account]),
            None => Formula::TRUE,
        };
        let unless_unset = |formula: Formula, is_unset: bool| if is_unset { Formula::TRUE } else { formula };
        let identity = of(Layer::Identity);
        let boundary = unless_unset(of(Layer::Boundary), layers.boundary.is_empty());
        let session = unless_unset(of(Layer::Session), layers.session.is_empty() && !is_federated);
        let endpoint = unless_unset(of(Layer::VpcEndpoint), layers.vpc_endpoint.is_empty());
        let resource_layer = layers.resource.policy().map_or(Layer::Resource, |(layer, _)| layer);
        let nobody = Named { direct: Formula::FALSE, limited: Formula::FALSE, account: Formula::FALSE };
        let by_resource = match layers.resource.policy() {
            Some(_) => allows[resource_layer as usize].take().unwrap_or(nobody),
            None => nobody,
        };
        let formulas = &mut self.formulas;
        let by_any = formulas.any([by_resource.direct, by_resource.limited, by_resource.account]);
        let limits = formulas.all([boundary, session]);
        let own_side = formulas.all([identity, limits]);
        let has_account = self.example().principal().account().is_some();
        let is_same = self.example().is_same_account();
        let must_allow = self.example().must_be_allowed_by_resource();
        let formulas = &mut self.formulas;
        let sides = match (has_account, is_same) {
            (false, _) => by_any,
            (true, false) => formulas.all([own_side, by_any]),
            (true, true) => {
                let delegated = if must_allow { by_any } else { Formula::TRUE };
                let limited = formulas.all([by_resource.limited, limits]);
                let own = formulas.all([own_side, delegated]);
                formulas.any([by_resource.direct, limited, own])
            }
        };
        let denied = formulas.any(denies);
        let not_denied = formulas.not(denied);
        let scp = formulas.all(scp);
        let refused = self.refused();
        let not_refused = self.formulas.not(refused);
        self.formulas.all([scp, endpoint, sides, not_denied, not_refused])
    }

    /// Whether neither policies of who asks nor one of the resource allow.
    fn nobody_gives(&self, allows: &[Option<Named>; 8], layers: &Layers) -> bool {
        let is_nothing = |named: &Named| {
            [named.direct, named.limited, named.account].iter().all(|formula| *formula == Formula::FALSE)
        };
        let by_identity = allows[Layer::Identity as usize].as_ref().is_none_or(|named| !is_nothing(named));
        let by_resource = match layers.resource.policy() {
            Some((layer, _)) => allows[layer as usize].as_ref().is_some_and(|named| {
                // Where it names the account only, identities have to allow too.
                named.direct != Formula::FALSE || named.limited != Formula::FALSE
            }),
            None => false,
        };
        !by_identity && !by_resource && self.example().principal().account().is_some()
    }

    /// What a policy of identities allows by itself.
    pub fn allowed_by(&mut self, policy: &'a Arc<Policy>) -> Formula {
        let said = self.said(std::slice::from_ref(policy), Layer::Identity, false);
        let denied = self.formulas.not(said.deny);
        self.formulas.all([said.allow.direct, denied])
    }

    /// What AWS refuses every customer.
    fn refused(&mut self) -> Formula {
        let action = self.action();
        if !matches!(action.service(), "iam" | "kms") {
            return Formula::FALSE;
        }
        let rows = reference::refusals()
            .iter()
            .filter(|row| row.actions.iter().any(|refused| refused.eq_ignore_ascii_case(action.as_str())));
        let patterns: Vec<Pattern> = rows.map(|row| Pattern::glob(&row.resource, ANY)).collect();
        self.covered_by(patterns)
    }

    /// What policies of one layer, or of one level of it, say.
    pub fn said(&mut self, policies: &'a [Arc<Policy>], layer: Layer, has_boundary: bool) -> Said {
        let (mut direct, mut limited, mut account, mut denies) = (vec![], vec![], vec![], vec![]);
        let action = self.action();
        for policy in policies {
            for (_, statement) in policy.statements.about(action) {
                if !statement.action.matches(action) {
                    continue;
                }
                let rest = self.rest(statement, layer);
                if rest == Formula::FALSE {
                    continue;
                }
                let named = self.named(statement, layer, has_boundary);
                let formulas = &mut self.formulas;
                let [by_direct, by_limited, by_account] =
                    [named.direct, named.limited, named.account].map(|formula| formulas.all([formula, rest]));
                let any = formulas.any([by_direct, by_limited, by_account]);
                match &statement.effect {
                    Ok(Effect::Allow) => {
                        // What an Allow of everybody else is worth within one account is unsettled.
                        let is_unsettled = layer != Layer::Rcp
                            && statement.principal.as_ref().is_some_and(|element| element.is_negated())
                            && self.example().is_same_account();
                        if is_unsettled && any != Formula::FALSE {
                            let open = self.open(
                                format!("{:?}", statement.principal),
                                "what an Allow with `NotPrincipal` is worth".to_owned(),
                            );
                            direct.push(self.formulas.all([by_direct, open]));
                            account.push(any);
                        } else {
                            direct.push(by_direct);
                            limited.push(by_limited);
                            account.push(by_account);
                        }
                    }
                    Ok(Effect::Deny) => denies.push(any),
                    Err(text) => {
                        let open = self.open(
                            format!("{statement:?}"),
                            format!("the effect `{text}`, which is neither Allow nor Deny"),
                        );
                        let both = self.formulas.all([open, any]);
                        direct.push(both);
                        denies.push(both);
                    }
                }
            }
        }
        Said {
            allow: Named {
                direct: self.formulas.any(direct),
                limited: self.formulas.any(limited),
                account: self.formulas.any(account),
            },
            deny: self.formulas.any(denies),
        }
    }

    /// How a statement names who asks.
    fn named(&mut self, statement: &'a Statement, layer: Layer, has_boundary: bool) -> Named {
        let of = |holds: bool| Named {
            direct: Formula::constant(holds),
            limited: Formula::FALSE,
            account: Formula::FALSE,
        };
        let is_of_identities =
            matches!(layer, Layer::Identity | Layer::Boundary | Layer::Session | Layer::Scp);
        match &statement.principal {
            _ if is_of_identities => of(true),
            None => of(layer == Layer::Rcp),
            // IAM User Guide, "NotPrincipal": such a Deny always hits a principal that has a boundary.
            Some(element)
                if element.is_negated()
                    && statement.effect == Ok(Effect::Deny)
                    && has_boundary
                    && self.example().principal().account().is_some() =>
            {
                of(true)
            }
            Some(element) => self.principal(element),
        }
    }

    /// What a statement says beside its action and principal.
    fn rest(&mut self, statement: &'a Statement, layer: Layer) -> Formula {
        let mut parts = Vec::new();
        match &statement.resource {
            Some(element) => parts.push(self.resource(element)),
            // The policy of a resource is about it.
            None if matches!(layer, Layer::Resource | Layer::Trust) => {}
            None => return Formula::FALSE,
        }
        for condition in &statement.conditions {
            if parts.contains(&Formula::FALSE) {
                return Formula::FALSE;
            }
            parts.push(self.condition(condition));
        }
        self.formulas.all(parts)
    }
}
