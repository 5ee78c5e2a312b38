//! Reading the tables that are kept by hand.
//!
//! They are TOML, part of the program, parsed once when first asked for. A table that cannot be parsed is a bug of
//! ours that a test over every table finds; it is never a state the program has to handle.

use serde::Deserialize;
use serde::de::DeserializeOwned;

/// How well a row is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// AWS says so, or it was observed; the source says where.
    Documented,
    /// Follows from what AWS says, by analogy or by reading between pages.
    Inferred,
}

/// Parses one table.
///
/// # Panics
/// When the embedded text does not have the shape of `T`.
pub(crate) fn parse<T: DeserializeOwned>(name: &str, text: &str) -> T {
    match toml::from_str(text) {
        Ok(table) => table,
        Err(error) => panic!("{name}: {error}"),
    }
}
