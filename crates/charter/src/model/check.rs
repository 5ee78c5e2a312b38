//! What can be wrong with a charter whatever organisation it is for.
//!
//! Names that nothing has, rows that no policy can express, lines that contradict each other; and, as warnings, what has
//! aged or matches nothing.

use std::ops::Range;

use iam::glob::Glob;
use iam::lint::nearest::nearest;
use reference::{Door, Endpoint, Lifecycle, Scope};

use super::OTHERS;
use crate::day::Day;
use crate::diagnostic::Diagnostic;
use crate::passage::{RUN_AT_RUNTIME, is_without_regions, takes_models};
use crate::syntax::{AllowEntry, AreaEntry, At, ModelEntry, ScopeWord, State, Syntax};

/// Doors of bedrock-mantle, which has ids of its own and no profiles.
const MANTLE: [&str; 2] = ["mantle", "mantle-customization"];

/// Everything that is wrong or doubtful whatever the organisation.
///
/// `today` is needed to tell what has ended; without it nothing is said about days.
pub fn check(syntax: &Syntax, today: Option<&Day>) -> Vec<Diagnostic> {
    let mut checker = Checker { syntax, today, found: Vec::new() };
    for model in &syntax.models {
        checker.model(model);
    }
    for area in &syntax.areas {
        checker.area(area);
    }
    for exception in &syntax.exceptions {
        exception.who.iter().for_each(|who| checker.caller(who));
        for from in &exception.from {
            checker.door(from);
        }
        if today.is_some_and(|today| exception.expires.value <= *today) {
            let message = format!("the exception ended on {}", exception.expires.value);
            checker.found.push(
                Diagnostic::warning(exception.expires.at.clone(), message)
                    .hint("take it out, or decide anew"),
            );
        }
    }
    if let Some(fence) = &syntax.fence {
        fence.keepers.iter().for_each(|keeper| checker.caller(keeper));
    }
    checker.guardrails();
    checker.roles();
    checker.hubs();
    if let Some(target) = syntax.watch.as_ref().and_then(|watch| watch.target.as_ref())
        && iam::arn::split(&target.value).is_none()
    {
        let hint = Some("for example arn:aws:sns:us-east-1:111122223333:alarms".to_owned());
        checker.error(&target.at, format!("`{}` is no ARN", target.value), hint);
    }
    checker.unused();
    checker.found
}

pub(super) struct Checker<'a> {
    pub(super) syntax: &'a Syntax,
    today: Option<&'a Day>,
    pub(super) found: Vec<Diagnostic>,
}

impl<'a> Checker<'a> {
    pub(super) fn error(&mut self, at: &Range<usize>, message: String, hint: Option<String>) {
        self.found.push(Diagnostic { hint, ..Diagnostic::error(at.clone(), message) });
    }

    pub(super) fn warn(&mut self, at: &Range<usize>, message: String, hint: &str) {
        self.found.push(Diagnostic::warning(at.clone(), message).hint(hint));
    }

    fn model(&mut self, model: &ModelEntry) {
        for (endpoint, ids) in [(Endpoint::Runtime, &model.runtime), (Endpoint::Mantle, &model.mantle)] {
            for id in ids {
                self.id(endpoint, id);
            }
        }
        for class in &model.data {
            self.class(class);
        }
        model.compliance.iter().for_each(|programme| self.programme(programme));
        let Some(today) = self.today else { return };
        if let Some(day) = model.review_by.as_ref().filter(|day| day.value <= *today) {
            let message = format!("`{}` was to be reviewed by {}", model.name.value, day.value);
            self.warn(&day.at, message, "review it and set the next day");
        }
        if let Some(day) = model.ends.as_ref().filter(|day| day.value <= *today) {
            let message = format!("`{}` ended on {}", model.name.value, day.value);
            self.warn(&day.at, message, "take it out, or set another day");
        }
    }

