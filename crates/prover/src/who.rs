//! Who asks: somebody in particular, or anybody of a kind.

use std::sync::Arc;

use iam::arn::AccountId;
use iam::principal::Principal;
use reference::Characters;

use crate::case::ACCOUNT;
use crate::domain::{DIGITS, Domain};
use crate::language::{Pattern, Token};

/// A kind of principal with an ARN of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    Role,
    User,
    Root,
}

impl Shape {
    pub const ALL: [Self; 3] = [Self::Role, Self::User, Self::Root];

    /// What its ARNs look like, best those of an account; of no other if it is the only one.
    pub fn domain(self, partition: &str, account: &str, is_only: bool) -> Domain {
        let text = |text: &str| vec![Pattern::exact(text)];
        let mut accounts = vec![text(account)];
        if !is_only {
            accounts.push(vec![Pattern { tokens: DIGITS.to_vec() }]);
        }
        let named = |kind: &str| {
            let mut pattern = Pattern::exact(kind);
            pattern.tokens.extend([Token::One(OF_PATH), Token::Run(OF_PATH)]);
            vec![pattern]
        };
        let last = match self {
            Self::Role => named("role/"),
            Self::User => named("user/"),
            Self::Root => text("root"),
        };
        Domain::new(vec![
            vec![text("arn")],
            vec![text(partition)],
            vec![text("iam")],
            vec![text("")],
            accounts,
            vec![last],
        ])
    }

    fn example(self, partition: &str, account: &str) -> String {
        let named = match self {
            Self::Role => "role/any",
            Self::User => "user/any",
            Self::Root => "root",
        };
        format!("arn:{partition}:iam::{account}:{named}")
    }
}

/// What paths and names of roles and users are made of (IAM API Reference, `CreateRole`: `Path`, `RoleName`). The colon
/// that a path may hold too is left out.
pub const OF_PATH: Characters = Characters {
    ascii: {
        let mut bits = 0_u128;
        let mut letter = b'!';
        while letter < 0x7f {
            if !matches!(letter, b':' | b'*' | b'?' | b'\\' | b'"') {
                bits |= 1 << letter;
            }
            letter += 1;
        }
        bits
    },
    beyond_ascii: false,
};

/// Who asks.
#[derive(Clone, Debug)]
pub enum Who {
    This(Principal),
    /// Anybody of a kind, of one account or of any in a partition.
    Any {
        shape: Shape,
        account: Option<AccountId>,
        partition: Arc<str>,
    },
}

impl Who {
    /// The account of those who ask; the one that stands for all where it may be any.
    pub fn account(&self) -> &str {
        match self {
            Self::This(principal) => principal.account().map_or(ACCOUNT, AccountId::as_str),
            Self::Any { account, .. } => account.as_ref().map_or(ACCOUNT, AccountId::as_str),
        }
    }

    /// The account of all who ask, where it is one.
    pub fn only_account(&self) -> Option<AccountId> {
        match self {
            Self::This(principal) => principal.account().copied(),
            Self::Any { account, .. } => *account,
        }
    }

    /// The same, where the thing that is asked for may be of that account: then another stands for all.
    pub fn stranger(&self, owner: Option<&AccountId>) -> Self {
        match self {
            Self::Any { shape, account: None, partition } => {
                let is_own = owner.is_some_and(|owner| owner.as_str() == ACCOUNT);
                let account = AccountId::new(if is_own { OTHER_ACCOUNT } else { ACCOUNT }).ok();
                Self::Any { shape: *shape, account, partition: partition.clone() }
            }
            other => other.clone(),
        }
    }

    /// A principal of the kind.
    pub fn example(&self) -> Principal {
        match self {
            Self::This(principal) => principal.clone(),
            Self::Any { shape, partition, .. } => {
                let example = shape.example(partition, self.account());
                Principal::parse(&example).expect("the ARN of an example is one")
            }
        }
    }

    /// The partition of those who ask.
    pub fn partition(&self) -> String {
        match self {
            Self::This(principal) => principal.to_string().split(':').nth(1).unwrap_or("aws").to_owned(),
            Self::Any { partition, .. } => partition.to_string(),
        }
    }
}

/// The account of those who ask for what the usual one has.
const OTHER_ACCOUNT: &str = "444455556666";
