//! Who can run a model: every form in which a client can name it, at every endpoint that has it.
//!
//! Forms are the model itself, its system profiles, the account's own things that run it (application profiles,
//! provisioned throughput, deployments …), and its ids at the other endpoints. A form is open when every authorisation
//! of the call is allowed. Batch, agents, flows and jobs are doors of their own or steps; they are not asked here.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Arc, LazyLock};

use iam::action::{Action, ActionElement};
use iam::answer::Decision;
use iam::arn::Arn;
use iam::estate::{Account, Enforcement, Estate, Fact, FactKind, Known, ResourceKind};
use iam::glob::Glob;
use iam::operation::{
    Facts, Fixed, Guardrail, Operation, OperationAssumption, OperationLayers, OperationOutcome, Place,
    authorize_operation,
};
use iam::policy::Effect;
use iam::principal::Principal;
use iam::request::Completeness;
use iam::resource::ResourcePattern;
use reference::{Api, By, Destinations, Endpoint, KeyValue};

use super::Reach;
use super::ask::Ask;
use super::class::{self, Looks, Signature, Texts};
use super::person::{Person, own_things};
use super::standing::{self, Level, Standing, Why};
use crate::enforced::{self, Enforced, policy_of};
use crate::question::{listed_destinations, tags};
use iam::context::Key;
use iam::layers::Layer;

/// The APIs in which models are asked, by endpoint.
pub(super) const APIS: [(&str, &str); 3] = [RUNTIME, MANTLE, CLAUDE_PLATFORM];
const RUNTIME: (&str, &str) = ("bedrock-runtime", "Converse");
const MANTLE: (&str, &str) = ("bedrock-mantle", "ChatCompletions");
const CLAUDE_PLATFORM: (&str, &str) = ("aws-external-anthropic", "Messages");

/// Points that say no more than what some keys of a request hold, with these keys.
const ABOUT_KEYS: [(OperationAssumption, About); 6] = [
    (OperationAssumption::GlobalRequestedRegion, About::Keys(&["aws:requestedregion"])),
    (OperationAssumption::ModelArnThroughProfile, About::Value(KeyValue::ModelArn)),
    (OperationAssumption::RequestKeysOffModels, About::CallKeys),
    (OperationAssumption::ResourceAccountOnModels, About::Keys(&["aws:resourceaccount"])),
    (
        OperationAssumption::ResourceOrganizationOnModels,
        About::Keys(&["aws:resourceorgid", "aws:resourceorgpaths"]),
    ),
    (OperationAssumption::ServiceTierOmitted, About::Value(KeyValue::ServiceTier)),
];

/// Keys of a request.
enum About {
    /// These, in lower case.
    Keys(&'static [&'static str]),
    /// Those that hold this.
    Value(KeyValue),
    /// All that a call sets.
    CallKeys,
}

impl About {
    fn contains(&self, key: &Key) -> bool {
        let mut rows = reference::key_rows().iter();
        match self {
            Self::Keys(keys) => keys.contains(&key.as_str()),
            Self::Value(value) => rows.any(|row| row.value == *value && Key::new(&row.name) == *key),
            Self::CallKeys => rows.any(|row| Key::new(&row.name) == *key),
        }
    }
}

/// One form in which a model can be called.
#[derive(Clone, Debug)]
pub struct Form {
    pub api: &'static Api,
    /// What the client names.
    pub target: String,
    /// The model behind something of the account's own.
    behind: Option<Vec<String>>,
    /// The Region in which it is called.
    pub region: String,
    /// The model that is run where it is called, where it is one.
    model: Option<String>,
    /// The Regions that a system profile takes the call to, and whether at most; none for what stays where it is.
    leads_to: Option<(Vec<String>, bool)>,
    /// Whether the account is known to use the Region.
    is_known: bool,
    /// Where a system profile takes the call, as the data set lists it.
    destinations: Option<Vec<String>>,
    /// The number of its action among those that are asked about.
    action: usize,
    /// The same action, asked on the model itself.
    ask: Option<Arc<Ask>>,
    /// The guardrails that a call of it meets.
    enforced: Enforced,
}

