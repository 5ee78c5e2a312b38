//! Whether some text matches these patterns and none of those, and the shortest one that does.
//!
//! Patterns run side by side as sets of positions; a search over them, shortest texts first, meets every text there could
//! be, with one letter for all that no pattern names. Exact: a search that ends without a text has shown that there is none.
//! It shares nothing with the matcher of `iam`, which checks what is found here.

use reference::Characters;
use rustc_hash::{FxHashMap, FxHashSet};

/// Every character.
pub const ANY: Characters = Characters { ascii: u128::MAX, beyond_ascii: true };

/// Every character but a colon.
pub const NO_COLON: Characters = Characters { ascii: !(1 << b':' as u128), beyond_ascii: true };

/// One element of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Token {
    Is(char),
    /// The letter in either case.
    Either(char),
    /// One of these.
    One(Characters),
    /// Any number of these, none included.
    Run(Characters),
}

impl Token {
    /// The letter in either case; what has no case as itself.
    pub fn in_either_case(letter: char) -> Self {
        if letter.is_ascii_alphabetic() {
            Self::Either(letter.to_ascii_lowercase())
        } else {
            Self::Is(letter)
        }
    }
}

/// A pattern of texts.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pattern {
    pub tokens: Vec<Token>,
}

impl Pattern {
    /// The pattern that `text` spells with `*` and `?`, these being of some characters.
    pub fn glob(text: &str, wild: Characters) -> Self {
        let mut pattern = Self::default();
        pattern.push_glob(text, wild);
        pattern
    }

    /// The text itself.
    pub fn exact(text: &str) -> Self {
        Self { tokens: text.chars().map(Token::Is).collect() }
    }

    /// The text in any case.
    pub fn folded(text: &str) -> Self {
        Self { tokens: text.chars().map(Token::in_either_case).collect() }
    }

    /// Adds what `text` spells with `*` and `?`.
    pub fn push_glob(&mut self, text: &str, wild: Characters) {
        self.tokens.extend(text.chars().map(|each| match each {
            '*' => Token::Run(wild),
            '?' => Token::One(wild),
            other => Token::Is(other),
        }));
    }

    /// The one text that it matches, where it spells one.
    pub fn text(&self) -> Option<String> {
        let letter = |token: &Token| match token {
            Token::Is(letter) => Some(*letter),
            Token::Either(_) | Token::One(_) | Token::Run(_) => None,
        };
        self.tokens.iter().map(letter).collect()
    }

    /// Whether a text matches.
    pub fn matches(&self, text: &str) -> bool {
        // The positions before which what was read so far may end.
        let mut at = vec![false; self.tokens.len() + 1];
        at[0] = true;
        let run = |at: &mut Vec<bool>| {
            for (number, token) in self.tokens.iter().enumerate() {
                at[number + 1] |= at[number] && matches!(token, Token::Run(_));
            }
        };
        run(&mut at);
        for letter in text.chars() {
            let mut next = vec![false; at.len()];
            for (number, token) in self.tokens.iter().enumerate().filter(|(number, _)| at[*number]) {
                match token {
                    Token::Is(own) => next[number + 1] |= *own == letter,
                    Token::Either(own) => next[number + 1] |= own.eq_ignore_ascii_case(&letter),
                    Token::One(of) => next[number + 1] |= of.contains(letter),
                    Token::Run(of) => next[number] |= of.contains(letter),
                }
            }
            run(&mut next);
            at = next;
        }
        at[self.tokens.len()]
    }

    /// For each position, how many letters what follows has at the least.
    fn still(&self) -> Vec<usize> {
        let mut still = vec![0; self.tokens.len() + 1];
        for (number, token) in self.tokens.iter().enumerate().rev() {
            still[number] = still[number + 1] + usize::from(!matches!(token, Token::Run(_)));
        }
        still
    }

    /// Adds this text as it stands.
    pub fn push(&mut self, text: &str) {
        self.tokens.extend(text.chars().map(Token::Is));
    }
}

/// What a search found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    Text(String),
    /// There is no such text.
    Nothing,
    /// More steps than the limit would be needed to know.
    TooMuch,
}

/// Most states that one search goes through.
const STATES_MAX: usize = 100_000;

