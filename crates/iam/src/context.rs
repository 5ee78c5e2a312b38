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
    tag: Tag,
}

impl Key {
    /// The key that `name` spells in any case.
    pub fn new(name: &str) -> Self {
        let folded: Box<str> =
            if name.is_ascii() { name.to_ascii_lowercase() } else { name.to_lowercase() }.into();
        let tag = Tag::new(&folded);
        Self { folded, tag }
    }

    /// The folded name.
    pub fn as_str(&self) -> &str {
        &self.folded
    }
}

/// What tells keys apart at a glance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Tag {
    /// The number of a global key, which no other key has.
    Global(u8),
    /// A hash of any other key.
    Other(u32),
}

impl Tag {
    fn new(folded: &str) -> Self {
        match reference::global_key_number(folded).and_then(|number| u8::try_from(number).ok()) {
            Some(number) if u32::from(number) < Globals::BITS => Self::Global(number),
            Some(_) | None => {
                let mix = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
                let hash = folded.bytes().fold(0xcbf2_9ce4_8422_2325, mix);
                Self::Other((hash ^ hash >> 32) as u32)
            }
        }
    }
}

/// Global keys by number.
type Globals = u128;

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
}

/// Keys and values of one request.
///
/// What a look-up reads stands close together, and apart from what is only shown: programs hold very many requests,
/// and what a look-up costs is mostly the way to its memory.
#[derive(Clone, Debug, Default)]
pub struct Context {
    /// A bit for each global key of which something is said.
    globals: Globals,
    /// The values of the global keys by number, then those of the other keys.
    held: SmallVec<[Held; 12]>,
    /// The hashes of the other keys.
    others: SmallVec<[u32; 4]>,
    /// All values.
    text: String,
    /// The values of the keys that have several.
    spans: Vec<Span>,
    names: Box<Names>,
}

/// The keys as the caller spelled them, in the order of their values.
#[derive(Clone, Debug, Default)]
struct Names {
    text: String,
    spans: Vec<Span>,
}

impl Names {
    fn of(&self, at: usize) -> &str {
        self.spans[at].of(&self.text)
    }

    fn is(&self, at: usize, folded: &str) -> bool {
        let name = self.of(at);
        if name.is_ascii() { name.eq_ignore_ascii_case(folded) } else { name.to_lowercase() == folded }
    }
}

/// The values of one key: the piece of text that is its only value, or a range of `Context::spans`, an empty one where
/// the key is said to be absent.
#[derive(Clone, Copy, Debug)]
struct Held {
    start: u32,
    /// The end, with [`Held::IS_RANGE`] where it is that of a range.
    end: u32,
}

