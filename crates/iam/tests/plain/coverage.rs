//! Which rules a run of cases has put to the test.
//!
//! A rule counts as tested by a case only when it mattered there: with the one condition, element or layer turned
//! round, the decision would have been another. It decides nothing itself; it asks the plain evaluator.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::plain::action;
use super::plain::condition;
use super::plain::context::{Context, scalars};
use super::plain::principal::{self, Principal, Row};
use super::plain::readings::Choices;
use super::plain::truth::Truth;
use super::plain::variable::{self, Part};
use super::plain::{
    ASSUMPTIONS, Decision, Effect, Layer, Lookups, Needs, Readings, Situation, Standing, Verdict,
    assumptions_asked, evaluate, needs, resource, situation,
};
use super::universe::{Kind, OPERATORS};

/// How an operator is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Modifier {
    Plain,
    IfExists,
    ForAllValues,
    ForAnyValue,
    ForAllValuesIfExists,
    ForAnyValueIfExists,
}

impl Modifier {
    pub const ALL: [Modifier; 6] = [
        Modifier::Plain,
        Modifier::IfExists,
        Modifier::ForAllValues,
        Modifier::ForAnyValue,
        Modifier::ForAllValuesIfExists,
        Modifier::ForAnyValueIfExists,
    ];

    pub fn write(self, operator: &str) -> String {
        match self {
            Modifier::Plain => operator.to_string(),
            Modifier::IfExists => format!("{operator}IfExists"),
            Modifier::ForAllValues => format!("ForAllValues:{operator}"),
            Modifier::ForAnyValue => format!("ForAnyValue:{operator}"),
            Modifier::ForAllValuesIfExists => format!("ForAllValues:{operator}IfExists"),
            Modifier::ForAnyValueIfExists => format!("ForAnyValue:{operator}IfExists"),
        }
    }

    /// What the operator answers about a missing key, under the default readings.
    fn missing_key(self, negated: bool) -> bool {
        match self {
            Modifier::Plain => negated,
            Modifier::ForAnyValue => false,
            Modifier::IfExists
            | Modifier::ForAllValues
            | Modifier::ForAllValuesIfExists
            | Modifier::ForAnyValueIfExists => true,
        }
    }
}

/// What the request carries under a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeyState {
    Absent,
    EmptyList,
    OneValue,
    SeveralValues,
}

impl KeyState {
    pub const ALL: [KeyState; 4] =
        [KeyState::Absent, KeyState::EmptyList, KeyState::OneValue, KeyState::SeveralValues];

    fn is_missing(self) -> bool {
        match self {
            KeyState::Absent | KeyState::EmptyList => true,
            KeyState::OneValue | KeyState::SeveralValues => false,
        }
    }
}

/// An element of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Element {
    Principal,
    NotPrincipal,
    Action,
    NotAction,
    Resource,
    NotResource,
    /// Neither Resource nor NotResource.
    NoResource,
}

/// Where a variable stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    Resource,
    NotResource,
    StringEquals,
    StringLike,
    Arn,
}

/// What a variable finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum VariableState {
    Set,
    /// The value holds a star or a question mark of its own.
    SetWithWildcard,
    Unset,
    SetBesideDefault,
    Default,
    SeveralValues,
    Literal,
    /// The policy's Version knows no variables.
    OldVersion,
}

/// How a layer made its mark on the decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mark {
    /// It alone denied.
    Denies,
    /// It alone had to allow and did not.
    Silent,
    /// It does not allow, and the request is allowed all the same because of what the resource policy names.
    Overridden,
}

/// One thing to test.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    Condition {
        operator: &'static str,
        modifier: Modifier,
        state: KeyState,
        outcome: bool,
        effect: &'static str,
    },
    /// Names of operators and keys in other cases than the usual.
    OtherCase {
        what: &'static str,
    },
    Layer {
        layer: Layer,
        kind: Kind,
        standing: Standing,
        row: Option<Row>,
        mark: Mark,
    },
    Element {
        layer: Layer,
        effect: &'static str,
        element: Element,
        outcome: bool,
    },
    Variable {
        place: Place,
        state: VariableState,
    },
    /// Turning this reading alone changes the decision.
    Assumption {
        id: &'static str,
    },
    Landmark {
        what: &'static str,
    },
}

pub const WITHOUT_MEANING: &str = "a statement without meaning decides";