/// The letter that stands for the value of a variable, by the number of the variable.
pub fn letter_of_variable(number: usize) -> char {
    char::from_u32(VARIABLES + number as u32 % 1_000).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// First of the letters that stand for values, of which Unicode says that they mean nothing.
const VARIABLES: u32 = 0xE000;

/// Whether a letter stands for the value of a variable.
pub fn is_variable(letter: char) -> bool {
    (VARIABLES..VARIABLES + 1_000).contains(&(letter as u32))
}

/// Whether nothing matches `anchor`, a pattern of each of the lists and none of the others, whatever texts the letters
/// of variables stand for: true only where that is sure.
///
/// The letters are taken as letters in `anchor`; the lists are taken to match whatever a value is, the others only
/// where they match every value. What one pattern spells alike in all places so has the same value in all.
pub fn is_empty_whatever_values(anchor: &Pattern, each: &[Vec<Pattern>], none: &[Pattern]) -> bool {
    let mut all = vec![vec![anchor.clone()]];
    all.extend(each.iter().cloned());
    Search { takes_any_value: true, ..Search::new(&all, none) }.run() == Found::Nothing
}

/// The shortest text that matches a pattern of each of these lists, and none of the others.
pub fn find(each: &[Vec<Pattern>], none: &[Pattern]) -> Found {
    if each.is_empty() {
        // What nobody names is tried only where a pattern lets it through.
        return find(&[vec![Pattern::glob("*", ANY)]], none);
    }
    match each.iter().find(|list| list.len() > FEW && list.iter().all(|pattern| pattern.text().is_some())) {
        Some(list) => among(list, each, none),
        None => Search::new(each, none).run(),
    }
}

/// So many texts are sooner tried each for itself.
const FEW: usize = 16;

/// The shortest of some texts that matches a pattern of each of these lists, and none of the others.
fn among(texts: &[Pattern], each: &[Vec<Pattern>], none: &[Pattern]) -> Found {
    let sets: Vec<(FxHashSet<String>, Vec<&Pattern>)> = each
        .iter()
        .map(Vec::as_slice)
        .chain([none])
        .map(|list| {
            let spelled = list.iter().filter_map(Pattern::text).collect();
            (spelled, list.iter().filter(|pattern| pattern.text().is_none()).collect())
        })
        .collect();
    let matches = |(spelled, others): &(FxHashSet<String>, Vec<&Pattern>), text: &str| {
        spelled.contains(text) || others.iter().any(|pattern| pattern.matches(text))
    };
    let (none, each) = sets.split_last().expect("there is the list of what must not match");
    let fits = |text: &String| each.iter().all(|set| matches(set, text)) && !matches(none, text);
    let found = texts.iter().filter_map(Pattern::text).filter(fits);
    let shortest = found.min_by(|one, other| (one.chars().count(), one).cmp(&(other.chars().count(), other)));
    shortest.map_or(Found::Nothing, Found::Text)
}

/// Positions of one pattern, a bit each.
type Bits = Vec<u64>;

/// A state with the one before it, the letter between, and how many letters led to it.
#[derive(Default)]
struct Reached {
    state: Bits,
    before: usize,
    letter: char,
    length: usize,
}

/// The letters that led to a state.
fn text(all: &[Reached], mut at: usize) -> String {
    let mut letters = Vec::new();
    while at != 0 {
        letters.push(all[at].letter);
        at = all[at].before;
    }
    letters.iter().rev().collect()
}

/// Adds something to the list of that number.
fn put<T>(lists: &mut Vec<Vec<T>>, number: usize, one: T) {
    if lists.len() <= number {
        lists.resize_with(number + 1, Vec::new);
    }
    lists[number].push(one);
}

struct Search<'a> {
    patterns: Vec<&'a Pattern>,
    /// For each pattern and position, how many letters the rest of it has at the least.
    still: Vec<Vec<usize>>,
    /// For each pattern where its words begin.
    starts: Vec<usize>,
    words: usize,
    /// The patterns of each list, by their numbers; what comes after them are those of none.
    lists: Vec<std::ops::Range<usize>>,
    none: std::ops::Range<usize>,
    /// Letters that the sets in the patterns do not tell apart.
    groups: Vec<Vec<char>>,
    /// Whether lists but the first match whatever the value of a variable is.
    takes_any_value: bool,
}

