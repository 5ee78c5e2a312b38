//! The AWS CLI command that makes a request.
//!
//! Of calls that run models the operation is known from the table of operations; of others it has the name of the
//! action, as nearly all have, and parameters beside what the request says are left to fill in.

use iam::arn::Arn;
use iam::request::Request;

/// The command.
pub fn command(request: &Request) -> String {
    let action = request.action();
    let arn = Arn::parse(request.resource().as_str()).ok();
    let region =
        arn.map(|arn| arn.region).filter(|region| !region.is_empty() && !region.contains(['*', '?']));
    let region = region.map(|region| format!(" --region {region}")).unwrap_or_default();
    // The name as the reference spells it.
    let spelled = action.as_str().split_once(':').map_or(action.name(), |(_, name)| name);
    let of_action = reference::apis().iter().filter(|api| {
        api.action.eq_ignore_ascii_case(action.as_str())
            && !api.streaming
            && HAS_COMMAND.contains(&api.endpoint.as_str())
    });
    let api = of_action.min_by_key(|api| api.name != spelled);
    let (service, name) = match api {
        Some(api) => (api.endpoint.as_str(), kebab(&api.name)),
        None => (command_service(action.service()), kebab(spelled)),
    };
    let rest = match (arn, action.service(), name.as_str()) {
        (Some(arn), "bedrock", "invoke-model" | "converse") => {
            let whole = request.resource().as_str();
            let model = arn.resource.strip_prefix("foundation-model/").unwrap_or(whole);
            let profile = value(request, "bedrock:InferenceProfileArn");
            let body = if name == "converse" { "" } else { " --body fileb://body.json out.json" };
            format!(" --model-id {}{body}", quoted(profile.unwrap_or(model)))
        }
        (Some(_), "sts", "assume-role") => {
            let of = |key: &str| value(request, key).map(quoted);
            let option =
                |name: &str, key: &str| of(key).map(|text| format!(" --{name} {text}")).unwrap_or_default();
            let session = of("sts:RoleSessionName").unwrap_or_else(|| "session".to_owned());
            let (external, source) =
                (option("external-id", "sts:ExternalId"), option("source-identity", "sts:SourceIdentity"));
            let role = quoted(request.resource().as_str());
            format!(" --role-arn {role} --role-session-name {session}{external}{source}")
        }
        (Some(_), _, _) => format!(" # on {}", request.resource().as_str()),
        (None, _, _) => String::new(),
    };
    format!("aws {service} {name}{region}{rest}")
}

/// The one value of a key.
fn value<'a>(request: &'a Request, key: &str) -> Option<&'a str> {
    request.context().get(&iam::context::Key::new(key)).and_then(|values| values.only())
}

/// Endpoints that are commands of the AWS CLI.
const HAS_COMMAND: [&str; 6] = [
    "bedrock",
    "bedrock-runtime",
    "bedrock-agent",
    "bedrock-agent-runtime",
    "sagemaker-runtime",
    "sagemaker",
];

/// The command of the AWS CLI for an IAM prefix; for most it is the prefix.
fn command_service(prefix: &str) -> &str {
    match prefix {
        "bedrock-agentcore" => "bedrock-agentcore-control",
        "aws-marketplace" => "marketplace-agreement",
        "s3" => "s3api",
        "sso" => "sso-admin",
        _ => prefix,
    }
}

/// `InvokeModel` as `invoke-model`.
fn kebab(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut text = String::new();
    for (at, letter) in letters.iter().enumerate() {
        let starts = letter.is_ascii_uppercase()
            && at > 0
            && (!letters[at - 1].is_ascii_uppercase()
                || letters.get(at + 1).is_some_and(|next| next.is_ascii_lowercase()));
        if starts {
            text.push('-');
        }
        text.push(letter.to_ascii_lowercase());
    }
    text
}

fn quoted(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:@%+=,".contains(&byte);
    match text.bytes().all(is_plain) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', "'\\''")),
    }
}

#[cfg(test)]
mod tests {
    //! Names of commands.

    use super::*;

    #[test]
    fn names_are_those_of_the_command_line() {
        assert_eq!(kebab("InvokeModel"), "invoke-model");
        assert_eq!(kebab("DeleteSSMParameter"), "delete-ssm-parameter");
        assert_eq!(quoted("a b"), "'a b'");
    }
}