/// How open models are to everybody.
pub struct ModelLevels<'m> {
    /// The models, as they were asked.
    pub models: Vec<&'m str>,
    /// By class of people: the first class to which models are as open.
    callers: Vec<usize>,
    /// By such a class, then by model.
    levels: Vec<Vec<Level>>,
}

impl ModelLevels<'_> {
    /// How open each model is to a person.
    pub fn of(&self, person: &Person<'_>) -> &[Level] {
        &self.levels[self.callers[person.alike]]
    }
}

impl Form {
    /// One to be filled in.
    fn nowhere() -> Option<Self> {
        let api = reference::api(RUNTIME.0, RUNTIME.1)?;
        let (target, region) = (String::new(), String::new());
        Some(Self {
            api,
            target,
            behind: None,
            region,
            model: None,
            leads_to: None,
            is_known: true,
            destinations: None,
            action: 0,
            ask: None,
            enforced: Enforced::default(),
        })
    }

    /// Whether a client can name a thing of this kind to call the model behind it.
    pub(super) fn can_name(kind: ResourceKind) -> bool {
        matches!(
            kind,
            ResourceKind::ApplicationInferenceProfile
                | ResourceKind::ProvisionedModel
                | ResourceKind::CustomModelDeployment
                | ResourceKind::CustomModel
        )
    }
}