impl<'a> Search<'a> {
    fn new(each: &'a [Vec<Pattern>], none: &'a [Pattern]) -> Self {
        let mut patterns: Vec<&Pattern> = Vec::new();
        let mut lists = Vec::new();
        for list in each {
            let start = patterns.len();
            patterns.extend(list);
            lists.push(start..patterns.len());
        }
        let start = patterns.len();
        patterns.extend(none);
        let none = start..patterns.len();
        let mut starts = Vec::with_capacity(patterns.len());
        let mut words = 0;
        for pattern in &patterns {
            starts.push(words);
            words += pattern.tokens.len() / 64 + 1;
        }
        let groups = groups(&patterns);
        let still = patterns.iter().map(|pattern| pattern.still()).collect();
        Self { patterns, still, starts, words, lists, none, groups, takes_any_value: false }
    }

    fn run(&self) -> Found {
        let mut start: Bits = vec![0; self.words];
        for (number, at) in self.starts.iter().enumerate() {
            start[*at] |= 1;
            self.close(number, &mut start);
        }
        if self.is_dead(&start) {
            return Found::Nothing;
        }
        // By how long the shortest text through it may be, the states to go on from; of those that are alike in that, the
        // last one found first, so that a search goes straight on where nothing is in the way.
        let mut open: Vec<Vec<(usize, usize)>> = Vec::new();
        let mut seen: FxHashMap<Bits, usize> = FxHashMap::default();
        let (mut letters, mut next, mut reached) = (Vec::new(), Bits::new(), Vec::new());
        put(&mut open, self.still(&start), (0, 0));
        let mut all = vec![Reached { state: start.clone(), before: 0, letter: ' ', length: 0 }];
        seen.insert(start, 0);
        let mut least = 0;
        while least < open.len() {
            let Some((at, length)) = open[least].pop() else {
                least += 1;
                continue;
            };
            if all[at].length < length {
                continue;
            }
            if self.is_accepted(&all[at].state) {
                return Found::Text(text(&all, at));
            }
            self.letters(&all[at].state, &mut letters);
            let length = length + 1;
            for letter in letters.iter().copied() {
                self.step(&all[at].state, letter, &mut next);
                if self.is_dead(&next) {
                    continue;
                }
                let to = match seen.get(&next) {
                    Some(known) if all[*known].length <= length => continue,
                    Some(known) => {
                        let Reached { state, .. } = std::mem::take(&mut all[*known]);
                        all[*known] = Reached { state, before: at, letter, length };
                        *known
                    }
                    None if all.len() >= STATES_MAX => return Found::TooMuch,
                    None => {
                        seen.insert(next.clone(), all.len());
                        all.push(Reached { state: next.clone(), before: at, letter, length });
                        all.len() - 1
                    }
                };
                reached.push((length + self.still(&next), to));
            }
            // What is liked best is taken up first. Never among those left behind: with values of variables it may be less
            // than was said.
            for (whole, to) in reached.drain(..).rev() {
                put(&mut open, whole.max(least), (to, length));
            }
        }
        Found::Nothing
    }

    /// How many letters are still to come, at the least.
    fn still(&self, state: &[u64]) -> usize {
        let of_pattern = |number: usize| {
            let start = self.starts[number];
            let count = self.patterns[number].tokens.len() / 64 + 1;
            // What is furthest on has least before it.
            let word = (0..count).rev().find(|word| state[start + word] != 0)?;
            Some(self.still[number][word * 64 + state[start + word].ilog2() as usize])
        };
        let of_list = |list: &std::ops::Range<usize>| list.clone().filter_map(of_pattern).min();
        self.lists.iter().filter_map(of_list).max().unwrap_or(0)
    }

    fn has(&self, number: usize, state: &[u64], position: usize) -> bool {
        state[self.starts[number] + position / 64] >> (position % 64) & 1 == 1
    }

    /// Does something for each position of a pattern.
    #[inline]
    fn each_position(&self, number: usize, state: &[u64], mut each: impl FnMut(usize)) {
        let start = self.starts[number];
        let count = self.patterns[number].tokens.len() / 64 + 1;
        for (word, bits) in state[start..start + count].iter().enumerate() {
            let mut left = *bits;
            while left != 0 {
                each(word * 64 + left.trailing_zeros() as usize);
                left &= left - 1;
            }
        }
    }

