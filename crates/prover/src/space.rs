//! The requests of one case: an action, a type of resource, a kind of principal; and what statements say of them.
//!
//! Whatever is the same for all of them is settled here by asking the evaluator's own conditions and principals. What is
//! left are atoms: patterns of the resource, patterns of the ARN of who asks, conditions on keys that are free. Keys
//! that follow from the resource or from who asks are patterns of these. [`Space::realise`] makes a request of them, or
//! says which of them are never together.

mod realise;
mod variable;
mod view;

use std::rc::Rc;

use iam::action::Action;
use iam::arn::AccountId;
use iam::condition::{Comparison, Condition, Quantifier};
use iam::context::{Context, Key, Values};
use iam::principal::{Principal, PrincipalElement, PrincipalValue};
use iam::request::{Completeness, Request, RequestParts};
use iam::truth::{Ledger, Truth};
use iam::variable::{Piece, Template as VariableTemplate};
use rustc_hash::FxHashMap;

use self::variable::Variable;
use self::view::View;
use crate::domain::{DIGITS, Domain, Memo};
use crate::formula::{Atom, Formula, Formulas, Literal};
use crate::key;
use crate::language::{ANY, Found, NO_COLON, Pattern, Token, letter_of_variable};
use crate::resource::{self, Reading, Spelled};
use crate::who::{Shape, Who};

/// What a request of the case is made from.
#[derive(Clone)]
pub struct SpaceParts<'a> {
    pub action: &'a Action,
    /// What the requests may be on; none for an action without resources.
    pub on: Option<Rc<Domain>>,
    pub who: Who,
    /// Whose the resource is; none where its ARN or who asks says so.
    pub resource_account: Option<AccountId>,
    /// Keys that all of them carry so, or with no values do not carry.
    pub given: Context,
    /// Whether the Region and the account of a resource are those of the request.
    pub is_tied: bool,
    /// How far wildcards of resources run.
    pub reading: Reading,
}

/// The requests of one case.
pub struct Space<'a> {
    parts: SpaceParts<'a>,
    memo: &'a Memo,
    /// One of them, of which nothing is said that is free.
    base: Request,
    pub formulas: Formulas,
    resource: Variable,
    principal: Variable,
    conditions: Vec<Condition>,
    /// What it is, and why it is not understood.
    open: Vec<(String, String)>,
    /// Keys that stand in variables and are free.
    variables: Vec<Key>,
    /// The patterns of resources that were met, as policies spell them.
    patterns: FxHashMap<&'a str, Formula>,
}

/// How a statement names who asks, by what a match is worth within one account.
pub struct Named {
    pub direct: Formula,
    pub limited: Formula,
    pub account: Formula,
}

/// What came of some literals.
pub enum Realised {
    Request(Box<Request>),
    /// These never hold together.
    Never(Vec<Literal>),
    Unknown(String, Vec<Literal>),
}

impl<'a> Space<'a> {
    pub fn new(mut parts: SpaceParts<'a>, memo: &'a Memo) -> Self {
        if parts.action.service() == "kms"
            && let Some(account) = parts.who.only_account()
        {
            parts.given.derive(CALLER_ACCOUNT, account.as_str());
        }
        let nothing = Rc::new(Domain::default());
        let resource = Variable::new(parts.on.clone().unwrap_or(nothing.clone()));
        let principal = match &parts.who {
            Who::This(_) => nothing,
            Who::Any { shape, account, partition } => {
                let best = parts.who.stranger(parts.resource_account.as_ref());
                let is_only = account.is_some();
                let name = format!("{shape:?} {partition} {} {is_only}", best.account());
                memo.people(name, || shape.domain(partition, best.account(), is_only))
            }
        };
        let principal = Variable::new(principal);
        let example = match &parts.on {
            None => "*".to_owned(),
            Some(_) => match resource.text(&[], &|pattern| Some(pattern.clone()), memo) {
                Ok(text) => text,
                Err(_) => "*".to_owned(),
            },
        };
        let example_of_who = parts.who.stranger(parts.resource_account.as_ref()).example();
        let base = request(&parts, example_of_who, &example, parts.given.clone());
        Self {
            parts,
            memo,
            base,
            formulas: Formulas::default(),
            resource,
            principal,
            conditions: Vec::new(),
            open: Vec::new(),
            variables: Vec::new(),
            patterns: FxHashMap::default(),
        }
    }

    /// One of the requests; what is free is absent from it.
    pub fn example(&self) -> &Request {
        &self.base
    }