impl Reach<'_> {
    /// The forms of a model in an account.
    pub fn forms(&self, account: usize, model: &str) -> Vec<Form> {
        let account = &self.estate.accounts()[account];
        let known: Vec<&str> =
            account.regions.keys().map(AsRef::as_ref).filter(|each| *each != "global").collect();
        let others = reference::regions().filter(|each| each.partition == account.partition.as_ref());
        let others = others.map(|each| each.name).filter(|each| !known.contains(each));
        let regions: Vec<&str> = known.iter().copied().chain(others).collect();
        let mut forms = Vec::new();
        let enforcement = self.estate.enforcement(account);
        let mut asks: HashMap<String, Option<Arc<Ask>>> = HashMap::new();
        let mut add = |(endpoint, name): (&str, &str), form: Form| {
            let Some(api) = reference::api(endpoint, name) else { return };
            let Some(action) = self.asks.number(&api.action) else { return };
            let made = asks.entry(api.action.clone());
            let ask = made.or_insert_with(|| self.asks.ask(&api.action).map(Arc::new)).clone();
            let mut form = Form { api, action, ask, ..form };
            form.enforced = met(self.estate, account, &enforcement, &form);
            forms.push(form);
        };
        let Some(nowhere) = Form::nowhere() else { return forms };
        let plain = |target: &str, region: &str| Form {
            target: target.to_owned(),
            region: region.to_owned(),
            is_known: known.contains(&region),
            ..nowhere.clone()
        };
        for region in &regions {
            if reference::model_at(Endpoint::Runtime, model).is_some() || reference::model(model).is_none() {
                add(RUNTIME, Form { model: Some(model.to_owned()), ..plain(model, region) });
            }
            for profile in profiles_of(model) {
                let arn = format!(
                    "arn:{}:bedrock:{region}:{}:inference-profile/{profile}",
                    account.partition, account.id
                );
                let listed = account.resource(&arn).and_then(listed_destinations);
                let owned = |regions: Vec<&str>| regions.into_iter().map(str::to_owned).collect();
                let leads_to: Option<(Vec<String>, bool)> =
                    match (reference::destinations(profile, region), &listed) {
                        (Destinations::Everywhere { .. }, _) => None,
                        (_, Some(listed)) => Some((listed.clone(), false)),
                        (Destinations::NotASource, None) => continue,
                        (Destinations::Known(regions), None) => Some((owned(regions), false)),
                        (Destinations::Bracket { at_most }, None) => Some((owned(at_most), true)),
                        (Destinations::Unknown, None) => Some((Vec::new(), true)),
                    };
                let model = Some(model.to_owned());
                add(RUNTIME, Form { model, leads_to, destinations: listed, ..plain(profile, region) });
            }
            if reference::model_at(Endpoint::Mantle, model).is_some() {
                add(MANTLE, plain(model, region));
            }
            if reference::model_at(Endpoint::ClaudePlatform, model).is_some() {
                add(CLAUDE_PLATFORM, plain(model, region));
            }
        }
        for thing in &account.resources {
            let runs = Form::can_name(thing.kind);
            let facts: &[Fact] = match &thing.facts {
                Known::Known(facts) => facts,
                Known::Unknown(_) => &[],
            };
            let of = |fact: &&Fact| matches!(fact.kind, FactKind::Model | FactKind::BaseModel);
            let behind: Vec<String> = facts.iter().filter(of).map(|fact| fact.value.to_string()).collect();
            if runs && behind.iter().any(|text| names_model(text, model)) {
                add(RUNTIME, Form { behind: Some(behind), ..plain(&thing.arn, &thing.region) });
            }
        }
        forms
    }

    /// How open a model is to a person, in the most open of its forms.
    pub fn runs(&self, person: &Person<'_>, forms: &[Form]) -> Standing {
        self.runs_some(person, forms.iter(), || settled(person))
    }

    fn runs_some<'f>(
        &self,
        person: &Person<'_>,
        forms: impl Iterator<Item = &'f Form>,
        fixed: impl FnOnce() -> Fixed,
    ) -> Standing {
        // Of forms that no policy tells apart, one.
        let regions = person.told_apart();
        let mut seen = HashSet::new();
        let mut is_first = |form: &'f Form| {
            let leads_to = form.leads_to.as_ref().map(|(to, at_most)| {
                let numbers: BTreeSet<usize> = to.iter().map(|region| regions.number(region)).collect();
                (numbers, *at_most)
            });
            let what = (form.api.endpoint.as_str(), form.target.as_str());
            let enforced: Vec<&str> =
                form.enforced.guardrails.iter().map(|each| each.identifier.as_str()).collect();
            let met = (enforced, !form.enforced.missing.is_empty());
            seen.insert((what, regions.number(&form.region), leads_to, met))
        };
        let mut named =
            forms.filter(|form| person.named.contains(form.action)).filter(|form| is_first(form)).peekable();
        if named.peek().is_none() {
            return standing::NOT_NAMED;
        }
        let fixed = fixed();
        let mut shut: HashMap<String, Option<Standing>> = HashMap::new();
        let mut called = |form: &Form| {
            if let Some(shut) = self.shut(person, form, &mut shut) {
                return shut;
            }
            let plainly = self.call_somewhere(person, form, &fixed);
            if plainly.level != Level::Closed {
                return plainly;
            }
            // A policy may ask for a guardrail.
            let guardrails = self.guardrails(person, &form.region);
            let with = guardrails.to_try.into_iter();
            let guarded =
                standing::best(with.map(|guardrail| self.call(person, form, Some(guardrail), None, &fixed)));
            match (guarded.level, guardrails.are_all) {
                (Level::Closed, true) => plainly,
                (Level::Closed, false) => {
                    let why = "policies ask for a guardrail, and not all that they may mean were tried";
                    Standing { level: Level::Unknown, why: Why::Unsettled(vec![why.to_owned()]), ..plainly }
                }
                (_, _) => guarded,
            }
        };
        let mut best = standing::NOT_NAMED;
        for form in named {
            // Where it is not known which guardrails a call meets, it is at most not known whether it is open.
            let at_most = if form.enforced.missing.is_empty() { Level::Open } else { Level::Unknown };
            if best.level < at_most {
                best = standing::best([best, called(form)].into_iter());
            }
        }
        best
    }

    /// Whether a thing that is used runs the model, itself or through what it uses: open if it says so, unknown if it
    /// says nothing of models.
    pub fn thing_runs(&self, arn: &str, model: &str) -> Level {
        let mut to_see = vec![arn.to_owned()];
        let mut seen: Vec<String> = Vec::new();
        let mut says_any = false;
        while let Some(arn) = to_see.pop() {
            let Some((_, thing)) = self.estate.resource(&arn).filter(|_| !seen.contains(&arn)) else {
                continue;
            };
            seen.push(arn);
            let Known::Known(facts) = &thing.facts else { return Level::Unknown };
            for fact in facts.iter() {
                if fact.kind == FactKind::Model && names_model(&fact.value, model) {
                    return Level::Open;
                }
                says_any |= fact.kind == FactKind::Model;
                if fact.kind == FactKind::Uses {
                    to_see.push(fact.value.to_string());
                }
            }
        }
        if says_any { Level::Closed } else { Level::Unknown }
    }

    /// How open each of these models is, in the most open of its forms, to everybody by what each may do itself.
    pub fn models<'m>(&self, models: &[&'m str], threads: usize) -> ModelLevels<'m> {
        let callers = self.classes_of_callers();
        // Forms are the same in accounts of the same Regions that have nothing through which a model can be run.
        let key = |account: usize| {
            let own = &self.estate.accounts()[account];
            let is_used = |kind: ResourceKind| Form::can_name(kind) || kind == ResourceKind::InferenceProfile;
            let has_things = own.resources.iter().any(|each| is_used(each.kind));
            let regions: Vec<Arc<str>> = own.regions.keys().cloned().collect();
            (regions, has_things.then_some(account), self.estate.enforcement(own).in_short())
        };
        let accounts = self.estate.accounts().len();
        let mut forms: HashMap<_, Vec<Vec<WithTaken>>> = HashMap::new();
        for account in 0..accounts {
            let with_taken = |form: Form| {
                let taken = if form.is_known { self.surely_taken(account, &form) } else { Vec::new() };
                (form, taken)
            };
            let of_model = |model: &&str| self.forms(account, model).into_iter().map(with_taken).collect();
            forms.entry(key(account)).or_insert_with(|| models.iter().map(of_model).collect());
        }
        let levels = self.of_classes(threads, |person| {
            let is_first = callers[person.alike] == person.alike;
            let forms = forms.get(&key(person.account)).filter(|_| is_first)?;
            let (allows, fixed) = (Allows::new(person), settled(person));
            let level = |forms: &Vec<WithTaken>| {
                let may_be_open = |(_, taken): &&WithTaken| taken.iter().all(|one| allows.may(one));
                let forms = forms.iter().filter(may_be_open).map(|(form, _)| form);
                self.runs_some(person, forms, || fixed.clone()).level
            };
            Some(forms.iter().map(level).collect())
        });
        let levels: Vec<Vec<Level>> = levels.into_iter().map(Option::unwrap_or_default).collect();
        ModelLevels { models: models.to_vec(), callers, levels }
    }

    /// What a call takes whoever makes it, however unsettled points are read; of things that belong to no account.
    fn surely_taken(&self, account: usize, form: &Form) -> Vec<Taken> {
        let account = &self.estate.accounts()[account];
        let caller = Principal::parse(&format!("arn:{}:iam::{}:role/any", account.partition, account.id));
        let Ok(mut operation) = caller.map(|caller| operation(self.estate, account, form, caller)) else {
            return Vec::new();
        };
        // What a key holds adds no authorisation and takes none away.
        for (assumption, _) in ABOUT_KEYS {
            if let Some(first) = assumption.row().readings.first() {
                operation.fixed.settle(assumption, &first.name);
            }
        }
        let ways = operation.ways().unwrap_or_default();
        let taken = |step: &iam::operation::Step| {
            let resource = step.request.resource().as_str();
            let of_nobody = Arn::parse(resource).is_ok_and(|arn| arn.account.is_empty());
            (step.by == By::Caller && !step.optional && of_nobody)
                .then(|| Taken { action: step.request.action().clone(), resource: resource.to_lowercase() })
        };
        let Some((first, others)) = ways.split_first() else { return Vec::new() };
        let mut all: Vec<Taken> = first.steps.iter().filter_map(taken).collect();
        all.retain(|one| {
            others.iter().all(|way| way.steps.iter().filter_map(taken).any(|other| other == *one))
        });
        all
    }

    /// The people of which classes may run a model alike, as numbers for [`Self::of_classes`]: fewer than the classes,
    /// since less is asked.
    fn classes_of_callers(&self) -> Vec<usize> {
        let texts = Texts::default();
        let mut looks = Looks::new(&self.asks, &self.asks.calls, &texts, &self.with_policies);
        let mut numbers: HashMap<Signature, usize> = HashMap::new();
        let mut common = None;
        let mut of = |(class, first): (usize, &usize)| {
            let person = &self.people[*first];
            let account = &self.estate.accounts()[person.account];
            let side = person.side();
            let known = common.take().filter(|(number, _)| *number == person.account);
            let (number, of_account) = known.unwrap_or_else(|| {
                let things = own_things(self.estate, &account.partition, account.id.as_str());
                (person.account, looks.common(self.estate, account, &side, &things))
            });
            let is_here = person.principal.account() == Some(&account.id);
            let named = looks.named(&side, account.id.as_str());
            let signature = match of_account.may_be_far() && named.none_below(self.asks.calls.actions.len()) {
                true => Some(class::far()),
                // The guardrail's own policy may tell apart whom it lets in.
                false if of_account.meets_guardrails() => None,
                false if is_here => looks.signature(self.estate, &of_account, person, &side),
                false => None,
            };
            common = Some((number, of_account));
            signature.map_or(class, |signature| *numbers.entry(signature).or_insert(class))
        };
        self.classes.iter().enumerate().map(&mut of).collect()
    }

    /// A denial of the model itself where it is called or where a profile surely takes the call, whatever else the call
    /// says: asking that is much shorter than the whole call. `known` holds what was asked by Region.
    fn shut(
        &self,
        person: &Person<'_>,
        form: &Form,
        known: &mut HashMap<String, Option<Standing>>,
    ) -> Option<Standing> {
        let model = form.model.as_ref()?;
        let partition = &self.estate.accounts()[person.account].partition;
        let surely = form.leads_to.iter().filter(|(_, at_most)| !at_most).flat_map(|(to, _)| to);
        std::iter::once(&form.region).chain(surely).find_map(|region| {
            let asked = || {
                let ask = form.ask.as_ref()?;
                let arn = format!("arn:{partition}:bedrock:{region}::foundation-model/{model}");
                let mut context = person.context().clone();
                context.derive("aws:RequestedRegion", region);
                let of_model = standing::standing(person, ask, &arn, person.layers(), None, context);
                (of_model.level == Level::Closed).then_some(of_model)
            };
            known.entry(region.clone()).or_insert_with(asked).clone()
        })
    }

    /// A call without a guardrail; where it is made in a workspace, which has no default, in the most open of those that
    /// exist, that policies name, and one of another name.
    fn call_somewhere(&self, person: &Person<'_>, form: &Form, fixed: &Fixed) -> Standing {
        if form.api.endpoint != CLAUDE_PLATFORM.0 {
            return self.call(person, form, None, None, fixed);
        }
        let workspaces = workspaces(self.estate, person);
        standing::best(workspaces.iter().map(|id| self.call(person, form, None, Some(id), fixed)))
    }

    fn call(
        &self,
        person: &Person<'_>,
        form: &Form,
        guardrail: Option<String>,
        workspace: Option<&str>,
        fixed: &Fixed,
    ) -> Standing {
        let account = &self.estate.accounts()[person.account];
        let mut operation = operation(self.estate, account, form, person.principal.clone());
        operation.context = person.context().clone();
        operation.fixed = fixed.clone();
        operation.options.project = workspace.map(str::to_owned);
        let with = guardrail.as_ref().map(|arn| ("guardrail".to_owned(), arn.clone()));
        let with = with.or_else(|| workspace.map(|id| ("workspace".to_owned(), id.to_owned())));
        let mut resources = form.enforced.policies.clone();
        let mut unread = Vec::new();
        if let Some(arn) = guardrail {
            let (identifier, version) = match arn.rsplit_once(':') {
                Some((identifier, version)) if version.bytes().all(|byte| byte.is_ascii_digit()) => {
                    (identifier, Some(version))
                }
                Some(_) | None => (arn.as_str(), None),
            };
            let (policy, missing) = policy_of(self.estate, identifier);
            resources.extend(policy.map(|policy| (identifier.to_owned(), policy)));
            unread = missing;
            operation.options.guardrails.push(Guardrail::requested(identifier, version));
        }
        operation.options.guardrails.extend(form.enforced.guardrails.iter().cloned());
        operation.facts.owners = enforced::owners(self.estate, &operation);
        let caller = person.layers().at_most();
        let layers = OperationLayers { caller, service_role: None, resources: &resources };
        let answer = match authorize_operation(&operation, layers) {
            Ok(answer) => answer,
            // It cannot be called like this from here.
            Err(_) => return standing::NOT_NAMED,
        };
        let last_allowed = || {
            let steps = answer.steps().filter_map(|step| step.answer);
            steps.last().map(|answer| answer.determining.to_vec()).unwrap_or_default()
        };
        let missing = || {
            let of_caller = person.layers().missing().iter().map(|(_, missing)| missing);
            of_caller.chain(&form.enforced.missing).chain(&unread).next()
        };
        let (level, why) = match &answer.outcome {
            OperationOutcome::Decided(Decision::Allow) => match missing() {
                Some(missing) => (Level::Unknown, Why::Missing(missing.clone())),
                None => (Level::Open, Why::Allowed(last_allowed())),
            },
            OperationOutcome::Decided(decision) => {
                let denied = answer.steps().filter_map(|step| step.answer);
                let denied = denied.filter(|each| each.decision() == Some(*decision)).last();
                let by = denied.map(|each| each.denied_by.to_vec()).unwrap_or_default();
                let statements = denied.map(|each| each.determining.to_vec()).unwrap_or_default();
                (Level::Closed, Why::Denied { decision: *decision, by, statements })
            }
            OperationOutcome::NeedsContext(keys) => (Level::Depends, Why::Keys(keys.clone())),
            OperationOutcome::Unknown(doubts) => {
                (Level::Unknown, Why::Unsettled(doubts.iter().map(ToString::to_string).collect()))
            }
        };
        let resource = Some(format!("{} from {}", form.target, form.region));
        Standing { level, action: Some(form.api.name.clone()), resource, with, why }
    }
}

