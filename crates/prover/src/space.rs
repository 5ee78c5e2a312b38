//! The requests of one case: an action, a type of resource, a kind of principal; and what statements say of them.
//!
//! Whatever is the same for all of them is settled here by asking the evaluator's own conditions and principals. What is
//! left are atoms: patterns of the resource, patterns of the ARN of who asks, conditions on keys that are free. Keys
//! that follow from the resource or from who asks are patterns of these. [`Space::realise`] makes a request of them, or
//! says which of them are never together.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use iam::action::Action;
use iam::arn::AccountId;
use iam::condition::{Comparison, Condition, Quantifier};
use iam::context::{Context, Key, Values};
use iam::principal::{Principal, PrincipalElement, PrincipalValue};
use iam::request::{Completeness, Request, RequestParts};
use iam::truth::{Ledger, Truth};
use iam::variable::{Piece, Template as VariableTemplate};
use reference::Characters;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::case::ACCOUNT;
use crate::domain::{DIGITS, Domain, Memo};
use crate::formula::{Atom, Formula, Formulas, Literal};
use crate::key::{self, Settled};
use crate::language::{
    ANY, Found, NO_COLON, Pattern, Token, find, is_empty_whatever_values, is_variable, letter_of_variable,
};
use crate::resource::{self, Reading, Spelled};

/// A kind of principal with an ARN of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    Role,
    User,
    Root,
}

impl Shape {
    pub const ALL: [Self; 3] = [Self::Role, Self::User, Self::Root];

    /// What its ARNs look like, best those of an account; of no other if it is the only one.
    fn domain(self, partition: &str, account: &str, is_only: bool) -> Domain {
        let text = |text: &str| vec![Pattern::exact(text)];
        let mut accounts = vec![text(account)];
        if !is_only {
            accounts.push(vec![Pattern { tokens: DIGITS.to_vec() }]);
        }
        let named = |kind: &str| {
            let mut pattern = Pattern::exact(kind);
            pattern.tokens.extend([Token::One(OF_PATH), Token::Run(OF_PATH)]);
            vec![pattern]
        };
        let last = match self {
            Self::Role => named("role/"),
            Self::User => named("user/"),
            Self::Root => text("root"),
        };
        Domain::new(vec![
            vec![text("arn")],
            vec![text(partition)],
            vec![text("iam")],
            vec![text("")],
            accounts,
            vec![last],
        ])
    }

    fn example(self, partition: &str, account: &str) -> String {
        let named = match self {
            Self::Role => "role/any",
            Self::User => "user/any",
            Self::Root => "root",
        };
        format!("arn:{partition}:iam::{account}:{named}")
    }
}

/// What paths and names of roles and users are made of (IAM API Reference, `CreateRole`: `Path`, `RoleName`). The colon
/// that a path may hold too is left out.
const OF_PATH: Characters = Characters {
    ascii: {
        let mut bits = 0_u128;
        let mut letter = b'!';
        while letter < 0x7f {
            if !matches!(letter, b':' | b'*' | b'?' | b'\\' | b'"') {
                bits |= 1 << letter;
            }
            letter += 1;
        }
        bits
    },
    beyond_ascii: false,
};

/// Who asks.
#[derive(Clone, Debug)]
pub enum Who {
    This(Principal),
    /// Anybody of a kind, of one account or of any in a partition.
    Any {
        shape: Shape,
        account: Option<AccountId>,
        partition: Arc<str>,
    },
}

impl Who {
    /// The account of those who ask; the one that stands for all where it may be any.
    pub fn account(&self) -> &str {
        match self {
            Self::This(principal) => principal.account().map_or(ACCOUNT, AccountId::as_str),
            Self::Any { account, .. } => account.as_ref().map_or(ACCOUNT, AccountId::as_str),
        }
    }

    /// The account of all who ask, where it is one.
    fn only_account(&self) -> Option<AccountId> {
        match self {
            Self::This(principal) => principal.account().copied(),
            Self::Any { account, .. } => *account,
        }
    }

    /// The same, where the thing that is asked for may be of that account: then another stands for all.
    fn stranger(&self, owner: Option<&AccountId>) -> Self {
        match self {
            Self::Any { shape, account: None, partition } => {
                let is_own = owner.is_some_and(|owner| owner.as_str() == ACCOUNT);
                let account = AccountId::new(if is_own { OTHER_ACCOUNT } else { ACCOUNT }).ok();
                Self::Any { shape: *shape, account, partition: partition.clone() }
            }
            other => other.clone(),
        }
    }

    /// A principal of the kind.
    pub fn example(&self) -> Principal {
        match self {
            Self::This(principal) => principal.clone(),
            Self::Any { shape, partition, .. } => {
                let example = shape.example(partition, self.account());
                Principal::parse(&example).expect("the ARN of an example is one")
            }
        }
    }

