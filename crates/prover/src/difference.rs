//! A request that one policy allows and another does not.
//!
//! For each case the matches of statements become a formula over what their patterns and conditions say. A solver
//! proposes which of these hold; what is needed for the formula is then asked of the patterns and of each key by
//! itself, and what cannot be together is told to the solver. Every request that comes out is put to the evaluator
//! first. Where the readings of an unsettled point differ, or a part is not understood, the answer is unknown.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, LazyLock};

use batsat::{BasicSolver, Lit, SolverInterface, lbool};
use iam::answer::{Decision, Outcome};
use iam::arn::AccountId;
use iam::authorize;
use iam::condition::Condition;
use iam::context::{Context, Key};
use iam::layers::{Layers, Level, ResourceSide};
use iam::policy::{Effect, Policy, PolicyType, Statement, read};
use iam::principal::Principal;
use iam::request::{Completeness, Request, RequestParts};
use iam::truth::{Ledger, Truth};

use crate::case::{Case, cases, principals};
use crate::key::{self, Settled};
use crate::language::{ANY, Found, Pattern, find};
use crate::resource::{self, Reading, Width};

/// What kind of policies are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Of identities: identity-based policies, boundaries, service control policies.
    Identity,
    /// Of things other than roles.
    Resource,
    /// Of roles; what they are about is the role.
    Trust,
    /// Resource control policies, beside the one that allows everything.
    ResourceControl,
}

impl Side {
    fn has_principals(self) -> bool {
        self != Self::Identity
    }
}

/// Whether one policy allows what the other does not.
#[derive(Clone, Debug)]
pub enum Difference {
    /// Nothing.
    Empty,
    /// This, as the evaluator says too.
    Request(Box<Request>),
    /// Why it is not known.
    Unknown(BTreeSet<String>),
}

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

/// Most proposals of the solver that are looked at in one case.
const PROPOSALS_MAX: usize = 5_000;

/// A request of the reference that `first` allows and `second` does not.
pub fn difference(first: &Arc<Policy>, second: &Arc<Policy>, side: Side) -> Difference {
    one_way(first, second, side, &mut Kinds::new())
}

/// The same both ways.
pub fn differences(first: &Arc<Policy>, second: &Arc<Policy>, side: Side) -> [Difference; 2] {
    let mut kinds = Kinds::new();
    [one_way(first, second, side, &mut kinds), one_way(second, first, side, &mut kinds)]
}

/// Resource types by service and name.
type Kinds = HashMap<(String, &'static str), Kind>;

fn one_way(first: &Arc<Policy>, second: &Arc<Policy>, side: Side, kinds: &mut Kinds) -> Difference {
    let mut everybody = principals(first, second);
    if !side.has_principals() {
        // Policies of identities are those of users and roles.
        everybody.retain(|principal| matches!(principal, Principal::User { .. } | Principal::Role { .. }));
    }
    let mut unknown = BTreeSet::new();
    for case in cases(first, second, side == Side::ResourceControl) {
        // Others are beyond every resource control policy.
        if side == Side::ResourceControl && !reference::supports_rcp(case.action.service()) {
            continue;
        }
        let kind = case.kind.map(|name| {
            kinds
                .entry((case.action.service().to_owned(), name))
                .or_insert_with(|| Kind::new(case.action.service(), name))
        });
        for principal in &everybody {
            let search = Search { first, second, case: &case, principal, kind: kind.as_deref(), side };
            match search.run(Reading::Segments) {
                Difference::Empty => {}
                Difference::Unknown(why) => unknown.extend(why),
                found @ Difference::Request(_) => return found,
            }
            if search.readings_agree() {
                continue;
            }
            for reading in [Reading::Documented, Reading::Free] {
                match search.run(reading) {
                    Difference::Empty => {}
                    Difference::Unknown(why) => unknown.extend(why),
                    found @ Difference::Request(_) => return found,
                }
            }
        }
    }
    if unknown.is_empty() { Difference::Empty } else { Difference::Unknown(unknown) }
}

/// What a policy decides by itself: everything else allows everything.
pub fn allows(policy: &Arc<Policy>, request: &Request, side: Side) -> Outcome {
    static IDENTITY: LazyLock<Arc<Policy>> = LazyLock::new(|| {
        let text = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
        Arc::new(read(text.as_bytes(), PolicyType::Identity).policy.expect("the text is a policy"))
    });
    static OF_RESOURCE: LazyLock<Arc<Policy>> = LazyLock::new(|| {
        let text = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}}"#;
        Arc::new(read(text.as_bytes(), PolicyType::Resource).policy.expect("the text is a policy"))
    });
    let of_resource = OF_RESOURCE.clone();
    let level = || vec![Level { target: "document".to_owned(), policies: vec![policy.clone()] }];
    let mut layers = Layers { identity: vec![IDENTITY.clone()], ..Layers::default() };
    let of_thing = match side {
        Side::Identity => {
            layers.scp = level();
            of_resource
        }
        Side::ResourceControl => {
            layers.rcp = level();
            of_resource
        }
        Side::Resource | Side::Trust => policy.clone(),
    };
    layers.resource = match side == Side::Trust || request.action().service() == "sts" {
        true => ResourceSide::Trust(of_thing),
        false => ResourceSide::Resource(of_thing),
    };
    authorize(request, &layers).outcome
}

