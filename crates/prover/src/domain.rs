//! What a text may be that is made of parts between colons: an ARN of a type, or of a kind of principal.
//!
//! A pattern over the whole is taken apart into patterns over the parts, in each way in which its wildcards may run across
//! the colons. So parts can be searched each for itself, and what only depends on a Region or an account is small. Exact,
//! since no part but the last has a colon.

use std::cell::RefCell;
use std::rc::Rc;

use reference::{Characters, Piece, Template};
use rustc_hash::FxHashMap;

use crate::case::ANY_KIND;
use crate::language::{ANY, Found, NO_COLON, Pattern, Token, find, is_variable};
use crate::resource::{self, Reading};

/// What one part may be, from what is liked best to all there is.
pub type Widths = Vec<Vec<Pattern>>;

/// The ways in which a pattern matches, each a pattern for every part that matters; none where there are too many.
pub type Ways = Option<Rc<[Vec<(usize, Pattern)>]>>;

/// What a text may be.
#[derive(Debug, Default)]
pub struct Domain {
    pub parts: Vec<Widths>,
    /// Whether its fourth part is a Region, and its fifth an account.
    pub has_region: bool,
    pub has_account: bool,
    /// What its last part never is.
    never: Vec<Pattern>,
    taken_apart: Rc<TakenApart>,
}

/// What was learned of patterns among all that there may be: whatever is liked best, it is the same.
#[derive(Debug, Default)]
struct TakenApart {
    ways: RefCell<FxHashMap<Pattern, Ways>>,
    /// Of patterns as policies spell them, whether the readings of `*` across colons make no difference.
    agree: RefCell<FxHashMap<String, bool>>,
}

/// Most ways in which one pattern is taken apart.
const WAYS_MAX: usize = 256;

/// One digit.
const DIGIT: Token = Token::One(Characters { ascii: 0x03ff_u128 << b'0', beyond_ascii: false });

/// Twelve digits.
pub const DIGITS: [Token; 12] = [DIGIT; 12];

/// Parts of an ARN.
const PARTS: usize = 6;

impl Domain {
    /// The ARNs of a template in a partition, best those of an account.
    pub fn of_template(template: Template, partition: &str, account: &str) -> Self {
        let texts = |text: &str| vec![text.chars().map(Token::Is).collect::<Vec<Token>>()];
        let mut parts: Vec<Widths> = vec![vec![vec![Pattern::default()]; 4]];
        let (mut has_region, mut has_account) = (false, false);
        // The text of the last part, where there is nothing but text and one id behind it, and what that id never is.
        let mut last_text = Some(String::new());
        let mut never = Vec::new();
        for piece in template.pieces() {
            match piece {
                Piece::Literal(text) => {
                    let mut rest = text;
                    while parts.len() < PARTS
                        && let Some((front, behind)) = rest.split_once(':')
                    {
                        add(&mut parts, |_| texts(front));
                        parts.push(vec![vec![Pattern::default()]; 4]);
                        rest = behind;
                        last_text = Some(String::new());
                    }
                    never.clear();
                    last_text = last_text.map(|text| text + rest);
                    add(&mut parts, |_| texts(rest));
                }
                Piece::Placeholder { name, ids } => {
                    never = match last_text.take() {
                        Some(text) => ids.never.iter().map(|glob| behind(&text, glob)).collect(),
                        None => Vec::new(),
                    };
                    let is_part = parts.last().is_some_and(|last| last[0] == [Pattern::default()]);
                    has_region |= name == "Region" && parts.len() == 4 && is_part;
                    has_account |= name == "Account" && parts.len() == 5 && is_part;
                    add(&mut parts, |width| match (name, width) {
                        ("Partition", _) => texts(partition),
                        ("Region", 0) => texts(first_region(partition)),
                        ("Region", 1) => reference::regions()
                            .filter(|region| region.partition == partition)
                            .flat_map(|region| texts(region.name))
                            .collect(),
                        ("Account", 0 | 1) => texts(account),
                        (_, 0..=2) => resource::additions(piece, false),
                        (_, _) => resource::additions(piece, true),
                    });
                }
            }
        }
        // No part but the last has a colon.
        let last = parts.len() - 1;
        for width in parts[..last].iter_mut().flatten() {
            for pattern in width {
                *pattern = within_part(&pattern.tokens);
            }
        }
        Self { has_region, has_account, never, ..Self::new(parts.into_iter().map(distinct).collect()) }
    }

