//! The request context: the keys the case supplies, and those its principal fixes.
//!
//! It reads complete requests only: a key that is neither supplied nor derived is absent.
//! Follows IAM User Guide, "AWS global condition context keys" and "IAM policy elements: Variables and tags"
//! (table "Information available in requests": what `aws:username` and `aws:userid` are for each kind of principal).

use serde_json::Value;

use super::principal::Principal;
use super::readings::Choices;

/// What the conditions and variables of a policy can ask about.
pub struct Context<'a> {
    supplied: Vec<(String, Vec<String>)>,
    principal: &'a Principal,
    choices: &'a Choices<'a>,
}

impl<'a> Context<'a> {
    /// # Errors
    /// A value that is neither text, number, true, false nor a list of these.
    pub fn read(
        supplied: &Value,
        principal: &'a Principal,
        choices: &'a Choices<'a>,
    ) -> Result<Context<'a>, String> {
        let mut keys = Vec::new();
        for (key, value) in supplied.as_object().into_iter().flatten() {
            let values =
                scalars(value).ok_or_else(|| format!("context key `{key}` has a value that is no scalar"))?;
            keys.push((key.to_lowercase(), values));
        }
        Ok(Context { supplied: keys, principal, choices })
    }

    /// The values of a key, whose name is compared without regard to case. No values means the key is absent, and
    /// a key supplied with an empty list is absent too. A supplied value wins over a derived one.
    pub fn values(&self, key: &str) -> Vec<String> {
        let wanted = key.to_lowercase();
        for (name, values) in &self.supplied {
            if *name == wanted && !values.is_empty() {
                return values.clone();
            }
        }
        self.derived(&wanted)
    }

    /// "AWS global condition context keys", section "Properties of the principal".
    fn derived(&self, key: &str) -> Vec<String> {
        let principal = self.principal;
        match key {
            "aws:principalarn" => principal.arn_as_context_key().into_iter().collect(),
            "aws:principalaccount" => principal.account().into_iter().collect(),
            "aws:principaltype" => principal.type_as_context_key().into_iter().map(str::to_string).collect(),
            "aws:username" => principal.user_name().into_iter().collect(),
            "aws:userid" => principal.user_id().into_iter().collect(),
            "aws:principalservicename" => principal.service_name().into_iter().collect(),
            "aws:principalisawsservice" if principal.service_name().is_some() => vec!["true".to_string()],
            "aws:principalisawsservice" if principal.signs_requests() => {
                self.choices.choose("principal-is-aws-service", vec![], vec!["false".to_string()])
            }
            _ => vec![],
        }
    }
}

/// One scalar or a list of them as texts; `null` is the empty list.
pub fn scalars(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::Null => Some(vec![]),
        Value::Bool(truth) => Some(vec![truth.to_string()]),
        Value::Number(number) => Some(vec![number.to_string()]),
        Value::String(text) => Some(vec![text.clone()]),
        Value::Array(members) => {
            let mut texts = Vec::new();
            for member in members {
                match member {
                    Value::Bool(truth) => texts.push(truth.to_string()),
                    Value::Number(number) => texts.push(number.to_string()),
                    Value::String(text) => texts.push(text.clone()),
                    Value::Null | Value::Array(_) | Value::Object(_) => return None,
                }
            }
            Some(texts)
        }
        Value::Object(_) => None,
    }
}
