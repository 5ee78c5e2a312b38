//! Random cases, the same for the same seed, made so that what matters is known and every rule gets its turn.
//!
//! Each case aims at one rule of `coverage.rs`: a request is built that everything allows, then the one statement,
//! condition or element is put where it decides, and half of the cases get unrelated statements on top. A case that
//! misses its aim is built again, a limited number of times. Nothing here knows the evaluator under test.
//! Follows IAM User Guide, "IAM JSON policy elements reference", for what a policy can hold.

#![allow(dead_code, reason = "each test that includes this module uses a part of it")]

pub mod completion;
pub mod coverage;
pub mod random;
pub mod universe;

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::plain;
use coverage::{Element, KeyState, Mark, Modifier, Place, Rule, VariableState, can_have, rows};
use plain::action;
use plain::condition;
use plain::context::Context;
use plain::principal::{Principal, Row};
use plain::readings::Choices;
use plain::resource;
use plain::truth::Truth;
use plain::{Layer, Lookups, Readings, Standing};
use random::Random;
use universe::{ACCOUNTS, Family, Kind, OPERATORS, PROVIDER, SCENES, SERVICE, Scene};

/// How often a case is built before it is taken although it misses its aim.
const ATTEMPTS_MAX: usize = 60;

/// An endless run of cases; the first 8,000 of a seed have been seen to test every rule.
pub struct Generator<'a> {
    random: Random,
    lookups: Lookups<'a>,
    rules: Vec<Rule>,
    made: usize,
    missed: usize,
}

impl<'a> Generator<'a> {
    pub fn new(seed: u64, lookups: Lookups<'a>) -> Generator<'a> {
        Generator { random: Random::new(seed), lookups, rules: coverage::rules(), made: 0, missed: 0 }
    }

    /// How many cases missed the rule they aimed at.
    pub fn missed(&self) -> usize {
        self.missed
    }

    /// The rule the next case aims at.
    pub fn aim(&self) -> Rule {
        // A step without a common divisor with the number of rules: neighbours aim at unlike rules.
        let count = self.rules.len();
        let step = (count * 5 / 8..count).find(|step| divisor(*step, count) == 1).unwrap_or(1);
        // Most rules are about conditions; every eighth case is kept for those that have one rule each.
        if self.made % 8 == 3 {
            let rare: Vec<&Rule> = self
                .rules
                .iter()
                .filter(|rule| matches!(rule, Rule::Assumption { .. } | Rule::Landmark { .. }))
                .collect();
            return rare[self.made / 8 % rare.len()].clone();
        }
        self.rules[self.made * step % count].clone()
    }

    /// The next case, in the shape that `evaluate` takes.
    pub fn next_case(&mut self) -> Value {
        let rule = self.aim();
        self.made += 1;
        let mut case = Value::Null;
        for _ in 0..ATTEMPTS_MAX {
            case = self.attempt(&rule);
            if coverage::tests(&case, &rule, self.lookups) {
                return self.labelled(case);
            }
        }
        self.missed += 1;
        self.labelled(case)
    }

    fn labelled(&self, mut case: Value) -> Value {
        case["id"] = json!(format!("g{}", self.made));
        case
    }

    fn attempt(&mut self, rule: &Rule) -> Value {
        let mut draft = Draft::for_rule(rule, &mut self.random, self.lookups);
        let random = &mut self.random;
        match rule {
            Rule::Condition { operator, modifier, state, outcome, effect } => {
                let entry = (*operator, *modifier, *state, Some(*outcome));
                draft.plant_condition(random, effect, entry);
            }
            Rule::Layer { layer, mark, .. } => draft.mark(random, *layer, *mark),
            Rule::Element { layer, effect, element, outcome } => {
                draft.plant_element(random, *layer, effect, *element, *outcome);
            }
            Rule::Variable { place, state } => draft.plant_variable(random, *place, *state),
            Rule::OtherCase { .. } => draft.plant_any_condition(random),
            Rule::Assumption { id } => draft.plant_assumption(random, id),
            Rule::Landmark { what } => draft.plant_landmark(random, what),
        }
        if random.percent(30) {
            draft.spoil(random);
        }
        if random.percent(50) {
            for _ in 0..=random.below(3) {
                draft.add_noise(random);
            }
        }
        draft.case(random)
    }
}

fn divisor(one: usize, other: usize) -> usize {
    if other == 0 { one } else { divisor(other, one % other) }
}

/// One document before it becomes JSON.
#[derive(Clone, Debug)]
struct Document {
    version: Option<&'static str>,
    statements: Vec<Value>,
}

/// One case before it becomes JSON.
struct Draft<'a> {
    lookups: Lookups<'a>,
    kind: Kind,
    request: Value,
    context: Map<String, Value>,
    row: Option<Row>,
    /// Levels of documents; layers without levels have one.
    layers: BTreeMap<Layer, Vec<Vec<Document>>>,
    management_account: bool,
}