    /// Whatever may be named in a service.
    pub fn of_service(service: &str, partition: &str, account: &str) -> Self {
        let text = |text: &str| vec![Pattern::exact(text)];
        let any = vec![Pattern::glob("*", NO_COLON)];
        Self::new(vec![
            vec![text("arn")],
            vec![text(partition)],
            vec![text(service)],
            vec![text(first_region(partition)), any.clone()],
            vec![text(account), any],
            vec![vec![Pattern::glob("?*", ANY)], vec![Pattern::glob("*", ANY)]],
        ])
    }

    /// A text of these parts.
    pub fn new(parts: Vec<Widths>) -> Self {
        Self { parts, ..Self::default() }
    }

    /// The ways in which a pattern matches. Parts that match whatever stands there are left out, and ways in which nothing
    /// matches.
    pub fn ways(&self, pattern: &Pattern, memo: &Memo) -> Ways {
        if let Some(known) = self.taken_apart.ways.borrow().get(pattern) {
            return known.clone();
        }
        let mut ways = Vec::new();
        let found = self.align(pattern.tokens.clone(), 0, &mut Vec::new(), &mut ways, memo);
        let ways: Ways = found.map(|()| ways.into());
        keep(&mut self.taken_apart.ways.borrow_mut(), pattern.clone(), ways.clone());
        ways
    }

    /// Whether the readings of `*` across colons make no difference here to a pattern as a policy spells it: true only where
    /// that is sure.
    pub fn readings_agree(&self, text: &str, memo: &Memo) -> bool {
        if let Some(known) = self.taken_apart.agree.borrow().get(text) {
            return *known;
        }
        let whole = with_any_values(text);
        let [first, others @ ..] =
            Reading::ALL.map(|reading| self.ways(&resource::pattern(&whole, reading), memo));
        let agree = first.is_some() && others.iter().all(|other| *other == first);
        keep(&mut self.taken_apart.agree.borrow_mut(), text.to_owned(), agree);
        agree
    }

    fn align(
        &self,
        tokens: Vec<Token>,
        part: usize,
        front: &mut Vec<(usize, Pattern)>,
        ways: &mut Vec<Vec<(usize, Pattern)>>,
        memo: &Memo,
    ) -> Option<()> {
        if ways.len() > WAYS_MAX {
            return None;
        }
        if part + 1 == self.parts.len() {
            let length = front.len();
            if self.push(part, Pattern { tokens }, front, memo) && !ways.contains(front) {
                ways.push(front.clone());
            }
            front.truncate(length);
            return Some(());
        }
        for (at, token) in tokens.iter().enumerate() {
            let (own, rest) = match token {
                Token::Is(':') => (&tokens[..at], &tokens[at + 1..]),
                Token::One(of) if of.contains(':') => (&tokens[..at], &tokens[at + 1..]),
                Token::Run(of) if of.contains(':') => (&tokens[..=at], &tokens[at..]),
                Token::Is(_) | Token::Either(_) | Token::One(_) | Token::Run(_) => continue,
            };
            let length = front.len();
            if self.push(part, within_part(own), front, memo) {
                self.align(rest.to_vec(), part + 1, front, ways, memo)?;
            }
            front.truncate(length);
            if *token == Token::Is(':') {
                break;
            }
        }
        Some(())
    }

