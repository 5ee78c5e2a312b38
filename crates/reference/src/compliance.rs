//! Which services are in the scope of which programmes of compliance.
//!
//! Kept by hand; every row names its source. What no row says is not known, and stays so.

use std::sync::OnceLock;

use serde::Deserialize;

use crate::hand_kept::parse;

/// A programme, such as HIPAA.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Programme {
    /// Stable id in kebab case.
    pub id: String,
    pub title: String,
    /// What is easily overlooked.
    pub notes: Option<String>,
    /// Where it comes from.
    pub source: String,
}

#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Scope {
    service: String,
    #[serde(default)]
    inside: Vec<String>,
    #[serde(default)]
    outside: Vec<String>,
    source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ComplianceTable {
    programme: Vec<Programme>,
    scope: Vec<Scope>,
}

/// All programmes, in the order of the table.
pub fn programmes() -> &'static [Programme] {
    &table().programme
}

/// Whether a service, by its IAM prefix, is in the scope of a programme; `None` where no row says so.
pub fn in_scope(programme: &str, service: &str) -> Option<bool> {
    let row = table().scope.iter().find(|row| row.service == service)?;
    let has = |list: &[String]| list.iter().any(|id| id == programme);
    match (has(&row.inside), has(&row.outside)) {
        (true, _) => Some(true),
        (false, true) => Some(false),
        (false, false) => None,
    }
}

fn table() -> &'static ComplianceTable {
    static TABLE: OnceLock<ComplianceTable> = OnceLock::new();
    TABLE.get_or_init(|| parse("compliance.toml", include_str!("../data/compliance.toml")))
}

#[cfg(test)]
mod tests {
    //! What every row holds to.

    use super::*;

    #[test]
    fn rows_name_what_there_is_and_say_one_thing() {
        for row in &table().scope {
            assert!(crate::service(&row.service).is_some() && !row.source.is_empty(), "{}", row.service);
            for id in row.inside.iter().chain(&row.outside) {
                assert!(programmes().iter().any(|programme| programme.id == *id), "{id}");
            }
            assert!(row.inside.iter().all(|id| !row.outside.contains(id)), "{}", row.service);
        }
        assert_eq!(in_scope("hipaa", "bedrock"), Some(true));
        assert_eq!(in_scope("hipaa", "aws-external-anthropic"), Some(false));
        assert_eq!(in_scope("hipaa", "bedrock-mantle"), None);
    }
}