/// A resource type.
struct Kind {
    /// From those that are liked best to all there are.
    of_width: [Vec<Pattern>; 3],
    /// Of patterns that were looked at, whether the readings of `*` across colons make no difference here.
    agree: RefCell<HashMap<String, bool>>,
}

impl Kind {
    fn readings_agree(&self, text: &str) -> bool {
        if let Some(known) = self.agree.borrow().get(text) {
            return *known;
        }
        let agree = !text.contains(['*', '?']) || resource::readings_agree(&self.of_width[2], text);
        self.agree.borrow_mut().insert(text.to_owned(), agree);
        agree
    }
}

impl Kind {
    fn new(service: &str, name: &str) -> Self {
        let kind = reference::resource_type(service, name);
        let of = |width: Width| {
            let templates = kind.iter().flat_map(|kind| kind.templates());
            templates.flat_map(|template| resource::of_template(template, width)).collect()
        };
        Self { of_width: [Width::Own, Width::Usual, Width::All].map(of), agree: RefCell::default() }
    }
}

/// Something that a request makes true or false.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Atom {
    /// A pattern of `Resource` covers the resource.
    Pattern(usize),
    /// A condition holds.
    Condition(usize),
    /// Something that is not understood.
    Open(usize),
}

/// Part of a statement.
enum Part {
    Any(Vec<Atom>),
    None(Vec<Atom>),
}

/// A statement in one case.
struct Circuit {
    is_allow: bool,
    parts: Vec<Part>,
}

struct Search<'a> {
    first: &'a Arc<Policy>,
    second: &'a Arc<Policy>,
    case: &'a Case,
    principal: &'a Principal,
    kind: Option<&'a Kind>,
    side: Side,
}

/// The atoms of a case.
#[derive(Default)]
struct Atoms<'a> {
    patterns: Vec<&'a str>,
    conditions: Vec<&'a Condition>,
    /// What it is, and why it is not understood.
    open: Vec<(String, String)>,
}

/// An atom, and whether it holds.
type Literal = (Atom, bool);

impl<'a> Search<'a> {
    fn request(&self, resource: &str, context: Context) -> Request {
        // Who has this ARN asks.
        let named = context.get(&Key::new("aws:PrincipalArn")).and_then(|values| values.only());
        let named = named.filter(|_| !self.side.has_principals()).and_then(|arn| Principal::parse(arn).ok());
        let principal = named.unwrap_or_else(|| self.principal.clone());
        let own_account = principal.account().copied();
        Request::new(RequestParts {
            principal,
            action: self.case.action.clone(),
            resource: resource.to_owned(),
            // Within one account, and for policies of resources from another one.
            resource_account: match self.side.has_principals() {
                true => AccountId::new("999999999999").ok(),
                false => own_account,
            },
            context,
            completeness: Completeness::Complete,
        })
    }