    /// Adds a pattern of a part; false where nothing of it can stand there.
    fn push(&self, part: usize, pattern: Pattern, front: &mut Vec<(usize, Pattern)>, memo: &Memo) -> bool {
        let all = self.all(part);
        let has =
            |each: Vec<Vec<Pattern>>, none: Vec<Pattern>| self.find(part, each, none, memo) != Found::Nothing;
        let is_letter = |token: &Token| matches!(token, Token::Is(letter) if is_variable(*letter));
        if pattern.tokens.iter().any(is_letter) {
            // Whatever stands in place of variables.
            let wide =
                pattern.tokens.iter().map(|token| if is_letter(token) { Token::Run(ANY) } else { *token });
            let wide = Pattern { tokens: wide.collect() };
            let fits = has(vec![all.clone(), vec![wide]], Vec::new());
            if fits {
                front.push((part, pattern));
            }
            return fits;
        }
        // What most patterns say of most parts: whatever it is, or one text.
        if let [Token::Run(of)] = *pattern.tokens
            && (of == ANY || of == NO_COLON && part + 1 < self.parts.len())
        {
            return true;
        }
        if let Some(texts) = all.iter().map(Pattern::text).collect::<Option<Vec<String>>>()
            && self.never(part).is_empty()
        {
            let matching = texts.iter().filter(|text| pattern.matches(text)).count();
            if 0 < matching && matching < texts.len() {
                front.push((part, pattern));
            }
            return matching > 0;
        }
        if let Some(text) = pattern.text() {
            let is_one = all.iter().any(|one| one.matches(&text));
            let fits = is_one && !self.never(part).iter().any(|one| one.matches(&text));
            if fits {
                front.push((part, pattern));
            }
            return fits;
        }
        if !has(vec![all.clone(), vec![pattern.clone()]], Vec::new()) {
            return false;
        }
        if has(vec![all.clone()], vec![pattern.clone()]) {
            front.push((part, pattern));
        }
        true
    }

    /// All that a part may be.
    pub fn all(&self, part: usize) -> &Vec<Pattern> {
        static NOTHING: Vec<Pattern> = Vec::new();
        self.parts.get(part).and_then(|widths| widths.last()).unwrap_or(&NOTHING)
    }

    /// What a part never is, of all that it may be.
    pub fn never(&self, part: usize) -> &[Pattern] {
        if part + 1 == self.parts.len() { &self.never } else { &[] }
    }

    /// A text that a part may be, which matches a pattern of each of these lists and none of those.
    pub fn find(&self, part: usize, each: Vec<Vec<Pattern>>, none: Vec<Pattern>, memo: &Memo) -> Found {
        let never = self.never(part);
        // Most often what it never is does not matter.
        match memo.find(each.clone(), none.clone()) {
            Found::Text(text) if never.iter().any(|one| one.matches(&text)) => {}
            Found::TooMuch => {}
            found @ (Found::Text(_) | Found::Nothing) => return found,
        }
        memo.find(each, none.into_iter().chain(never.iter().cloned()).collect())
    }

    /// Whether some text matches a pattern.
    pub fn has(&self, pattern: &Pattern, memo: &Memo) -> bool {
        self.ways(pattern, memo).is_none_or(|ways| !ways.is_empty())
    }

    /// A text that is made of these parts.
    pub fn text(parts: &[String]) -> String {
        parts.join(":")
    }
}

/// A glob behind a text.
fn behind(text: &str, glob: &str) -> Pattern {
    let mut pattern = Pattern::exact(text);
    pattern.push_glob(glob, ANY);
    pattern
}

/// The Region that examples are in.
fn first_region(partition: &str) -> &'static str {
    let own = reference::regions().filter(|region| region.partition == partition);
    own.min_by_key(|region| region.name != "us-east-1").map_or("us-east-1", |region| region.name)
}

/// Puts something behind the last part, for each width.
fn add(parts: &mut [Widths], of_width: impl Fn(usize) -> Vec<Vec<Token>>) {
    if let Some(last) = parts.last_mut() {
        for (width, patterns) in last.iter_mut().enumerate() {
            *patterns = resource::joined(patterns, &of_width(width));
        }
    }
}