    /// The partition of those who ask.
    pub fn partition(&self) -> String {
        match self {
            Self::This(principal) => principal.to_string().split(':').nth(1).unwrap_or("aws").to_owned(),
            Self::Any { partition, .. } => partition.to_string(),
        }
    }
}

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

/// A text that a request has, and patterns that parts of it may match.
struct Variable {
    domain: Rc<Domain>,
    atoms: Vec<(usize, Pattern)>,
    numbers: FxHashMap<(usize, Pattern), u32>,
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

    fn has_free_variables(&self, condition: &Condition) -> bool {
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
    fn spelled(&self, pattern: &Pattern, base: &Request) -> Option<Pattern> {
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

/// What `aws:RequestedRegion` says of a foundation model that is in no Region (Amazon Bedrock User Guide, "Global
/// cross-Region inference").
const WITHOUT_REGION: &str = "unspecified";

/// The account of who asks, as KMS says it (KMS Developer Guide, "AWS KMS condition keys").
const CALLER_ACCOUNT: &str = "kms:CallerAccount";

/// The account of those who ask for what the usual one has.
const OTHER_ACCOUNT: &str = "444455556666";

/// Most values that a variable is tried with.
const CHOICES_MAX: usize = 24;

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

/// A key that says something of the resource or of who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum View {
    PrincipalArn,
    PrincipalAccount,
    UserName,
    Region,
    ResourceAccount,
}

impl View {
    fn is_of_principal(self) -> bool {
        matches!(self, Self::PrincipalArn | Self::PrincipalAccount | Self::UserName)
    }

    /// The ARNs of which the key says what a pattern matches.
    fn embed(self, pattern: Pattern) -> Vec<Pattern> {
        let between = |front: &str, back: &str| {
            let mut whole = Pattern::default();
            whole.push_glob(front, NO_COLON);
            // A value has no colon, as the part of an ARN that it is has none.
            whole.tokens.extend(pattern.tokens.iter().map(|token| match token {
                Token::One(of) if *of == ANY => Token::One(NO_COLON),
                Token::Run(of) if *of == ANY => Token::Run(NO_COLON),
                other => *other,
            }));
            whole.push_glob(back, ANY);
            whole
        };
        match self {
            Self::PrincipalArn => vec![pattern],
            Self::PrincipalAccount => vec![between("arn:*:*:*:", ":*")],
            Self::UserName => {
                let no_slash = |token: &Token| match token {
                    Token::One(of) if *of == ANY => Token::One(NAME),
                    Token::Run(of) if *of == ANY => Token::Run(NAME),
                    other => *other,
                };
                ["arn:*:*:*:*:user/", "arn:*:*:*:*:user/*/"]
                    .map(|front| {
                        let mut whole = Pattern::default();
                        let (start, path) = front.split_once("user/").unwrap_or((front, ""));
                        whole.push_glob(start, NO_COLON);
                        whole.push("user/");
                        whole.push_glob(path, ANY);
                        whole.tokens.extend(pattern.tokens.iter().map(no_slash));
                        whole
                    })
                    .into()
            }
            Self::Region => {
                let mut all = vec![between("arn:*:*:", ":*:*")];
                let of_none = find(&[vec![pattern.clone()], vec![Pattern::exact(WITHOUT_REGION)]], &[]);
                if of_none != Found::Nothing {
                    let mut whole = Pattern::default();
                    whole.push_glob("arn:*:*:", NO_COLON);
                    whole.push_glob(":*:*", ANY);
                    all.push(whole);
                }
                all
            }
            Self::ResourceAccount => vec![between("arn:*:*:*:", ":*")],
        }
    }
}

/// What names of users are made of: whatever is no path.
const NAME: Characters = Characters { ascii: OF_PATH.ascii & !(1 << b'/' as u128), beyond_ascii: false };

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

impl Variable {
    fn new(domain: Rc<Domain>) -> Self {
        Self { domain, atoms: Vec::new(), numbers: FxHashMap::default() }
    }

    /// A text in which these hold, after `read` made patterns of them; one without a pattern matches nothing.
    fn text(
        &self,
        literals: &[(Literal, usize, &Pattern)],
        read: &dyn Fn(&Pattern) -> Option<Pattern>,
        memo: &Memo,
    ) -> Result<String, Failed> {
        self.text_with(literals, &[], &[], read, memo)
    }

    /// The same, of which parts match some more and do not match others.
    fn text_with(
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
enum Failed {
    Never(Vec<Literal>),
    TooMuch(Vec<Literal>),
}

impl Failed {
    fn realised(self, why: &str) -> Realised {
        match self {
            Self::Never(core) => Realised::Never(core),
            Self::TooMuch(core) => Realised::Unknown(why.to_owned(), core),
        }
    }
}

fn has_letters(pattern: &Pattern) -> bool {
    pattern.tokens.iter().any(|token| matches!(token, Token::Is(letter) if is_variable(*letter)))
}

/// Why a pattern is not understood.
const TOO_MANY_WAYS: &str = "a pattern of ARNs whose wildcards can run across colons in too many ways";

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