    fn id(&mut self, endpoint: Endpoint, id: &At<String>) {
        let text = &id.value;
        if text.starts_with("arn:") {
            let last = text.rsplit('/').next().unwrap_or_default();
            let hint = format!("write the id alone: {last}");
            return self.error(
                &id.at,
                "this is an ARN, and models are named by their ids".to_owned(),
                Some(hint),
            );
        }
        // Source: Amazon Bedrock API, BedrockModelId; aws-facts §5.1.
        let fits = |each: char| each.is_ascii_lowercase() || each.is_ascii_digit() || "-.:/*?".contains(each);
        if let Some(other) = text.chars().find(|each| !fits(*each)) {
            let hint =
                "ids are made of a-z, 0-9, `-`, `.`, `:` and `/`; `*` and `?` stand for others".to_owned();
            return self.error(&id.at, format!("no model id has a `{other}`"), Some(hint));
        }
        if reference::split_profile_id(text).is_some() && endpoint == Endpoint::Runtime {
            let plain = text.split_once('.').map_or(text.as_str(), |(_, rest)| rest);
            let hint = format!("name the model, `{plain}`, and say how far it may run with `scope`");
            return self.error(&id.at, format!("`{text}` is an inference profile"), Some(hint));
        }
        let glob = Glob::new(text);
        let listed: Vec<reference::Model> = reference::models()
            .filter(|model| model.endpoint == endpoint && glob.matches(model.id))
            .collect();
        if listed.is_empty() {
            let other = reference::models().find(|model| glob.matches(model.id));
            let names = reference::models().filter(|model| model.endpoint == endpoint).map(|model| model.id);
            let hint = match (other, nearest(text, names)) {
                (Some(other), _) => format!("`{}` is listed for another endpoint; ids differ", other.id),
                (None, Some(near)) => format!("did you mean `{near}`?"),
                (None, None) => {
                    "a model newer than the reference can be named; check the spelling".to_owned()
                }
            };
            return self.warn(&id.at, format!("`{text}` matches no listed model"), &hint);
        }
        let Some(today) = self.today else { return };
        let today = today.to_string();
        if listed.iter().all(|model| matches!(model.lifecycle(&today), Lifecycle::Ended { .. })) {
            self.warn(
                &id.at,
                format!("all that `{text}` matches has reached its end of life"),
                "take it out",
            );
        }
    }

    fn class(&mut self, class: &At<String>) {
        let known = &self.syntax.data_classes;
        if known.is_empty() || known.iter().any(|each| each.value == class.value) {
            return;
        }
        let names: Vec<&str> = known.iter().map(|each| each.value.as_str()).collect();
        let hint = format!("`data-classes` has: {}", names.join(", "));
        self.error(&class.at, format!("there is no data class `{}`", class.value), Some(hint));
    }

    fn programme(&mut self, programme: &At<String>) {
        let names = || reference::programmes().iter().map(|known| known.id.as_str());
        if names().all(|known| known != programme.value) {
            let hint = match nearest(&programme.value, names()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => names().collect::<Vec<_>>().join(", "),
            };
            self.error(&programme.at, format!("there is no programme `{}`", programme.value), Some(hint));
        }
    }