/// A call of a form.
fn operation(estate: &Estate, account: &Account, form: &Form, caller: Principal) -> Operation {
    let place =
        Place { partition: account.partition.to_string(), region: form.region.clone(), account: account.id };
    let mut operation = Operation::new(form.api, &form.target, place, caller);
    operation.completeness = Completeness::Partial;
    operation.facts = Facts {
        behind: form.behind.clone(),
        destinations: form.destinations.clone(),
        resource_tags: account.resource(&form.target).and_then(tags).into_iter().collect(),
        organization: enforced::organization(estate, account),
        ..Facts::default()
    };
    operation
}

/// The guardrails that a call of a form meets, whoever makes it.
fn met(estate: &Estate, account: &Account, enforcement: &Enforcement, form: &Form) -> Enforced {
    let caller = Principal::parse(&format!("arn:{}:iam::{}:role/any", account.partition, account.id));
    let Ok(operation) = caller.map(|caller| operation(estate, account, form, caller)) else {
        return Enforced::default();
    };
    match operation.resolve() {
        Ok(target) => Enforced::new(estate, enforcement, &operation, &target),
        // It cannot be called like this from here.
        Err(_) => Enforced::default(),
    }
}

/// A form with what a call of it surely takes.
type WithTaken = (Form, Vec<Taken>);