pub const LANDMARKS: [&str; 15] = [
    "SCPs do not reach the management account",
    "SCPs do not reach a service-linked role",
    "RCPs do not reach resources of the management account",
    "RCPs do not reach a service-linked role",
    "RCPs do not reach a service without support",
    "RCPs do not reach kms:RetireGrant",
    "an action without resource types asks for a star",
    "AWS refuses whatever the policies say",
    WITHOUT_MEANING,
    "a Deny with NotPrincipal hits a principal with a boundary",
    "a supplied key wins over the derived one",
    "the stated account of the resource decides",
    "an empty SCP level allows nothing",
    "the root user needs no identity policy",
    "the most generous of several rows counts",
];

/// Everything a run has to test.
pub fn rules() -> Vec<Rule> {
    let mut all = condition_rules();
    all.extend(layer_rules());
    all.extend(element_rules());
    for place in [Place::Resource, Place::NotResource, Place::StringEquals, Place::StringLike, Place::Arn] {
        for state in [
            VariableState::Set,
            VariableState::SetWithWildcard,
            VariableState::Unset,
            VariableState::SetBesideDefault,
            VariableState::Default,
            VariableState::SeveralValues,
            VariableState::Literal,
            VariableState::OldVersion,
        ] {
            all.push(Rule::Variable { place, state });
        }
    }
    all.extend(["operator", "key"].map(|what| Rule::OtherCase { what }));
    all.extend(ASSUMPTIONS.map(|(id, _)| Rule::Assumption { id }));
    all.extend(LANDMARKS.map(|what| Rule::Landmark { what }));
    all
}

fn condition_rules() -> Vec<Rule> {
    let mut all = Vec::new();
    for effect in ["Allow", "Deny"] {
        for outcome in [true, false] {
            for state in KeyState::ALL {
                all.push(Rule::Condition {
                    operator: "Null",
                    modifier: Modifier::Plain,
                    state,
                    outcome,
                    effect,
                });
                for (operator, _, negated) in OPERATORS {
                    for modifier in Modifier::ALL {
                        if !state.is_missing() || modifier.missing_key(negated) == outcome {
                            all.push(Rule::Condition { operator, modifier, state, outcome, effect });
                        }
                    }
                }
            }
        }
    }
    all
}

/// The rows a Principal element can match for each kind of caller.
pub fn rows(kind: Kind) -> &'static [Row] {
    match kind {
        Kind::User => &[Row::Account, Row::User, Row::Everyone],
        Kind::Role | Kind::ServiceLinkedRole => &[Row::Account, Row::Role, Row::Everyone],
        Kind::SessionOfRole | Kind::Session | Kind::ServiceLinkedSession | Kind::ServiceLinkedByName => {
            &[Row::Account, Row::Role, Row::RoleSession, Row::Everyone]
        }
        Kind::FederatedUserOfUser => {
            &[Row::Account, Row::UserOfFederatedUser, Row::FederatedUser, Row::Everyone]
        }
        Kind::FederatedUser => &[Row::Account, Row::FederatedUser, Row::Everyone],
        Kind::Root => &[Row::Account, Row::Everyone],
        Kind::Anonymous => &[Row::Everyone],
        Kind::Service | Kind::Federated => &[Row::ServiceOrProvider, Row::Everyone],
    }
}

/// Whether a caller of this kind can have such a policy, or meet one, in these cases. Users call with their own keys,
/// to which no session policy belongs.
pub fn can_have(kind: Kind, layer: Layer) -> bool {
    let has_policies = kind.has_account() && kind != Kind::Root;
    match layer {
        Layer::Identity | Layer::Boundary => has_policies,
        Layer::Session => has_policies && kind != Kind::User,
        Layer::Scp => kind.has_account() && !kind.is_service_linked(),
        Layer::Rcp => !kind.is_service_linked(),
        Layer::Resource => kind != Kind::Federated,
        Layer::Trust => kind != Kind::Anonymous,
        Layer::VpcEndpoint => true,
    }
}