impl<'a> Draft<'a> {
    /// A request that everything allows, as far as the rule to test leaves that open.
    fn for_rule(rule: &Rule, random: &mut Random, lookups: Lookups<'a>) -> Draft<'a> {
        let aimed_layer = match rule {
            Rule::Layer { layer, .. } | Rule::Element { layer, .. } => Some(*layer),
            Rule::Condition { .. }
            | Rule::OtherCase { .. }
            | Rule::Variable { .. }
            | Rule::Assumption { .. }
            | Rule::Landmark { .. } => None,
        };
        let kind = match rule {
            Rule::Layer { kind, .. } => *kind,
            Rule::Assumption { id: "service-linked-role-name" } => Kind::ServiceLinkedByName,
            Rule::Landmark { what } if what.contains("service-linked") => random.one_of(&[
                Kind::ServiceLinkedRole,
                Kind::ServiceLinkedSession,
                Kind::ServiceLinkedByName,
            ]),
            Rule::Landmark { what } if what.contains("root user") => Kind::Root,
            Rule::Condition { .. }
            | Rule::OtherCase { .. }
            | Rule::Element { .. }
            | Rule::Variable { .. }
            | Rule::Assumption { .. }
            | Rule::Landmark { .. } => loop {
                let kind = random.one_of(&Kind::ALL);
                if aimed_layer.is_none_or(|layer| can_have(kind, layer)) {
                    break kind;
                }
            },
        };
        let standing = match rule {
            Rule::Layer { standing, .. } => *standing,
            Rule::Condition { .. }
            | Rule::OtherCase { .. }
            | Rule::Element { .. }
            | Rule::Variable { .. }
            | Rule::Assumption { .. }
            | Rule::Landmark { .. } => match (kind.has_account(), random.percent(70)) {
                (false, _) => Standing::Accountless,
                (true, true) => Standing::SameAccount,
                (true, false) => Standing::CrossAccount,
            },
        };
        let row = match rule {
            Rule::Layer { row, .. } => *row,
            Rule::Condition { .. }
            | Rule::OtherCase { .. }
            | Rule::Element { .. }
            | Rule::Variable { .. }
            | Rule::Assumption { .. }
            | Rule::Landmark { .. } => {
                if standing == Standing::SameAccount && random.percent(50) {
                    None
                } else {
                    Some(random.one_of(rows(kind)))
                }
            }
        };
        let silent_resource = matches!(rule, Rule::Layer { layer: Layer::Resource, mark: Mark::Silent, .. })
            && standing == Standing::SameAccount;
        let scene = pick_scene(random, kind, standing, aimed_layer, silent_resource, rule, lookups);
        let own = random.one_of(&ACCOUNTS);
        let other = if own == ACCOUNTS[0] { ACCOUNTS[1] } else { ACCOUNTS[0] };
        let owner = if standing == Standing::CrossAccount { other } else { own };
        let mut request = kind.request(own, random);
        request["action"] = json!(scene.action);
        request["resource"] = json!(scene.resource.replace("{A}", owner));
        let account_unsaid = !scene.resource.contains("{A}");
        let may_be_said = !scene.resource.contains("foundation-model") && scene.resource != "*";
        if (account_unsaid && standing == Standing::CrossAccount)
            || (may_be_said && random.percent(30) && !(lookups.resource_less)(scene.action))
        {
            request["resource_account"] = json!(owner);
        }
        let mut draft = Draft {
            lookups,
            kind,
            request,
            context: Map::new(),
            row,
            layers: BTreeMap::new(),
            management_account: false,
        };
        draft.add_context(random);
        draft.add_layers(random, aimed_layer);
        draft
    }

    /// Keys the policies' variables ask about.
    fn add_context(&mut self, random: &mut Random) {
        if let (Some(id), true) = (self.kind.user_id(), random.percent(50)) {
            self.context.insert("aws:userid".to_string(), json!(id));
        }
        for (key, value) in [
            ("aws:CalledVia", json!(["ann", "bob"])),
            ("aws:PrincipalTag/home", json!(random.one_of(&["ann", "a*", "an?"]))),
            ("aws:PrincipalTag/flag", json!(random.one_of(&["true", "false"]))),
        ] {
            if random.percent(40) {
                self.context.insert(key.to_string(), value);
            }
        }
    }

    /// Policies of every layer, each allowing the request.
    fn add_layers(&mut self, random: &mut Random, aimed: Option<Layer>) {
        for layer in
            [Layer::Identity, Layer::Boundary, Layer::Session, Layer::Scp, Layer::Rcp, Layer::VpcEndpoint]
        {
            let chance = match layer {
                Layer::Identity => 100,
                Layer::Scp | Layer::Rcp => 35,
                Layer::Boundary | Layer::Session | Layer::VpcEndpoint => 25,
                Layer::Resource | Layer::Trust => 0,
            };
            let possible = self.kind.has_account() && self.kind != Kind::Root || layer != Layer::Identity;
            let session_of_user = layer == Layer::Session && self.kind == Kind::User;
            if aimed == Some(layer) || (possible && !session_of_user && random.percent(chance)) {
                let levels = if matches!(layer, Layer::Scp | Layer::Rcp) { 1 + random.below(3) } else { 1 };
                let documents = (0..levels).map(|_| vec![self.allowing(random, layer)]).collect();
                self.layers.insert(layer, documents);
            }
        }
        let layer = self.resource_layer();
        if self.row.is_some() || aimed == Some(layer) || random.percent(20) {
            let document = self.allowing(random, layer);
            self.layers.insert(layer, vec![vec![document]]);
        }
    }

    fn resource_layer(&self) -> Layer {
        let (action, resource) = (self.action().to_lowercase(), self.resource());
        if action.starts_with("sts:") && resource.contains(":role/") { Layer::Trust } else { Layer::Resource }
    }

    fn action(&self) -> String {
        self.request["action"].as_str().unwrap_or("").to_string()
    }

    /// The resource the action is authorised on.
    fn resource(&self) -> String {
        if (self.lookups.resource_less)(&self.action()) {
            return "*".to_string();
        }
        self.request["resource"].as_str().unwrap_or("").to_string()
    }

    /// A document whose one statement allows the request; that of the resource does so through the draft's row, or
    /// means somebody else.
    fn allowing(&self, random: &mut Random, layer: Layer) -> Document {
        let mut document = Document { version: version(random), statements: vec![] };
        let statement = self.statement(random, layer, "Allow", document.version);
        document.statements.push(statement);
        document
    }

    /// A statement that matches the request.
    fn statement(&self, random: &mut Random, layer: Layer, effect: &str, version: Option<&str>) -> Value {
        let variables = version == Some("2012-10-17");
        let mut statement = json!({"Effect": effect});
        let principal = match layer {
            Layer::Identity | Layer::Boundary | Layer::Session | Layer::Scp => None,
            Layer::Resource | Layer::Trust if effect == "Allow" => Some(match self.row {
                Some(row) => self.principal_element(random, row),
                None => self.somebody_else(random),
            }),
            Layer::Resource | Layer::Trust | Layer::VpcEndpoint => {
                let row = random.one_of(rows(self.kind));
                Some(if random.percent(50) { json!("*") } else { self.principal_element(random, row) })
            }
            Layer::Rcp => random.percent(80).then(|| json!("*")),
        };
        if let Some(principal) = principal {
            statement["Principal"] = principal;
        }
        let plain_words = random.percent(50);
        if plain_words {
            statement["Action"] = json!(random.one_of(&["*".to_string(), self.action()]));
            statement["Resource"] = json!(random.one_of(&["*".to_string(), self.resource()]));
        } else {
            self.set_action(random, &mut statement, Element::Action, true);
            self.set_resource(random, &mut statement, Element::Resource, true, variables);
        }
        if matches!(layer, Layer::Resource | Layer::Trust) && random.percent(30) {
            statement.as_object_mut().map(|elements| elements.remove("Resource"));
        }
        if random.percent(15) {
            statement["Sid"] = json!(format!("S{}", random.below(1000)));
        }
        statement
    }

    fn set_action(&self, random: &mut Random, statement: &mut Value, element: Element, outcome: bool) {
        let action = self.action();
        let (service, name) = action.split_once(':').unwrap_or((&action, ""));
        let written = [
            action.clone(),
            random.any_case(&action),
            "*".to_string(),
            "**".to_string(),
            format!("{service}:*"),
            format!("{service}:{}*", &name[..3]),
            format!("{service}:*{}", &name[3..]),
            format!("{service}:?{}", random.any_case(&name[1..])),
            format!("{}*:*", &service[..2]),
            format!("{service}:{name}?"),
            format!("{service}*"),
            name.to_string(),
            format!("{service}2:*"),
            "iam:*".to_string(),
            "bedrock:Invoke*".to_string(),
            "none:None".to_string(),
        ];
        let wanted = if element == Element::NotAction { !outcome } else { outcome };
        let values = some_values(random, &written, wanted, |pattern| action::matches(pattern, &action));
        let elements = ["Action", "NotAction"];
        put(statement, &elements, if element == Element::NotAction { 1 } else { 0 }, values);
    }

    fn set_resource(
        &self,
        random: &mut Random,
        statement: &mut Value,
        element: Element,
        outcome: bool,
        variables: bool,
    ) {
        let written = self.resource_patterns(random);
        let wanted = if element == Element::NotResource { !outcome } else { outcome };
        let resource = self.resource();
        let values = self.with_context(|context, choices| {
            some_values(random, &written, wanted, |pattern| {
                resource::matches(pattern, &resource, variables, context, choices)
            })
        });
        put(
            statement,
            &["Resource", "NotResource"],
            if element == Element::NotResource { 1 } else { 0 },
            values,
        );
    }

    /// Patterns near the requested resource, matching or just not.
    fn resource_patterns(&self, random: &mut Random) -> Vec<String> {
        let resource = self.resource();
        let mut patterns: Vec<String> = [
            "*",
            "**",
            "arn:aws:*",
            "arn:*:*:*:*:*",
            "arn:aws:none:::none",
            "?",
            "arn:aws:bedrock:*::foundation-model/*",
            "arn:aws:bedrock:*:????????????:*",
            "arn:aws:bedrock:us-*t-1:????????????:*",
            "arn:aws:s3:::bucket/ann/*",
            "arn:aws:s3",
            "arn:*ws:*ann*",
        ]
        .map(str::to_string)
        .to_vec();
        let parts: Vec<&str> = resource.splitn(6, ':').collect();
        if let [arn, partition, service, region, account, tail] = parts.as_slice() {
            let half = tail.len() / 2;
            let with_tail = |tail: &str| format!("{arn}:{partition}:{service}:{region}:{account}:{tail}");
            patterns.extend([
                resource.clone(),
                with_tail("*"),
                with_tail(&format!("{}*", &tail[..half])),
                with_tail(&format!("*{}", &tail[half..])),
                with_tail(&format!("{}?{}", &tail[..half], &tail[half + 1..])),
                with_tail(&format!("{}?{}", &tail[..half], &tail[half..])),
                with_tail(&random.any_case(tail)),
                with_tail(&tail.replace("ann", "${aws:username}")),
                with_tail(&tail.replace("ann", "${aws:username, 'ann'}")),
                with_tail(&tail.replace("ann", "${aws:PrincipalTag/home}")),
                with_tail(&tail.replace("ann", "${aws:CalledVia, 'ann'}")),
                with_tail(&tail.replace("ann", "${aws:PrincipalTag/none}")),
                with_tail(&tail.replace('*', "${*}")),
                with_tail(&tail.replace("ann", "a${*}")),
                with_tail(&format!("{tail}:*")),
                format!("{arn}:{partition}:{service}:*"),
                format!("{arn}:{partition}:{service}:{region}*:{account}*:{tail}"),
                format!("{arn}:*:*:*:{account}:*"),
                format!(
                    "{arn}:{}:{service}:{}:{account}:{tail}",
                    partition.to_uppercase(),
                    region.to_uppercase()
                ),
                format!("{arn}:{partition}:{service}:{region}:${{aws:PrincipalAccount}}:{tail}"),
                format!("{arn}:{partition}:{service}:{region}:{account}"),
                format!("{arn}:{partition}:*:{tail}"),
            ]);
        }
        patterns
    }

    /// A Principal element that names the caller through the row.
    fn principal_element(&self, random: &mut Random, row: Row) -> Value {
        let arn = self.request["principal"].as_str().unwrap_or("").to_string();
        let account = arn.split(':').nth(4).unwrap_or("").to_string();
        let role = self
            .with_context(|context, _| context.values("aws:PrincipalArn").first().cloned())
            .unwrap_or_default();
        let unique_id =
            self.context.get("aws:userid").and_then(Value::as_str).and_then(|id| id.split(':').next());
        let unique_id = unique_id.map(str::to_string).filter(|_| random.percent(30));
        let value = match row {
            Row::Everyone => return if random.percent(50) { json!("*") } else { json!({"AWS": "*"}) },
            Row::ServiceOrProvider if self.kind == Kind::Service => return json!({"Service": SERVICE}),
            Row::ServiceOrProvider => return json!({"Federated": PROVIDER}),
            Row::Account if random.percent(50) => account.clone(),
            Row::Account => format!("arn:aws:iam::{account}:root"),
            Row::Role => unique_id.unwrap_or(role),
            Row::User => unique_id.unwrap_or(arn),
            Row::RoleSession | Row::FederatedUser => arn,
            Row::UserOfFederatedUser => self.request["user_arn"].as_str().unwrap_or("").to_string(),
        };
        match random.below(5) {
            0 => json!({"AWS": [value, "arn:aws:iam::444455556666:role/stranger"]}),
            2 => json!({"AWS": [account, value]}),
            1 => json!({"AWS": [value], "Service": "s3.amazonaws.com"}),
            _ => json!({"AWS": value}),
        }
    }

    /// A Principal element that names others, some of them nearly the caller.
    fn somebody_else(&self, random: &mut Random) -> Value {
        let arn =
            self.request["principal"].as_str().unwrap_or("arn:aws:iam::111122223333:user/ann").to_string();
        let others = [
            json!({"AWS": "arn:aws:iam::999900001111:root"}),
            json!({"AWS": "999900001111"}),
            json!({"AWS": arn.to_uppercase()}),
            json!({"AWS": arn[..arn.len() - 2].to_string() + "*"}),
            json!({"AWS": ["arn:aws:iam::111122223333:role/stranger", "arn:aws:iam::444455556666:user/stranger"]}),
            json!({"AWS": "AROAEXAMPLESTRANGER"}),
            json!({"Service": "s3.amazonaws.com"}),
            json!({"Federated": "www.example.com"}),
            json!({"AWS": []}),
        ];
        random.one_of(&others)
    }

    /// NotPrincipal that lists everything the caller is, or others.
    fn not_principal(&self, random: &mut Random, outcome: bool) -> Value {
        if outcome {
            return self.somebody_else(random);
        }
        let arn = self.request["principal"].as_str().unwrap_or("").to_string();
        let account = arn.split(':').nth(4).unwrap_or("").to_string();
        match self.kind {
            Kind::Anonymous => json!("*"),
            Kind::Service => json!({"Service": [SERVICE, "s3.amazonaws.com"]}),
            Kind::Federated => json!({"Federated": PROVIDER}),
            _ if random.percent(30) => json!({"AWS": arn}),
            _ => {
                let role = self.with_context(|context, _| context.values("aws:PrincipalArn"));
                json!({"AWS": [arn, account, role.first()]})
            }
        }
    }

    fn with_context<T>(&self, ask: impl FnOnce(&Context, &Choices) -> T) -> T {
        let readings = Readings::new();
        let choices = Choices::new(&readings);
        let principal = Principal::read(&self.request).unwrap_or(Principal::Anonymous);
        let supplied = Value::Object(self.context.clone());
        match Context::read(&supplied, &principal, &choices) {
            Ok(context) => ask(&context, &choices),
            Err(reason) => panic!("the generator made a context that cannot be read: {reason}"),
        }
    }

    /// A layer to plant something in.
    fn layer_for(&self, random: &mut Random, effect: &str) -> Layer {
        loop {
            let layer = random.one_of(&Layer::ALL);
            let other_side =
                matches!(layer, Layer::Resource | Layer::Trust) && layer != self.resource_layer();
            let pointless = layer == Layer::Rcp && effect == "Allow";
            let unsigned_user = layer == Layer::Session && self.kind == Kind::User;
            if can_have(self.kind, layer) && !other_side && !pointless && !unsigned_user {
                return layer;
            }
        }
    }

    /// Makes the layer one that has to allow, as far as another layer's silence can do that.
    fn make_needed(&mut self, random: &mut Random, layer: Layer) {
        if !self.layers.contains_key(&layer) {
            let document = self.allowing(random, layer);
            self.layers.insert(layer, vec![vec![document]]);
        }
        if matches!(layer, Layer::Resource | Layer::Trust) && random.percent(70) {
            self.layers.remove(&Layer::Identity);
        }
    }

    /// The document of the layer that new statements go into.
    fn document(&mut self, random: &mut Random, layer: Layer) -> &mut Document {
        if !self.layers.contains_key(&layer) {
            let document = self.allowing(random, layer);
            self.layers.insert(layer, vec![vec![document]]);
        }
        let levels = self.layers.entry(layer).or_default();
        let level = random.below(levels.len());
        let documents = &mut levels[level];
        if documents.is_empty() {
            documents.push(Document { version: Some("2012-10-17"), statements: vec![] });
        }
        let index = random.below(documents.len());
        &mut documents[index]
    }

    /// Takes the statement of the effect that matches so far: the layer's Allow, or a new Deny.
    fn change_statement(
        &mut self,
        random: &mut Random,
        layer: Layer,
        effect: &str,
        change: impl FnOnce(&mut Draft<'a>, &mut Random, &mut Value, bool),
    ) {
        if effect == "Allow" {
            self.make_needed(random, layer);
        }
        let mut document = self.document(random, layer).clone();
        let variables = document.version == Some("2012-10-17");
        let mut statement = match (effect, document.statements.pop()) {
            ("Allow", Some(statement)) => statement,
            (_, kept) => {
                document.statements.extend(kept);
                self.statement(random, layer, effect, document.version)
            }
        };
        change(self, random, &mut statement, variables);
        document.statements.push(statement);
        let levels = self.layers.entry(layer).or_default();
        let level = random.below(levels.len());
        levels[level] = vec![document];
    }

    fn plant_condition(
        &mut self,
        random: &mut Random,
        effect: &str,
        entry: (&'static str, Modifier, KeyState, Option<bool>),
    ) {
        let layer = self.layer_for(random, effect);
        self.change_statement(random, layer, effect, |draft, random, statement, variables| {
            draft.add_entry(random, statement, variables, entry);
        });
    }

    fn plant_any_condition(&mut self, random: &mut Random) {
        let effect = random.one_of(&["Allow", "Deny"]);
        let (operator, modifier, _, outcome) = any_entry(random);
        let entry = (operator, modifier, KeyState::OneValue, outcome);
        self.plant_condition(random, effect, entry);
    }

    /// Adds an entry with the wanted outcome, and to the context what it asks about.
    fn add_entry(
        &mut self,
        random: &mut Random,
        statement: &mut Value,
        variables: bool,
        (operator, modifier, state, outcome): (&'static str, Modifier, KeyState, Option<bool>),
    ) {
        let known = OPERATORS.iter().find(|(name, _, _)| *name == operator);
        let family = known.map_or_else(|| random.one_of(&Family::ALL), |(_, family, _)| *family);
        let key = random.one_of(family.keys());
        let name = modifier.write(operator);
        let name = if random.percent(30) { random.any_case(&name) } else { name };
        let written_key = if random.percent(30) { random.any_case(key) } else { key.to_string() };
        self.context.remove(key);
        for _ in 0..80 {
            let found = family.found();
            let one = random.one_of(&found);
            let value = match state {
                KeyState::Absent => None,
                KeyState::EmptyList => Some(json!([])),
                KeyState::OneValue if random.percent(70) => Some(one),
                KeyState::OneValue => Some(json!([one])),
                KeyState::SeveralValues if random.percent(70) => Some(json!([one, random.one_of(&found)])),
                KeyState::SeveralValues => Some(json!([one, random.one_of(&found), random.one_of(&found)])),
            };
            match value {
                Some(value) => self.context.insert(key.to_string(), value),
                None => self.context.remove(key),
            };
            let written = if operator == "Null" {
                random.one_of(&[json!("true"), json!("false"), json!(true), json!("False")])
            } else {
                written_values(random, family)
            };
            let holds = self.with_context(|context, choices| {
                condition::entry(&name, &written_key, &written, variables, context, choices)
            });
            if outcome.is_none_or(|outcome| holds == Truth::of(outcome)) {
                statement["Condition"][name.as_str()][written_key.as_str()] = written;
                return;
            }
        }
    }

    /// Lets the layer deny, stay silent, or stay silent where it does not matter.
    fn mark(&mut self, random: &mut Random, layer: Layer, mark: Mark) {
        match mark {
            Mark::Denies => {
                let near_miss = random.percent(30);
                self.change_statement(random, layer, "Deny", |draft, random, statement, variables| {
                    if random.percent(30) {
                        let entry = any_entry(random);
                        draft.add_entry(
                            random,
                            statement,
                            variables,
                            (entry.0, entry.1, entry.2, Some(true)),
                        );
                    }
                    if near_miss && random.percent(10) {
                        draft.set_action(random, statement, Element::Action, false);
                    }
                });
            }
            Mark::Silent | Mark::Overridden => self.silence(random, layer),
        }
    }

    /// Leaves the layer set, without a matching Allow.
    fn silence(&mut self, random: &mut Random, layer: Layer) {
        if matches!(layer, Layer::Identity | Layer::Resource | Layer::Trust) && random.percent(30) {
            self.layers.remove(&layer);
            return;
        }
        if layer == Layer::Scp && random.percent(20) {
            self.layers.insert(layer, vec![vec![]]);
            return;
        }
        self.change_statement(random, layer, "Allow", |draft, random, statement, variables| {
            match random.below(3) {
                0 => draft.set_action(random, statement, Element::Action, false),
                1 => draft.set_resource(random, statement, Element::Resource, false, variables),
                _ => {
                    let (operator, modifier, state, _) = any_entry(random);
                    draft.add_entry(random, statement, variables, (operator, modifier, state, Some(false)));
                }
            }
        });
    }

    fn plant_element(
        &mut self,
        random: &mut Random,
        layer: Layer,
        effect: &str,
        element: Element,
        outcome: bool,
    ) {
        self.move_to(random, layer);
        self.change_statement(random, layer, effect, |draft, random, statement, variables| match element {
            Element::Action | Element::NotAction => draft.set_action(random, statement, element, outcome),
            Element::Resource | Element::NotResource => {
                draft.set_resource(random, statement, element, outcome, variables)
            }
            Element::NoResource => {
                statement.as_object_mut().map(|elements| elements.remove("Resource"));
            }
            Element::Principal => {
                let row = random.one_of(rows(draft.kind));
                let value =
                    if outcome { draft.principal_element(random, row) } else { draft.somebody_else(random) };
                put(statement, &["Principal", "NotPrincipal"], 0, value);
            }
            Element::NotPrincipal => {
                let value = draft.not_principal(random, outcome);
                put(statement, &["Principal", "NotPrincipal"], 1, value);
            }
        });
    }

    /// Drops the policy of the resource when it is not of the wanted layer.
    fn move_to(&mut self, random: &mut Random, layer: Layer) {
        if matches!(layer, Layer::Resource | Layer::Trust) && layer == self.resource_layer() {
            self.make_needed(random, layer);
        }
    }

    fn plant_variable(&mut self, random: &mut Random, place: Place, state: VariableState) {
        let effect = random.one_of(&["Allow", "Deny"]);
        let layer = self.layer_for(random, effect);
        let stem = self.resource().splitn(6, ':').take(5).collect::<Vec<&str>>().join(":");
        let tail = self.resource().splitn(6, ':').nth(5).unwrap_or("").to_string();
        let text = match state {
            VariableState::Set | VariableState::OldVersion => {
                random.one_of(&["${aws:username}", "${aws:PrincipalTag/home}"])
            }
            VariableState::SetWithWildcard => "${aws:PrincipalTag/home}",
            VariableState::Unset => random.one_of(&["${aws:PrincipalTag/none}", "${aws:username}"]),
            VariableState::SetBesideDefault => "${aws:PrincipalTag/home, 'bob'}",
            VariableState::Default => "${aws:PrincipalTag/none, 'ann'}",
            VariableState::SeveralValues => random.one_of(&["${aws:CalledVia}", "${aws:CalledVia, 'ann'}"]),
            VariableState::Literal => random.one_of(&["a${*}", "an${?}", "ann${$}"]),
        };
        let home = match state {
            VariableState::SetWithWildcard => "a*",
            VariableState::Set
            | VariableState::Unset
            | VariableState::SetBesideDefault
            | VariableState::Default
            | VariableState::SeveralValues
            | VariableState::Literal
            | VariableState::OldVersion => "ann",
        };
        self.context.insert("aws:PrincipalTag/home".to_string(), json!(home));
        self.context.insert("aws:CalledVia".to_string(), json!(["ann", "bob"]));
        let written_tail = tail.replace("ann", text);
        self.change_statement(random, layer, effect, |draft, random, statement, _| match place {
            Place::Resource => {
                put(statement, &["Resource", "NotResource"], 0, json!(format!("{stem}:{written_tail}")))
            }
            Place::NotResource => {
                put(statement, &["Resource", "NotResource"], 1, json!(format!("{stem}:{written_tail}")))
            }
            Place::StringEquals | Place::StringLike => {
                let found = random.one_of(&["ann", "a*", "an?", "ann$", "bob", text]);
                draft.context.insert("aws:RequestedRegion".to_string(), json!(found));
                let operator = if place == Place::StringLike { "StringLike" } else { "StringEquals" };
                statement["Condition"] = json!({operator: {"aws:RequestedRegion": text}});
            }
            Place::Arn => {
                let found = random.one_of(&["ann", "a*", "an?", "ann$", "bob"]);
                draft
                    .context
                    .insert("aws:SourceArn".to_string(), json!(format!("arn:aws:s3:::bucket/{found}")));
                let operator = random.one_of(&["ArnLike", "ArnEquals", "ArnNotLike", "ArnNotEquals"]);
                statement["Condition"] =
                    json!({operator: {"aws:SourceArn": format!("arn:aws:s3:::bucket/{text}")}});
            }
        });
        let old = state == VariableState::OldVersion;
        for level in self.layers.get_mut(&layer).into_iter().flatten() {
            for document in level {
                document.version =
                    if old { random.one_of(&[None, Some("2008-10-17")]) } else { Some("2012-10-17") };
            }
        }
    }

    fn plant_assumption(&mut self, random: &mut Random, id: &str) {
        let effect = random.one_of(&["Allow", "Deny"]);
        let entry = match id {
            "several-values" => ("StringNotEquals", Modifier::Plain, KeyState::SeveralValues, None),
            "for-any-value-if-exists" => {
                ("StringLike", Modifier::ForAnyValueIfExists, KeyState::Absent, None)
            }
            "empty-string" => ("StringEquals", Modifier::ForAllValues, KeyState::OneValue, Some(false)),
            "malformed-negated" => ("NumericNotEquals", Modifier::Plain, KeyState::OneValue, Some(true)),
            "bool-variables" => ("Bool", Modifier::Plain, KeyState::OneValue, Some(false)),
            "short-arn-pattern" => ("ArnLike", Modifier::Plain, KeyState::OneValue, Some(false)),
            "not-principal" | "not-principal-allow" => {
                let outcome = random.percent(50);
                let layer = self.resource_layer();
                let effect = if id == "not-principal" { effect } else { "Allow" };
                self.plant_element(random, layer, effect, Element::NotPrincipal, outcome);
                return;
            }
            "principal-is-aws-service" => {
                let layer = self.layer_for(random, effect);
                let operator = random.one_of(&["Bool", "BoolIfExists", "StringEquals", "ForAnyValue:Bool"]);
                self.change_statement(random, layer, effect, |_, random, statement, _| {
                    let value = random.one_of(&["true", "false"]);
                    statement["Condition"] = json!({operator: {"aws:PrincipalIsAWSService": value}});
                });
                return;
            }
            "variable-before-fifth-colon" => {
                let layer = self.layer_for(random, effect);
                self.change_statement(random, layer, effect, |draft, random, statement, _| {
                    let resource = draft.resource();
                    let account = resource.split(':').nth(4).unwrap_or("").to_string();
                    let pattern = resource.replace(&account, "${aws:PrincipalAccount}");
                    put(statement, &["Resource", "NotResource"], random.below(2), json!(pattern));
                });
                return;
            }
            "service-linked-role-name" => {
                let layer = random.one_of(&[Layer::Scp, Layer::Rcp]);
                self.change_statement(random, layer, "Deny", |_, _, _, _| {});
                return;
            }
            _ => {
                let layer = self.layer_for(random, effect);
                self.change_statement(random, layer, effect, |draft, random, statement, variables| {
                    draft.set_resource(random, statement, Element::Resource, false, variables);
                });
                return;
            }
        };
        self.plant_condition(random, effect, entry);
    }

    fn plant_landmark(&mut self, random: &mut Random, what: &str) {
        if what.contains("management account") {
            self.management_account = true;
        }
        let layer = if what.contains("SCP") { Layer::Scp } else { Layer::Rcp };
        if what.starts_with("SCPs do not") || what.starts_with("RCPs do not") {
            self.change_statement(random, layer, "Deny", |_, _, _, _| {});
        } else if what.starts_with("an empty SCP level") {
            self.layers.insert(Layer::Scp, vec![vec![]]);
        } else if what.starts_with("a statement without meaning") {
            self.add_nonsense(random);
        } else if what.starts_with("a Deny with NotPrincipal") {
            let document = self.allowing(random, Layer::Boundary);
            self.layers.insert(Layer::Boundary, vec![vec![document]]);
            self.plant_element(random, Layer::Resource, "Deny", Element::NotPrincipal, false);
        } else if what.starts_with("the most generous") {
            let layer = random.one_of(&[Layer::Identity, Layer::Boundary, Layer::Session]);
            self.silence(random, layer);
        } else if what.contains("without resource types") {
            let effect = random.one_of(&["Allow", "Deny"]);
            let layer = self.layer_for(random, effect);
            self.change_statement(random, layer, effect, |draft, random, statement, _| {
                let named = draft.request["resource"].as_str().unwrap_or("*").to_string();
                let index = random.below(2);
                put(statement, &["Resource", "NotResource"], index, json!([named, "arn:aws:bedrock:*:*:*"]));
            });
        } else if what.starts_with("the stated account") {
            let layer = self.resource_layer();
            self.request["resource_account"] = json!(random.one_of(&ACCOUNTS));
            self.silence(random, layer);
        } else if what.starts_with("a supplied key") {
            let effect = random.one_of(&["Allow", "Deny"]);
            let layer = self.layer_for(random, effect);
            let (key, value) = random.one_of(&[
                ("aws:PrincipalArn", "arn:aws:iam::111122223333:role/supplied"),
                ("aws:PrincipalAccount", "999900001111"),
                ("aws:username", "supplied"),
            ]);
            self.context.insert(key.to_string(), json!(value));
            let operator = random.one_of(&["StringEquals", "StringNotEquals"]);
            self.change_statement(random, layer, effect, |_, _, statement, _| {
                statement["Condition"] = json!({operator: {key: value}});
            });
        }
    }

    /// A statement whose meaning is not known.
    fn add_nonsense(&mut self, random: &mut Random) {
        let effect = random.one_of(&["Allow", "Deny"]);
        let layer = self.layer_for(random, effect);
        let with_principal = matches!(layer, Layer::Resource | Layer::Trust | Layer::VpcEndpoint);
        self.change_statement(random, layer, effect, |_, random, statement, _| match random.below(3) {
            0 if with_principal => {
                put(
                    statement,
                    &["Principal", "NotPrincipal"],
                    0,
                    json!({"CanonicalUser": "79a59df900b949e5"}),
                );
            }
            1 => {
                statement["Condition"]["NullIfExists"]["aws:SourceIp"] = json!("true");
            }
            _ => {
                statement["Condition"]["StringSounds"]["aws:RequestedRegion"] = json!("ann");
            }
        });
    }

    /// Makes one more layer silent or denying.
    fn spoil(&mut self, random: &mut Random) {
        if random.percent(60) {
            let layer = self.layer_for(random, "Allow");
            if self.layers.contains_key(&layer) {
                self.silence(random, layer);
            }
        } else {
            let layer = self.layer_for(random, "Deny");
            self.mark(random, layer, Mark::Denies);
        }
    }

    /// One more statement anywhere, matching or not.
    fn add_noise(&mut self, random: &mut Random) {
        if random.percent(3) {
            self.add_nonsense(random);
            return;
        }
        let effect = random.one_of(&["Allow", "Allow", "Deny"]);
        let layer = self.layer_for(random, effect);
        let version = version(random);
        let variables = version == Some("2012-10-17");
        let mut statement = self.statement(random, layer, effect, version);
        let chance = if effect == "Deny" { 60 } else { 30 };
        if random.percent(chance) {
            let element = random.one_of(&[Element::Action, Element::NotAction]);
            self.set_action(random, &mut statement, element, false);
        }
        if random.percent(chance) {
            let element = random.one_of(&[Element::Resource, Element::NotResource]);
            self.set_resource(random, &mut statement, element, false, variables);
        }
        if statement.get("Principal").is_some() && random.percent(30) {
            let value = if random.percent(70) {
                self.somebody_else(random)
            } else {
                self.not_principal(random, false)
            };
            put(&mut statement, &["Principal", "NotPrincipal"], random.below(2), value);
        }
        if random.percent(50) {
            self.add_noise_entry(random, &mut statement);
        }
        let document = Document { version, statements: vec![statement] };
        let Some(levels) = self.layers.get_mut(&layer) else {
            // A layer of one statement that was not there before would limit everything.
            if matches!(layer, Layer::Resource | Layer::Trust) || effect == "Deny" && layer == Layer::Rcp {
                self.layers.insert(layer, vec![vec![document]]);
            }
            return;
        };
        let level = random.below(levels.len());
        levels[level].push(document);
    }

    /// A condition on whatever the request carries already; it changes no key another condition may need.
    fn add_noise_entry(&mut self, random: &mut Random, statement: &mut Value) {
        let (operator, family, _) = random.one_of(&OPERATORS);
        let modifier = random.one_of(&Modifier::ALL);
        let derived = [
            "aws:PrincipalArn",
            "aws:PrincipalAccount",
            "aws:PrincipalType",
            "aws:username",
            "aws:userid",
            "aws:PrincipalIsAWSService",
            "aws:PrincipalServiceName",
        ];
        let other = random.one_of(&Family::ALL);
        let key = match random.below(4) {
            0 => random.one_of(&derived),
            1 => random.one_of(other.keys()),
            _ => random.one_of(family.keys()),
        };
        let own = self.with_context(|context, _| context.values(key).first().cloned());
        let written = match own {
            Some(own) if random.percent(50) => json!(own),
            Some(_) | None => written_values(random, family),
        };
        statement["Condition"][modifier.write(operator).as_str()][key] = written;
    }

    fn case(self, random: &mut Random) -> Value {
        let mut case = json!({"request": self.request, "layers": {}});
        case["request"]["context"] = Value::Object(self.context);
        if random.percent(50) {
            case["request"]["context_complete"] = json!(true);
        }
        if self.management_account || random.percent(4) {
            case["layers"]["management_account"] = json!(true);
        }
        for (layer, levels) in self.layers {
            let documents: Vec<Vec<Value>> = levels
                .into_iter()
                .map(|level| level.into_iter().map(|one| one.json(random)).collect())
                .collect();
            case["layers"][layer.name()] = match layer {
                Layer::Scp | Layer::Rcp => {
                    let level =
                        |(index, policies)| json!({"target": format!("level-{index}"), "policies": policies});
                    Value::Array(documents.into_iter().enumerate().map(level).collect())
                }
                Layer::Resource | Layer::Trust => one_document(documents.into_iter().flatten().collect()),
                Layer::Identity | Layer::Boundary | Layer::Session | Layer::VpcEndpoint => {
                    Value::Array(documents.into_iter().flatten().collect())
                }
            };
        }
        case
    }
}

/// The policy of a resource is one document: the statements of the others go into the first, whose Version they take.
fn one_document(documents: Vec<Value>) -> Value {
    let mut documents = documents.into_iter();
    let Some(mut first) = documents.next() else {
        return Value::Null;
    };
    let statements_of = |document: &Value| {
        let document = document.get("policy").unwrap_or(document);
        match &document["Statement"] {
            Value::Array(statements) => statements.clone(),
            one => vec![one.clone()],
        }
    };
    let mut statements = statements_of(&first);
    for document in documents {
        statements.extend(statements_of(&document));
    }
    let inner = if first.get("policy").is_some() { &mut first["policy"] } else { &mut first };
    inner["Statement"] = Value::Array(statements);
    first
}

impl Document {
    fn json(self, random: &mut Random) -> Value {
        let mut document = json!({"Statement": self.statements});
        if let (1, true) = (self.statements.len(), random.percent(20)) {
            document["Statement"] = self.statements[0].clone();
        }
        if let Some(version) = self.version {
            document["Version"] = json!(version);
        }
        if random.percent(20) {
            return json!({"name": format!("policy-{}", random.below(100)), "policy": document});
        }
        document
    }
}

fn version(random: &mut Random) -> Option<&'static str> {
    match random.below(10) {
        0 => None,
        1 => Some("2008-10-17"),
        _ => Some("2012-10-17"),
    }
}

fn any_entry(random: &mut Random) -> (&'static str, Modifier, KeyState, Option<bool>) {
    let (operator, _, _) = random.one_of(&OPERATORS);
    (operator, random.one_of(&Modifier::ALL), random.one_of(&KeyState::ALL), None)
}

/// One value or a short list of what a policy may write.
fn written_values(random: &mut Random, family: Family) -> Value {
    let written = family.written();
    match random.below(10) {
        0..5 => random.one_of(&written),
        5..7 => json!([random.one_of(&written)]),
        7..9 => json!([random.one_of(&written), random.one_of(&written)]),
        _ => json!([random.one_of(&written), random.one_of(&written), random.one_of(&written)]),
    }
}

/// Values of an element so that one of them matches, or none.
fn some_values(
    random: &mut Random,
    written: &[String],
    wanted: bool,
    matches: impl Fn(&str) -> bool,
) -> Value {
    let mut fitting = Vec::new();
    for _ in 0..100 {
        let pattern = random.one_of(written);
        if matches(&pattern) == wanted {
            fitting.push(pattern);
        }
        if fitting.len() == if wanted { 1 } else { 2 } {
            break;
        }
    }
    let Some(one) = fitting.first() else {
        return json!(if wanted { "*" } else { "none:None" });
    };
    match random.below(3) {
        0 => json!([one]),
        1 if wanted => json!([random.one_of(written), one]),
        1 => json!(fitting),
        _ => json!(one),
    }
}

/// Puts the value under one of two names that exclude each other.
fn put(statement: &mut Value, names: &[&str; 2], index: usize, value: Value) {
    if let Some(elements) = statement.as_object_mut() {
        elements.remove(names[1 - index]);
        elements.insert(names[index].to_string(), value);
    }
}

/// A scene in which the aimed layer can matter.
fn pick_scene(
    random: &mut Random,
    kind: Kind,
    standing: Standing,
    aimed: Option<Layer>,
    needs_key: bool,
    rule: &Rule,
    lookups: Lookups,
) -> Scene {
    let of_role =
        |scene: &Scene| scene.resource.contains(":role/") && scene.action.to_lowercase().starts_with("sts:");
    let fits = |scene: &Scene| {
        let action = scene.action.to_lowercase();
        let service = action.split(':').next().unwrap_or("");
        let accountless = scene.resource == "*"
            || scene.resource.contains("foundation-model")
            || scene.resource.contains("::aws:")
            || (lookups.resource_less)(scene.action);
        let refused = scene.resource.contains("/aws/")
            || scene.resource.contains("::aws:")
            || scene.resource.contains("/aws-");
        let identity_call = action == "sts:assumerolewithwebidentity";
        let landmark = match rule {
            Rule::Landmark { what } if what.contains("refuses") => refused,
            Rule::Landmark { what } if what.contains("RetireGrant") => action == "kms:retiregrant",
            Rule::Landmark { what } if what.contains("without support") => !(lookups.rcp_supported)(service),
            Rule::Landmark { what } if what.starts_with("RCPs") => (lookups.rcp_supported)(service),
            Rule::Landmark { what } if what.contains("without resource types") => {
                (lookups.resource_less)(scene.action)
            }
            Rule::Landmark { what } if what.contains("NotPrincipal") => !of_role(scene),
            Rule::Landmark { what } if what.contains("stated account") => !accountless,
            Rule::Assumption { id: "variable-before-fifth-colon" } => scene.resource.contains("{A}"),
            Rule::Assumption { id: "star-across-colons" } => scene.resource.contains("m:111122223333:x"),
            Rule::Variable { place: Place::Resource | Place::NotResource, .. } => {
                scene.resource.contains("ann")
            }
            Rule::Landmark { .. }
            | Rule::Assumption { .. }
            | Rule::Variable { .. }
            | Rule::Condition { .. }
            | Rule::OtherCase { .. }
            | Rule::Layer { .. }
            | Rule::Element { .. } => true,
        };
        landmark
            && identity_call == (kind == Kind::Federated)
            && (kind != Kind::Anonymous || !of_role(scene))
            && (standing != Standing::CrossAccount || !accountless)
            && match aimed {
                Some(Layer::Trust) => of_role(scene),
                Some(Layer::Resource) if needs_key => scene.resource.contains(":key/"),
                Some(Layer::Resource) => !of_role(scene),
                Some(Layer::Rcp) => (lookups.rcp_supported)(service) && action != "kms:retiregrant",
                Some(
                    Layer::Identity | Layer::Boundary | Layer::Session | Layer::Scp | Layer::VpcEndpoint,
                )
                | None => true,
            }
            && match rule {
                Rule::Layer { row: None, mark, .. }
                    if !matches!(aimed, Some(Layer::Resource | Layer::Trust)) =>
                {
                    *mark == Mark::Denies
                        || standing != Standing::SameAccount
                        || !(of_role(scene) || scene.resource.contains(":key/"))
                }
                Rule::Layer { .. }
                | Rule::Landmark { .. }
                | Rule::Assumption { .. }
                | Rule::Variable { .. }
                | Rule::Condition { .. }
                | Rule::OtherCase { .. }
                | Rule::Element { .. } => true,
            }
    };
    let fitting: Vec<Scene> = SCENES.iter().copied().filter(fits).collect();
    let total: usize = fitting.iter().map(|scene| scene.weight).sum();
    let mut left = random.below(total);
    for scene in &fitting {
        if left < scene.weight {
            return *scene;
        }
        left -= scene.weight;
    }
    SCENES[if kind == Kind::Federated { 9 } else { 14 }]
}