    fn area(&mut self, area: &AreaEntry) {
        if let Some(data) = &area.data {
            self.class(data);
        }
        area.compliance.iter().for_each(|programme| self.programme(programme));
        for region in area.within.iter().flatten() {
            self.region(region);
        }
        for row in area.allow.iter().flat_map(|rows| &rows.value) {
            self.row(area, row);
        }
        for (name, state) in &area.doors {
            if name.value != OTHERS {
                self.door(name);
            }
            self.state(name, state);
        }
        let told = area.budget.iter().flat_map(|budget| &budget.notify);
        for address in told.filter(|each| !each.value.contains('@') && !each.value.starts_with("arn:")) {
            let hint = Some("name@acme.example, or the ARN of a topic of SNS".to_owned());
            self.error(&address.at, format!("`{}` is no address", address.value), hint);
        }
        // Source: AWS Budgets API Reference, `Subscriber`: ten addresses and one topic.
        if let Some(budget) = area.budget.as_ref().filter(|budget| budget.notify.len() > 10) {
            self.error(&budget.at, "a budget tells at most ten addresses".to_owned(), None);
        }
        for bucket in &area.buckets {
            bucket.readers.iter().chain(&bucket.writers).for_each(|caller| self.caller(caller));
            // Source: Amazon S3 User Guide, "General purpose bucket naming rules".
            let fits =
                |each: char| each.is_ascii_lowercase() || each.is_ascii_digit() || ".-*?".contains(each);
            for name in bucket.names.iter().filter(|name| !name.value.chars().all(fits)) {
                let hint =
                    Some("names of buckets: a-z, 0-9, `.` and `-`; `*` and `?` stand for others".to_owned());
                self.error(&name.at, format!("no bucket is called `{}`", name.value), hint);
            }
        }
        for caller in area.identity.iter().flat_map(|identity| &identity.except) {
            self.caller(caller);
        }
        for (number, off) in area.off.iter().enumerate() {
            let same = |other: &&crate::syntax::OffEntry| other.service.value == off.service.value;
            if let Some(earlier) = area.off[..number].iter().find(same) {
                self.found.push(
                    Diagnostic::error(
                        off.service.at.clone(),
                        format!("`{}` is off twice", off.service.value),
                    )
                    .also(earlier.service.at.clone(), "here first")
                    .hint("put both into one line"),
                );
            }
            if reference::service(&off.service.value).is_none() {
                let names = reference::services().map(|each| each.prefix);
                let hint = nearest(&off.service.value, names).map(|near| format!("did you mean `{near}`?"));
                let message = format!("no service has the prefix `{}`", off.service.value);
                self.error(&off.service.at, message, hint);
            }
            off.except.iter().for_each(|caller| self.caller(caller));
            for resource in off.resources.iter().chain(&off.on) {
                let hint = || Some(format!("for example arn:aws:{}:::NAME/*", off.service.value));
                match iam::arn::split(&resource.value) {
                    None => {
                        let message = format!("`{}` has fewer than the six parts of an ARN", resource.value);
                        self.error(&resource.at, message, hint());
                    }
                    Some(parts) if parts[2] != off.service.value => {
                        let message = format!("`{}` is nothing of `{}`", resource.value, off.service.value);
                        self.error(&resource.at, message, hint());
                    }
                    Some(_) => {}
                }
            }
        }
    }