    fn statements(&self) -> impl Iterator<Item = (bool, &'a Statement)> {
        let of = |policy: &'a Policy| {
            policy
                .statements
                .about(self.case.action)
                .map(|(_, each)| each)
                .filter(|each| each.action.matches(self.case.action))
        };
        of(self.first).map(|each| (true, each)).chain(of(self.second).map(|each| (false, each)))
    }

    /// Whether the readings of `*` across colons make no difference here.
    fn readings_agree(&self) -> bool {
        let Some(kind) = self.kind else { return true };
        let elements = self.statements().filter_map(|(_, each)| each.resource.as_ref());
        let texts: BTreeSet<&str> =
            elements.flat_map(|element| element.patterns()).map(|each| each.as_str()).collect();
        texts.iter().all(|text| text.contains("${") || kind.readings_agree(text))
    }

    fn run(&self, reading: Reading) -> Difference {
        let mut atoms = Atoms::default();
        let base = self.request("*", Context::new());
        let mut circuits: [Vec<Circuit>; 2] = [Vec::new(), Vec::new()];
        if self.side == Side::ResourceControl {
            // The policy that AWS attaches itself and that nobody can take away.
            circuits.iter_mut().for_each(|of| of.push(Circuit { is_allow: true, parts: Vec::new() }));
        }
        for (is_first, statement) in self.statements() {
            if let Some(circuit) = self.circuit(statement, &base, &mut atoms) {
                circuits[usize::from(!is_first)].push(circuit);
            }
        }
        let mut solver = Solver::new(&circuits);
        let mut reasons = BTreeSet::new();
        for _ in 0..PROPOSALS_MAX {
            let Some(needed) = solver.propose(&circuits) else {
                return match reasons.is_empty() {
                    true => Difference::Empty,
                    false => Difference::Unknown(reasons),
                };
            };
            match self.realise(&needed, &atoms, reading, &base) {
                Realised::Request(request) => {
                    let first = self.decides(self.first, &request);
                    let second = self.decides(self.second, &request);
                    match (first, second) {
                        (Some(true), Some(false)) => return Difference::Request(request),
                        (Some(_), Some(_))
                            if needed.iter().any(|(atom, _)| matches!(atom, Atom::Open(_))) =>
                        {
                            reasons.extend(atoms.reasons(&needed));
                        }
                        (Some(_), Some(_)) => {
                            reasons.insert(format!(
                                "the evaluator does not confirm a request for {} on {}",
                                request.action(),
                                request.resource().as_str()
                            ));
                        }
                        (_, _) => {
                            reasons.insert("the readings of an unsettled point differ".to_owned());
                        }
                    }
                    solver.forbid(&needed);
                }
                Realised::Never(core) => solver.forbid(&core),
                Realised::Unknown(why, core) => {
                    reasons.insert(why);
                    solver.forbid(&core);
                }
            }
        }
        reasons.insert(format!("{} has more combinations than are looked at", self.case.action));
        Difference::Unknown(reasons)
    }

    /// Whether a policy allows a request; none where that is not settled.
    fn decides(&self, policy: &Arc<Policy>, request: &Request) -> Option<bool> {
        match allows(policy, request, self.side) {
            Outcome::Decided(decision) => Some(decision == Decision::Allow),
            Outcome::NeedsContext(_) | Outcome::Unknown(_) => None,
        }
    }

    /// A statement whose action matches; none where it can match no request of the case.
    fn circuit(&self, statement: &'a Statement, base: &Request, atoms: &mut Atoms<'a>) -> Option<Circuit> {
        let mut parts = Vec::new();
        let Ok(effect) = &statement.effect else {
            parts.push(Part::Any(vec![
                atoms.open(format!("{statement:?}"), "an effect that is neither Allow nor Deny".to_owned()),
            ]));
            return Some(Circuit { is_allow: true, parts });
        };
        if self.side.has_principals() {
            let named =
                statement.principal.as_ref().map(|each| each.matches(base, &mut Ledger::default()).any());
            match named.unwrap_or(Truth::False) {
                Truth::True => {}
                Truth::False => return None,
                Truth::Open => parts.push(Part::Any(vec![
                    atoms.open(format!("{statement:?}"), "a principal that is not settled".to_owned()),
                ])),
            }
        }
        parts.extend(self.on(statement, base, atoms)?);
        for condition in &statement.conditions {
            let spelled = condition.values().iter().any(|text| text.contains("${"));
            let atom = match spelled || condition.has_variables() {
                true => atoms.open(
                    format!("{condition:?}"),
                    format!("the policy variable in a condition on `{}`", condition.key_name()),
                ),
                false => atoms.condition(condition),
            };
            parts.push(Part::Any(vec![atom]));
        }
        Some(Circuit { is_allow: *effect == Effect::Allow, parts })
    }

    /// What the statement says of the resource; none where it is about none of the case.
    fn on(&self, statement: &'a Statement, base: &Request, atoms: &mut Atoms<'a>) -> Option<Option<Part>> {
        let Some(element) = &statement.resource else {
            // The policy of a role is about the role.
            return (self.side == Side::Trust).then_some(None);
        };
        if self.kind.is_none() {
            // An action without resources is on nothing in particular.
            return match element.matches(base, &mut Ledger::default()) {
                Truth::True => Some(None),
                Truth::False => None,
                Truth::Open => Some(Some(Part::Any(vec![
                    atoms.open(format!("{statement:?}"), "a resource that is not settled".to_owned()),
                ]))),
            };
        }
        let all: Vec<Atom> = element
            .patterns()
            .iter()
            .map(|pattern| match pattern.as_str().contains("${") {
                true => atoms
                    .open(format!("{pattern:?}"), format!("the policy variable in `{}`", pattern.as_str())),
                false => atoms.pattern(pattern.as_str()),
            })
            .collect();
        Some(Some(if element.is_negated() { Part::None(all) } else { Part::Any(all) }))
    }

    /// A request in which these hold.
    fn realise(&self, needed: &[Literal], atoms: &Atoms<'_>, reading: Reading, base: &Request) -> Realised {
        let on: Vec<Literal> =
            needed.iter().copied().filter(|(atom, _)| matches!(atom, Atom::Pattern(_))).collect();
        let text = match self.kind {
            None => "*".to_owned(),
            Some(kind) => match on_resource(kind, &on, atoms, reading) {
                Found::Text(text) => text,
                Found::Nothing => {
                    return Realised::Never(smallest(on, |part| {
                        on_resource(kind, part, atoms, reading) == Found::Nothing
                    }));
                }
                Found::TooMuch => {
                    return Realised::Unknown(
                        "the patterns of a resource are too many to search".to_owned(),
                        on,
                    );
                }
            },
        };
        let mut by_key: BTreeMap<&str, Vec<Literal>> = BTreeMap::new();
        for literal in needed {
            if let Atom::Condition(number) = literal.0 {
                by_key.entry(atoms.conditions[number].key().as_str()).or_default().push(*literal);
            }
        }
        let mut context = Context::new();
        for (key, literals) in by_key {
            let settled = self.settle(key, &literals, atoms, base);
            match settled {
                Settled::Says(None) => {}
                Settled::Says(Some(values)) => {
                    let spelled = literals.iter().find_map(|(atom, _)| match atom {
                        Atom::Condition(number) => Some(atoms.conditions[*number].key_name()),
                        Atom::Pattern(_) | Atom::Open(_) => None,
                    });
                    context.replace(spelled.unwrap_or(key), values);
                }
                Settled::Nothing => {
                    return Realised::Never(smallest(literals, |part| {
                        self.settle(key, part, atoms, base) == Settled::Nothing
                    }));
                }
                Settled::Unknown(why) => return Realised::Unknown(why, literals),
            }
        }
        Realised::Request(Box::new(self.request(&text, context)))
    }

    fn settle(&self, key: &str, literals: &[Literal], atoms: &Atoms<'_>, base: &Request) -> Settled {
        let wanted: Vec<key::Wanted<'_>> = literals
            .iter()
            .filter_map(|(atom, is)| match atom {
                Atom::Condition(number) => Some((atoms.conditions[*number], *is)),
                Atom::Pattern(_) | Atom::Open(_) => None,
            })
            .collect();
        let (service, name) = (self.case.action.service(), self.case.action.name());
        let listed = reference::condition_key(service, key).or_else(|| reference::global_key(key));
        // What the principal fixes is not to be chosen. Others may be asked about by whom it comes out otherwise.
        let is_fixed = FIXED_BY_PRINCIPAL.contains(&key);
        if is_fixed && (self.side.has_principals() || key != "aws:principalarn") {
            let values = base.context().get(&Key::new(key)).map(|values| values.to_vec());
            let request = base.with_key(key, values.clone().unwrap_or_default());
            let holds = |(condition, is): &key::Wanted<'_>| {
                condition.matches(&request, &mut Ledger::default()) == Truth::from(*is)
            };
            return match wanted.iter().all(holds) {
                true => Settled::Says(values),
                false => {
                    Settled::Unknown(format!("`{key}` follows from who asks, and not everybody is tried"))
                }
            };
        }
        let known = key::Known {
            may_be_there: reference::action_carries(service, name, key),
            must_be_there: key == "aws:principalarn",
            multi_valued: listed.is_some_and(|each| each.multi_valued),
            value_type: listed.map(|each| each.value_type),
        };
        key::settle(base, &Key::new(key), &wanted, known)
    }
}

