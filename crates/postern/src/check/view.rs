//! What a rule sees of one policy: its statements with their places, and what AWS would answer under it alone.
//!
//! One view is one reading of the document: where parts of it are not known there are two. Asks the evaluator and
//! decides nothing itself.

use std::sync::Arc;

use iam::json::Node;
use iam::lint::statement;
use iam::policy::{self, Policy, PolicyType, Problem, Severity};

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
            }),
            _ => Err(read.problems),
        }
    }

    /// Whether it is an SCP.
    pub fn is_scp(&self) -> bool {
        self.policy_type == PolicyType::ServiceControl
    }
}