fn distinct(widths: Widths) -> Widths {
    let mut found: Widths = Vec::new();
    for width in widths {
        if found.last() != Some(&width) {
            found.push(width);
        }
    }
    found
}

/// The pattern of a part, which has no colon.
fn within_part(tokens: &[Token]) -> Pattern {
    let without =
        |of: &Characters| Characters { ascii: of.ascii & NO_COLON.ascii, beyond_ascii: of.beyond_ascii };
    let token = |token: &Token| match token {
        Token::One(of) => Token::One(without(of)),
        Token::Run(of) => Token::Run(without(of)),
        other => *other,
    };
    Pattern { tokens: tokens.iter().map(token).collect() }
}

/// What was searched for already.
#[derive(Default)]
pub struct Memo {
    found: RefCell<FxHashMap<Asked, Found>>,
    /// What the ARNs of people look like, by a name for them.
    people: RefCell<FxHashMap<String, Rc<Domain>>>,
}

/// Patterns that have to match, and those that must not.
type Asked = (Vec<Vec<Pattern>>, Vec<Pattern>);

/// Most answers of one kind that are kept.
const KNOWN_MAX: usize = 10_000;

fn keep<K: Eq + std::hash::Hash, V>(known: &mut FxHashMap<K, V>, key: K, value: V) {
    if known.len() >= KNOWN_MAX {
        known.clear();
    }
    known.insert(key, value);
}

impl Memo {
    /// A domain that is kept by a name.
    pub fn people(&self, name: String, of: impl FnOnce() -> Domain) -> Rc<Domain> {
        self.people.borrow_mut().entry(name).or_insert_with(|| Rc::new(of())).clone()
    }

    /// A text that matches a pattern of each of these lists and none of those.
    pub fn find(&self, mut each: Vec<Vec<Pattern>>, mut none: Vec<Pattern>) -> Found {
        each.sort();
        each.dedup();
        none.sort();
        none.dedup();
        if none.len() < 2 {
            return self.search(each, none);
        }
        // What has nothing in common with the rest takes nothing away; one that covers the rest takes all.
        none.retain(|pattern| {
            let mut both = each.clone();
            both.push(vec![pattern.clone()]);
            both.sort();
            self.search(both, Vec::new()) != Found::Nothing
        });
        let covers = |pattern: &Pattern| self.search(each.clone(), vec![pattern.clone()]) == Found::Nothing;
        if none.iter().any(covers) {
            return Found::Nothing;
        }
        self.search(each, none)
    }

    fn search(&self, each: Vec<Vec<Pattern>>, none: Vec<Pattern>) -> Found {
        let key = (each, none);
        if let Some(known) = self.found.borrow().get(&key) {
            return known.clone();
        }
        let found = find(&key.0, &key.1);
        keep(&mut self.found.borrow_mut(), key, found.clone());
        found
    }
}

/// A resource type.
pub struct Kind {
    service: String,
    templates: Vec<Template>,
    /// Of the account that was asked about last.
    last: RefCell<Option<(String, String, Domains)>>,
    /// By partition, for each template.
    taken_apart: RefCell<FxHashMap<String, Vec<Rc<TakenApart>>>>,
}

/// The ARNs of each template of a type.
pub type Domains = Rc<[Rc<Domain>]>;

impl Kind {
    fn new(service: &str, name: &str) -> Self {
        let kind = reference::resource_type(service, name);
        let templates: Vec<Template> = kind.iter().flat_map(|kind| kind.templates()).collect();
        Self {
            service: service.to_owned(),
            templates,
            last: RefCell::default(),
            taken_apart: RefCell::default(),
        }
    }

