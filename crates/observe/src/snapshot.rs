//! A snapshot: the folders of its accounts, put together to an estate.
//!
//! Accounts are read in parallel; documents are parsed once for all of them. Which organisation an account belongs to is
//! told twice, by the organisation and by the account, and a contradiction is unknown. Follows `docs/snapshot.md`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use iam::arn::AccountId;
use iam::estate::{Account, Estate, Known, Membership, Missing, Organization, Reason};

use crate::account;
use crate::documents::Documents;
use crate::parallel;
use crate::{Depth, OpenError};

/// A snapshot that has been found, not yet read.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// Account and folder, by account.
    accounts: Vec<(AccountId, PathBuf)>,
    /// Folders among them whose names are not those of accounts.
    strangers: Vec<String>,
}

impl Snapshot {
    /// Finds the accounts of a snapshot.
    ///
    /// # Errors
    /// [`OpenError`] when the folder cannot be read or holds no account.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        let folder = path.join("accounts");
        let unreadable = |error: std::io::Error| OpenError::Unreadable {
            path: folder.clone(),
            problem: error.to_string(),
        };
        let mut accounts = Vec::new();
        let mut strangers = Vec::new();
        for entry in std::fs::read_dir(&folder).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            if !entry.path().is_dir() {
                continue;
            }
            let name = entry.file_name().to_string_lossy().into_owned();
            match AccountId::new(&name) {
                Ok(id) => accounts.push((id, entry.path())),
                Err(_) => strangers.push(name),
            }
        }
        if accounts.is_empty() {
            return Err(OpenError::NoAccount { path: folder });
        }
        accounts.sort();
        strangers.sort();
        Ok(Self { accounts, strangers })
    }

    /// The accounts that have a folder.
    pub fn accounts(&self) -> impl Iterator<Item = &AccountId> {
        self.accounts.iter().map(|(id, _)| id)
    }

    /// Reads it, as deep as a question needs.
    pub fn estate(&self, depth: Depth) -> Estate {
        let documents = Documents::default();
        let told = parallel::map(&self.accounts, |(id, path)| account::read(path, *id, &documents, depth));
        let mut missing: Vec<Arc<Missing>> = self.strangers.iter().map(|name| stranger(name)).collect();
        let mut organizations: BTreeMap<Arc<str>, Organization> = BTreeMap::new();
        let mut untold: Vec<Arc<Missing>> = Vec::new();
        let mut accounts = Vec::with_capacity(told.len());
        for told in told {
            missing.extend(told.missing);
            match told.organization {
                Some(Ok(organization)) => {
                    let id = organization.id.clone();
                    if organizations.insert(id.clone(), organization).is_some() {
                        missing.push(twice(&told.account.id, &id));
                    }
                }
                Some(Err(why)) => untold.push(why),
                None => {}
            }
            accounts.push((told.account, told.own));
        }
        let accounts = accounts
            .into_iter()
            .map(|(mut account, own)| {
                account.membership = membership(&account, &own, &organizations, &untold);
                missing.extend(account.membership.missing().cloned());
                account
            })
            .collect();
        Estate::new(organizations.into_values().collect(), accounts, missing)
    }
}

fn stranger(name: &str) -> Arc<Missing> {
    Arc::new(Missing {
        account: None,
        region: None,
        what: "the folder of an account".into(),
        item: None,
        file: Some(format!("accounts/{name}").into()),
        reason: Reason::Foreign { found: format!("`{name}` is not an account id") },
    })
}

fn twice(account: &AccountId, organization: &str) -> Arc<Missing> {
    let missing = Missing::never_asked(Some(account), None, "the organisation");
    let found = format!("`{organization}` stands in several folders; the last one counts");
    Arc::new(Missing { reason: Reason::Foreign { found }, ..missing })
}

/// Where an account stands, by its own word; an account that an organisation lists becomes its member later, unless
/// the two contradict each other.
fn membership(
    account: &Account,
    own: &Known<Option<crate::organization::Own>>,
    organizations: &BTreeMap<Arc<str>, Organization>,
    untold: &[Arc<Missing>],
) -> Known<Membership> {
    let place = |(number, organization): (usize, &Organization)| {
        let node = organization.nodes().iter().position(|node| node.id.as_ref() == account.id.as_str())?;
        Some((organization.id.clone(), Membership::Member { organization: number, node }))
    };
    let listed: Vec<(Arc<str>, Membership)> = organizations.values().enumerate().filter_map(place).collect();
    let missing = Missing::never_asked(Some(&account.id), None, "the account's place in its organisation");
    let foreign = |found: String| {
        Known::Unknown(Arc::new(Missing { reason: Reason::Foreign { found }, ..missing.clone() }))
    };
    match (listed.as_slice(), own) {
        ([(one, _), (other, _), ..], _) => foreign(format!("both `{one}` and `{other}` list the account")),
        ([(one, _)], Known::Known(None)) => {
            foreign(format!("`{one}` lists the account, which says that it is in no organisation"))
        }
        ([(one, _)], Known::Known(Some(own))) if own.id != *one => {
            foreign(format!("`{one}` lists the account, which says that it is in `{}`", own.id))
        }
        ([(_, place)], Known::Known(Some(_)) | Known::Unknown(_)) => Known::Known(*place),
        ([], Known::Known(None)) => Known::Known(Membership::StandAlone),
        ([], Known::Known(Some(own))) => match organizations.get(&own.id) {
            Some(_) => foreign(format!("it says that it is in `{}`, which does not list it", own.id)),
            None => {
                let of_it = |why: &&Arc<Missing>| why.account.as_ref() == Some(&own.management_account);
                let why = untold.iter().find(of_it).cloned();
                Known::Unknown(why.unwrap_or_else(|| {
                    let what = "organizations list-roots";
                    Arc::new(Missing::never_asked(Some(&own.management_account), None, what))
                }))
            }
        },
        ([], Known::Unknown(why)) => Known::Unknown(why.clone()),
    }
}
