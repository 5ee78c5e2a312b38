//! Finding members in an answer by a path.
//!
//! `a.b` is a member of a member, `a[]` every item of a list, `**` any depth. Null is as good as absent, as the AWS CLI
//! prints some members that AWS did not give.

use std::sync::Arc;

use iam::json::{Node, Value};

/// Every value at a path.
pub(crate) fn select<'n>(node: &'n Node, path: &str) -> Vec<&'n Node> {
    let mut found = vec![node];
    for step in path.split('.').filter(|step| !step.is_empty()) {
        found = match (step, step.strip_suffix("[]")) {
            ("**", _) => found.into_iter().flat_map(descendants).collect(),
            (_, Some(list)) => {
                let lists = found.into_iter().filter_map(|node| member(node, list));
                lists.filter_map(Node::as_list).flatten().collect()
            }
            (name, None) => found.into_iter().filter_map(|node| member(node, name)).collect(),
        };
    }
    found
}

/// The member of this name, unless it is null.
pub(crate) fn member<'n>(node: &'n Node, name: &str) -> Option<&'n Node> {
    node.get(name).filter(|node| node.value != Value::Null)
}

/// The text of a member.
pub(crate) fn text<'n>(node: &'n Node, name: &str) -> Option<&'n str> {
    member(node, name).and_then(Node::as_text)
}

/// The same, to keep.
pub(crate) fn shared(node: &Node, name: &str) -> Option<Arc<str>> {
    text(node, name).map(Arc::from)
}

/// The boolean of a member.
pub(crate) fn flag(node: &Node, name: &str) -> Option<bool> {
    match member(node, name)?.value {
        Value::Bool(value) => Some(value),
        Value::Null | Value::Number(_) | Value::Text(_) | Value::List(_) | Value::Object(_) => None,
    }
}

/// Every text, number and boolean at a path, as text.
pub(crate) fn scalars(node: &Node, path: &str) -> Vec<String> {
    select(node, path).into_iter().filter_map(scalar).collect()
}

fn scalar(node: &Node) -> Option<String> {
    match &node.value {
        Value::Text(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.clone()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Null | Value::Text(_) | Value::List(_) | Value::Object(_) => None,
    }
}

/// Every text at a path.
pub(crate) fn texts(node: &Node, path: &str) -> Vec<String> {
    select(node, path).into_iter().filter_map(Node::as_text).map(str::to_owned).collect()
}

/// A node and everything in it.
fn descendants(node: &Node) -> Vec<&Node> {
    let mut found = vec![node];
    let mut at = 0;
    while let Some(node) = found.get(at).copied() {
        found.extend(node.as_list().unwrap_or_default());
        found.extend(node.as_object().unwrap_or_default().iter().map(|member| &member.node));
        at += 1;
    }
    found
}

/// A template with its `{names}` filled in; `None` when one has no value.
pub(crate) fn fill(template: &str, value: impl Fn(&str) -> Option<String>) -> Option<String> {
    let mut filled = String::with_capacity(template.len() + 32);
    let mut rest = template;
    while let Some((before, behind)) = rest.split_once('{') {
        let (name, after) = behind.split_once('}')?;
        filled.push_str(before);
        filled.push_str(&value(name)?);
        rest = after;
    }
    filled.push_str(rest);
    Some(filled)
}

#[cfg(test)]
mod tests {
    //! Paths and templates.

    use super::*;

    #[track_caller]
    fn check(json: &str, path: &str, expected: &[&str]) {
        let node = iam::json::parse(json.as_bytes()).expect("the test writes JSON");
        assert_eq!(scalars(&node, path), expected, "{path} in {json}");
    }

    #[test]
    fn a_path_finds_members_items_and_depths() {
        check(r#"{"a": {"b": "x"}}"#, "a.b", &["x"]);
        check(r#"{"a": {"b": null}}"#, "a.b", &[]);
        check(r#"{"a": [{"b": "x"}, {"c": "y"}, {"b": 3}]}"#, "a[].b", &["x", "3"]);
        check(r#"{"a": {"b": "x"}}"#, "a[].b", &[]);
        check(r#"{"a": {"p": [{"b": "x"}], "b": "y"}, "b": "z"}"#, "a.**.b", &["y", "x"]);
        check(r#"{"a": ""}"#, "a", &[]);
        check(r#"{"a": true}"#, "a", &["true"]);
    }

    #[test]
    fn a_template_without_a_value_is_nothing() {
        let value = |name: &str| (name == "x").then(|| "1".to_owned());
        assert_eq!(fill("a/{x}/b", value).as_deref(), Some("a/1/b"));
        assert_eq!(fill("a/{y}", value), None);
    }
}