    /// What its ARNs may be, best those of an account.
    pub fn domains(&self, partition: &str, account: &str) -> Domains {
        if let Some((of, by, known)) = &*self.last.borrow()
            && of == partition
            && by == account
        {
            return known.clone();
        }
        let mut found: Vec<Domain> = match self.templates.is_empty() {
            true => vec![Domain::of_service(&self.service, partition, account)],
            false => {
                let of = |template: &Template| Domain::of_template(*template, partition, account);
                self.templates.iter().map(of).collect()
            }
        };
        let mut known = self.taken_apart.borrow_mut();
        let known = known.entry(partition.to_owned()).or_default();
        known.resize_with(found.len(), Rc::default);
        for (domain, known) in found.iter_mut().zip(known) {
            domain.taken_apart = known.clone();
        }
        let found: Domains = found.into_iter().map(Rc::new).collect();
        self.last.replace(Some((partition.to_owned(), account.to_owned(), found.clone())));
        found
    }
}

/// A pattern with `*` in place of its variables.
fn with_any_values(text: &str) -> String {
    let (mut whole, mut rest) = (String::new(), text);
    while let Some((front, behind)) = rest.split_once("${") {
        whole.push_str(front);
        whole.push('*');
        rest = behind.split_once('}').map_or("", |(_, rest)| rest);
    }
    whole.push_str(rest);
    whole
}

/// Resource types by service and name, each read once, and what was searched for already.
#[derive(Default)]
pub struct Kinds {
    kinds: RefCell<FxHashMap<(String, &'static str), Rc<Kind>>>,
    pub memo: Memo,
}

impl Kinds {
    pub fn get(&self, service: &str, name: &'static str) -> Rc<Kind> {
        let mut known = self.kinds.borrow_mut();
        let kind = known
            .entry((service.to_owned(), name))
            .or_insert_with(|| Rc::new(Kind::new(service, if name == ANY_KIND { "" } else { name })));
        kind.clone()
    }
}

#[cfg(test)]
mod tests {
    //! Patterns taken apart, beside patterns as a whole.

    use proptest::prelude::*;

    use super::*;
    use crate::case::ACCOUNT;
    use crate::resource::pattern;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn parts_say_what_the_whole_says(
            texts in prop::collection::vec("(arn:)?(aws|\\*):(s3|bedrock|\\*|b?):[*a?:]{0,5}:[*1?:]{0,4}:?[a*:/?]{0,6}", 1..4),
            reading in 0_usize..3,
        ) {
            let reading = Reading::ALL[reading];
            let memo = Memo::default();
            for (service, name) in [("bedrock", "guardrail"), ("bedrock", "foundation-model"), ("s3", "object")] {
                let template = reference::resource_type(service, name).unwrap().templates().next().unwrap();
                let domain = Domain::of_template(template, "aws", ACCOUNT);
                let all: Vec<Pattern> = resource::of_template(template);
                for text in &texts {
                    let whole = pattern(text, reading);
                    let own = vec![Pattern::glob("arn:aws:*", ANY)];
                let last = domain.parts.len() - 1;
                let never: Vec<Pattern> = domain.never(last).iter().map(|one| {
                    let mut whole = Pattern::glob("arn:*:*:*:*:", NO_COLON);
                    whole.tokens.extend(&one.tokens);
                    whole
                }).collect();
                    let of_whole = find(&[all.clone(), own, vec![whole.clone()]], &never) != Found::Nothing;
                    let ways = domain.ways(&whole, &memo).unwrap();
                    prop_assert_eq!(of_whole, !ways.is_empty(), "{} {:?} {}", text, reading, name);
                    // A text of the first way matches the whole.
                    if let Some(way) = ways.first() {
                        let parts: Vec<String> = (0..domain.parts.len()).map(|part| {
                            let mut each = vec![domain.all(part).clone()];
                            each.extend(way.iter().filter(|(of, _)| *of == part).map(|(_, one)| vec![one.clone()]));
                            match memo.find(each, domain.never(part).to_vec()) { Found::Text(text) => text, other => panic!("{other:?}") }
                        }).collect();
                        let one = Pattern::exact(&Domain::text(&parts));
                        prop_assert_ne!(find(&[vec![one], vec![whole]], &[]), Found::Nothing);
                    }
                }
            }
        }
    }
}