    pub(super) fn door(&mut self, name: &At<String>) -> Option<&'static Door> {
        let door = reference::door(&name.value);
        if door.is_none() {
            let ids = reference::doors().iter().map(|door| door.id.as_str());
            let hint = match nearest(&name.value, ids) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "`postern doors` lists them".to_owned(),
            };
            self.error(&name.at, format!("there is no door `{}`", name.value), Some(hint));
        }
        door
    }

    fn state(&mut self, name: &At<String>, state: &At<State>) {
        let is_keys = name.value == "bearer-keys";
        match &state.value {
            State::ShortTerm | State::MaxAgeDays(_) if !is_keys => {
                let hint = "that is a state of `bearer-keys`".to_owned();
                self.error(&state.at, format!("`{}` has no keys", name.value), Some(hint));
            }
            State::Limited { only, resources, regions, inside } => {
                if *inside && name.value != "sharing" {
                    let hint = "that is said of `sharing`".to_owned();
                    self.error(&state.at, format!("`{}` shares nothing", name.value), Some(hint));
                }
                only.iter().for_each(|caller| self.caller(caller));
                regions.iter().for_each(|region| self.region(region));
                if let Some(first) = regions.first()
                    && let Some(door) = reference::door(&name.value)
                    && is_without_regions(door)
                {
                    let message = format!("`{}` has actions of a service without Regions", name.value);
                    let hint = "AWS answers them all in us-east-1; leave the Regions out".to_owned();
                    self.error(&first.at, message, Some(hint));
                }
                if let Some(first) = resources.first()
                    && name.value == OTHERS
                {
                    self.error(&first.at, "`others` cannot name resources".to_owned(), None);
                }
            }
            State::Closed
            | State::ListOnly
            | State::Open
            | State::Unmanaged
            | State::ShortTerm
            | State::MaxAgeDays(_) => {}
        }
    }

    fn row(&mut self, area: &AreaEntry, row: &AllowEntry) {
        for name in &row.models {
            if !self.syntax.models.iter().any(|each| each.name.value == name.value) {
                let names = self.syntax.models.iter().map(|each| each.name.value.as_str());
                let hint = match nearest(&name.value, names) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "describe it under `models`".to_owned(),
                };
                self.error(&name.at, format!("there is no model `{}`", name.value), Some(hint));
            }
        }
        row.callers.iter().for_each(|caller| self.caller(caller));
        row.regions.iter().for_each(|region| self.region(region));
        for through in &row.through {
            self.through(area, row, through);
        }
        if let Some(scope) = &row.scope
            && scope.value != ScopeWord::InRegion
            && row.through.iter().all(|door| MANTLE.contains(&door.value.as_str()))
        {
            let hint = "leave `scope` out".to_owned();
            self.error(
                &scope.at,
                "bedrock-mantle runs models in the called Region only".to_owned(),
                Some(hint),
            );
        }
    }

    fn through(&mut self, area: &AreaEntry, row: &AllowEntry, through: &At<String>) {
        let Some(door) = self.door(through) else { return };
        if !takes_models(door) {
            let hint = match door.scope {
                Scope::Whole => {
                    format!("say it under `doors`: {}: open, closed, or {{ only: [callers] }}", door.id)
                }
                Scope::Model | Scope::Resource => {
                    format!("say it under `doors`: {}: {{ only: [callers], resources: [things] }}", door.id)
                }
            };
            let message = format!("`{}` cannot tell models apart", door.id);
            return self.error(&through.at, message, Some(hint));
        }
        if let Some((name, _)) = area.doors.iter().find(|(name, _)| name.value == door.id) {
            self.found.push(
                Diagnostic::error(through.at.clone(), format!("`{}` is said twice in one area", door.id))
                    .also(name.at.clone(), "here it has a state of its own")
                    .hint("keep one of them"),
            );
        }
        let on_mantle = MANTLE.contains(&door.id.as_str());
        for name in &row.models {
            let Some(model) = self.syntax.models.iter().find(|each| each.name.value == name.value) else {
                continue;
            };
            let (ids, field) =
                if on_mantle { (&model.mantle, "mantle") } else { (&model.runtime, "runtime") };
            if ids.is_empty() {
                self.found.push(
                    Diagnostic::error(
                        name.at.clone(),
                        format!("`{}` has no ids for `{}`", name.value, door.id),
                    )
                    .also(model.name.at.clone(), format!("it has no `{field}`")),
                );
            }
        }
        if RUN_AT_RUNTIME.contains(&door.id.as_str()) {
            let rows = area.allow.iter().flat_map(|rows| &rows.value);
            let at_runtime: Vec<&AllowEntry> =
                rows.filter(|other| other.through.iter().any(|each| each.value == "runtime")).collect();
            let lacks = |name: &&At<String>| {
                !at_runtime.iter().any(|other| other.models.iter().any(|each| each.value == name.value))
            };
            if let Some(name) = row.models.iter().find(lacks) {
                let message = format!(
                    "`{}` runs `{}` as a direct call does, and `runtime` is closed to it",
                    door.id, name.value
                );
                let hint = "add `runtime`: no policy can tell the two apart".to_owned();
                self.error(&through.at, message, Some(hint));
            }
        }
    }

    pub(super) fn region(&mut self, region: &At<String>) {
        if reference::region(&region.value).is_none() {
            let names = reference::regions().map(|each| each.name);
            let hint = nearest(&region.value, names).map(|near| format!("did you mean `{near}`?"));
            self.error(&region.at, format!("there is no Region `{}`", region.value), hint);
        }
    }

    pub(super) fn caller(&mut self, caller: &At<String>) {
        let text = &caller.value;
        let parts = iam::arn::split(text);
        let fits = match text.starts_with("arn:") {
            true => parts.is_some_and(|parts| parts[2] == "iam" || parts[2] == "sts"),
            false => ["role/", "user/"].iter().any(|kind| text.len() > kind.len() && text.starts_with(kind)),
        };
        if !fits {
            let hint = match text.contains("assumed-role") {
                true => "sessions are known by the ARN of their role: role/NAME",
                false => "role/PATH/NAME, user/NAME, or an ARN of IAM; `*` stands for any text",
            };
            self.error(&caller.at, format!("`{text}` names no principal"), Some(hint.to_owned()));
        } else if text.contains(":assumed-role/") {
            let hint = "`aws:PrincipalArn` is the ARN of the role".to_owned();
            self.error(&caller.at, "a session is known by its role".to_owned(), Some(hint));
        }
    }

    fn guardrails(&mut self) {
        let syntax = self.syntax;
        for entry in &syntax.guardrails {
            entry.existing.iter().for_each(|(region, _)| self.region(region));
            self.definition(entry);
        }
        let enforced = || syntax.areas.iter().filter_map(|area| area.guardrail.as_ref());
        for each in enforced() {
            let name = &each.guardrail;
            if !syntax.guardrails.iter().any(|known| known.name.value == name.value) {
                let names = syntax.guardrails.iter().map(|known| known.name.value.as_str());
                let hint = match nearest(&name.value, names) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "describe it under `guardrails`".to_owned(),
                };
                self.error(&name.at, format!("there is no guardrail `{}`", name.value), Some(hint));
            }
            for id in &each.except {
                let listed =
                    |model: &reference::Model| model.endpoint == Endpoint::Runtime && model.id == id.value;
                if id.value.contains(['*', '?']) || id.value.starts_with("arn:") {
                    let hint = "Bedrock policies name models by their ids, each for itself".to_owned();
                    self.error(&id.at, format!("`{}` is no id of a model", id.value), Some(hint));
                } else if !reference::models().any(|model| listed(&model)) {
                    let message = format!("`{}` is no listed model", id.value);
                    self.warn(
                        &id.at,
                        message,
                        "check the spelling; what is not listed runs under the guardrail",
                    );
                } else if id.value.matches('.').count() > 1 {
                    // Source: Amazon Bedrock API, PutEnforcedGuardrailConfiguration (aws-facts §3.1).
                    let message = format!("whether AWS takes `{}` here is not known", id.value);
                    self.warn(
                        &id.at,
                        message,
                        "the account's own configuration takes ids with one dot only; try it in one account first",
                    );
                }
            }
        }
        for known in &syntax.guardrails {
            if !enforced().any(|each| each.guardrail.value == known.name.value) {
                let message = format!("`{}` is enforced nowhere", known.name.value);
                self.warn(&known.name.at, message, "name it in an area, or take it out");
            }
        }
    }

    /// Models that no row names.
    fn unused(&mut self) {
        let syntax = self.syntax;
        let rows = || syntax.areas.iter().flat_map(|area| area.allow.iter().flat_map(|rows| &rows.value));
        for model in &syntax.models {
            if !rows().any(|row| row.models.iter().any(|each| each.value == model.name.value)) {
                let message = format!("`{}` is allowed nowhere", model.name.value);
                self.warn(&model.name.at, message, "name it in a row of `allow`, or take it out");
            }
        }
    }
}

/// Whether every door in a list of ids exists; used by a test over the tables above.
#[cfg(test)]
fn exist(ids: &[&str]) -> bool {
    ids.iter().all(|id| reference::door(id).is_some_and(takes_models))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::passage::{FOUNDATION_MODEL, passages};

    #[test]
    fn the_doors_named_here_are_doors_at_which_models_are_told_apart() {
        assert!(exist(&RUN_AT_RUNTIME) && exist(&MANTLE));
        let by_model = |id: &str| {
            passages().iter().any(|each| {
                each.door.id == id
                    && reference::action(each.service, each.action)
                        .is_some_and(|known| known.resource(FOUNDATION_MODEL).is_some())
            })
        };
        assert!(by_model("batch") && !by_model("mantle"));
    }
}
