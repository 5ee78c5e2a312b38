//! What printing keeps, what it orders, and that parsing undoes it.

use super::{minified, pretty};
use crate::json::{self, Member, Node, Value};
use crate::policy::{self, Policy, PolicyType};
use proptest::prelude::*;

#[track_caller]
fn check(text: &str, expected: &str) {
    let node = json::parse(text.as_bytes()).unwrap();
    assert_eq!(minified(&node), expected, "{text}");
}

#[test]
fn elements_stand_in_the_order_of_the_guide() {
    check(
        r#"{"Statement":{"Condition":{},"Action":"*","Effect":"Deny","Sid":"x"},"Version":"2012-10-17"}"#,
        r#"{"Version":"2012-10-17","Statement":{"Sid":"x","Effect":"Deny","Action":"*","Condition":{}}}"#,
    );
    check(
        r#"{"Statement":[{"NotResource":"*","NotAction":"*","NotPrincipal":"*","Resource":"*","Principal":"*"}],"Id":"i"}"#,
        r#"{"Id":"i","Statement":[{"Principal":"*","NotPrincipal":"*","NotAction":"*","Resource":"*","NotResource":"*"}]}"#,
    );
}

#[test]
fn what_is_no_element_keeps_its_order_behind_the_elements() {
    check(
        r#"{"z":{"Statement":1,"Version":2},"a":2,"Version":3}"#,
        r#"{"Version":3,"z":{"Statement":1,"Version":2},"a":2}"#,
    );
    check(
        r#"{"Statement":[{"Condition":{"b":{"Sid":[],"Effect":["2","1"]},"a":{}},"note":1,"Effect":2}]}"#,
        r#"{"Statement":[{"Effect":2,"Condition":{"b":{"Sid":[],"Effect":["2","1"]},"a":{}},"note":1}]}"#,
    );
}

#[test]
fn strings_are_escaped_no_more_than_json_asks_and_numbers_keep_their_spelling() {
    check(r#"["\/\u0061\u00e9\u007f"]"#, "[\"/aé\u{7f}\"]");
    check(r#"["\"\\\n\r\t\b\u0000\u001f "]"#, r#"["\"\\\n\r\t\u0008\u0000\u001f "]"#);
    check(r#"[ 1.50, -0, 1E+2, true, false, null ]"#, "[1.50,-0,1E+2,true,false,null]");
    check(r#"{"\"\u0009":{}}"#, r#"{"\"\t":{}}"#);
}

#[test]
fn people_get_one_value_a_line() {
    let text = r#"{"Statement":[{"Effect":"Deny","Action":["a:B","c:D"],"Condition":{}}],"Version":"2012-10-17","l":[]}"#;
    let expected = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Deny",
      "Action": [
        "a:B",
        "c:D"
      ],
      "Condition": {}
    }
  ],
  "l": []
}"#;
    assert_eq!(pretty(&json::parse(text.as_bytes()).unwrap()), expected);
}

fn node(value: Value) -> Node {
    Node { value, start: 0, end: 0 }
}

fn text(text: &str) -> Node {
    node(Value::Text(text.to_owned()))
}

/// An object of distinct names.
fn object(members: Vec<(String, Node)>) -> Node {
    let mut taken: Vec<Member> = Vec::new();
    for (name, node) in members {
        if !taken.iter().any(|member| member.name == name) {
            taken.push(Member { name, start: 0, node });
        }
    }
    node(Value::Object(taken))
}

fn words(choices: &'static [&'static str]) -> impl Strategy<Value = Node> + Clone {
    let one = prop::sample::select(choices).prop_map(text);
    prop_oneof![
        one.clone(),
        prop::collection::vec(one, 0..4).prop_map(|nodes| node(Value::List(nodes))),
        "[ -\u{FF}]{0,6}".prop_map(|free| text(&free)),
    ]
}

fn condition() -> impl Strategy<Value = Node> {
    const OPERATORS: &[&str] =
        &["StringEquals", "stringlike", "ForAnyValue:StringLike", "Null", "Bool", "NumericLessThan", "Odd"];
    const KEYS: &[&str] =
        &["aws:PrincipalArn", "aws:TagKeys", "bedrock-mantle:Model", "aws:PrincipalTag/\"x"];
    let value = prop_oneof![
        words(&["true", "${aws:username}", "a\\b", "a\tb", "*"]),
        Just(node(Value::Bool(true))),
        Just(node(Value::Number("1.50".to_owned()))),
    ];
    let keys = prop::collection::vec((prop::sample::select(KEYS).prop_map(str::to_owned), value), 0..3);
    let operator = (prop::sample::select(OPERATORS).prop_map(str::to_owned), keys.prop_map(object));
    prop::collection::vec(operator, 0..3).prop_map(object)
}

