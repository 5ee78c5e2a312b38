//! Policy documents: the statements of one policy, ready to be evaluated.
//!
//! [`read`] takes a JSON text and says everything that is wrong with it at once: what makes it unreadable,
//! and what IAM would refuse at write time. A document of the second kind is still evaluated as far as it has
//! a meaning. What Access Analyzer would merely warn of is [`crate::lint`]'s business.
//!
//! Follows IAM User Guide, "Grammar of the IAM JSON policy language" and "IAM JSON policy element reference";
//! for SCPs and RCPs Organizations User Guide, "SCP syntax" and "RCP syntax" (aws-facts §2.2, §2.3, §4.2).

mod problem;
mod read;

pub use problem::{Problem, ProblemKind, Severity};
pub use read::{ActionLists, DOCUMENT_BYTES_MAX, Read, from_node, from_node_sharing, read};

use std::ops::Deref;
use std::sync::Arc;

use crate::action::{Action, ActionElement};
use crate::condition::Condition;
use crate::principal::PrincipalElement;
use crate::resource::ResourceElement;

/// The kinds of policy that IAM and Organizations tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PolicyType {
    /// Attached to a user, group or role.
    Identity,
    /// Attached to a resource.
    Resource,
    /// A role's trust policy.
    Trust,
    PermissionsBoundary,
    Session,
    ServiceControl,
    ResourceControl,
    VpcEndpoint,
}

impl PolicyType {
    /// Whether its statements name principals.
    pub fn names_principals(self) -> bool {
        match self {
            Self::Resource | Self::Trust | Self::ResourceControl | Self::VpcEndpoint => true,
            Self::Identity | Self::PermissionsBoundary | Self::Session | Self::ServiceControl => false,
        }
    }

    /// Whether its statements may leave the resource out, meaning what the policy is attached to.
    pub fn implies_resource(self) -> bool {
        match self {
            Self::Resource | Self::Trust => true,
            Self::Identity
            | Self::PermissionsBoundary
            | Self::Session
            | Self::ServiceControl
            | Self::ResourceControl
            | Self::VpcEndpoint => false,
        }
    }
}

impl std::fmt::Display for PolicyType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Identity => "identity-based policy",
            Self::Resource => "resource-based policy",
            Self::Trust => "role trust policy",
            Self::PermissionsBoundary => "permissions boundary",
            Self::Session => "session policy",
            Self::ServiceControl => "service control policy",
            Self::ResourceControl => "resource control policy",
            Self::VpcEndpoint => "VPC endpoint policy",
        })
    }
}

/// What a matching statement does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    Allow,
    Deny,
}

/// The language version of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// 2008-10-17, which is also what a missing version means: no policy variables.
    V2008,
    /// 2012-10-17.
    V2012,
}

/// One policy document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    pub version: Version,
    pub id: Option<String>,
    pub statements: Statements,
}

/// The statements of a policy, with what lets most of them be passed over at a glance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statements {
    list: Vec<Statement>,
    /// For each statement a bit for each service that its actions can be of.
    services: Vec<u64>,
}

impl Statements {
    /// The statements whose actions may include this one, or another of its service, with their numbers.
    #[inline]
    pub fn about(&self, action: &Action) -> impl Iterator<Item = (u32, &Statement)> {
        let bit = action.service_bit();
        // Blocks of statements become sets of numbers, without a branch for each statement.
        let blocks = self.services.chunks(u64::BITS as usize).enumerate();
        blocks
            .flat_map(move |(block, services)| {
                let candidates = services
                    .iter()
                    .rev()
                    .fold(0, |set: u64, services| set << 1 | u64::from(services & bit != 0));
                Ones(candidates).map(move |number| block as u32 * u64::BITS + number)
            })
            .map(|number| (number, &self.list[number as usize]))
    }

    /// The statements, to be changed and put together again.
    #[must_use]
    pub fn into_vec(self) -> Vec<Statement> {
        self.list
    }
}

/// The numbers in a set.
struct Ones(u64);

impl Iterator for Ones {
    type Item = u32;

    #[inline]
    fn next(&mut self) -> Option<u32> {
        let first = self.0.trailing_zeros();
        self.0 &= self.0.wrapping_sub(1);
        (first < u64::BITS).then_some(first)
    }
}

impl From<Vec<Statement>> for Statements {
    fn from(mut list: Vec<Statement>) -> Self {
        // Hundreds of thousands of policies are kept at once.
        list.shrink_to_fit();
        let services = list.iter().map(|statement| statement.action.services()).collect();
        Self { list, services }
    }
}

impl Deref for Statements {
    type Target = [Statement];

    fn deref(&self) -> &[Statement] {
        &self.list
    }
}

/// One statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    pub sid: Option<String>,
    /// An error is an effect that is neither; it makes every match of the statement unsettled.
    pub effect: Result<Effect, String>,
    pub principal: Option<PrincipalElement>,
    /// Very many policies name the same actions.
    pub action: Arc<ActionElement>,
    pub resource: Option<ResourceElement>,
    pub conditions: Vec<Condition>,
    /// Where the statement begins in its text, in bytes.
    pub start: usize,
}

impl Statement {
    /// Whether nothing but its action, and in some layers its principal, decides if it matches.
    #[inline]
    pub(crate) fn is_unconditional(&self) -> bool {
        self.conditions.is_empty()
            && self.effect.is_ok()
            && self.resource.as_ref().is_some_and(ResourceElement::covers_everything)
    }
}

#[cfg(test)]
mod tests {
    //! Statements taken out of a policy and put back.

    use super::*;

    #[test]
    fn statements_can_be_taken_out_and_put_back() {
        let text = r#"{"Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"},{"Effect":"Deny","NotAction":"s3:*","Resource":"*"}]}"#;
        let statements = read(text.as_bytes(), PolicyType::Identity).policy.unwrap().statements;
        let effects: Vec<_> = statements.iter().map(|one| one.effect.clone()).collect();
        assert_eq!(effects, [Ok(Effect::Allow), Ok(Effect::Deny)]);
        let taken_out = statements.clone().into_vec();
        assert_eq!(taken_out.len(), 2);
        assert_eq!(Statements::from(taken_out), statements);
    }
}