    /// Whether a formula holds of one of them; none where it hangs on what is not understood.
    pub fn says(&self, formula: Formula, of: &Request) -> Option<bool> {
        let principal = of.principal().to_string();
        let on = |variable: &Variable, number: u32, text: &str| {
            let (part, pattern) = &variable.atoms[number as usize];
            let text = text.splitn(variable.domain.parts.len(), ':').nth(*part);
            text.is_some_and(|text| self.spelled(pattern, of).is_some_and(|pattern| pattern.matches(text)))
        };
        self.formulas.value(formula, &|atom| match atom {
            Atom::Resource(number) => Some(on(&self.resource, number, of.resource().as_str())),
            Atom::Principal(number) => Some(on(&self.principal, number, &principal)),
            Atom::Condition(number) => {
                match self.conditions[number as usize].matches(of, &mut Ledger::default()) {
                    Truth::True => Some(true),
                    Truth::False => Some(false),
                    Truth::Open => None,
                }
            }
            Atom::Open(_) => None,
        })
    }

    /// The action of all of them.
    pub fn action(&self) -> &'a Action {
        self.parts.action
    }

    /// Something that is not understood; the same thing is the same atom, wherever it stands.
    pub fn open(&mut self, what: String, why: String) -> Formula {
        let found = self.open.iter().position(|(known, _)| *known == what);
        let number = found.unwrap_or_else(|| {
            self.open.push((what, why));
            self.open.len() - 1
        });
        self.formulas.atom(Atom::Open(number as u32))
    }

    /// Why what is needed is not understood.
    pub fn reasons(&self, needed: &[Literal]) -> Vec<String> {
        let open = needed.iter().filter_map(|(atom, _)| match atom {
            Atom::Open(number) => Some(self.open[*number as usize].1.clone()),
            Atom::Resource(_) | Atom::Principal(_) | Atom::Condition(_) => None,
        });
        open.collect()
    }

    /// The patterns of resources that were met, as policies spell them.
    pub fn texts(&self) -> impl Iterator<Item = &'a str> {
        self.patterns.keys().copied()
    }

    /// Whether `Resource` or `NotResource` covers what is asked for.
    pub fn resource(&mut self, element: &'a iam::resource::ResourceElement) -> Formula {
        if element.covers_everything() {
            return Formula::TRUE;
        }
        if self.parts.on.is_none() {
            let mut ledger = Ledger::default();
            let found = element.matches(&self.base, &mut ledger);
            return self.settled(found, &ledger, || {
                (format!("{element:?}"), "a resource that is not settled".to_owned())
            });
        }
        let each: Vec<Formula> = element.patterns().iter().map(|pattern| self.pattern(pattern)).collect();
        let covered = self.formulas.any(each);
        if element.is_negated() { self.formulas.not(covered) } else { covered }
    }

    /// A formula for what the evaluator says; open where it does not say it for sure.
    fn settled(&mut self, found: Truth, ledger: &Ledger, what: impl FnOnce() -> (String, String)) -> Formula {
        match found {
            Truth::True if ledger.touched().is_empty() => Formula::TRUE,
            Truth::False if ledger.touched().is_empty() => Formula::FALSE,
            Truth::True | Truth::False | Truth::Open => {
                let (what, why) = what();
                self.open(what, why)
            }
        }
    }

    /// Whether a text has variables whose keys are free.
    fn free_variables(&self, template: &VariableTemplate) -> bool {
        template.pieces().iter().any(|piece| match piece {
            Piece::Variable { key, .. } => !self.is_given(key),
            Piece::Text(_) | Piece::Literal(_) => false,
        })
    }

    /// Whether a key is the same in all requests of the case.
    fn is_given(&self, key: &Key) -> bool {
        if self.view(key).is_some() {
            return false;
        }
        let text = key.as_str();
        if text == "aws:userid" && matches!(self.parts.who, Who::Any { shape: Shape::Role | Shape::User, .. })
        {
            return false;
        }
        FIXED_BY_PRINCIPAL.contains(&text) || self.base.context().get(key).is_some() || !self.carries(text)
    }

    /// Whether requests may carry a key; of an action that is not listed nothing is known.
    fn carries(&self, key: &str) -> bool {
        let action = self.parts.action;
        !action.is_listed() || reference::action_carries(action.service(), action.name(), key)
    }

    /// A pattern of `Resource` on a type.
    fn pattern(&mut self, pattern: &'a iam::resource::ResourcePattern) -> Formula {
        let text = pattern.as_str();
        // `${` is a variable in policies of one version only.
        if let Some(known) = self.patterns.get(text).filter(|_| !text.contains("${")) {
            return *known;
        }
        let covers = self.new_pattern(pattern);
        self.patterns.insert(text, covers);
        covers
    }

    fn new_pattern(&mut self, pattern: &'a iam::resource::ResourcePattern) -> Formula {
        let text = pattern.as_str();
        if pattern.prefix_has_upper() {
            return self.open(
                format!("{pattern:?}"),
                format!("whether letter case counts at the beginning of `{text}`"),
            );
        }
        let mut letters = Vec::new();
        let (mut colons, mut in_front) = (0, false);
        for piece in pattern.template().pieces() {
            match piece {
                Piece::Text(text) => {
                    colons += text.matches(':').count();
                    letters.extend(text.chars().map(Spelled::Text));
                }
                Piece::Literal(letter) => letters.push(Spelled::Plain(*letter)),
                Piece::Variable { key, default } => {
                    in_front |= colons < 5;
                    if default.is_some() {
                        return self.open(
                            format!("{pattern:?}"),
                            format!("the default of the policy variable in `{text}`"),
                        );
                    }
                    if self.is_given(key) {
                        match self.base.values(key) {
                            Values::Present(values) if values.only().is_some() => {
                                letters.extend(values.only().unwrap_or_default().chars().map(Spelled::Plain));
                            }
                            // Unset, it matches nothing.
                            Values::Present(_) | Values::Absent | Values::Unknown => {
                                return Formula::FALSE;
                            }
                        }
                    } else {
                        let number = self.variable(key);
                        letters.push(Spelled::Plain(letter_of_variable(number)));
                    }
                }
            }
        }
        if in_front {
            return self.open(
                format!("{pattern:?}"),
                format!("the policy variable before the fifth colon of `{text}`"),
            );
        }
        let is_all = !letters.is_empty() && letters.iter().all(|letter| *letter == Spelled::Text('*'));
        if is_all {
            return Formula::TRUE;
        }
        self.covered_by(vec![resource::of_spelled(&letters, self.parts.reading)])
    }

    fn variable(&mut self, key: &Key) -> usize {
        self.variables.iter().position(|known| known == key).unwrap_or_else(|| {
            self.variables.push(key.clone());
            self.variables.len() - 1
        })
    }

    /// How `Principal` or `NotPrincipal` names who asks.
    pub fn principal(&mut self, element: &PrincipalElement) -> Named {
        let nobody = Named { direct: Formula::FALSE, limited: Formula::FALSE, account: Formula::FALSE };
        let Who::Any { shape, account, .. } = self.parts.who.clone() else {
            let mut ledger = Ledger::default();
            let found = element.matches(&self.base, &mut ledger);
            let mut of = |truth: Truth| {
                self.settled(truth, &ledger, || {
                    (format!("{element:?} {truth:?}"), "a principal that is not settled".to_owned())
                })
            };
            return Named {
                direct: of(found.direct()),
                limited: of(found.limited()),
                account: of(found.account()),
            };
        };
        if element.is_negated() {
            let direct =
                self.open(format!("{element:?}"), "`NotPrincipal`, whose reading is unsettled".to_owned());
            return Named { direct, ..nobody };
        }
        let (mut direct, mut limited, mut of_account) = (Vec::new(), Vec::new(), Vec::new());
        for value in element.values() {
            match value {
                PrincipalValue::Everyone => direct.push(Formula::TRUE),
                PrincipalValue::Account(named) => match &account {
                    Some(own) => of_account.push(Formula::constant(own.as_str() == named)),
                    None => {
                        let mut pattern = Pattern::glob("arn:*:iam::", NO_COLON);
                        pattern.push(named);
                        pattern.push_glob(":*", ANY);
                        of_account.push(self.on_principal(vec![pattern]));
                    }
                },
                PrincipalValue::Arn(arn) => {
                    let is = self.on_principal(vec![Pattern::exact(arn)]);
                    match shape {
                        Shape::Role => limited.push(is),
                        Shape::User | Shape::Root => direct.push(is),
                    }
                }
                PrincipalValue::UniqueId(_) | PrincipalValue::CanonicalUser(_) => {
                    let one = PrincipalElement::new(vec![value.clone()], false);
                    let mut ledger = Ledger::default();
                    let found = one.matches(&self.base, &mut ledger).any();
                    direct.push(self.settled(found, &ledger, || {
                        (format!("{value:?}"), "a principal that is named by its unique id".to_owned())
                    }));
                }
                PrincipalValue::Service(_) | PrincipalValue::Federated(_) => {}
            }
        }
        Named {
            direct: self.formulas.any(direct),
            limited: self.formulas.any(limited),
            account: self.formulas.any(of_account),
        }
    }

    fn on_principal(&mut self, patterns: Vec<Pattern>) -> Formula {
        let made =
            Self::covered(&mut self.principal, &patterns, self.memo, &mut self.formulas, Atom::Principal);
        made.unwrap_or_else(|| self.open(format!("{patterns:?}"), TOO_MANY_WAYS.to_owned()))
    }

    /// Whether one of these patterns covers the resource.
    pub fn covered_by(&mut self, patterns: Vec<Pattern>) -> Formula {
        if self.parts.on.is_none() {
            let is_it = |pattern: &Pattern| {
                self.memo.find(vec![vec![pattern.clone()], vec![Pattern::exact("*")]], Vec::new())
                    != Found::Nothing
            };
            return Formula::constant(patterns.iter().any(is_it));
        }
        let made =
            Self::covered(&mut self.resource, &patterns, self.memo, &mut self.formulas, Atom::Resource);
        made.unwrap_or_else(|| self.open(format!("{patterns:?}"), TOO_MANY_WAYS.to_owned()))
    }

    /// Whether the resource is not one of another account: the account has it, AWS has it, or its ARN does not say.
    pub fn of_account(&mut self, account: &str) -> Formula {
        if !self.resource.domain.has_account {
            return Formula::TRUE;
        }
        let of = |middle: &[Token]| {
            let mut pattern = Pattern::glob("arn:*:*:*:", NO_COLON);
            pattern.tokens.extend(middle);
            pattern.push_glob(":*", ANY);
            pattern
        };
        let own: Vec<Token> = account.chars().map(Token::Is).collect();
        let is_own = self.covered_by(vec![of(&own)]);
        let is_some = self.covered_by(vec![of(&DIGITS)]);
        let is_none = self.formulas.not(is_some);
        self.formulas.any([is_own, is_none])
    }

    /// Whether one of these patterns covers a text: in one of its ways each part of it.
    fn covered(
        variable: &mut Variable,
        patterns: &[Pattern],
        memo: &Memo,
        formulas: &mut Formulas,
        atom: fn(u32) -> Atom,
    ) -> Option<Formula> {
        let mut any = Vec::new();
        for pattern in patterns {
            for way in variable.domain.ways(pattern, memo)?.iter() {
                let mut all = Vec::new();
                for one in way {
                    let known = variable.numbers.get(one).copied();
                    let number = known.unwrap_or_else(|| {
                        let number = variable.atoms.len() as u32;
                        variable.atoms.push(one.clone());
                        variable.numbers.insert(one.clone(), number);
                        number
                    });
                    all.push(formulas.atom(atom(number)));
                }
                any.push(formulas.all(all));
            }
        }
        Some(formulas.any(any))
    }

    /// Whether a condition holds.
    pub fn condition(&mut self, condition: &Condition) -> Formula {
        let key = condition.key();
        let variables_free = self.has_free_variables(condition);
        if self.is_given(key) && !variables_free {
            let mut ledger = Ledger::default();
            let found = condition.matches(&self.base, &mut ledger);
            return self.settled(found, &ledger, || {
                (format!("{condition:?}"), format!("what `{}` says is not settled", condition.key_name()))
            });
        }
        if let Some(view) = self.view(key) {
            return self.through(condition, view, variables_free);
        }
        if variables_free {
            for template in condition.templates() {
                for piece in template.pieces() {
                    if let Piece::Variable { key, .. } = piece
                        && !self.is_given(key)
                    {
                        self.variable(key);
                    }
                }
            }
        }
        // A negated comparison of texts is the other one turned round, absent keys included.
        let turned = condition.operator().ok().filter(|operator| {
            operator.negated && operator.quantifier == Quantifier::One && is_text(operator.comparison)
        });
        let positive = turned.and_then(|operator| {
            let name = match operator.comparison {
                Comparison::StringEquals => "StringEquals",
                Comparison::StringEqualsIgnoreCase => "StringEqualsIgnoreCase",
                Comparison::StringLike => "StringLike",
                Comparison::Arn => "ArnLike",
                Comparison::Number(_)
                | Comparison::Date(_)
                | Comparison::Bool
                | Comparison::Binary
                | Comparison::Ip
                | Comparison::Null => return None,
            };
            Some(condition.with(name, condition.values().iter().map(String::as_str)))
        });
        let (condition, is_turned) = match positive {
            Some(positive) => (positive, true),
            None => (condition.clone(), false),
        };
        let number = self.conditions.iter().position(|known| *known == condition).unwrap_or_else(|| {
            self.conditions.push(condition);
            self.conditions.len() - 1
        });
        let atom = self.formulas.atom(Atom::Condition(number as u32));
        if is_turned { self.formulas.not(atom) } else { atom }
    }

    /// What a key says of the resource or of who asks, where it follows from it.
    fn view(&self, key: &Key) -> Option<View> {
        let of_principal = match &self.parts.who {
            Who::Any { shape, account, .. } => match key.as_str() {
                "aws:principalarn" if *shape != Shape::Root || account.is_none() => Some(View::PrincipalArn),
                "aws:username" if *shape == Shape::User => Some(View::UserName),
                "aws:principalaccount" if account.is_none() => Some(View::PrincipalAccount),
                "kms:calleraccount" if account.is_none() && self.parts.action.service() == "kms" => {
                    Some(View::PrincipalAccount)
                }
                _ => None,
            },
            Who::This(_) => None,
        };
        let domain = self.parts.on.as_ref().filter(|_| self.parts.is_tied);
        let of_resource = || match (domain, key.as_str()) {
            (Some(domain), "aws:requestedregion") if domain.has_region => Some(View::Region),
            (Some(domain), "aws:resourceaccount") if domain.has_account => Some(View::ResourceAccount),
            _ => None,
        };
        of_principal.or_else(of_resource)
    }

    /// A condition on a key that follows from the resource or from who asks, which is there.
    fn through(&mut self, condition: &Condition, view: View, variables_free: bool) -> Formula {
        let not_understood = |space: &mut Self| {
            space.open(
                format!("{condition:?}"),
                format!("how `{}` is compared in a condition", condition.key_name()),
            )
        };
        let Ok(operator) = condition.operator() else { return not_understood(self) };
        if operator.comparison == Comparison::Null {
            let absent = condition.values().iter().any(|text| text.eq_ignore_ascii_case("false"));
            let both = condition.values().iter().any(|text| text.eq_ignore_ascii_case("true")) && absent;
            return Formula::constant(absent || both);
        }
        if !is_text(operator.comparison) || variables_free {
            return not_understood(self);
        }
        let Some(condition) = self.filled_in(condition, &self.base) else { return not_understood(self) };
        let patterns: Vec<Pattern> =
            key::patterns(&condition).into_iter().flat_map(|pattern| view.embed(pattern)).collect();
        let holds =
            if view.is_of_principal() { self.on_principal(patterns) } else { self.covered_by(patterns) };
        if operator.negated { self.formulas.not(holds) } else { holds }
    }

    /// The condition with what a request says in place of its variables; values of which one is unset are left out.
    /// None where a value would be read as a wildcard.
    fn filled_in(&self, condition: &Condition, request: &Request) -> Option<Condition> {
        if !condition.has_variables() {
            return Some(condition.clone());
        }
        let mut values = Vec::new();
        for template in condition.templates() {
            let mut whole = String::new();
            let mut is_set = true;
            for piece in template.pieces() {
                match piece {
                    Piece::Text(text) => whole.push_str(text),
                    Piece::Literal(letter) => {
                        whole.push_str("${");
                        whole.push(*letter);
                        whole.push('}');
                    }
                    Piece::Variable { key, default } => {
                        match (request.values(key), default) {
                            (Values::Present(values), _) if values.only().is_some() => {
                                let value = values.only().unwrap_or_default();
                                if value.contains(['*', '?', '$']) {
                                    return None;
                                }
                                whole.push_str(value);
                            }
                            (_, Some(default)) => whole.push_str(default),
                            (_, None) => is_set = false,
                        };
                    }
                }
            }
            if is_set {
                values.push(whole);
            }
        }
        Some(condition.with(condition.operator_name(), values.iter().map(String::as_str)))
    }
}

/// The account of who asks, as KMS says it (KMS Developer Guide, "AWS KMS condition keys").
const CALLER_ACCOUNT: &str = "kms:CallerAccount";

/// Keys that follow from who asks.
const FIXED_BY_PRINCIPAL: [&str; 7] = [
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalisawsservice",
    "aws:principalservicename",
    "aws:principalservicenameslist",
    "aws:principaltype",
    "aws:username",
];

fn request(parts: &SpaceParts<'_>, principal: Principal, resource: &str, context: Context) -> Request {
    Request::new(RequestParts {
        resource_account: parts.resource_account,
        principal,
        action: parts.action.clone(),
        resource: resource.to_owned(),
        context,
        completeness: Completeness::Complete,
    })
}

fn is_text(comparison: Comparison) -> bool {
    matches!(
        comparison,
        Comparison::StringEquals
            | Comparison::StringEqualsIgnoreCase
            | Comparison::StringLike
            | Comparison::Arn
    )
}

/// Why a pattern is not understood.
const TOO_MANY_WAYS: &str = "a pattern of ARNs whose wildcards can run across colons in too many ways";