/// The table of IAM User Guide, "How AWS enforcement code logic evaluates requests", as what to test.
fn layer_rules() -> Vec<Rule> {
    let mut all = Vec::new();
    for kind in Kind::ALL {
        let standings: &[Standing] = if kind.has_account() {
            &[Standing::SameAccount, Standing::CrossAccount]
        } else {
            &[Standing::Accountless]
        };
        for standing in standings.iter().copied() {
            let matched = rows(kind).iter().copied().map(Some).chain([None]);
            for row in matched {
                for layer in Layer::ALL.into_iter().filter(|layer| can_have(kind, *layer)) {
                    let mut marks = vec![Mark::Denies];
                    let resource_side = matches!(layer, Layer::Resource | Layer::Trust);
                    // Where the policy of the resource had to allow and did not, no other layer is silent alone.
                    let alone = resource_side || row.is_some() || standing == Standing::SameAccount;
                    if had_to_allow(layer, standing, row) && alone {
                        marks.push(Mark::Silent);
                    } else if standing == Standing::SameAccount
                        && row.is_some()
                        && matches!(layer, Layer::Identity | Layer::Boundary | Layer::Session)
                    {
                        marks.push(Mark::Overridden);
                    }
                    all.extend(marks.into_iter().map(|mark| Rule::Layer {
                        layer,
                        kind,
                        standing,
                        row,
                        mark,
                    }));
                }
            }
        }
    }
    all
}

fn had_to_allow(layer: Layer, standing: Standing, row: Option<Row>) -> bool {
    let Needs { identity, boundary, session } = match (standing, row) {
        (Standing::SameAccount, Some(row)) => needs(row),
        (_, _) => Needs { identity: true, boundary: true, session: true },
    };
    match layer {
        Layer::Identity => identity,
        Layer::Boundary => boundary,
        Layer::Session => session,
        Layer::Scp | Layer::VpcEndpoint => true,
        Layer::Rcp => false,
        // In the same account those of keys and roles.
        Layer::Resource | Layer::Trust => row.is_none(),
    }
}

fn element_rules() -> Vec<Rule> {
    let mut all = Vec::new();
    for layer in Layer::ALL {
        let has_principal = matches!(layer, Layer::Resource | Layer::Trust | Layer::VpcEndpoint);
        let has_default_resource = matches!(layer, Layer::Resource | Layer::Trust);
        let effects: &[&str] = if layer == Layer::Rcp { &["Deny"] } else { &["Allow", "Deny"] };
        for effect in effects.iter().copied() {
            let mut push = |element: Element, outcome: bool| {
                all.push(Rule::Element { layer, effect, element, outcome });
            };
            for outcome in [true, false] {
                for element in [Element::Action, Element::NotAction, Element::Resource, Element::NotResource]
                {
                    push(element, outcome);
                }
                if has_principal {
                    push(Element::Principal, outcome);
                    push(Element::NotPrincipal, outcome);
                }
            }
            push(Element::NoResource, has_default_resource);
        }
    }
    all
}

/// The rules a run has still to test, and how the decisions fell.
#[derive(Clone, Debug)]
pub struct Coverage {
    total: usize,
    missing: BTreeSet<Rule>,
    decisions: BTreeMap<&'static str, usize>,
}

impl Coverage {
    pub fn new() -> Coverage {
        let missing: BTreeSet<Rule> = rules().into_iter().collect();
        Coverage { total: missing.len(), missing, decisions: BTreeMap::new() }
    }

    /// Notes what one case tests.
    pub fn record(&mut self, case: &Value, lookups: Lookups) {
        let verdict = evaluate(case, &Readings::new(), lookups);
        *self.decisions.entry(name(&verdict.decision)).or_default() += 1;
        if !self.missing.is_empty() {
            let found = tested(case, &verdict, lookups, &|rule| self.missing.contains(rule));
            self.missing.retain(|rule| !found.contains(rule));
        }
    }

    /// The rules no case has tested, sorted; a test that wants no gaps asserts that this is empty.
    pub fn missing(&self) -> Vec<Rule> {
        self.missing.iter().cloned().collect()
    }

    /// How many of the rules have been tested, and how many there are.
    pub fn counts(&self) -> (usize, usize) {
        (self.total - self.missing.len(), self.total)
    }

    /// How many cases came out as each decision.
    pub fn decisions(&self) -> &BTreeMap<&'static str, usize> {
        &self.decisions
    }
}

/// The decision in the word of the machine interface; `unsupported` where that one says `unknown`.
pub fn name(decision: &Decision) -> &'static str {
    match decision {
        Decision::Allowed => "allowed",
        Decision::ExplicitDeny => "explicit_deny",
        Decision::ImplicitDeny => "implicit_deny",
        Decision::Unsupported(_) => "unsupported",
    }
}

/// Whether two decisions are different answers; a doubt is not an answer.
fn differ(one: &Decision, other: &Decision) -> bool {
    let is_answer = |decision: &Decision| !matches!(decision, Decision::Unsupported(_));
    one != other && is_answer(one) && is_answer(other)
}