enum Realised {
    Request(Box<Request>),
    /// These never hold together.
    Never(Vec<Literal>),
    Unknown(String, Vec<Literal>),
}

fn on_resource(kind: &Kind, literals: &[Literal], atoms: &Atoms<'_>, reading: Reading) -> Found {
    let (mut each, mut none) = (vec![Vec::new()], Vec::new());
    for (atom, is) in literals {
        let Atom::Pattern(number) = atom else { continue };
        let text = atoms.patterns[*number];
        let pattern = match text.bytes().all(|byte| byte == b'*') {
            true => Pattern::glob("*", ANY),
            false => resource::pattern(text, reading),
        };
        if *is { each.push(vec![pattern]) } else { none.push(pattern) }
    }
    let mut found = Found::Nothing;
    for of_width in &kind.of_width {
        each[0].clone_from(of_width);
        found = find(&each, &none);
        if matches!(found, Found::Text(_)) {
            break;
        }
    }
    found
}

/// As few of them as still never hold together.
fn smallest(mut literals: Vec<Literal>, is_never: impl Fn(&[Literal]) -> bool) -> Vec<Literal> {
    let mut at = 0;
    while at < literals.len() && literals.len() > 1 {
        let mut fewer = literals.clone();
        fewer.remove(at);
        if is_never(&fewer) { literals = fewer } else { at += 1 }
    }
    literals
}

