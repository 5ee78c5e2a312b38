//! Conditions on what the caller chooses freely.

use iam::condition::Comparison;
use iam::lint::statement::Condition;
use iam::policy::Effect;

use crate::check::finding::{Audience, Confidence, Severity};
use crate::check::rule::{Example, Found, Look, Rule};
use crate::check::view::View;

pub const RULE: Rule = Rule {
    id: "caller-chooses-key",
    title: "access that hangs on a value which the caller chooses",
    severity: Severity::High,
    confidence: Confidence::High,
    audience: Audience::Author,
    why: "`aws:UserAgent` and `aws:Referer` are headers that a client writes as it likes. The name of a role session, \
          the part of `aws:userid` behind the colon, is chosen by whoever assumes the role, unless the trust policy \
          binds it. Anybody who knows the value passes.",
    instead: "Compare something that AWS sets: `aws:PrincipalArn`, `aws:PrincipalTag/…` with tags protected, \
              `aws:SourceIdentity` with a trust policy that binds it, `aws:SourceVpce`.",
    sources: &[
        "IAM User Guide, \"AWS global condition context keys\", aws:UserAgent, aws:Referer, aws:userid",
    ],
    bad: Example::scp(
        r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Deny",
      "Action": "bedrock:InvokeModel*",
      "Resource": "*",
      "Condition": { "StringNotLike": { "aws:UserAgent": "approved-client/*" } }
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
      "Action": "bedrock:InvokeModel*",
      "Resource": "*",
      "Condition": { "StringNotEquals": { "aws:SourceVpce": "vpce-0123456789abcdef0" } }
    }
  ]
}"#,
    ),
    look: Look::Policy(look),
};

fn look(view: &View<'_>, found: &mut Found) {
    for statement in &view.outline.statements {
        for condition in &statement.conditions {
            let Some(operator) = condition.operator else { continue };
            // An Allow for those who say the word, or a Deny that spares them.
            let rewards = (statement.effect == Effect::Allow) != operator.negated;
            if operator.comparison == Comparison::Null || !rewards {
                continue;
            }
            if let Some(message) = chosen(condition) {
                let at = condition.key_span.start..condition.key_span.end;
                found.add(at, message);
            }
        }
    }
}

fn chosen(condition: &Condition<'_>) -> Option<String> {
    let is = |key: &str| condition.key.eq_ignore_ascii_case(key);
    if is("aws:UserAgent") || is("aws:Referer") {
        return Some(format!("`{}` is a header that the client writes as it likes", condition.key));
    }
    let by_session_name =
        |text: &str| text.strip_prefix("*:").is_some_and(|name| !name.is_empty() && name != "*");
    let named = condition.values.iter().find(|(text, _)| is("aws:userid") && by_session_name(text))?;
    Some(format!("`{}` is a session name, which whoever assumes a role chooses", named.0))
}