    /// Runs may be empty; what stands before a run of everything is covered by it.
    fn close(&self, number: usize, state: &mut [u64]) {
        let tokens = &self.patterns[number].tokens;
        let start = self.starts[number];
        let mut furthest = None;
        for word in 0..=tokens.len() / 64 {
            // A run may let the next position in, in the same word or the next.
            let mut seen = 0_u64;
            while state[start + word] & !seen != 0 {
                let bit = (state[start + word] & !seen).trailing_zeros() as usize;
                seen |= 1 << bit;
                let position = word * 64 + bit;
                if let Some(Token::Run(of)) = tokens.get(position) {
                    state[start + (position + 1) / 64] |= 1 << ((position + 1) % 64);
                    if *of == ANY {
                        furthest = Some(position);
                    }
                }
            }
        }
        if let Some(furthest) = furthest {
            for position in 0..furthest {
                state[start + position / 64] &= !(1 << (position % 64));
            }
        }
    }

    fn step(&self, state: &[u64], letter: char, next: &mut Bits) {
        next.clear();
        next.resize(self.words, 0);
        for number in 0..self.patterns.len() {
            let tokens = &self.patterns[number].tokens;
            let start = self.starts[number];
            if self.takes_any_value && is_variable(letter) && number > 0 {
                self.over_value(number, state, letter, next);
                self.close(number, next);
                continue;
            }
            self.each_position(number, state, |position| {
                let to = match tokens.get(position) {
                    Some(Token::Is(own)) if *own == letter => position + 1,
                    Some(Token::Either(own)) if *own == letter.to_ascii_lowercase() => position + 1,
                    Some(Token::One(of)) if of.contains(letter) => position + 1,
                    Some(Token::Run(of)) if of.contains(letter) => position,
                    Some(_) | None => return,
                };
                next[start + to / 64] |= 1 << (to % 64);
            });
            self.close(number, next);
        }
    }

    /// Where a pattern may be after some value: anywhere further on for one of a list, and for one of the others only
    /// where it is whatever the value.
    fn over_value(&self, number: usize, state: &[u64], letter: char, next: &mut Bits) {
        let tokens = &self.patterns[number].tokens;
        let start = self.starts[number];
        let mut first = None;
        self.each_position(number, state, |position| {
            first = first.or(Some(position));
            let to = match tokens.get(position) {
                Some(Token::Is(own)) if *own == letter => position + 1,
                Some(Token::Run(of)) if *of == ANY => position,
                Some(_) | None => return,
            };
            next[start + to / 64] |= 1 << (to % 64);
        });
        if let Some(first) = first.filter(|_| !self.none.contains(&number)) {
            (first..=tokens.len()).for_each(|to| next[start + to / 64] |= 1 << (to % 64));
        }
    }

    fn is_accepted(&self, state: &[u64]) -> bool {
        let accepts = |number: usize| self.has(number, state, self.patterns[number].tokens.len());
        self.lists.iter().all(|list| list.clone().any(accepts)) && !self.none.clone().any(accepts)
    }

    /// Whether nothing that follows can be accepted.
    fn is_dead(&self, state: &[u64]) -> bool {
        let is_over = |number: usize| {
            let start = self.starts[number];
            state[start..start + self.patterns[number].tokens.len() / 64 + 1].iter().all(|word| *word == 0)
        };
        // It ends in a run of everything and has come there.
        let is_all = |number: usize| {
            let tokens = &self.patterns[number].tokens;
            matches!(tokens.last(), Some(Token::Run(of)) if *of == ANY)
                && self.has(number, state, tokens.len() - 1)
        };
        self.lists.iter().any(|list| list.clone().all(is_over)) || self.none.clone().any(is_all)
    }

    /// One letter for each way to go on.
    fn letters(&self, state: &[u64], letters: &mut Vec<char>) {
        letters.clear();
        for number in 0..self.patterns.len() {
            let tokens = &self.patterns[number].tokens;
            self.each_position(number, state, |position| match tokens.get(position) {
                Some(Token::Is(letter)) => letters.push(*letter),
                Some(Token::Either(letter)) => letters.extend([*letter, letter.to_ascii_uppercase()]),
                Some(Token::One(_) | Token::Run(_)) | None => {}
            });
        }
        letters.sort_unstable();
        letters.dedup();
        // Of the letters that nobody asks for here, one for each combination of sets that it may be in.
        let named = letters.len();
        for group in &self.groups {
            let is_named = |letter: &&char| letters[..named].binary_search(letter).is_ok();
            letters.extend(group.iter().find(|letter| !is_named(letter)));
        }
    }
}