impl<'a> Atoms<'a> {
    fn pattern(&mut self, text: &'a str) -> Atom {
        let found = self.patterns.iter().position(|each| *each == text);
        Atom::Pattern(found.unwrap_or_else(|| {
            self.patterns.push(text);
            self.patterns.len() - 1
        }))
    }

    fn condition(&mut self, condition: &'a Condition) -> Atom {
        let found = self.conditions.iter().position(|each| *each == condition);
        Atom::Condition(found.unwrap_or_else(|| {
            self.conditions.push(condition);
            self.conditions.len() - 1
        }))
    }

    /// Something that is not understood; the same thing is the same atom, wherever it stands.
    fn open(&mut self, what: String, why: String) -> Atom {
        let found = self.open.iter().position(|(known, _)| *known == what);
        Atom::Open(found.unwrap_or_else(|| {
            self.open.push((what, why));
            self.open.len() - 1
        }))
    }

    fn reasons(&self, needed: &[Literal]) -> Vec<String> {
        let open = needed.iter().filter_map(|(atom, _)| match atom {
            Atom::Open(number) => Some(self.open[*number].1.clone()),
            Atom::Pattern(_) | Atom::Condition(_) => None,
        });
        open.collect()
    }
}

/// The formula, in clauses.
struct Solver {
    solver: BasicSolver,
    atoms: HashMap<Atom, batsat::Var>,
}

impl Solver {
    fn new(circuits: &[Vec<Circuit>; 2]) -> Self {
        let mut solver = Self { solver: BasicSolver::default(), atoms: HashMap::new() };
        let matches: Vec<Vec<(bool, Lit)>> = circuits
            .iter()
            .map(|of| of.iter().map(|circuit| (circuit.is_allow, solver.statement(circuit))).collect())
            .collect();
        let of = |number: usize, allow: bool| {
            matches[number]
                .iter()
                .filter(move |(is_allow, _)| *is_allow == allow)
                .map(|(_, lit)| *lit)
                .collect::<Vec<_>>()
        };
        // The first allows.
        solver.clause(of(0, true));
        for denied in of(0, false) {
            solver.clause(vec![!denied]);
        }
        // The second denies, or none of its Allows matches.
        let denies = solver.fresh();
        let mut some: Vec<Lit> = of(1, false);
        some.push(!denies);
        solver.clause(some);
        for allowed in of(1, true) {
            solver.clause(vec![denies, !allowed]);
        }
        solver
    }

    fn fresh(&mut self) -> Lit {
        Lit::new(self.solver.new_var_default(), true)
    }

