//! From literals to a request in which they hold, or to the few of them that are never together.

use std::collections::BTreeMap;

use iam::condition::Condition;
use iam::context::{Context, Key, Values};
use iam::principal::Principal;
use iam::request::Request;
use iam::truth::{Ledger, Truth};
use rustc_hash::FxHashSet;

use super::variable::smallest;
use super::view::WITHOUT_REGION;
use super::{CALLER_ACCOUNT, Realised, Space, request};
use crate::formula::{Atom, Literal};
use crate::key::{self, Settled};
use crate::language::{ANY, Pattern, Token, is_empty_whatever_values, is_variable, letter_of_variable};
use crate::who::Who;

impl Space<'_> {
    /// A request in which these hold.
    pub fn realise(&self, needed: &[Literal]) -> Realised {
        let who = match self.who(needed, &[]) {
            Ok(who) => who,
            Err(realised) => return realised,
        };
        let is_free = |literal: &&Literal| match literal.0 {
            Atom::Resource(number) => has_letters(&self.resource.atoms[number as usize].1),
            Atom::Condition(number) => self.has_free_variables(&self.conditions[number as usize]),
            Atom::Principal(_) | Atom::Open(_) => false,
        };
        let spelled: Vec<Literal> = needed.iter().filter(|literal| !is_free(literal)).copied().collect();
        // What holds whatever the variables stand for.
        let base = request(&self.parts, who, self.base.resource().as_str(), self.parts.given.clone());
        let plain = self.with_values(&spelled, &base, &Context::new());
        if spelled.len() == needed.len() || matches!(plain, Realised::Never(_)) {
            return plain;
        }
        if let Some(never) = self.never_with_variables(needed) {
            return Realised::Never(never);
        }
        for values in self.choices(needed) {
            // Some of them follow from who asks.
            let (mut of_who, mut given) = (Vec::new(), Context::new());
            for (key, value) in &values {
                match self.view(key) {
                    Some(view) => of_who.push(view.embed(Pattern::exact(value))),
                    None => given.replace(key.as_str(), vec![value.clone()]),
                }
            }
            let Ok(who) = self.who(needed, &of_who) else { continue };
            let mut context = self.parts.given.clone();
            given.iter().for_each(|(name, values)| context.replace(name, values.to_vec()));
            let chosen = request(&self.parts, who, self.base.resource().as_str(), context);
            if let found @ Realised::Request(_) = self.with_values(needed, &chosen, &given) {
                return found;
            }
        }
        let names: Vec<String> =
            self.variables.iter().map(|key| format!("`${{{}}}`", key.as_str())).collect();
        Realised::Unknown(format!("the policy variable {}", names.join(", ")), needed.to_vec())
    }

    /// Who asks; each of some more lists has a pattern that covers their ARN.
    fn who(&self, needed: &[Literal], as_well: &[Vec<Pattern>]) -> Result<Principal, Realised> {
        let Who::Any { .. } = &self.parts.who else { return Ok(self.base.principal().clone()) };
        let literals: Vec<(Literal, usize, &Pattern)> = needed
            .iter()
            .filter_map(|literal| match literal.0 {
                Atom::Principal(number) => {
                    let (part, pattern) = &self.principal.atoms[number as usize];
                    Some((*literal, *part, pattern))
                }
                Atom::Resource(_) | Atom::Condition(_) | Atom::Open(_) => None,
            })
            .collect();
        if literals.is_empty() && as_well.is_empty() {
            return Ok(self.base.principal().clone());
        }
        // The first way of each that goes.
        let mut more: Vec<(usize, Pattern)> = Vec::new();
        for patterns in as_well {
            let ways = patterns.iter().filter_map(|pattern| self.principal.domain.ways(pattern, self.memo));
            match ways.flat_map(|ways| ways.first().cloned()).next() {
                Some(way) => more.extend(way),
                None => return Err(Realised::Never(needed.to_vec())),
            }
        }
        // Roles of services are beyond what is asked.
        let role = Pattern::glob("role/aws-service-role/*", ANY);
        let last = self.principal.domain.parts.len().saturating_sub(1);
        let mut never = vec![(last, role)];
        // Where the owner of the thing is given, somebody of any account is of another one.
        if let (Who::Any { account: None, .. }, Some(owner)) = (&self.parts.who, &self.parts.resource_account)
        {
            never.push((last.saturating_sub(1), Pattern::exact(owner.as_str())));
        }
        let found = self.principal.text_with(&literals, &more, &never, &|one| Some(one.clone()), self.memo);
        match found {
            Ok(arn) => Principal::parse(&arn).map_err(|_| {
                Realised::Unknown(format!("`{arn}` is not taken for a principal"), needed.to_vec())
            }),
            Err(failed) => Err(failed.realised("the patterns of who asks are too many to search")),
        }
    }

    pub fn has_free_variables(&self, condition: &Condition) -> bool {
        condition.has_variables() && condition.templates().any(|template| self.free_variables(&template))
    }

    /// A request in which these hold, where `base` says what variables stand for.
    fn with_values(&self, needed: &[Literal], base: &Request, chosen: &Context) -> Realised {
        let text = match &self.parts.on {
            None => "*".to_owned(),
            Some(_) => {
                let literals = self.on_resource(needed);
                match self.resource.text(&literals, &|pattern| self.spelled(pattern, base), self.memo) {
                    Ok(text) => text,
                    Err(failed) => {
                        return failed.realised("the patterns of a resource are too many to search");
                    }
                }
            }
        };
        let mut by_key: BTreeMap<&str, Vec<Literal>> = BTreeMap::new();
        for literal in needed {
            if let Atom::Condition(number) = literal.0 {
                by_key.entry(self.conditions[number as usize].key().as_str()).or_default().push(*literal);
            }
        }
        let mut context = self.parts.given.clone();
        context.fill(chosen);
        for (key, literals) in by_key {
            match self.settle(key, &literals, base) {
                Settled::Says(None) => {}
                Settled::Says(Some(values)) => {
                    let spelled = literals.iter().find_map(|(atom, _)| match atom {
                        Atom::Condition(number) => Some(self.conditions[*number as usize].key_name()),
                        Atom::Resource(_) | Atom::Principal(_) | Atom::Open(_) => None,
                    });
                    context.replace(spelled.unwrap_or(key), values);
                }
                Settled::Nothing => {
                    return Realised::Never(smallest(literals, |part| {
                        self.settle(key, part, base) == Settled::Nothing
                    }));
                }
                Settled::Unknown(why) => return Realised::Unknown(why, literals),
            }
        }
        if self.parts.action.service() == "kms"
            && let Some(account) = base.principal().account()
        {
            context.derive(CALLER_ACCOUNT, account.as_str());
        }
        if let (Some(domain), Ok(arn)) = (&self.parts.on, iam::arn::Arn::parse(&text))
            && self.parts.is_tied
        {
            if domain.has_region {
                let region = if arn.region.is_empty() { WITHOUT_REGION } else { arn.region };
                context.derive("aws:RequestedRegion", region);
            }
            if domain.has_account {
                context.derive("aws:ResourceAccount", arn.account);
            }
        }
        Realised::Request(Box::new(request(&self.parts, base.principal().clone(), &text, context)))
    }

    /// What literals say of the resource.
    fn on_resource(&self, needed: &[Literal]) -> Vec<(Literal, usize, &Pattern)> {
        let of = |literal: &Literal| match literal.0 {
            Atom::Resource(number) => {
                let (part, pattern) = &self.resource.atoms[number as usize];
                Some((*literal, *part, pattern))
            }
            Atom::Principal(_) | Atom::Condition(_) | Atom::Open(_) => None,
        };
        needed.iter().filter_map(of).collect()
    }

    /// A pattern with what a request says in place of its variables; none where one of them is unset.
    pub fn spelled(&self, pattern: &Pattern, base: &Request) -> Option<Pattern> {
        if !has_letters(pattern) {
            return Some(pattern.clone());
        }
        let mut tokens = Vec::new();
        for token in &pattern.tokens {
            let variable = match token {
                Token::Is(letter) => {
                    (0..self.variables.len()).find(|number| letter_of_variable(*number) == *letter)
                }
                Token::Either(_) | Token::One(_) | Token::Run(_) => None,
            };
            match variable {
                None => tokens.push(*token),
                Some(number) => match base.values(&self.variables[number]) {
                    Values::Present(values) => tokens.extend(values.only()?.chars().map(Token::Is)),
                    Values::Absent | Values::Unknown => return None,
                },
            }
        }
        Some(Pattern { tokens })
    }

    /// Literals on the resource that never hold together whatever the variables stand for; none where that is not sure.
    fn never_with_variables(&self, needed: &[Literal]) -> Option<Vec<Literal>> {
        for part in 0..self.resource.domain.parts.len() {
            let on = self.on_resource(needed).into_iter().filter(|(_, of, _)| *of == part);
            let patterns: BTreeMap<Literal, &Pattern> =
                on.map(|(literal, _, pattern)| (literal, pattern)).collect();
            let literals: Vec<Literal> = patterns.keys().copied().collect();
            let is_never = |some: &[Literal]| {
                let anchors = some.iter().filter(|literal| literal.1 && has_letters(patterns[*literal]));
                anchors.clone().any(|anchor| {
                    let mut each = vec![self.resource.domain.all(part).clone()];
                    let others = some.iter().filter(|one| one.1 && *one != anchor);
                    each.extend(others.map(|one| vec![patterns[one].clone()]));
                    let not = some.iter().filter(|one| !one.1).map(|one| patterns[one].clone());
                    let none: Vec<Pattern> =
                        not.chain(self.resource.domain.never(part).iter().cloned()).collect();
                    is_empty_whatever_values(patterns[anchor], &each, &none)
                })
            };
            if is_never(&literals) {
                return Some(smallest(literals, is_never));
            }
        }
        None
    }

    /// What free variables may stand for: a name that nobody spells, and what the patterns beside them spell.
    fn choices(&self, needed: &[Literal]) -> Vec<Vec<(Key, String)>> {
        let mut values = vec!["any".to_owned()];
        for (atom, _) in needed {
            match atom {
                Atom::Resource(number) => {
                    let (_, pattern) = &self.resource.atoms[*number as usize];
                    let letter = |token: &Token| match token {
                        Token::Is(letter) | Token::Either(letter) if !is_variable(*letter) => *letter,
                        Token::Is(_) | Token::Either(_) | Token::One(_) | Token::Run(_) => '/',
                    };
                    let text: String = pattern.tokens.iter().map(letter).collect();
                    let parts = text.split([':', '/']).filter(|part| !part.is_empty());
                    values.extend(parts.map(str::to_owned));
                }
                Atom::Condition(number) => {
                    let condition = &self.conditions[*number as usize];
                    values.extend(condition.values().iter().filter(|text| !text.contains("${")).cloned());
                }
                Atom::Principal(_) | Atom::Open(_) => {}
            }
        }
        let mut seen = FxHashSet::default();
        values.retain(|value| seen.insert(value.clone()));
        values.truncate(CHOICES_MAX);
        let mut all: Vec<Vec<(Key, String)>> = vec![Vec::new()];
        for key in &self.variables {
            let mut more = Vec::new();
            for known in &all {
                for value in &values {
                    let mut one = known.clone();
                    one.push((key.clone(), value.clone()));
                    more.push(one);
                }
                // Absent.
                more.push(known.clone());
            }
            all = more;
            all.truncate(CHOICES_MAX * CHOICES_MAX);
        }
        all
    }

    fn settle(&self, key: &str, literals: &[Literal], base: &Request) -> Settled {
        let mut filled: Vec<(Condition, bool)> = Vec::new();
        for (atom, is) in literals {
            if let Atom::Condition(number) = atom {
                match self.filled_in(&self.conditions[*number as usize], base) {
                    Some(condition) => filled.push((condition, *is)),
                    None => return Settled::Unknown(format!("the value of a variable for `{key}`")),
                }
            }
        }
        let wanted: Vec<key::Wanted<'_>> = filled.iter().map(|(condition, is)| (condition, *is)).collect();
        // What a variable was chosen to stand for.
        if let Some(values) = base.context().get(&Key::new(key)) {
            let values = values.to_vec();
            let fits = |(condition, is): &key::Wanted<'_>| {
                condition.matches(base, &mut Ledger::default()) == Truth::from(*is)
            };
            return match wanted.iter().all(fits) {
                true => Settled::Says(Some(values).filter(|values| !values.is_empty())),
                false => Settled::Nothing,
            };
        }
        let listed =
            reference::condition_key(self.parts.action.service(), key).or_else(|| reference::global_key(key));
        let known = key::Known {
            may_be_there: self.carries(key),
            must_be_there: false,
            multi_valued: listed.is_some_and(|each| each.multi_valued),
            value_type: listed.map(|each| each.value_type),
        };
        key::settle(base, &Key::new(key), &wanted, known)
    }
}

/// Most values that a variable is tried with.
const CHOICES_MAX: usize = 24;

fn has_letters(pattern: &Pattern) -> bool {
    pattern.tokens.iter().any(|token| matches!(token, Token::Is(letter) if is_variable(*letter)))
}
