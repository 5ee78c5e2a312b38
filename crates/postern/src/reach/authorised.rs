//! How open models are to somebody by the one authorisation that every call of a model takes: on the model itself, or for
//! the model in a project or workspace.
//!
//! A profile, a guardrail or a token asks for more, so whoever is not authorised here runs the model neither by its own id
//! nor through a profile. It bounds [`Reach::models`] from above in these forms, which asks whole calls, and is far
//! quicker. Things of an account that stand for a model, such as provisioned throughput, are doors of their own.

use std::collections::HashMap;

use iam::context::Context;
use reference::Endpoint;

use super::Reach;
use super::person::Person;
use super::standing::{self, Level, tell_apart};

impl Reach<'_> {
    /// How open each of these models is to a person at most, at whichever endpoint has it.
    pub fn authorised(&self, person: &Person<'_>, models: &[&str]) -> Vec<Level> {
        let on_models = self.on_models(person, models);
        let mantle = self.asks.ask("bedrock-mantle:CreateInference");
        let platform = self.asks.ask("aws-external-anthropic:CreateInference");
        let in_workspace = platform.map(|ask| standing::of_ask(self, person, &ask).level);
        let level = |(model, on_model): (&&str, Option<Level>)| {
            let is_at = |endpoint| reference::model_at(endpoint, model).is_some();
            let mantle = mantle.as_ref().filter(|_| is_at(Endpoint::Mantle)).map(|ask| {
                let mut context = Context::new();
                context.derive("bedrock-mantle:Model", model);
                standing::of_ask_with(self, person, ask, &context).level
            });
            let in_workspace = in_workspace.filter(|_| is_at(Endpoint::ClaudePlatform));
            [on_model, mantle, in_workspace].into_iter().flatten().max().unwrap_or(Level::Unknown)
        };
        models.iter().zip(on_models).map(level).collect()
    }

    /// On the model itself, for those of bedrock-runtime; of models that no policy tells apart one is asked.
    fn on_models(&self, person: &Person<'_>, models: &[&str]) -> Vec<Option<Level>> {
        let Some(ask) = self.asks.ask("bedrock:InvokeModel") else { return vec![None; models.len()] };
        let is_at_runtime = |model: &&str| reference::model_at(Endpoint::Runtime, model).is_some();
        if !person.named.contains(ask.number) {
            return models.iter().map(|model| is_at_runtime(model).then_some(Level::Closed)).collect();
        }
        let partition = &self.estate.accounts()[person.account].partition;
        let tell_apart = tell_apart(person, "foundation-model");
        let mut alike: HashMap<Vec<bool>, Level> = HashMap::new();
        let asked = |model: &str| {
            let arn = |region| format!("arn:{partition}:bedrock:{region}::foundation-model/{model}");
            let in_regions = person
                .regions()
                .iter()
                .map(|region| standing::asked(person, &ask, &arn(region), person.layers(), None));
            standing::best(in_regions).level
        };
        let level = |model: &&str| {
            if !is_at_runtime(model) {
                return None;
            }
            let text = format!("foundation-model/{model}");
            Some(match &tell_apart {
                Some(patterns) => {
                    let looks = patterns.iter().map(|pattern| pattern.matches(&text)).collect();
                    *alike.entry(looks).or_insert_with(|| asked(model))
                }
                None => asked(model),
            })
        };
        models.iter().map(level).collect()
    }
}
