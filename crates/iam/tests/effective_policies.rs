//! Effective declarative policies beside a merge that tries everything: every order in which the policies of a node may
//! have been attached, under either reading of a lock above a value.
//!
//! A value that is said to be known is the same in all of these worlds, and one of which the worlds differ is said not to
//! be known. Trees, policies, operators and locks are drawn at random.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use iam::arn::AccountId;
use iam::estate::{Known, Node, NodeKind, Organization, OrganizationPolicy, OrganizationPolicyKind, Value};
use serde_json::{Map, Value as Json, json};

/// A world: what each path says, and the locks there.
#[derive(Clone, Default)]
struct World {
    values: BTreeMap<Vec<String>, Json>,
    locks: BTreeMap<Vec<String>, BTreeSet<String>>,
    /// Whether a lock above holds for what exists already.
    locks_reach_down: bool,
}

impl World {
    fn locked(&self, path: &[String], operator: &str) -> bool {
        self.locks.get(path).is_some_and(|allowed| !allowed.contains("@@all") && !allowed.contains(operator))
    }

    fn forbids(&self, path: &[String], operator: &str) -> bool {
        let above = (0..path.len()).any(|end| self.locked(&path[..end], operator));
        let is_new = !self.values.contains_key(path);
        self.locked(path, operator) || (above && (is_new || self.locks_reach_down))
    }

    /// The policies of one node, in the order in which they were attached.
    fn descend(&self, policies: &[&Json]) -> Self {
        let mut next = self.clone();
        let mut assigned = BTreeSet::new();
        for policy in policies {
            self.apply(policy, &mut Vec::new(), &mut next, &mut assigned);
        }
        let mut locks = Vec::new();
        policies.iter().for_each(|policy| collect_locks(policy, &mut Vec::new(), &mut locks));
        for (path, allowed) in locks {
            let mine = next.locks.entry(path).or_insert_with(|| ["@@all".to_owned()].into());
            *mine = both(mine, &allowed);
        }
        next
    }

    fn apply(
        &self,
        at: &Json,
        path: &mut Vec<String>,
        next: &mut Self,
        assigned: &mut BTreeSet<Vec<String>>,
    ) {
        for (name, value) in at.as_object().into_iter().flatten() {
            match name.as_str() {
                "@@operators_allowed_for_child_policies" => {}
                operator @ ("@@assign" | "@@append" | "@@remove") => {
                    // What is allowed is said by the nodes above, not by other policies of this one.
                    if self.forbids(path, operator) {
                        continue;
                    }
                    let list =
                        |json: Option<&Json>| json.and_then(Json::as_array).cloned().unwrap_or_default();
                    match operator {
                        "@@assign" if assigned.insert(path.clone()) => {
                            next.values.insert(path.clone(), value.clone());
                        }
                        "@@assign" => {}
                        "@@append" => {
                            if next.values.get(path.as_slice()).is_some_and(|value| !value.is_array()) {
                                continue;
                            }
                            let mut all = list(next.values.get(path.as_slice()));
                            all.extend(list(Some(value)));
                            next.values.insert(path.clone(), Json::Array(all));
                        }
                        _ => {
                            if let Some(Json::Array(mine)) = next.values.get_mut(path.as_slice()) {
                                mine.retain(|each| !list(Some(value)).contains(each));
                            }
                        }
                    }
                }
                _ => {
                    path.push(name.clone());
                    self.apply(value, path, next, assigned);
                    path.pop();
                }
            }
        }
    }
}

fn both(one: &BTreeSet<String>, other: &BTreeSet<String>) -> BTreeSet<String> {
    let names = ["@@assign", "@@append", "@@remove"];
    let has = |set: &BTreeSet<String>, name: &str| set.contains("@@all") || set.contains(name);
    names.iter().filter(|name| has(one, name) && has(other, name)).map(|name| (*name).to_owned()).collect()
}

fn collect_locks(at: &Json, path: &mut Vec<String>, locks: &mut Vec<(Vec<String>, BTreeSet<String>)>) {
    for (name, value) in at.as_object().into_iter().flatten() {
        if name == "@@operators_allowed_for_child_policies" {
            let allowed = value.as_array().into_iter().flatten().filter_map(Json::as_str).map(str::to_owned);
            locks.push((path.clone(), allowed.collect()));
        } else if !name.starts_with("@@") {
            path.push(name.clone());
            collect_locks(value, path, locks);
            path.pop();
        }
    }
}

/// Numbers that look drawn; the same for the same seed.
struct Draw(u64);

impl Draw {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end as u64) as usize
    }

    fn models(&mut self) -> Json {
        let count = self.below(3);
        Json::Array((0..count).map(|_| json!(["a", "b", "c", "ALL"][self.below(4)])).collect())
    }

    fn lock(&mut self, into: &mut Map<String, Json>) {
        let locks =
            [json!(["@@none"]), json!(["@@append"]), json!(["@@assign", "@@remove"]), json!(["@@all"])];
        if self.below(6) == 0 {
            let lock = locks[self.below(locks.len())].clone();
            into.insert("@@operators_allowed_for_child_policies".to_owned(), lock);
        }
    }

    fn policy(&mut self) -> Json {
        let mut config = Map::new();
        self.lock(&mut config);
        if self.below(2) == 0 {
            let mut identifier = Map::new();
            self.lock(&mut identifier);
            identifier.insert("@@assign".to_owned(), json!(["one", "two"][self.below(2)]));
            config.insert("identifier".to_owned(), Json::Object(identifier));
        }
        let mut enforcement = Map::new();
        self.lock(&mut enforcement);
        for list in ["included_models", "excluded_models"] {
            if self.below(3) == 0 {
                continue;
            }
            let mut models = Map::new();
            self.lock(&mut models);
            let operator = ["@@assign", "@@append", "@@remove"][self.below(3)];
            models.insert(operator.to_owned(), self.models());
            enforcement.insert(list.to_owned(), Json::Object(models));
        }
        config.insert("model_enforcement".to_owned(), Json::Object(enforcement));
        json!({ "bedrock": { "guardrail_inference": { "us-east-1": { "config_1": config } } } })
    }
}