/// An authorisation that a call takes.
#[derive(PartialEq)]
struct Taken {
    action: Action,
    /// In lower case.
    resource: String,
}

/// What the Allows of a person's own policies can match at most.
struct Allows {
    /// Actions with patterns in lower case; none where a statement may match any resource.
    statements: Vec<(Arc<ActionElement>, Option<Vec<Glob>>)>,
    /// Whether nothing else can allow.
    alone: bool,
}

impl Allows {
    fn new(person: &Person<'_>) -> Self {
        let layers = person.layers().at_most();
        let statements = layers.identity.iter().flat_map(|policy| policy.statements.iter());
        let allows = statements.filter(|statement| statement.effect != Ok(Effect::Deny));
        let with_patterns = allows.map(|statement| {
            let element = statement.resource.as_ref().filter(|element| !element.is_negated());
            let patterns = element
                .filter(|element| element.patterns().iter().all(|pattern| !pattern.as_str().contains("${")));
            // Letter case and how far a star runs are unsettled: the widest reading counts.
            let glob = |pattern: &ResourcePattern| Glob::new(&pattern.as_str().to_lowercase());
            let globs = patterns.map(|element| element.patterns().iter().map(glob).collect());
            (statement.action.clone(), globs)
        });
        let alone = matches!(layers.resource, iam::layers::ResourceSide::None);
        Self { statements: with_patterns.collect(), alone }
    }

