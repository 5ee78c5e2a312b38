//! Allow-lists of models that deny approved models in forms in which clients ask for them.
//!
//! Asks the evaluator: every model that the policy lets through directly is asked for in every other form. A form is
//! reported where the policy does not speak of it; one that it names and denies is taken for meant.

use std::collections::BTreeMap;

use iam::lint::statement::{Element, Statement};
use iam::policy::Effect;
use reference::{Api, Endpoint, Listing, Model};

use crate::check::alone::{ACCOUNT, Alone, Call, DeniedStep, Verdict};
use crate::check::finding::{Audience, Confidence, Severity};
use crate::check::models;
use crate::check::models::{and, listed, matching, named, patterns};
use crate::check::rule::{Example, Found, Look, Rule};
use crate::check::view::View;

pub const RULE: Rule = Rule {
    id: "allow-list-breaks-calls",
    title: "an allow-list that denies approved models in forms in which clients ask for them",
    severity: Severity::High,
    confidence: Confidence::High,
    audience: Audience::Author,
    why: "One call of a model is several authorisations: on the inference profile, on the model where it is called \
          and in every Region it may run, on the job or project besides. A Deny whose `NotResource` lists only \
          foundation models denies all the others, and most current models run through an inference profile only. \
          An Allow that lists only foundation models fails the same way.",
    instead: "Exempt what belongs to an account as well: `arn:aws:bedrock:*:????????????:*`, twelve question marks \
              for the account, which foundation models do not have. Then close what creates such resources in \
              statements of their own. List models without a Region, so that profiles reach all of theirs.",
    sources: &[
        "Amazon Bedrock User Guide, \"Prerequisites for inference profiles\", \"Geographic cross-Region inference\", \
         \"Global cross-Region inference\"",
        "Service Authorization Reference, resource types of bedrock:InvokeModel and \
         bedrock:CreateModelInvocationJob",
    ],
    bad: Example::scp(
        r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Deny",
      "Action": ["bedrock:InvokeModel*", "bedrock:CreateModelInvocationJob"],
      "NotResource": "arn:aws:bedrock:*::foundation-model/anthropic.claude-opus-5-5"
    }
  ]
}"#,
    ),
    good: Example::scp(
        r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Deny",
      "Action": ["bedrock:InvokeModel*", "bedrock:CreateModelInvocationJob"],
      "NotResource": [
        "arn:aws:bedrock:*::foundation-model/anthropic.claude-opus-5-5",
        "arn:aws:bedrock:*:????????????:*"
      ]
    }
  ]
}"#,
    ),
    look: Look::Policy(look),
};

/// Regions that are tried for a call until one is open.
const REGIONS: [&str; 6] =
    ["us-east-1", "us-west-2", "eu-central-1", "ap-northeast-1", "ap-southeast-2", "us-gov-west-1"];

fn look(view: &View<'_>, found: &mut Found) {
    let names_models = view.outline.statements.iter().any(|statement| {
        statement.resource.as_ref().is_some_and(|resource| patterns(resource).next().is_some())
    });
    let Some(alone) = view.alone().filter(|_| names_models) else { return };
    let Some(converse) = reference::api("bedrock-runtime", "Converse") else { return };
    let models = named(&view.outline.statements);
    let Some(approval) = approval(alone, &models) else { return };
    let mut broken: BTreeMap<(usize, usize), Broken> = BTreeMap::new();
    for model in &approval.approved {
        if !view.limits() && !granted_in_vain(view, model) {
            continue;
        }
        for (form, call) in calls(model, approval.region, converse) {
            if !view.limits() && !form.is_of_system() {
                // Who grants a model need not grant what an account makes of it.
                continue;
            }
            // What an account makes is denied for one model as for another.
            if !form.is_of_system() && broken.values().any(|one| one.forms.contains(&form)) {
                continue;
            }
            let Some(Verdict::Denied(steps)) = alone.call(&call) else { continue };
            if let Some((element, step)) = unmeant(view, alone, model, approval.region, converse, &steps) {
                let at = (element.node.start, element.node.end);
                let one = broken.entry(at).or_default();
                one.list = patterns(element).map(str::to_owned).collect();
                one.unsure |= !view.limits() && !is_known_to_need_profiles(model);
                one.add(form, step);
            }
        }
    }
    for ((start, end), broken) in broken {
        let list = match view.document.holes.is_empty() {
            true => listed(&broken.list, 3),
            false => "the models that it lists".to_owned(),
        };
        let mut message = format!("this lets {list} through and denies the same {}", and(&broken.words()));
        if let Some((_, step)) = &broken.example {
            message.push_str(&format!(": `{}` on `{}`", step.action, step.resource));
        }
        if broken.unsure {
            message.push_str(
                "; it is listed through profiles only, and whether it runs without one is not known",
            );
        }
        let is_grant = !view.limits();
        let severity = match broken.forms.iter().any(|form| form.is_of_system()) {
            true => Severity::High,
            false => Severity::Medium,
        };
        found
            .add(start..end, message)
            .severity(severity)
            .confidence(match (is_grant, broken.unsure) {
                (true, true) => Confidence::Low,
                // Another policy of the same identity may grant the rest.
                (true, false) => Confidence::Medium,
                (false, _) => Confidence::High,
            })
            .instead(instead(&broken, is_grant));
    }
}