/// Whether the case tests the rule.
pub fn tests(case: &Value, rule: &Rule, lookups: Lookups) -> bool {
    let Ok(situation) = situation(case, lookups) else {
        return false;
    };
    let verdict = evaluate(case, &Readings::new(), lookups);
    let probe = Probe { case, verdict: &verdict, lookups, situation, wanted: &|found| found == rule };
    let mut found = BTreeSet::new();
    match rule {
        Rule::Condition { .. }
        | Rule::OtherCase { .. }
        | Rule::Variable { place: Place::StringEquals | Place::StringLike | Place::Arn, .. } => {
            probe.with_context(|context, choices| probe.conditions(context, choices, &mut found));
        }
        Rule::Element { .. } | Rule::Variable { place: Place::Resource | Place::NotResource, .. } => {
            probe.with_context(|context, choices| probe.elements(context, choices, &mut found));
        }
        Rule::Layer { .. } => probe.layers(&mut found),
        Rule::Assumption { .. } => probe.assumptions(&mut found),
        Rule::Landmark { .. } => probe.landmarks(&mut found),
    }
    found.contains(rule)
}

/// The rules among the wanted ones that mattered to the decision of the case.
fn tested(
    case: &Value,
    verdict: &Verdict,
    lookups: Lookups,
    wanted: &dyn Fn(&Rule) -> bool,
) -> BTreeSet<Rule> {
    let Ok(situation) = situation(case, lookups) else {
        return BTreeSet::new();
    };
    let probe = Probe { case, verdict, lookups, situation, wanted };
    let mut found = BTreeSet::new();
    probe.with_context(|context, choices| {
        probe.conditions(context, choices, &mut found);
        probe.elements(context, choices, &mut found);
    });
    probe.layers(&mut found);
    probe.assumptions(&mut found);
    probe.landmarks(&mut found);
    found
}

struct Probe<'a> {
    case: &'a Value,
    verdict: &'a Verdict,
    lookups: Lookups<'a>,
    situation: Situation,
    wanted: &'a dyn Fn(&Rule) -> bool,
}

