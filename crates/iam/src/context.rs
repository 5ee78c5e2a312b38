//! The request context: condition keys and their values.
//!
//! Key names, the part after a slash included, do not depend on case; values do. A key with an empty list
//! of values is absent (IAM User Guide, "Single-valued vs. multivalued context keys", and aws-facts §4.3).
//! Nothing here decides; whether a missing key is absent or unknown is the request's to say.

use std::fmt;

use smallvec::SmallVec;

/// A condition key, compared without regard to case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    folded: Box<str>,
    /// A hash of the folded name, so that most unequal keys differ at a glance.
    tag: u32,
}

impl Key {
    /// The key that `name` spells in any case.
    pub fn new(name: &str) -> Self {
        let folded: Box<str> = name.to_lowercase().into();
        let mix = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        let hash = folded.bytes().fold(0xcbf2_9ce4_8422_2325, mix);
        Self { folded, tag: (hash ^ hash >> 32) as u32 }
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
    Present(ValueList<'a>),
    /// The request carries no such key.
    Absent,
    /// The request is partial and leaves it open.
    Unknown,
}

/// The values of one key; none where it is said to be absent.
#[derive(Clone, Copy, Debug)]
pub enum ValueList<'a> {
    One(&'a str),
    /// Places in a text.
    Several(&'a str, &'a [Span]),
}

impl<'a> ValueList<'a> {
    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        matches!(self, Self::Several(_, []))
    }

    /// The value, when there is only one.
    #[inline]
    pub fn only(self) -> Option<&'a str> {
        match self {
            Self::One(value) => Some(value),
            Self::Several(..) => None,
        }
    }

    /// The values in the order in which they were given.
    pub fn iter(self) -> impl Iterator<Item = &'a str> {
        let (one, text, spans): (_, &str, &[Span]) = match self {
            Self::One(value) => (Some(value), "", &[]),
            Self::Several(text, spans) => (None, text, spans),
        };
        one.into_iter().chain(spans.iter().map(move |span| span.of(text)))
    }

    /// The values as texts of their own.
    pub fn to_vec(self) -> Vec<String> {
        self.iter().map(str::to_owned).collect()
    }
}

impl PartialEq for ValueList<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for ValueList<'_> {}

/// A piece of a context's text, in bytes.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    start: u32,
    end: u32,
}

impl Span {
    #[inline]
    fn of(self, text: &str) -> &str {
        &text[self.start as usize..self.end as usize]
    }

    #[inline]
    fn bytes(self, text: &str) -> &[u8] {
        &text.as_bytes()[self.start as usize..self.end as usize]
    }
}

/// Keys and values of one request.
///
/// All text stands in one place and the rest next to the request: programs hold very many requests, and what a
/// look-up costs is mostly the way to its memory.
#[derive(Clone, Debug, Default)]
pub struct Context {
    /// The tag of each key; most look-ups read nothing else.
    tags: SmallVec<[u32; 12]>,
    /// Sorted by key.
    entries: SmallVec<[Entry; 12]>,
    text: String,
    /// The values of the keys that have several.
    spans: Vec<Span>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    /// In lower case.
    key: Span,
    values: Held,
    /// As the caller spelled it, for showing.
    name: Span,
}