/// Whether some pattern names this model and none that can be run as it is granted, without a profile.
fn granted_in_vain(view: &View<'_>, id: &str) -> bool {
    let lists = view.outline.statements.iter().filter_map(|statement| statement.resource.as_ref());
    lists.flat_map(patterns).any(|pattern| {
        let models = matching(Endpoint::Runtime, pattern);
        models.iter().any(|model| model.id == id) && models.iter().all(only_through_profiles)
    })
}

/// Whether the model is not known to have a use without a profile.
fn only_through_profiles(model: &Model) -> bool {
    model.listing == Listing::ThroughProfiles || is_known_to_need_profiles(model.id)
}

/// Whether a page of AWS says that the model has no use without a profile; that a price list names profiles alone does
/// not.
fn is_known_to_need_profiles(id: &str) -> bool {
    reference::model_notes(id).any(|note| note.only_profiles)
}

/// The models that a policy lets through directly, and the Region where they were asked for.
struct Approval {
    approved: Vec<String>,
    region: &'static str,
}

fn approval(alone: &Alone, models: &[String]) -> Option<Approval> {
    for region in REGIONS {
        let is_approved = |model: &&String| alone.runs_directly(model, region) == Some(true);
        let approved: Vec<String> = models.iter().filter(is_approved).cloned().collect();
        if !approved.is_empty() {
            return Some(Approval { approved, region });
        }
    }
    None
}

/// The form of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Form {
    GeographicProfile,
    GlobalProfile,
    ApplicationProfile,
    Router,
    Provisioned,
    Batch,
    Async,
    Project,
}

impl Form {
    /// In words, behind "denies it".
    fn words(self) -> &'static str {
        match self {
            Self::GeographicProfile => "through geographic inference profiles",
            Self::GlobalProfile => "through global inference profiles",
            Self::ApplicationProfile => "through application inference profiles",
            Self::Router => "through prompt routers",
            Self::Provisioned => "on provisioned throughput",
            Self::Batch => "in batch jobs",
            Self::Async => "in asynchronous calls",
            Self::Project => "through the Responses API",
        }
    }

    /// Whether AWS offers the form for the model, without anybody making something first.
    fn is_of_system(self) -> bool {
        matches!(self, Self::GeographicProfile | Self::GlobalProfile)
    }
}

/// What is known to be broken at one place.
#[derive(Default)]
struct Broken {
    forms: Vec<Form>,
    /// The list as it is written.
    list: Vec<String>,
    /// A request of the form that most clients use.
    example: Option<(Form, DeniedStep)>,
    /// Regions in which the model itself is denied.
    regions: Vec<String>,
    /// Whether something else than the model itself is denied.
    owned: bool,
    /// Whether a model that is granted may run as it is granted, for all that is known.
    unsure: bool,
}

impl Broken {
    fn add(&mut self, form: Form, step: &DeniedStep) {
        if !self.forms.contains(&form) {
            self.forms.push(form);
            self.forms.sort_unstable();
        }
        if step.resource.contains("::foundation-model/") {
            if !self.regions.contains(&step.region) {
                self.regions.push(step.region.clone());
                self.regions.sort_unstable();
            }
        } else {
            self.owned = true;
        }
        if self.example.as_ref().is_none_or(|(of, _)| form < *of) {
            self.example = Some((form, step.clone()));
        }
    }

    fn words(&self) -> Vec<String> {
        self.forms.iter().map(|form| form.words().to_owned()).collect()
    }
}

fn instead(broken: &Broken, is_grant: bool) -> String {
    let mut parts = Vec::new();
    if broken.owned {
        parts.push(if is_grant {
            format!("add `arn:aws:bedrock:*:{ACCOUNT}:inference-profile/…` for the profiles that are meant, with your account")
        } else {
            "add `arn:aws:bedrock:*:????????????:*` to the list, and deny what creates such resources separately"
                .to_owned()
        });
    }
    if !broken.regions.is_empty() {
        let regions: Vec<String> = broken.regions.iter().map(|region| format!("`{region}`")).collect();
        parts.push(format!("write the model with `*` for the Region, or add {}", and(&regions)));
    }
    parts.join("; ")
}