impl Probe<'_> {
    fn decision_of(&self, case: &Value) -> Decision {
        evaluate(case, &Readings::new(), self.lookups).decision
    }

    /// The decision when one statement is changed.
    fn decision_with(&self, pointer: &str, change: impl FnOnce(&mut Value)) -> Decision {
        let mut changed = self.case.clone();
        if let Some(statement) = changed.pointer_mut(pointer) {
            change(statement);
        }
        self.decision_of(&changed)
    }

    /// Adds the rules when the change makes another decision; asks only when some of them are wanted.
    fn note(&self, found: &mut BTreeSet<Rule>, rules: Vec<Rule>, changed: impl FnOnce() -> Decision) {
        let rules: Vec<Rule> =
            rules.into_iter().filter(|rule| (self.wanted)(rule) && !found.contains(rule)).collect();
        if !rules.is_empty() && differ(&changed(), &self.verdict.decision) {
            found.extend(rules);
        }
    }

    /// Asks about the statements with the context of the request at hand.
    fn with_context<T>(&self, ask: impl FnOnce(&Context, &Choices) -> T) -> Option<T> {
        let readings = Readings::new();
        let choices = Choices::new(&readings);
        let supplied = &self.case["request"]["context"];
        let context = Context::read(supplied, &self.situation.principal, &choices).ok()?;
        Some(ask(&context, &choices))
    }

    /// Turns each condition entry of each statement round.
    fn conditions(&self, context: &Context, choices: &Choices, found: &mut BTreeSet<Rule>) {
        for place in statement_places(self.case) {
            let StatementPlace { statement, pointer, variables, .. } = &place;
            for (operator, keys) in statement["Condition"].as_object().into_iter().flatten() {
                for (key, values) in keys.as_object().into_iter().flatten() {
                    let truth = condition::entry(operator, key, values, *variables, context, choices);
                    if let Truth::Unsupported(_) = truth {
                        continue;
                    }
                    let outcome = truth == Truth::True;
                    let mut rules = self.condition_rules(operator, key, outcome, place.effect(), context);
                    rules.extend(variable_rules(operator, values, *variables, context));
                    self.note(found, rules, || {
                        self.decision_with(pointer, |statement| {
                            if let Some(keys) = statement["Condition"][operator.as_str()].as_object_mut() {
                                keys.remove(key);
                            }
                            let opposite = if outcome { "false" } else { "true" };
                            statement["Condition"]["Null"]["example:Never"] = json!(opposite);
                        })
                    });
                }
            }
        }
    }

    /// Turns Principal, Action and Resource of each statement round.
    fn elements(&self, context: &Context, choices: &Choices, found: &mut BTreeSet<Rule>) {
        let request = &self.case["request"];
        let action = request["action"].as_str().unwrap_or("");
        let named = request["resource"].as_str().unwrap_or("");
        let resource = if (self.lookups.resource_less)(action) { "*" } else { named };
        let principal = &self.situation.principal;
        let has_boundary =
            self.case["layers"]["boundary"].as_array().is_some_and(|documents| !documents.is_empty())
                && principal.account().is_some()
                && !matches!(principal, Principal::Root { .. });
        for place in statement_places(self.case) {
            let StatementPlace { layer, statement, variables, .. } = &place;
            let which = if place.effect() == "Deny" { Effect::Deny } else { Effect::Allow };
            let has = |name: &str| statement.get(name).is_some();

            let element = if has("Action") { Element::Action } else { Element::NotAction };
            let truth = action::covered(statement, action);
            self.turn_round(&place, element, &truth, ["none:None", "*"].map(Value::from), vec![], found);

            let element = match (has("Resource"), has("NotResource")) {
                (true, _) => Element::Resource,
                (false, true) => Element::NotResource,
                (false, false) => Element::NoResource,
            };
            let mut rules = Vec::new();
            for (place, name) in [(Place::Resource, "Resource"), (Place::NotResource, "NotResource")] {
                let states = statement.get(name).map(|values| variable_states(values, *variables, context));
                rules.extend(states.into_iter().flatten().map(|state| Rule::Variable { place, state }));
            }
            let truth = resource::covered(statement, *layer, resource, *variables, context, choices);
            self.turn_round(
                &place,
                element,
                &truth,
                ["arn:aws:none:::none", "*"].map(Value::from),
                rules,
                found,
            );

            if has("Principal") || has("NotPrincipal") {
                let element = if has("Principal") { Element::Principal } else { Element::NotPrincipal };
                let meant =
                    principal::meant(statement, *layer, which, has_boundary, principal, context, choices);
                self.turn_round(
                    &place,
                    element,
                    &meant.truth,
                    [json!({"AWS": []}), json!("*")],
                    vec![],
                    found,
                );
            }
        }
    }

    /// Replaces one element of a statement by one that never matches when it did, by one that always matches when it
    /// did not; notes the rule of the element and those given.
    fn turn_round(
        &self,
        place: &StatementPlace,
        element: Element,
        truth: &Truth,
        [never, always]: [Value; 2],
        mut rules: Vec<Rule>,
        found: &mut BTreeSet<Rule>,
    ) {
        if let Truth::Unsupported(_) = truth {
            return;
        }
        let outcome = *truth == Truth::True;
        rules.push(Rule::Element { layer: place.layer, effect: place.effect(), element, outcome });
        let (name, opposite) = match element {
            Element::Principal | Element::NotPrincipal => ("Principal", "NotPrincipal"),
            Element::Action | Element::NotAction => ("Action", "NotAction"),
            Element::Resource | Element::NotResource | Element::NoResource => ("Resource", "NotResource"),
        };
        self.note(found, rules, || {
            self.decision_with(&place.pointer, |statement| {
                if let Some(elements) = statement.as_object_mut() {
                    elements.remove(opposite);
                    elements.insert(name.to_string(), if outcome { never } else { always });
                }
            })
        });
    }

    fn condition_rules(
        &self,
        operator: &str,
        key: &str,
        outcome: bool,
        effect: &'static str,
        context: &Context,
    ) -> Vec<Rule> {
        let Some((name, modifier)) = operator_of(operator) else {
            return vec![];
        };
        let state = self.key_state(key, context);
        let mut rules = vec![Rule::Condition { operator: name, modifier, state, outcome, effect }];
        if modifier.write(name) != operator {
            rules.push(Rule::OtherCase { what: "operator" });
        }
        let supplied = self.case["request"]["context"].as_object();
        if state == KeyState::OneValue && supplied.is_some_and(|keys| !keys.contains_key(key)) {
            rules.push(Rule::OtherCase { what: "key" });
        }
        rules
    }

    fn key_state(&self, key: &str, context: &Context) -> KeyState {
        match context.values(key).len() {
            0 => {
                let supplied = self.case["request"]["context"].as_object().into_iter().flatten();
                let mut named = supplied.filter(|(name, _)| name.eq_ignore_ascii_case(key));
                if named.next().is_some() { KeyState::EmptyList } else { KeyState::Absent }
            }
            1 => KeyState::OneValue,
            _ => KeyState::SeveralValues,
        }
    }

    /// Which layer alone made the decision, or was overridden by the policy of the resource.
    fn layers(&self, found: &mut BTreeSet<Rule>) {
        let Situation { standing, row, .. } = self.situation;
        let kind = kind_of(self.case);
        let rule = |layer: Layer, mark: Mark| Rule::Layer { layer, kind, standing, row, mark };
        let alone = |layer: &Layer| self.verdict.denied_by == BTreeSet::from([layer.name().to_string()]);
        match self.verdict.decision {
            Decision::ExplicitDeny => {
                found.extend(Layer::ALL.into_iter().filter(alone).map(|layer| rule(layer, Mark::Denies)));
            }
            Decision::ImplicitDeny => {
                found.extend(Layer::ALL.into_iter().filter(alone).map(|layer| rule(layer, Mark::Silent)));
            }
            Decision::Allowed if standing == Standing::SameAccount => {
                let layers = [Layer::Identity, Layer::Boundary, Layer::Session];
                let rules: Vec<Rule> = layers.map(|layer| rule(layer, Mark::Overridden)).to_vec();
                if !rules.iter().any(|rule| (self.wanted)(rule)) {
                    return;
                }
                let mut changed = self.case.clone();
                changed["layers"]["resource"] = Value::Null;
                changed["layers"]["trust"] = Value::Null;
                let without = evaluate(&changed, &Readings::new(), self.lookups);
                for (layer, rule) in layers.into_iter().zip(rules) {
                    if without.denied_by.contains(layer.name()) {
                        found.insert(rule);
                    }
                }
            }
            Decision::Allowed | Decision::Unsupported(_) => {}
        }
    }

    fn assumptions(&self, found: &mut BTreeSet<Rule>) {
        let open = ASSUMPTIONS.iter().any(|(id, _)| (self.wanted)(&Rule::Assumption { id }));
        let asked = if open { assumptions_asked(self.case, self.lookups) } else { BTreeSet::new() };
        for (id, names) in ASSUMPTIONS.into_iter().filter(|(id, _)| asked.contains(id)) {
            let turned = Readings::from([(id.to_string(), names[1].to_string())]);
            let changed = || evaluate(self.case, &turned, self.lookups).decision;
            self.note(found, vec![Rule::Assumption { id }], changed);
        }
    }

    fn landmarks(&self, found: &mut BTreeSet<Rule>) {
        let landmark = |what: &'static str| vec![Rule::Landmark { what }];
        let same = || self.verdict.decision.clone();
        let denied = |wanted: Decision, layer: Layer| {
            // The decision of a changed case, when it is the wanted one because of the layer alone.
            move |verdict: Verdict| {
                let alone = verdict.denied_by == BTreeSet::from([layer.name().to_string()]);
                if alone && verdict.decision == wanted { Some(verdict.decision) } else { None }
            }
        };
        let scp_denies = denied(Decision::ExplicitDeny, Layer::Scp);
        let rcp_denies = denied(Decision::ExplicitDeny, Layer::Rcp);
        let of = |case: &Value| evaluate(case, &Readings::new(), self.lookups);
        if self.verdict.decision == Decision::Allowed {
            if self.case["layers"]["management_account"] == true {
                let ordinary = || {
                    let mut changed = self.case.clone();
                    changed["layers"]["management_account"] = json!(false);
                    of(&changed)
                };
                self.note(found, landmark(LANDMARKS[0]), || scp_denies(ordinary()).unwrap_or_else(same));
                self.note(found, landmark(LANDMARKS[2]), || rcp_denies(ordinary()).unwrap_or_else(same));
            }
            if self.situation.service_linked_role {
                let ordinary = || {
                    let text = self.case.to_string();
                    let text = text
                        .replace("aws-service-role/", "ordinary/")
                        .replace("AWSServiceRoleFor", "OrdinaryRoleFor");
                    of(&serde_json::from_str(&text).unwrap_or_default())
                };
                self.note(found, landmark(LANDMARKS[1]), || scp_denies(ordinary()).unwrap_or_else(same));
                self.note(found, landmark(LANDMARKS[3]), || rcp_denies(ordinary()).unwrap_or_else(same));
            }
            let every_service = Lookups { rcp_supported: &|_| true, ..self.lookups };
            let supported = || evaluate(self.case, &Readings::new(), every_service);
            self.note(found, landmark(LANDMARKS[4]), || rcp_denies(supported()).unwrap_or_else(same));
            if self.case["request"]["action"] == "kms:RetireGrant" {
                let other_action = || {
                    let text = self.case.to_string().replace("RetireGrant", "CreateGrant");
                    of(&serde_json::from_str(&text).unwrap_or_default())
                };
                self.note(found, landmark(LANDMARKS[5]), || rcp_denies(other_action()).unwrap_or_else(same));
            }
            if let Principal::Root { .. } = self.situation.principal
                && self.case["layers"]["identity"].is_null()
                && self.situation.row.is_none()
                && (self.wanted)(&Rule::Landmark { what: LANDMARKS[13] })
            {
                found.insert(Rule::Landmark { what: LANDMARKS[13] });
            }
        }
        let with_types = Lookups { resource_less: &|_| false, ..self.lookups };
        let typed = || evaluate(self.case, &Readings::new(), with_types).decision;
        self.note(found, landmark(LANDMARKS[6]), typed);
        if self.verdict.decision == Decision::ImplicitDeny && self.verdict.denied_by.is_empty() {
            found.insert(Rule::Landmark { what: LANDMARKS[7] });
        }
        if let Decision::Unsupported(_) = self.verdict.decision {
            found.insert(Rule::Landmark { what: WITHOUT_MEANING });
        }
        let hit = Rule::Landmark { what: LANDMARKS[9] };
        if self.verdict.decision == Decision::ExplicitDeny && (self.wanted)(&hit) {
            let mut changed = self.case.clone();
            changed["layers"]["boundary"] = Value::Null;
            // The boundary's own Denies go with it, so one more Deny of the resource policy must have been the reason.
            if self.verdict.denied_by == BTreeSet::from(["resource".to_string()]) {
                self.note(found, vec![hit], || of(&changed).decision);
            }
        }
        for derived in ["aws:PrincipalArn", "aws:PrincipalAccount", "aws:username"] {
            if self.case["request"]["context"].get(derived).is_some() {
                self.note(found, landmark(LANDMARKS[10]), || {
                    let mut changed = self.case.clone();
                    changed["request"]["context"][derived] = Value::Null;
                    of(&changed).decision
                });
            }
        }
        if self.case["request"].get("resource_account").is_some() {
            self.note(found, landmark(LANDMARKS[11]), || {
                let mut changed = self.case.clone();
                changed["request"]["resource_account"] = Value::Null;
                of(&changed).decision
            });
        }
        let account = self.situation.principal.account().unwrap_or_default();
        for place in statement_places(self.case) {
            let named = place.statement["Principal"]["AWS"].as_array().into_iter().flatten();
            if place.effect() == "Allow"
                && named.clone().count() > 1
                && named.clone().any(|value| *value == json!(account))
            {
                self.note(found, landmark(LANDMARKS[14]), || {
                    self.decision_with(&place.pointer, |statement| {
                        statement["Principal"] = json!({"AWS": account})
                    })
                });
            }
        }
        for (index, level) in self.case["layers"]["scp"].as_array().into_iter().flatten().enumerate() {
            if level["policies"] == json!([]) {
                self.note(found, landmark(LANDMARKS[12]), || {
                    let mut changed = self.case.clone();
                    changed["layers"]["scp"][index]["policies"] = json!([
                        {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
                    ]);
                    of(&changed).decision
                });
            }
        }
    }
}