/// Every order of some things.
fn orders<T: Copy>(things: &[T]) -> Vec<Vec<T>> {
    if things.is_empty() {
        return vec![Vec::new()];
    }
    (0..things.len())
        .flat_map(|first| {
            let mut rest = things.to_vec();
            let first = rest.remove(first);
            orders(&rest).into_iter().map(move |mut order| {
                order.insert(0, first);
                order
            })
        })
        .collect()
}

/// A chain from the root to an account, with the texts attached at each node.
fn organization(levels: &[Vec<Json>]) -> Organization {
    let kind = OrganizationPolicyKind::Bedrock;
    let ids = ["r-root", "ou-root-aaaaaaaa", "111122223333"];
    let mut policies = Vec::new();
    let mut nodes = Vec::new();
    for (level, texts) in levels.iter().enumerate() {
        let mut attached: Vec<Arc<str>> = Vec::new();
        for (number, text) in texts.iter().enumerate() {
            let id: Arc<str> = format!("p-{level}{number}").into();
            attached.push(id.clone());
            policies.push(OrganizationPolicy {
                arn: id.clone(),
                name: id.clone(),
                id,
                kind: kind.clone(),
                aws_managed: false,
                text: Known::Known(text.to_string().into()),
                document: None,
            });
        }
        let what = match level {
            0 => NodeKind::Root,
            1 => NodeKind::Unit,
            _ => NodeKind::Account(AccountId::new(ids[2]).expect("an account id")),
        };
        let above = level.checked_sub(1).map(|above| ids[above]);
        nodes.push(Node::new(ids[level], what, above, [(kind.clone(), attached)].into()));
    }
    Organization::new(
        "o-example".into(),
        AccountId::new("999999999999").expect("an account id"),
        Known::Known(vec![kind]),
        nodes,
        policies,
        Known::Known(None),
    )
    .expect("the nodes are a tree")
}

fn plain(value: &Json) -> Value {
    match value {
        Json::Array(list) => Value::List(list.iter().filter_map(Json::as_str).map(Box::from).collect()),
        other => Value::One(other.as_str().unwrap_or_default().into()),
    }
}

#[test]
fn effective_policies_are_what_every_order_of_attachment_gives() {
    let mut draw = Draw(0x2545_f491_4f6c_dd1d);
    let (mut known, mut unknown, mut cautious) = (0, 0, 0);
    for case in 0..4_000 {
        let levels: Vec<Vec<Json>> =
            (0..3).map(|_| (0..draw.below(4)).map(|_| draw.policy()).collect()).collect();
        let organization = organization(&levels);
        let account = organization.node("111122223333").expect("it is there");
        let Known::Known(effective) = organization.effective(account, &OrganizationPolicyKind::Bedrock)
        else {
            panic!("case {case}: nothing is missing");
        };
        let mut worlds: Vec<World> =
            [false, true].map(|locks_reach_down| World { locks_reach_down, ..World::default() }).to_vec();
        for level in &levels {
            let texts: Vec<&Json> = level.iter().collect();
            let orders = orders(&texts);
            worlds =
                worlds.iter().flat_map(|world| orders.iter().map(|order| world.descend(order))).collect();
        }
        let paths: BTreeSet<&Vec<String>> = worlds.iter().flat_map(|world| world.values.keys()).collect();
        for path in paths {
            let says: BTreeSet<Option<String>> = worlds
                .iter()
                .map(|world| world.values.get(path).map(|value| format!("{:?}", plain(value))))
                .collect();
            let own: Vec<Box<str>> = path.iter().map(|name| name.as_str().into()).collect();
            match effective.get(&own) {
                Some(Ok(value)) => {
                    let value = Some(format!("{value:?}"));
                    assert_eq!(says, [value].into(), "case {case}, {path:?}: {levels:?}");
                    known += 1;
                }
                Some(Err(_)) if says.len() > 1 => unknown += 1,
                Some(Err(_)) => cautious += 1,
                None => panic!("case {case}, {path:?} is not there: {levels:?}"),
            }
        }
        for path in effective.keys() {
            let path: Vec<String> = path.iter().map(ToString::to_string).collect();
            assert!(worlds.iter().any(|world| world.values.contains_key(&path)), "case {case}, {path:?}");
        }
    }
    assert!(known > 2_000 && unknown > 1_000, "{known} known, {unknown} unknown");
    // What is doubtful at one node and comes out the same further down is told as doubtful.
    assert!(cautious * 20 < known, "{cautious} values are said to be unknown and are not");
}

#[test]
fn a_type_that_is_not_enabled_has_no_effect_and_a_text_that_is_missing_makes_all_unknown() {
    let mut draw = Draw(7);
    let levels = vec![vec![draw.policy()], vec![draw.policy()], Vec::new()];
    let whole = organization(&levels);
    let account = whole.node("111122223333").expect("it is there");
    let Known::Known(none) = whole.effective(account, &OrganizationPolicyKind::new("BACKUP_POLICY")) else {
        panic!("whether a type is enabled is known");
    };
    assert!(none.is_empty());
    let mut damaged = whole.clone();
    damaged.policies[0].text = Known::Known("{".into());
    let account = damaged.node("111122223333").expect("it is there");
    assert!(damaged.effective(account, &OrganizationPolicyKind::Bedrock).missing().is_some());
}