fn statement() -> impl Strategy<Value = Node> {
    let actions = words(&["bedrock:InvokeModel", "s3:*", "*"]);
    let resources = words(&["*", "arn:aws:bedrock:*::foundation-model/*", "arn:aws:s3:::b/${aws:username}"]);
    let principal = prop_oneof![Just(text("*")), Just(object(vec![("AWS".to_owned(), text("*"))]))];
    let element = prop_oneof![
        prop::sample::select(vec!["a", "Zeta"]).prop_map(|sid| ("Sid".to_owned(), text(sid))),
        prop::sample::select(vec!["Action", "NotAction"])
            .prop_flat_map(move |name| actions.clone().prop_map(move |node| (name.to_owned(), node))),
        prop::sample::select(vec!["Resource", "NotResource"])
            .prop_flat_map(move |name| resources.clone().prop_map(move |node| (name.to_owned(), node))),
        principal.prop_map(|node| ("Principal".to_owned(), node)),
        condition().prop_map(|node| ("Condition".to_owned(), node)),
    ];
    let effect =
        prop::sample::select(vec!["Allow", "Deny"]).prop_map(|word| ("Effect".to_owned(), text(word)));
    (effect, prop::collection::vec(element, 0..5), any::<prop::sample::Index>()).prop_map(
        |(effect, mut elements, at)| {
            let at = at.index(elements.len() + 1);
            elements.insert(at, effect);
            object(elements)
        },
    )
}

fn document() -> impl Strategy<Value = Node> {
    let statements = prop_oneof![
        statement(),
        prop::collection::vec(statement(), 0..4).prop_map(|nodes| node(Value::List(nodes))),
    ];
    let version = prop::sample::select(vec!["2012-10-17", "2008-10-17"]).prop_map(text);
    (statements, prop::option::of(version), any::<bool>()).prop_map(|(statements, version, first)| {
        let mut members = vec![("Statement".to_owned(), statements)];
        if let Some(version) = version {
            members.insert(if first { 0 } else { 1 }, ("Version".to_owned(), version));
        }
        object(members)
    })
}

/// Any JSON at all.
fn anything() -> impl Strategy<Value = Node> {
    let leaf = prop_oneof![
        Just(node(Value::Null)),
        any::<bool>().prop_map(|value| node(Value::Bool(value))),
        prop::sample::select(vec!["0", "-1.50", "1E+2", "1234567890123456789"])
            .prop_map(|spelling| node(Value::Number(spelling.to_owned()))),
        any::<String>().prop_map(|any| text(&any)),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|nodes| node(Value::List(nodes))),
            prop::collection::vec((any::<String>(), inner), 0..4).prop_map(object),
        ]
    })
}

/// The policy without the places of its statements.
fn without_places(node: &Node, policy_type: PolicyType) -> Option<Policy> {
    let mut policy = policy::from_node(node, policy_type).policy?;
    let mut statements = policy.statements.into_vec();
    statements.iter_mut().for_each(|statement| statement.start = 0);
    policy.statements = statements.into();
    Some(policy)
}

fn parsed_again(text: &str) -> Node {
    json::parse(text.as_bytes()).unwrap_or_else(|error| panic!("{error} in {text}"))
}

proptest! {
    #[test]
    fn parsing_what_is_printed_gives_the_same_policy(
        document in document(),
        policy_type in prop::sample::select(vec![PolicyType::Identity, PolicyType::Resource]),
    ) {
        let before = without_places(&document, policy_type);
        prop_assert!(before.is_some());
        for text in [minified(&document), pretty(&document)] {
            prop_assert_eq!(&without_places(&parsed_again(&text), policy_type), &before);
        }
    }

    #[test]
    fn printing_twice_changes_nothing(node in prop_oneof![document(), anything()]) {
        let (short, long) = (minified(&node), pretty(&node));
        prop_assert_eq!(&minified(&parsed_again(&short)), &short);
        prop_assert_eq!(&pretty(&parsed_again(&long)), &long);
        prop_assert_eq!(&minified(&parsed_again(&long)), &short);
    }

    #[test]
    fn an_independent_reader_finds_what_was_printed(node in anything()) {
        let expected = by_hand(&node);
        for text in [minified(&node), pretty(&node)] {
            prop_assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), expected.clone());
        }
    }
}

/// The node as the other reader's tree, without printing it.
fn by_hand(node: &Node) -> serde_json::Value {
    match &node.value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(value) => (*value).into(),
        Value::Number(spelling) => serde_json::from_str(spelling).unwrap(),
        Value::Text(text) => text.clone().into(),
        Value::List(nodes) => nodes.iter().map(by_hand).collect(),
        Value::Object(members) => {
            members.iter().map(|member| (member.name.clone(), by_hand(&member.node))).collect()
        }
    }
}