/// The usual name and the modifier of an operator written in whatever case.
fn operator_of(written: &str) -> Option<(&'static str, Modifier)> {
    let names = OPERATORS.iter().map(|(name, _, _)| *name).chain(["Null"]);
    let mut all = names.flat_map(|name| Modifier::ALL.map(|modifier| (name, modifier)));
    all.find(|(name, modifier)| modifier.write(name).eq_ignore_ascii_case(written))
}

fn variable_rules(operator: &str, values: &Value, variables: bool, context: &Context) -> Vec<Rule> {
    let place = match operator_of(operator).map(|(name, _)| name) {
        Some("StringEquals") => Place::StringEquals,
        Some("StringLike") => Place::StringLike,
        Some("ArnEquals" | "ArnLike" | "ArnNotEquals" | "ArnNotLike") => Place::Arn,
        Some(_) | None => return vec![],
    };
    let states = variable_states(values, variables, context);
    states.into_iter().map(|state| Rule::Variable { place, state }).collect()
}

/// The states of the variables in the values of one element or condition entry.
fn variable_states(values: &Value, variables: bool, context: &Context) -> BTreeSet<VariableState> {
    let mut states = BTreeSet::new();
    for text in scalars(values).unwrap_or_default() {
        for part in variable::parts(&text, true) {
            let state = match part {
                Part::Written(_) => continue,
                Part::Literal(_) | Part::Variable { .. } if !variables => VariableState::OldVersion,
                Part::Literal(_) => VariableState::Literal,
                Part::Variable { key, default, .. } => match (context.values(&key).as_slice(), default) {
                    ([_], Some(_)) => VariableState::SetBesideDefault,
                    ([single], None) if single.contains(['*', '?']) => VariableState::SetWithWildcard,
                    ([_], None) => VariableState::Set,
                    ([], Some(_)) => VariableState::Default,
                    ([], None) => VariableState::Unset,
                    (_, _) => VariableState::SeveralValues,
                },
            };
            states.insert(state);
        }
    }
    states
}