/// Letters by which of some sets they are in, those in none left out.
fn groups(patterns: &[&Pattern]) -> Vec<Vec<char>> {
    let mut sets: Vec<Characters> = Vec::new();
    for token in patterns.iter().flat_map(|pattern| &pattern.tokens) {
        if let Token::One(of) | Token::Run(of) = token
            && !sets.contains(of)
        {
            sets.push(*of);
        }
    }
    let mut groups: Vec<(Vec<bool>, Vec<char>)> = Vec::new();
    for letter in FRESH.chars().chain(['\u{e9}', '\u{e8}']) {
        let combination: Vec<bool> = sets.iter().map(|of| of.contains(letter)).collect();
        match groups.iter_mut().find(|(known, _)| *known == combination) {
            Some((_, letters)) => letters.push(letter),
            None if combination.contains(&true) => groups.push((combination, vec![letter])),
            None => {}
        }
    }
    groups.into_iter().map(|(_, letters)| letters).collect()
}

/// Letters in the order in which they are liked where any will do.
const FRESH: &str =
    "x1yz023456789abcdefghijklmnopqrstuvwXYZABCDEFGHIJKLMNOPQRSTUVW-_./:@+=, !\"#$%&'()*;<>?[\\]^`{|}~";

#[cfg(test)]
mod tests {
    //! Beside trying every short text, with the matcher of `iam`.

    use iam::glob::Glob;
    use proptest::prelude::*;

    use super::*;

    fn texts(length_max: usize) -> Vec<String> {
        let mut all = vec![String::new()];
        let mut last = all.clone();
        for _ in 0..length_max {
            last = last
                .iter()
                .flat_map(|text| ['a', 'b', ':'].map(|letter| format!("{text}{letter}")))
                .collect();
            all.extend(last.iter().cloned());
        }
        all
    }

    fn pattern() -> impl Strategy<Value = String> {
        "[ab:*?]{0,4}"
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(3_000))]

        #[test]
        fn a_text_is_found_where_there_is_one(
            each in prop::collection::vec(prop::collection::vec(pattern(), 1..3), 0..3),
            none in prop::collection::vec(pattern(), 0..4),
        ) {
            let globs = |list: &[String]| list.iter().map(|text| Glob::new(text)).collect::<Vec<_>>();
            let fits = |text: &str| {
                each.iter().all(|list| globs(list).iter().any(|glob| glob.matches(text)))
                    && !globs(&none).iter().any(|glob| glob.matches(text))
            };
            let read = |list: &[String]| list.iter().map(|text| Pattern::glob(text, ANY)).collect::<Vec<_>>();
            let lists: Vec<Vec<Pattern>> = each.iter().map(|list| read(list)).collect();
            match find(&lists, &read(&none)) {
                Found::Text(text) => prop_assert!(fits(&text), "{}", text),
                Found::Nothing => {
                    let missed = texts(7).into_iter().find(|text| fits(text));
                    prop_assert_eq!(missed, None);
                }
                Found::TooMuch => prop_assert!(false, "so little is not too much"),
            }
        }
    }

    #[test]
    fn runs_keep_to_their_characters() {
        let within = Pattern::glob("a*:b", NO_COLON);
        assert_eq!(find(&[vec![within.clone()], vec![Pattern::glob("*:*:*", ANY)]], &[]), Found::Nothing);
        assert_eq!(find(&[vec![within]], &[Pattern::exact("a:b")]), Found::Text("ax:b".to_owned()));
        let folded = Pattern::folded("Key");
        assert_eq!(find(&[vec![folded]], &[Pattern::exact("key")]), Found::Text("KEY".to_owned()).clone());
    }

    #[test]
    fn a_pattern_is_itself_and_what_is_longer() {
        let (all, exact, longer) =
            (Pattern::glob("foo*", ANY), Pattern::exact("foo"), Pattern::glob("foo?*", ANY));
        assert_eq!(find(&[vec![all]], &[exact, longer]), Found::Nothing);
    }
}