#[derive(Clone, Copy, Debug)]
enum Held {
    One(Span),
    /// A range of `Context::spans`; an empty one where the key is said to be absent.
    Several(Span),
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
                self.add(at, &key, name, &values);
                Ok(())
            }
        }
    }

    /// Sets a key to one value unless something is said of it already.
    pub fn derive(&mut self, name: &str, value: &str) {
        let key = Key::new(name);
        if let Err(at) = self.position(&key) {
            self.add(at, &key, name, &[value]);
        }
    }

    /// Sets a key to these values, whatever was there; an empty list says that it is absent.
    pub fn replace(&mut self, name: &str, values: Vec<String>) {
        let key = Key::new(name);
        match self.position(&key) {
            Ok(at) => self.entries[at] = self.entry(&key, name, &values),
            Err(at) => self.add(at, &key, name, &values),
        }
    }

    /// Takes over the keys of which nothing is said yet.
    pub fn fill(&mut self, from: &Self) {
        for (name, values) in from.iter() {
            let key = Key::new(name);
            if let Err(at) = self.position(&key) {
                self.add(at, &key, name, &values.to_vec());
            }
        }
    }

    /// Says nothing of a key any more.
    pub(crate) fn forget(&mut self, key: &Key) {
        if let Ok(at) = self.position(key) {
            self.tags.remove(at);
            self.entries.remove(at);
        }
    }

    /// The values of a key, none if it is said to be absent; `None` if nothing is said of it.
    #[inline]
    pub fn get(&self, key: &Key) -> Option<ValueList<'_>> {
        self.tags.iter().enumerate().filter(|(_, tag)| **tag == key.tag).find_map(|(at, _)| {
            let entry = &self.entries[at];
            (entry.key.bytes(&self.text) == key.folded.as_bytes()).then(|| self.values(entry))
        })
    }

    /// All keys in order, as spelled, with their values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, ValueList<'_>)> {
        self.entries.iter().map(|entry| (entry.name.of(&self.text), self.values(entry)))
    }

    fn values(&self, entry: &Entry) -> ValueList<'_> {
        match entry.values {
            Held::One(span) => ValueList::One(span.of(&self.text)),
            Held::Several(range) => {
                ValueList::Several(&self.text, &self.spans[range.start as usize..range.end as usize])
            }
        }
    }

    fn add(&mut self, at: usize, key: &Key, name: &str, values: &[impl AsRef<str>]) {
        let entry = self.entry(key, name, values);
        self.tags.insert(at, key.tag);
        self.entries.insert(at, entry);
    }

    /// An entry, its texts side by side in the order in which they are looked at.
    fn entry(&mut self, key: &Key, name: &str, values: &[impl AsRef<str>]) -> Entry {
        let folded = push(&mut self.text, &key.folded);
        let held = match values {
            [only] => Held::One(push(&mut self.text, only.as_ref())),
            several => {
                let start = self.spans.len() as u32;
                for value in several {
                    let span = push(&mut self.text, value.as_ref());
                    self.spans.push(span);
                }
                Held::Several(Span { start, end: self.spans.len() as u32 })
            }
        };
        let name = if *name == *key.folded { folded } else { push(&mut self.text, name) };
        Entry { key: folded, values: held, name }
    }

    fn position(&self, key: &Key) -> Result<usize, usize> {
        self.entries.binary_search_by(|entry| entry.key.of(&self.text).cmp(&key.folded))
    }
}

fn push(all: &mut String, text: &str) -> Span {
    let start = all.len() as u32;
    all.push_str(text);
    Span { start, end: all.len() as u32 }
}

impl PartialEq for Context {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Context {}

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
        assert_eq!(context.get(&Key::new("AWS:principaltag/TEAM")), Some(ValueList::One("red")));
        assert_eq!(context.get(&Key::new("aws:PrincipalTag/Teams")), None);
        assert_eq!(context.iter().map(|(name, _)| name).collect::<Vec<_>>(), ["aws:PrincipalTag/Team"]);
        let again = context.insert("aws:principaltag/team", values(&["blue"]));
        assert_eq!(again, Err(DuplicateKey { name: "aws:principaltag/team".to_owned() }));
    }

    /// A caller may choose tag keys freely, also so that their hashes are equal.
    #[test]
    fn names_of_equal_hash_are_two_keys() {
        let (one, other) = ("aws:PrincipalTag/4xtvkbxnyf1b", "aws:PrincipalTag/ir31zazemy3a");
        assert_eq!(Key::new(one).tag, Key::new(other).tag);
        let mut context = Context::new();
        context.insert(one, values(&["red"])).unwrap();
        assert_eq!(context.get(&Key::new(other)), None);
        context.insert(other, values(&["blue"])).unwrap();
        assert_eq!(context.get(&Key::new(one)), Some(ValueList::One("red")));
        assert_eq!(context.get(&Key::new(other)), Some(ValueList::One("blue")));
    }
}
