//! What a rule sees of one policy: its statements with their places, and what AWS would answer under it alone.
//!
//! One view is one reading of the document: where parts of it are not known there are two. Asks the evaluator and
//! decides nothing itself.

use std::cell::OnceCell;
use std::ops::Range;
use std::sync::Arc;

use iam::json::Node;
use iam::layers::StatementRef;
use iam::lint::statement::{self, Statement};
use iam::policy::{self, Policy, PolicyType, Problem, Severity};

use super::alone::Alone;
use super::document::Document;

/// One reading of one policy.
pub struct View<'a> {
    pub document: &'a Document,
    pub policy_type: PolicyType,
    /// Its statements with the places of their values.
    pub outline: statement::Document<'a>,
    /// The same, ready to be evaluated.
    pub policy: Arc<Policy>,
    /// What AWS would refuse in it.
    pub problems: Vec<Problem>,
    /// The day on which it is checked, `YYYY-MM-DD`.
    pub day: &'a str,
    alone: OnceCell<Option<Alone>>,
}

impl<'a> View<'a> {
    /// The view of a document in one reading; what is wrong with it where it has no meaning.
    ///
    /// # Errors
    /// Every problem, when some of them leave the document without a meaning.
    pub fn new(
        document: &'a Document,
        node: &'a Node,
        policy_type: PolicyType,
        day: &'a str,
    ) -> Result<Self, Vec<Problem>> {
        let read = policy::from_node(node, policy_type);
        let is_unreadable =
            read.problems.iter().any(|problem| problem.kind.severity() == Severity::Unreadable);
        match (read.policy, statement::Document::new(node, policy_type)) {
            (Some(policy), Some(outline)) if !is_unreadable => Ok(Self {
                document,
                policy_type,
                outline,
                policy: Arc::new(policy),
                problems: read.problems,
                day,
                alone: OnceCell::new(),
            }),
            _ => Err(read.problems),
        }
    }

    /// The policy alone, everything else allowing; none for policies of resources.
    pub fn alone(&self) -> Option<&Alone> {
        let partition = if self.names_partition("aws-us-gov") { "aws-us-gov" } else { "aws" };
        self.alone
            .get_or_init(|| {
                Alone::new(
                    &self.policy,
                    self.policy_type,
                    partition,
                    &iam::print::minified(self.outline.node),
                )
            })
            .as_ref()
    }

    /// Whether all its ARNs that name a partition name this one.
    fn names_partition(&self, partition: &str) -> bool {
        let texts = self.outline.statements.iter().filter_map(|statement| statement.resource.as_ref());
        let mut partitions = texts
            .flat_map(|resource| &resource.values)
            .filter_map(|value| value.text.split(':').nth(1))
            .filter(|partition| !partition.contains('*'))
            .peekable();
        partitions.peek().is_some() && partitions.all(|each| each == partition)
    }

    /// The statement of this policy that a reference of an answer names.
    pub fn statement(&self, at: &StatementRef) -> Option<&Statement<'a>> {
        let number = self.alone()?.own_statement(at)?;
        let start = self.policy.statements.get(number)?.start;
        self.outline.statements.iter().find(|statement| statement.node.start == start)
    }

    /// Whether the policy takes away from what others allow, rather than giving.
    pub fn limits(&self) -> bool {
        match self.policy_type {
            PolicyType::ServiceControl | PolicyType::PermissionsBoundary | PolicyType::Session => true,
            PolicyType::Identity => {
                !self.outline.statements.iter().any(|statement| statement.effect == policy::Effect::Allow)
            }
            PolicyType::Resource
            | PolicyType::Trust
            | PolicyType::ResourceControl
            | PolicyType::VpcEndpoint => false,
        }
    }
}

/// The place of a node.
pub fn place(node: &Node) -> Range<usize> {
    node.start..node.end
}
