//! The request context: condition keys and their values.
//!
//! Key names, the part after a slash included, do not depend on case; values do. A key with an empty list
//! of values is absent (IAM User Guide, "Single-valued vs. multivalued context keys", and aws-facts §4.3).
//! Nothing here decides; whether a missing key is absent or unknown is the request's to say.

use std::fmt;

/// A condition key, compared without regard to case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    folded: Box<str>,
    /// Of the folded name, so that most unequal keys differ at a glance.
    hash: u64,
}

impl Key {
    /// The key that `name` spells in any case.
    pub fn new(name: &str) -> Self {
        let folded: Box<str> = name.to_lowercase().into();
        let mix = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        let hash = folded.bytes().fold(0xcbf2_9ce4_8422_2325, mix);
        Self { folded, hash }
    }

    /// The folded name.
    pub fn as_str(&self) -> &str {
        &self.folded
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.folded)
    }
}

/// What a request says about one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Values<'a> {
    /// At least one value.
    Present(&'a [String]),
    /// The request carries no such key.
    Absent,
    /// The request is partial and leaves it open.
    Unknown,
}

/// Keys and values of one request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Context {
    /// Sorted by key; an empty list says that the key is absent.
    entries: Vec<Entry>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    key: Key,
    /// As the caller spelled it, for showing.
    name: String,
    values: Vec<String>,
}

/// A key that was given twice, in whatever case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DuplicateKey {
    pub name: String,
}

impl fmt::Display for DuplicateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "context key `{}` is given twice; key names do not depend on case", self.name)
    }
}

impl std::error::Error for DuplicateKey {}

impl Context {
    /// A context with no keys.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a key with its values; an empty list says that the key is absent.
    ///
    /// # Errors
    /// [`DuplicateKey`] when the key is there already.
    pub fn insert(&mut self, name: &str, values: Vec<String>) -> Result<(), DuplicateKey> {
        let key = Key::new(name);
        match self.position(&key) {
            Ok(_) => Err(DuplicateKey { name: name.to_owned() }),
            Err(at) => {
                self.entries.insert(at, Entry { key, name: name.to_owned(), values });
                Ok(())
            }
        }
    }

    /// Sets a key to one value unless something is said of it already.
    pub fn derive(&mut self, name: &str, value: &str) {
        let key = Key::new(name);
        if let Err(at) = self.position(&key) {
            self.entries.insert(at, Entry { key, name: name.to_owned(), values: vec![value.to_owned()] });
        }
    }

    /// Sets a key to these values, whatever was there; an empty list says that it is absent.
    pub fn replace(&mut self, name: &str, values: Vec<String>) {
        let key = Key::new(name);
        if let Ok(at) = self.position(&key) {
            self.entries.remove(at);
        }
        if let Err(at) = self.position(&key) {
            self.entries.insert(at, Entry { key, name: name.to_owned(), values });
        }
    }

    /// The values of a key, none if it is said to be absent; `None` if nothing is said of it.
    pub fn get(&self, key: &Key) -> Option<&[String]> {
        let is_it = |entry: &&Entry| entry.key.hash == key.hash && entry.key.folded == key.folded;
        self.entries.iter().find(is_it).map(|entry| entry.values.as_slice())
    }

    /// All keys in order, as spelled, with their values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.entries.iter().map(|entry| (entry.name.as_str(), entry.values.as_slice()))
    }

    fn position(&self, key: &Key) -> Result<usize, usize> {
        self.entries.binary_search_by(|entry| entry.key.cmp(key))
    }
}

#[cfg(test)]
mod tests {
    //! Which names are one key.

    use super::*;

    fn values(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn names_of_one_key_differ_in_case_only() {
        let mut context = Context::new();
        context.insert("aws:PrincipalTag/Team", values(&["red"])).unwrap();
        assert_eq!(context.get(&Key::new("AWS:principaltag/TEAM")), Some(&values(&["red"])[..]));
        assert_eq!(context.get(&Key::new("aws:PrincipalTag/Teams")), None);
        let again = context.insert("aws:principaltag/team", values(&["blue"]));
        assert_eq!(again, Err(DuplicateKey { name: "aws:principaltag/team".to_owned() }));
    }

    /// A caller may choose tag keys freely, also so that their hashes are equal.
    #[test]
    fn names_of_equal_hash_are_two_keys() {
        let (one, other) = ("aws:PrincipalTag/4xtvkbxnyf1b", "aws:PrincipalTag/ir31zazemy3a");
        assert_eq!(Key::new(one).hash, Key::new(other).hash);
        let mut context = Context::new();
        context.insert(one, values(&["red"])).unwrap();
        assert_eq!(context.get(&Key::new(other)), None);
        context.insert(other, values(&["blue"])).unwrap();
        assert_eq!(context.get(&Key::new(one)), Some(&values(&["red"])[..]));
        assert_eq!(context.get(&Key::new(other)), Some(&values(&["blue"])[..]));
    }
}