/// The kind of caller of a generated case.
pub fn kind_of(case: &Value) -> Kind {
    let request = &case["request"];
    let principal = &request["principal"];
    let arn = principal.as_str().unwrap_or("");
    let is = |part: &str| arn.contains(part);
    let given = |name: &str| request.get(name).is_some();
    match principal["type"].as_str() {
        Some("anonymous") => Kind::Anonymous,
        Some("service") => Kind::Service,
        Some(_) => Kind::Federated,
        None if is(":user/") => Kind::User,
        None if is(":role/aws-service-role/") => Kind::ServiceLinkedRole,
        None if is(":role/") => Kind::Role,
        None if is(":federated-user/") && given("user_arn") => Kind::FederatedUserOfUser,
        None if is(":federated-user/") => Kind::FederatedUser,
        None if is("/AWSServiceRoleFor") && given("role_arn") => Kind::ServiceLinkedSession,
        None if is("/AWSServiceRoleFor") => Kind::ServiceLinkedByName,
        None if is(":assumed-role/") && given("role_arn") => Kind::SessionOfRole,
        None if is(":assumed-role/") => Kind::Session,
        None => Kind::Root,
    }
}

/// Where a statement stands in a case.
pub struct StatementPlace<'a> {
    pub layer: Layer,
    pub statement: &'a Value,
    /// JSON pointer from the case.
    pub pointer: String,
    /// Whether its document's Version knows variables.
    pub variables: bool,
}