    fn clause(&mut self, mut clause: Vec<Lit>) {
        self.solver.add_clause_reuse(&mut clause);
    }

    fn atom(&mut self, atom: Atom) -> Lit {
        let solver = &mut self.solver;
        Lit::new(*self.atoms.entry(atom).or_insert_with(|| solver.new_var_default()), true)
    }

    /// A literal that is true exactly where the statement matches.
    fn statement(&mut self, circuit: &Circuit) -> Lit {
        let own = self.fresh();
        let mut all: Vec<Lit> = vec![own];
        for part in &circuit.parts {
            let (atoms, is_any) = match part {
                Part::Any(atoms) => (atoms, true),
                Part::None(atoms) => (atoms, false),
            };
            let lits: Vec<Lit> = atoms.iter().map(|atom| self.atom(*atom)).collect();
            let some = match lits.as_slice() {
                [only] => *only,
                _ => {
                    let some = self.fresh();
                    lits.iter().for_each(|lit| self.clause(vec![some, !*lit]));
                    self.clause(lits.iter().copied().chain([!some]).collect());
                    some
                }
            };
            let part = if is_any { some } else { !some };
            self.clause(vec![!own, part]);
            all.push(!part);
        }
        self.clause(all);
        own
    }

    fn forbid(&mut self, literals: &[Literal]) {
        let clause = literals
            .iter()
            .map(|(atom, is)| {
                let lit = self.atom(*atom);
                if *is { !lit } else { lit }
            })
            .collect();
        self.clause(clause);
    }

    /// Enough of what holds in a solution to make the formula true; none where there is no solution.
    fn propose(&mut self, circuits: &[Vec<Circuit>; 2]) -> Option<Vec<Literal>> {
        if self.solver.solve_limited(&[]) != lbool::TRUE {
            return None;
        }
        let mut known: HashMap<Atom, bool> = HashMap::new();
        for (atom, var) in &self.atoms {
            known.insert(*atom, self.solver.value_var(*var) == lbool::TRUE);
        }
        let is = |atom: &Atom| known.get(atom).copied().unwrap_or(false);
        let holds = |part: &Part| match part {
            Part::Any(atoms) => atoms.iter().any(is),
            Part::None(atoms) => !atoms.iter().any(is),
        };
        let matches = |circuit: &Circuit| circuit.parts.iter().all(holds);
        let mut needed: BTreeSet<Literal> = BTreeSet::new();
        let that = |circuit: &Circuit, needed: &mut BTreeSet<Literal>| {
            for part in &circuit.parts {
                match part {
                    Part::Any(atoms) => {
                        let has = atoms.iter().any(|atom| needed.contains(&(*atom, true)));
                        if let (false, Some(one)) = (has, atoms.iter().find(|atom| is(atom))) {
                            needed.insert((*one, true));
                        }
                    }
                    Part::None(atoms) => needed.extend(atoms.iter().map(|atom| (*atom, false))),
                }
            }
        };
        // A part that fails: one that is needed already, or the one that takes least.
        let that_not = |circuit: &Circuit, needed: &mut BTreeSet<Literal>| {
            let cost = |part: &&Part| -> Option<Vec<Literal>> {
                match part {
                    Part::Any(atoms) if !holds(part) => {
                        Some(atoms.iter().map(|atom| (*atom, false)).collect())
                    }
                    Part::None(atoms) => atoms.iter().find(|atom| is(atom)).map(|atom| vec![(*atom, true)]),
                    Part::Any(_) => None,
                }
            };
            let ways = circuit.parts.iter().filter_map(|part| cost(&part));
            let missing = |way: &Vec<Literal>| way.iter().filter(|literal| !needed.contains(literal)).count();
            if let Some(least) = ways.min_by_key(missing) {
                needed.extend(least);
            }
        };
        let [first, second] = circuits;
        if let Some(allow) = first.iter().find(|each| each.is_allow && matches(each)) {
            that(allow, &mut needed);
        }
        match second.iter().find(|each| !each.is_allow && matches(each)) {
            Some(deny) => that(deny, &mut needed),
            None => second.iter().filter(|each| each.is_allow).for_each(|each| that_not(each, &mut needed)),
        }
        first.iter().filter(|each| !each.is_allow).for_each(|each| that_not(each, &mut needed));
        Some(needed.into_iter().collect())
    }
}