    /// Whether an authorisation may be allowed.
    fn may(&self, taken: &Taken) -> bool {
        let matches = |patterns: &Option<Vec<Glob>>| {
            patterns.as_ref().is_none_or(|all| all.iter().any(|pattern| pattern.matches(&taken.resource)))
        };
        let of_action = |actions: &Arc<ActionElement>| actions.matches(&taken.action);
        !self.alone
            || self.statements.iter().any(|(actions, patterns)| of_action(actions) && matches(patterns))
    }
}

fn names_model(text: &str, model: &str) -> bool {
    text == model || text.ends_with(&format!("/{model}")) || text.ends_with(&format!(".{model}"))
}

/// Ids of the system profiles of a model.
fn profiles_of(model: &str) -> &'static [&'static str] {
    static BY_MODEL: LazyLock<HashMap<&str, Vec<&str>>> = LazyLock::new(|| {
        let mut by_model: HashMap<&str, Vec<&str>> = HashMap::new();
        for profile in reference::profiles() {
            by_model.entry(profile.model_id).or_default().push(profile.id);
        }
        by_model
    });
    BY_MODEL.get(model).map_or(&[], Vec::as_slice)
}

/// The unsettled points about calls that make no difference to a person, since none of its policies speaks of the keys
/// that they are about: any of their readings gives the same answer as all of them together.
fn settled(person: &Person<'_>) -> Fixed {
    let all = person.layers().at_most();
    let policies = Layer::ALL.into_iter().flat_map(|layer| all.levels(layer)).flatten();
    let mut keys: HashSet<&Key> = HashSet::new();
    for statement in policies.flat_map(|policy| policy.statements.iter()) {
        let mut patterns = statement.resource.iter().flat_map(|element| element.patterns());
        let has_variables = patterns.any(|pattern| pattern.as_str().contains("${"))
            || statement.conditions.iter().any(|each| each.values().iter().any(|value| value.contains("${")));
        if has_variables {
            return Fixed::by_evidence();
        }
        keys.extend(statement.conditions.iter().map(|each| each.key()));
    }
    let mut fixed = Fixed::by_evidence();
    for (assumption, about) in ABOUT_KEYS {
        let row = assumption.row();
        let matters = row.settled.is_some() || keys.iter().any(|key| about.contains(key));
        if let Some(first) = row.readings.first().filter(|_| !matters) {
            fixed.settle(assumption, &first.name);
        }
    }
    fixed
}

/// Ids of workspaces of Claude Platform: those of the account, those that the person's policies name, and one that nobody
/// has.
fn workspaces(estate: &Estate, person: &Person<'_>) -> Vec<String> {
    let account = &estate.accounts()[person.account];
    let own = account.resources.iter().filter(|each| each.kind == ResourceKind::Workspace);
    let all = person.layers().at_most();
    let policies = Layer::ALL.into_iter().flat_map(|layer| all.levels(layer)).flatten();
    let statements = policies.flat_map(|policy| policy.statements.iter());
    let patterns = statements.filter_map(|each| each.resource.as_ref()).flat_map(|each| each.patterns());
    let named = patterns.map(|pattern| pattern.as_str());
    let ids = own.map(|each| each.arn.as_ref()).chain(named).filter_map(|arn| {
        let id = arn.rsplit_once("workspace/")?.1;
        (!id.contains("${") && !id.contains(':')).then(|| id.replace('*', "example").replace('?', "1"))
    });
    let mut found: Vec<String> = ids.collect();
    found.sort_unstable();
    found.dedup();
    found.insert(0, "wrkspc_any".to_owned());
    found
}
