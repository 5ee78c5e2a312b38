//! A text that a request has, found part by part, or the literals that rule it out.

use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::Realised;
use crate::domain::{Domain, Memo};
use crate::formula::Literal;
use crate::language::{Found, Pattern};

/// A text that a request has, and patterns that parts of it may match.
pub struct Variable {
    pub domain: Rc<Domain>,
    pub atoms: Vec<(usize, Pattern)>,
    pub numbers: FxHashMap<(usize, Pattern), u32>,
}

impl Variable {
    pub fn new(domain: Rc<Domain>) -> Self {
        Self { domain, atoms: Vec::new(), numbers: FxHashMap::default() }
    }

    /// A text in which these hold, after `read` made patterns of them; one without a pattern matches nothing.
    pub fn text(
        &self,
        literals: &[(Literal, usize, &Pattern)],
        read: &dyn Fn(&Pattern) -> Option<Pattern>,
        memo: &Memo,
    ) -> Result<String, Failed> {
        self.text_with(literals, &[], &[], read, memo)
    }

    /// The same, of which parts match some more and do not match others.
    pub fn text_with(
        &self,
        literals: &[(Literal, usize, &Pattern)],
        more: &[(usize, Pattern)],
        never: &[(usize, Pattern)],
        read: &dyn Fn(&Pattern) -> Option<Pattern>,
        memo: &Memo,
    ) -> Result<String, Failed> {
        let mut texts = Vec::new();
        for (part, widths) in self.domain.parts.iter().enumerate() {
            let own: Vec<(Literal, &Pattern)> = literals
                .iter()
                .filter(|(_, of, _)| *of == part)
                .map(|(literal, _, one)| (*literal, *one))
                .collect();
            let patterns = |some: &[Literal], width: &[Pattern]| {
                let (mut each, mut none) = (vec![width.to_vec()], Vec::new());
                each.extend(more.iter().filter(|(of, _)| *of == part).map(|(_, one)| vec![one.clone()]));
                none.extend(never.iter().filter(|(of, _)| *of == part).map(|(_, one)| one.clone()));
                for (literal, pattern) in own.iter().filter(|(literal, _)| some.contains(literal)) {
                    let read = read(pattern);
                    if literal.1 { each.push(read.into_iter().collect()) } else { none.extend(read) }
                }
                (each, none)
            };
            let all: Vec<Literal> = own.iter().map(|(literal, _)| *literal).collect();
            let is_never = |some: &[Literal]| {
                let (each, none) = patterns(some, self.domain.all(part));
                self.domain.find(part, each, none, memo) == Found::Nothing
            };
            let mut found = Found::Nothing;
            for width in widths {
                let (each, none) = patterns(&all, width);
                found = self.domain.find(part, each, none, memo);
                if matches!(found, Found::Text(_)) {
                    break;
                }
            }
            match found {
                Found::Text(text) => texts.push(text),
                Found::Nothing => return Err(Failed::Never(smallest(few(&all, is_never), is_never))),
                Found::TooMuch => return Err(Failed::TooMuch(all)),
            }
        }
        Ok(Domain::text(&texts))
    }
}

/// Why there is no text.
pub enum Failed {
    Never(Vec<Literal>),
    TooMuch(Vec<Literal>),
}

impl Failed {
    pub fn realised(self, why: &str) -> Realised {
        match self {
            Self::Never(core) => Realised::Never(core),
            Self::TooMuch(core) => Realised::Unknown(why.to_owned(), core),
        }
    }
}

/// Those that hold with at most one that does not, where these alone never hold together; else all.
fn few(literals: &[Literal], is_never: impl Fn(&[Literal]) -> bool) -> Vec<Literal> {
    let hold: Vec<Literal> = literals.iter().copied().filter(|(_, is)| *is).collect();
    if is_never(&hold) {
        return hold;
    }
    for one in literals.iter().filter(|(_, is)| !is) {
        let with: Vec<Literal> = hold.iter().copied().chain([*one]).collect();
        if is_never(&with) {
            return with;
        }
    }
    literals.to_vec()
}

/// As few of them as still never hold together.
pub fn smallest(mut literals: Vec<Literal>, is_never: impl Fn(&[Literal]) -> bool) -> Vec<Literal> {
    let mut at = 0;
    while at < literals.len() && literals.len() > 1 {
        let mut fewer = literals.clone();
        fewer.remove(at);
        if is_never(&fewer) { literals = fewer } else { at += 1 }
    }
    literals
}