impl Held {
    const IS_RANGE: u32 = 1 << 31;
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
            Some(_) => Err(DuplicateKey { name: name.to_owned() }),
            None => {
                self.add(&key, name, &values);
                Ok(())
            }
        }
    }

    /// Sets a key to one value unless something is said of it already.
    pub fn derive(&mut self, name: &str, value: &str) {
        let key = Key::new(name);
        if self.position(&key).is_none() {
            self.add(&key, name, &[value]);
        }
    }

    /// Sets a key to these values, whatever was there; an empty list says that it is absent.
    pub fn replace(&mut self, name: &str, values: Vec<String>) {
        let key = Key::new(name);
        match self.position(&key) {
            Some(at) => {
                self.held[at] = self.hold(&values);
                self.names.spans[at] = push(&mut self.names.text, name);
            }
            None => self.add(&key, name, &values),
        }
    }

    /// Takes over the keys of which nothing is said yet.
    pub fn fill(&mut self, from: &Self) {
        for (name, values) in from.iter() {
            let key = Key::new(name);
            if self.position(&key).is_none() {
                self.add(&key, name, &values.to_vec());
            }
        }
    }

    /// Says nothing of a key any more.
    pub(crate) fn forget(&mut self, key: &Key) {
        let Some(at) = self.position(key) else { return };
        match key.tag {
            Tag::Global(number) => self.globals &= !(1 << number),
            Tag::Other(_) => {
                self.others.remove(at - self.globals.count_ones() as usize);
            }
        }
        self.held.remove(at);
        self.names.spans.remove(at);
    }

    /// The values of a key, none if it is said to be absent; `None` if nothing is said of it.
    #[inline]
    pub fn get(&self, key: &Key) -> Option<ValueList<'_>> {
        self.position(key).map(|at| self.values(self.held[at]))
    }

    /// All keys in order, as spelled, with their values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, ValueList<'_>)> {
        let mut order: Vec<(String, usize)> =
            (0..self.held.len()).map(|at| (self.names.of(at).to_lowercase(), at)).collect();
        order.sort_unstable();
        order.into_iter().map(|(_, at)| (self.names.of(at), self.values(self.held[at])))
    }

    #[inline]
    fn values(&self, held: Held) -> ValueList<'_> {
        let Held { start, end } = held;
        if end & Held::IS_RANGE == 0 {
            ValueList::One(Span { start, end }.of(&self.text))
        } else {
            let range = start as usize..(end & !Held::IS_RANGE) as usize;
            ValueList::Several(&self.text, &self.spans[range])
        }
    }

    fn add(&mut self, key: &Key, name: &str, values: &[impl AsRef<str>]) {
        let held = self.hold(values);
        let at = match key.tag {
            Tag::Global(number) => {
                let at = self.globals_below(number);
                self.globals |= 1 << number;
                at
            }
            Tag::Other(hash) => {
                self.others.push(hash);
                self.held.len()
            }
        };
        self.held.insert(at, held);
        let name = push(&mut self.names.text, name);
        self.names.spans.insert(at, name);
    }

    fn hold(&mut self, values: &[impl AsRef<str>]) -> Held {
        match values {
            [only] => {
                let Span { start, end } = push(&mut self.text, only.as_ref());
                Held { start, end }
            }
            several => {
                let start = self.spans.len() as u32;
                for value in several {
                    let span = push(&mut self.text, value.as_ref());
                    self.spans.push(span);
                }
                Held { start, end: self.spans.len() as u32 | Held::IS_RANGE }
            }
        }
    }

    #[inline]
    fn position(&self, key: &Key) -> Option<usize> {
        match key.tag {
            Tag::Global(number) => (self.globals >> number & 1 == 1).then(|| self.globals_below(number)),
            Tag::Other(hash) => {
                let first = self.globals.count_ones() as usize;
                let alike = self.others.iter().enumerate().filter(|(_, other)| **other == hash);
                alike.map(|(number, _)| first + number).find(|at| self.names.is(*at, &key.folded))
            }
        }
    }

    #[inline]
    fn globals_below(&self, number: u8) -> usize {
        (self.globals & ((1 << number) - 1)).count_ones() as usize
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

    #[test]
    fn names_are_one_key_without_regard_to_the_case_of_any_letter() {
        let mut context = Context::new();
        context.insert("aws:PrincipalTag/ÉQUIPE", values(&["red"])).unwrap();
        assert_eq!(context.get(&Key::new("aws:principaltag/équipe")), Some(ValueList::One("red")));
        assert_eq!(context.get(&Key::new("aws:principaltag/equipe")), None);
    }

    #[test]
    fn keys_come_in_order_whatever_the_order_in_which_they_were_given() {
        let mut context = Context::new();
        for name in
            ["s3:prefix", "aws:SourceIp", "aws:PrincipalTag/b", "aws:CurrentTime", "aws:PrincipalTag/A"]
        {
            context.insert(name, values(&[name])).unwrap();
        }
        let expected =
            ["aws:CurrentTime", "aws:PrincipalTag/A", "aws:PrincipalTag/b", "aws:SourceIp", "s3:prefix"];
        assert_eq!(context.iter().map(|(name, _)| name).collect::<Vec<_>>(), expected);
        assert!(context.iter().all(|(name, values)| values == ValueList::One(name)));
    }

    #[test]
    fn what_is_filled_in_or_forgotten_leaves_the_other_keys_alone() {
        let mut context = Context::new();
        for name in
            ["aws:SourceIp", "aws:CurrentTime", "s3:prefix", "aws:PrincipalTag/a", "aws:PrincipalTag/b"]
        {
            context.insert(name, values(&["own"])).unwrap();
        }
        let mut other = Context::new();
        other.insert("aws:SourceIp", values(&["other"])).unwrap();
        other.insert("aws:SourceVpc", values(&["x", "y"])).unwrap();
        context.fill(&other);
        assert_eq!(context.get(&Key::new("aws:SourceIp")), Some(ValueList::One("own")));
        assert_eq!(context.get(&Key::new("aws:SourceVpc")).map(ValueList::to_vec), Some(values(&["x", "y"])));
        for forgotten in ["aws:PrincipalTag/a", "aws:SourceIp", "aws:UserAgent", "s3:nothing"] {
            context.forget(&Key::new(forgotten));
            assert_eq!(context.get(&Key::new(forgotten)), None, "{forgotten}");
        }
        for kept in ["aws:CurrentTime", "s3:prefix", "aws:PrincipalTag/b"] {
            assert_eq!(context.get(&Key::new(kept)), Some(ValueList::One("own")), "{kept}");
        }
        let left = ["aws:CurrentTime", "aws:PrincipalTag/b", "aws:SourceVpc", "s3:prefix"];
        assert_eq!(context.iter().map(|(name, _)| name).collect::<Vec<_>>(), left);
        context.replace("aws:SourceVpc", Vec::new());
        assert!(context.get(&Key::new("aws:SourceVpc")).is_some_and(ValueList::is_empty));
        context.insert("aws:SourceIp", values(&["again"])).unwrap();
        assert_eq!(context.get(&Key::new("aws:CurrentTime")), Some(ValueList::One("own")));
    }

    #[test]
    fn what_is_forgotten_is_that_key_alone() {
        let names = ["aws:SourceIp", "aws:CurrentTime", "bedrock:a", "bedrock:b", "bedrock:c"];
        for forgotten in names {
            let mut context = Context::new();
            for name in names {
                context.insert(name, values(&[name])).unwrap();
            }
            context.forget(&Key::new(forgotten));
            for name in names {
                let expected = (name != forgotten).then_some(ValueList::One(name));
                assert_eq!(context.get(&Key::new(name)), expected, "{forgotten} forgotten, {name} asked");
            }
        }
    }
}