impl StatementPlace<'_> {
    fn effect(&self) -> &'static str {
        if self.statement["Effect"] == "Deny" { "Deny" } else { "Allow" }
    }
}

/// Every statement of a case.
pub fn statement_places(case: &Value) -> Vec<StatementPlace<'_>> {
    let mut places = Vec::new();
    for layer in Layer::ALL {
        let top = format!("/layers/{}", layer.name());
        let mut documents = Vec::new();
        for pointer in members(case, &top) {
            match layer {
                Layer::Scp | Layer::Rcp => documents.extend(members(case, &format!("{pointer}/policies"))),
                Layer::Identity
                | Layer::Boundary
                | Layer::Session
                | Layer::Resource
                | Layer::Trust
                | Layer::VpcEndpoint => documents.push(pointer),
            }
        }
        for document in documents {
            let inside = format!("{document}/policy");
            let document = if case.pointer(&inside).is_some() { inside } else { document };
            let variables =
                case.pointer(&format!("{document}/Version")).is_some_and(|version| version == "2012-10-17");
            for pointer in members(case, &format!("{document}/Statement")) {
                if let Some(statement) = case.pointer(&pointer) {
                    places.push(StatementPlace { layer, statement, pointer, variables });
                }
            }
        }
    }
    places
}

/// Pointers to the members of a list, or to the one value that stands in its place.
fn members(case: &Value, pointer: &str) -> Vec<String> {
    match case.pointer(pointer) {
        None | Some(Value::Null) => vec![],
        Some(Value::Array(list)) => (0..list.len()).map(|index| format!("{pointer}/{index}")).collect(),
        Some(_) => vec![pointer.to_string()],
    }
}