/// The other forms in which a model may be asked for.
fn calls(model: &str, region: &'static str, converse: &'static Api) -> Vec<(Form, Call<'static>)> {
    let mut calls = Vec::new();
    let mut add = |form, api: &'static Api, target: String, region: &'static str, behind: Option<&str>| {
        let behind = behind.map(|one| vec![one.to_owned(), one.to_owned()]);
        calls.push((form, Call { api, target, region, behind }));
    };
    let mut profiles: Vec<_> =
        models::profiles().iter().copied().filter(|profile| profile.model_id == model).collect();
    // Those of the geography at hand are what a reader knows.
    profiles.sort_by_key(|profile| {
        let geography = profile.geography();
        !geography.is_some_and(|geography| geography.regions.iter().any(|each| each == region))
    });
    for profile in profiles {
        let Some(geography) = profile.geography() else { continue };
        let form = if geography.everywhere { Form::GlobalProfile } else { Form::GeographicProfile };
        let at_home = geography.regions.iter().find(|each| *each == region);
        if let Some(source) = at_home.or(geography.regions.first()) {
            add(form, converse, profile.id.to_owned(), source, None);
        }
    }
    if reference::model(model).is_none() {
        // The catalogue lacks the model; nearly every new one has a profile.
        add(Form::GeographicProfile, converse, format!("us.{model}"), "us-east-1", None);
        add(Form::GlobalProfile, converse, format!("global.{model}"), "us-east-1", None);
    }
    let own = |kind: &str| format!("arn:aws:bedrock:{region}:{ACCOUNT}:{kind}/abcdefghijkl");
    add(Form::ApplicationProfile, converse, own("application-inference-profile"), region, Some(model));
    add(Form::Router, converse, own("prompt-router"), region, Some(model));
    add(Form::Provisioned, converse, own("provisioned-model"), region, Some(model));
    let others = [
        (Form::Batch, "bedrock", "CreateModelInvocationJob"),
        (Form::Async, "bedrock-runtime", "StartAsyncInvoke"),
        (Form::Project, "bedrock-runtime", "Responses"),
    ];
    for (form, endpoint, name) in others {
        if let Some(api) = reference::api(endpoint, name) {
            add(form, api, model.to_owned(), region, None);
        }
    }
    calls
}

/// The list that denies the first of the steps, unless it speaks of what it denies.
fn unmeant<'v, 'a>(
    view: &'v View<'a>,
    alone: &Alone,
    model: &str,
    region: &'static str,
    converse: &'static Api,
    steps: &'v [DeniedStep],
) -> Option<(&'v Element<'a>, &'v DeniedStep)> {
    let step = steps.first()?;
    let list = match step.answer.determining.is_empty() {
        false => {
            let denying = step.answer.determining.iter().filter_map(|at| view.statement(at));
            let lists = denying.filter_map(|statement| statement.resource.as_ref());
            lists.filter(|list| list.negated).find(|list| patterns(list).next().is_some())
        }
        // Nothing denies it: what lets the model through directly does not let this through.
        true => approving(view, alone, model, region, converse),
    }?;
    (!speaks_of(list, &step.resource)).then_some((list, step))
}

/// The list that lets the model through directly.
fn approving<'v, 'a>(
    view: &'v View<'a>,
    alone: &Alone,
    model: &str,
    region: &'static str,
    converse: &'static Api,
) -> Option<&'v Element<'a>> {
    let resource = format!("arn:aws:bedrock:{region}::foundation-model/{model}");
    let keys = [("aws:RequestedRegion", region), ("bedrock:InferenceProfileArn", "")];
    let answer = alone.ask(&converse.action, &resource, &keys)?;
    let allowing = answer.determining.iter().filter_map(|at| view.statement(at));
    let lists_models = |statement: &&Statement<'a>| {
        statement.effect == Effect::Allow
            && statement.resource.as_ref().is_some_and(|resource| patterns(resource).next().is_some())
    };
    allowing.filter(lists_models).find_map(|statement| statement.resource.as_ref())
}

/// Whether a list has values of the kind that a resource is of; of models it always has.
fn speaks_of(list: &Element<'_>, resource: &str) -> bool {
    let kind = |arn: &str| {
        let rest = arn.splitn(6, ':').nth(5)?;
        rest.split_once('/').map(|(kind, _)| kind.to_owned())
    };
    let Some(wanted) = kind(resource).filter(|kind| kind != "foundation-model") else { return false };
    list.values.iter().any(|value| kind(value.text).is_some_and(|kind| kind == wanted))
}
