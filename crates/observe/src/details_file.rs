//! The output of one `aws iam get-account-authorization-details`, by itself an estate of one account.
//!
//! Nothing else is known of the account: neither its organisation nor its resources.

use std::path::Path;
use std::sync::Arc;

use iam::estate::{Account, Estate};

use crate::OpenError;
use crate::details::{self, Source};
use crate::documents::Documents;
use crate::folder;

/// Reads the file.
///
/// # Errors
/// [`OpenError`] when it cannot be read or is not such an output.
pub(crate) fn estate(path: &Path) -> Result<Estate, OpenError> {
    let not_details = |why: String| OpenError::NotDetails { path: path.to_owned(), why };
    let bytes = match folder::read(path) {
        Ok(Some(bytes)) => bytes,
        Ok(None) => {
            let problem = "no such file".to_owned();
            return Err(OpenError::Unreadable { path: path.to_owned(), problem });
        }
        Err(reason) => {
            return Err(OpenError::Unreadable { path: path.to_owned(), problem: reason.to_string() });
        }
    };
    let source = Source { account: None, file: path.display().to_string().into() };
    let documents = Documents::default();
    let details = details::read(&source, &bytes, &documents)
        .map_err(|why| not_details(format!("it {}", why.reason)))?;
    let Some(id) = details.account else {
        return Err(not_details("it names no user, group or role".to_owned()));
    };
    let mut account = Account::unread(id, "aws".into());
    let mut missing: Vec<Arc<_>> = details.missing.clone();
    missing.extend(account.membership.missing().cloned());
    details.fill(&mut account);
    Ok(Estate::new(Vec::new(), vec![account], missing))
}
