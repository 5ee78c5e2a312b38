//! Every call of AWS that a snapshot holds the answer of.
//!
//! The rows are data (`data/calls.toml`), each with its source; the script that makes a snapshot, the policy it needs,
//! the reader and the page that describes the format all follow them. Nothing is called from here.

use std::sync::LazyLock;

use serde::Deserialize;

/// The text of the table.
const TABLE: &str = include_str!("../data/calls.toml");

/// One call.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Call {
    /// The command of the AWS CLI.
    pub service: String,
    /// The API operation.
    pub operation: String,
    pub scope: Scope,
    /// The IAM action that must be allowed.
    pub permission: String,
    /// What it is asked for.
    pub purpose: String,
    /// Arguments that are always given; `{account}` stands for the account's id.
    #[serde(default)]
    pub arguments: Vec<String>,
    /// The parameters for whose values it is repeated; none for a single call, at most two.
    #[serde(default)]
    pub each: Vec<Parameter>,
    /// Error codes that mean: there is none.
    #[serde(default)]
    pub absent: Vec<String>,
    /// Whether the CLI fetches every page by itself.
    #[serde(default = "yes")]
    pub pages: bool,
    /// Where it is described.
    pub source: String,
}

/// How often a call is made.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Once, in the management account.
    Organization,
    /// Once in each account.
    Account,
    /// In each Region of each account.
    Region,
}

/// A parameter and its values.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parameter {
    /// The flag of the CLI.
    pub flag: String,
    /// Values that are always the same.
    #[serde(default)]
    pub values: Vec<String>,
    /// Calls, and where in their answers values stand.
    #[serde(default)]
    pub from: Vec<From>,
    /// Values that are left out.
    #[serde(default)]
    pub skip: Vec<String>,
}

/// Where values come from: a call, with its item after a slash where only one matters; and their place in its answer,
/// a JMESPath of members, with `[]` behind lists.
#[derive(Clone, Debug, Deserialize)]
pub struct From(pub String, pub String);

impl From {
    /// The member that holds the values.
    pub fn member(&self) -> &str {
        self.1.rsplit('.').next().unwrap_or_default()
    }
}

fn yes() -> bool {
    true
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    models: String,
    call: Vec<Call>,
}

static CALLS: LazyLock<Table> =
    LazyLock::new(|| toml::from_str(TABLE).expect("the table of calls that is built in can be read"));

/// Every call, in the order in which they are made.
pub fn calls() -> &'static [Call] {
    &CALLS.call
}

/// The API models that the calls were checked against.
pub fn models() -> &'static str {
    &CALLS.models
}

/// The call of this name: `iam.GetAccountAuthorizationDetails`.
pub fn call(name: &str) -> Option<&'static Call> {
    let (service, operation) = name.split_once('.')?;
    calls().iter().find(|call| call.service == service && call.operation == operation)
}

impl Call {
    /// Its name in files and manifests.
    pub fn name(&self) -> String {
        format!("{}.{}", self.service, self.operation)
    }

    /// Its name on the command line: `iam get-account-authorization-details`.
    pub fn command(&self) -> String {
        command(&self.name())
    }
}

/// The name of a call on the command line.
pub fn command(name: &str) -> String {
    let (service, operation) = name.split_once('.').unwrap_or((name, ""));
    let mut words = String::with_capacity(operation.len() + 8);
    let mut before = ' ';
    for letter in operation.chars() {
        if letter.is_ascii_uppercase() && before.is_ascii_lowercase() {
            words.push('-');
        }
        words.push(letter.to_ascii_lowercase());
        before = letter;
    }
    format!("{service} {words}")
}

#[cfg(test)]
mod tests {
    //! The table says what it must, and the page about it says the same.

    use super::*;

    #[test]
    fn every_item_comes_from_a_call_that_is_made_before() {
        for (number, call) in calls().iter().enumerate() {
            assert!(call.each.len() <= 2, "{}", call.name());
            for parameter in &call.each {
                assert!(parameter.values.is_empty() != parameter.from.is_empty(), "{}", call.name());
                for From(from, _) in &parameter.from {
                    let name = from.split('/').next().unwrap_or_default();
                    let before = calls()[..=number].iter().any(|other| other.name() == name);
                    assert!(before, "{} takes items from {name}", call.name());
                }
            }
        }
    }

    #[test]
    fn names_on_the_command_line_are_those_of_the_aws_cli() {
        assert_eq!(command("iam.GetAccountAuthorizationDetails"), "iam get-account-authorization-details");
        assert_eq!(command("s3api.ListBuckets"), "s3api list-buckets");
    }

    /// What a call is made for, as the page says it.
    fn items(call: &Call) -> String {
        let from = |from: &From| {
            let operation = from.0.split_once('.').map_or("", |(_, operation)| operation);
            format!("`{}` of {operation}", from.member())
        };
        let parameter = |parameter: &Parameter| {
            let mut items: Vec<String> = parameter.from.iter().map(from).collect();
            items.dedup();
            [parameter.values.clone(), items].concat().join(", ")
        };
        call.each.iter().map(parameter).collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn every_permission_is_an_action_that_aws_lists() {
        // The API has it and the Service Authorization Reference of that day does not; its row says so.
        const UNLISTED: &str = "sagemaker:GetEndpointPolicy";
        for call in calls().iter().filter(|call| call.permission != UNLISTED) {
            let (service, action) = call.permission.split_once(':').expect("SERVICE:ACTION");
            let known = reference::action(service, action);
            assert!(known.is_some_and(|known| known.name == action), "{}", call.permission);
        }
    }

    #[test]
    fn the_page_about_the_format_lists_every_call() {
        let page = include_str!("../../../docs/snapshot.md");
        for call in calls() {
            let row = page.lines().find(|line| line.starts_with(&format!("| `{}` |", call.name())));
            let row = row.unwrap_or_else(|| panic!("docs/snapshot.md lacks {}", call.name()));
            let scope = format!("{:?}", call.scope).to_lowercase();
            assert!(row.contains(&format!("| {scope} |")), "{row}");
            assert!(row.ends_with(&format!("| {} | {} |", items(call), call.purpose)), "{row}");
        }
        assert_eq!(
            page.lines().filter(|line| line.starts_with("| `")).count() - 4,
            calls().len(),
            "rows of statuses aside"
        );
    }
}
