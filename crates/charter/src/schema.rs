//! The JSON Schema of the charter, for editors.
//!
//! Made from the names that [`crate::syntax`] reads and the doors and Regions of the reference. It knows the shape; which
//! names belong together, and what contradicts what, only [`crate::Model`] knows. JSON Schema draft 2020-12.

use serde_json::{Map, Value, json};

use crate::passage::takes_models;
use crate::syntax::{JOBS, STUDIO, VERSION, names};

/// The schema.
pub fn schema() -> Value {
    let mut schema = object("charter", &names::CHARTER, &["charter", "areas"], charter);
    schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    schema["$defs"] = json!({ "regions": regions(), "state": state() });
    schema["title"] = json!("Charter: which models may be run, through which doors, where, by whom");
    schema
}

/// A mapping with no other names than these.
fn object(what: &str, names: &[&str], required: &[&str], of: impl Fn(&str) -> Value) -> Value {
    let properties: Map<String, Value> = names.iter().map(|name| ((*name).to_owned(), of(name))).collect();
    json!({
        "description": what, "type": "object", "properties": properties, "required": required,
        "additionalProperties": false,
    })
}

/// One text, or several; plain scalars of YAML that look like numbers are texts too.
fn texts(what: &str) -> Value {
    json!({ "description": what, "anyOf": [text(what), { "type": "array", "items": text(what), "minItems": 1, "uniqueItems": true }] })
}

fn text(what: &str) -> Value {
    json!({ "description": what, "type": ["string", "integer"], "minLength": 1 })
}

fn day(what: &str) -> Value {
    json!({ "description": what, "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$" })
}

fn list(of: Value) -> Value {
    json!({ "type": "array", "items": of })
}

fn one_of(words: impl IntoIterator<Item = &'static str>) -> Value {
    json!({ "enum": words.into_iter().collect::<Vec<_>>() })
}

fn some_of(words: Value) -> Value {
    json!({ "anyOf": [words, { "type": "array", "items": words, "minItems": 1, "uniqueItems": true }] })
}

/// What is described once and used in many places.
fn shared(name: &str) -> Value {
    json!({ "$ref": format!("#/$defs/{name}") })
}

fn programmes() -> Value {
    some_of(one_of(reference::programmes().iter().map(|programme| programme.id.as_str())))
}

fn regions() -> Value {
    some_of(one_of(reference::regions().map(|region| region.name)))
}

fn guardrail(name: &str) -> Value {
    let by_name = |what: &str, names: Value, each: Value| {
        json!({
            "description": what, "type": "object", "propertyNames": names, "additionalProperties": each,
            "minProperties": 1,
        })
    };
    let score =
        |what: &str| json!({ "description": what, "type": "number", "minimum": 0.01, "maximum": 0.99 });
    match name {
        "existing" => by_name(
            "its version in each Region",
            one_of(reference::regions().map(|region| region.name)),
            text("ARN and number: arn:aws:bedrock:REGION:ACCOUNT:guardrail/ID:1"),
        ),
        "regions" => shared("regions"),
        "profile" => text("the geography of its guardrail profile, such as us"),
        "words" => texts("a word or phrase that is blocked"),
        "profanity" => {
            json!({ "description": "whether the words that AWS takes for profane are blocked", "type": "boolean" })
        }
        "pii" => {
            let kinds = reference::guardrail_parts().pii.types.iter().map(String::as_str);
            by_name("kinds of personal information", one_of(kinds), one_of(names::PII))
        }
        "patterns" => {
            by_name("regular expressions that are blocked, by name", json!({}), text("a regular expression"))
        }
        "topics" => by_name("what nobody is to talk about, by name", json!({}), text("the topic in words")),
        "grounding" => score("from which score on an answer counts as grounded in its sources"),
        "relevance" => score("from which score on an answer counts as relevant"),
        "message" => text("what is answered where something is blocked"),
        _ => one_of(names::STRENGTH),
    }
}

fn charter(name: &str) -> Value {
    match name {
        "charter" => json!({ "description": "the version of the language", "enum": [VERSION, 1] }),
        "data-classes" => texts("the classes of data that areas and models speak of"),
        "models" => {
            let mut model = object("a model, or several under one name", &names::MODEL, &[], model);
            model["anyOf"] = json!([{ "required": ["runtime"] }, { "required": ["mantle"] }]);
            json!({ "type": "object", "additionalProperties": model })
        }
        "guardrails" => {
            let mut guardrail = object("a guardrail", &names::GUARDRAIL, &[], guardrail);
            guardrail["anyOf"] = json!([{ "required": ["existing"] }, { "required": ["regions"] }]);
            json!({ "type": "object", "additionalProperties": guardrail })
        }
        "roles" => {
            let mut role =
                object("a role, made in the accounts of the areas that name it", &names::ROLE, &[], role);
            role["oneOf"] =
                json!([{ "required": ["studio"] }, { "required": ["job"] }, { "required": ["duties"] }]);
            json!({ "type": "object", "additionalProperties": role })
        }
        "hubs" => {
            let hub =
                object("a private hub of SageMaker JumpStart", &names::HUB, &names::HUB, |name| match name {
                    "account" => text("the account it is in"),
                    "regions" => shared("regions"),
                    "models" => texts("names of models in the public hub"),
                    "share" => texts("/, paths of names, or ids of units and accounts it is shared with"),
                    _ => Value::Null,
                });
            json!({ "type": "object", "additionalProperties": hub })
        }
        "areas" => list(object("a part of the organisation", &names::AREA, &["at"], area)),
        "except" => list(object(
            "an exception with an end",
            &names::EXCEPTION,
            &["who", "from", "why", "expires"],
            exception,
        )),
        "watch" => object("what is logged, and who is told", &names::WATCH, &["trail"], |name| match name {
            "trail" => text("name or ARN of the trail that logs"),
            "target" => text("ARN of what rules call"),
            _ => Value::Null,
        }),
        "fence" => object("the policies themselves", &names::FENCE, &["keepers"], |_| {
            texts("who may change them: role/NAME, user/NAME or an ARN")
        }),
        _ => Value::Null,
    }
}

fn model(name: &str) -> Value {
    match name {
        "runtime" => texts("ids and patterns as bedrock-runtime has them"),
        "mantle" => texts("ids and patterns as bedrock-mantle has them"),
        "provider" | "licence" | "owner" => text(name),
        "data" => texts("the classes it is cleared for"),
        "compliance" => programmes(),
        "review_by" => day("a plan warns from this day on"),
        "ends" => day("the first day on which it is refused"),
        _ => Value::Null,
    }
}

fn area(name: &str) -> Value {
    match name {
        "at" => text("/, a path of names, or the id of a unit or account"),
        "data" => text("the class of its data"),
        "compliance" => programmes(),
        "within" => shared("regions"),
        "allow" => list(object("a row", &names::ROW, &["models", "through"], row)),
        "doors" => {
            let doors = reference::doors().iter().map(|door| door.id.as_str()).chain(["others"]);
            let states: Map<String, Value> = doors.map(|door| (door.to_owned(), shared("state"))).collect();
            json!({ "type": "object", "properties": states, "additionalProperties": false })
        }
        "off" => {
            let service = object("a service", &names::OFF, &["service"], |name| match name {
                "service" => text("its prefix in IAM"),
                "except" => texts("who may use it still"),
                "resources" => texts("the things that may be used still, as patterns of ARNs"),
                "on" => texts("the only things it is off on, as patterns of ARNs"),
                _ => Value::Null,
            });
            list(json!({ "anyOf": [text("its prefix in IAM"), service] }))
        }
        "retention" => texts("the data-retention modes that may be set"),
        "guardrail" => {
            let enforced = object("how it is enforced", &names::ENFORCED, &["enforce"], |name| match name {
                "enforce" => text("a name under `guardrails`"),
                "except" => texts("ids of models that run without it"),
                "system" | "messages" => one_of(names::GUARDING),
                _ => Value::Null,
            });
            json!({ "anyOf": [text("a name under `guardrails`"), enforced] })
        }
        "budget" => object("what an area should cost", &names::BUDGET, &names::BUDGET, |name| match name {
            "usd" => json!({ "description": "whole US dollars a month", "type": "integer", "minimum": 1 }),
            "notify" => texts("addresses of mail, or the ARN of a topic of SNS"),
            _ => Value::Null,
        }),
        "buckets" => list(object(
            "buckets that only some may read and write",
            &names::BUCKET,
            &["names", "readers"],
            |name| match name {
                "names" => texts("names, with `*` and `?`"),
                "readers" | "writers" => texts("role/NAME, user/NAME or an ARN"),
                _ => Value::Null,
            },
        )),
        "identity" => {
            object("who has to stand behind whoever runs models", &names::IDENTITY, &["source"], |name| {
                match name {
                    "source" => texts("patterns of source identities"),
                    "except" => texts("who needs none: role/NAME, user/NAME or an ARN"),
                    _ => Value::Null,
                }
            })
        }
        "roles" => texts("names under `roles`, made in every account here and below"),
        _ => Value::Null,
    }
}

fn role(name: &str) -> Value {
    match name {
        "studio" => one_of(STUDIO.map(|(word, _)| word)),
        "job" => one_of(JOBS.map(|(word, _)| word)),
        "duties" => some_of(one_of(reference::DutyKind::ALL.map(reference::DutyKind::name))),
        "models" => texts("names under `models`"),
        "through" => some_of(
            json!({ "enum": reference::doors().iter().map(|door| door.id.as_str()).collect::<Vec<_>>() }),
        ),
        "scope" => one_of(["in-region", "geo", "global"]),
        "regions" => shared("regions"),
        "domain" => text("the domain of Unified Studio"),
        "each" => json!({ "description": "one role for each name under `models`", "enum": ["model"] }),
        "services" => texts("prefixes of services in IAM; bedrock and bedrock-mantle if none is given"),
        "read" => texts("what a job reads: BUCKET, BUCKET/PREFIX/* or ACCOUNT:BUCKET/PREFIX/*"),
        "write" => texts("what a job writes"),
        "passes" => texts("roles with a `job` that it may hand to Amazon Bedrock"),
        "trust" => object("who may take it", &names::TRUST, &[], |name| match name {
            "saml" => text("name of a SAML provider in the account"),
            "oidc" => text("host of an OpenID Connect provider in the account"),
            "audience" => text("the audience of its tokens"),
            "subjects" => texts("subjects of its tokens, with `*`"),
            "accounts" => texts("accounts, by their twelve digits"),
            "callers" => texts("who in them may: role/NAME, user/NAME or an ARN"),
            "service" => text("a service principal"),
            "source-identity" => texts("what the source identity of a session has to be, with `*`"),
            "tags" => json!({ "type": "object", "additionalProperties": texts("values it may have") }),
            _ => Value::Null,
        }),
        _ => Value::Null,
    }
}

fn row(name: &str) -> Value {
    match name {
        "models" => texts("names under `models`"),
        "through" => {
            let doors = reference::doors().iter().filter(|door| takes_models(door));
            some_of(json!({ "enum": doors.map(|door| door.id.as_str()).collect::<Vec<_>>() }))
        }
        "scope" => one_of(["in-region", "geo", "global"]),
        "regions" => shared("regions"),
        "callers" => texts("role/NAME, user/NAME or an ARN"),
        "ends" => day("the first day on which the row no longer holds"),
        _ => Value::Null,
    }
}

fn state() -> Value {
    let mut limited =
        object("some may, on some things, in some Regions", &names::STATE, &[], |name| match name {
            "only" => texts("role/NAME, user/NAME or an ARN"),
            "resources" => texts("TYPE/ID or an ARN"),
            "regions" => shared("regions"),
            "inside" => {
                json!({ "description": "of `sharing`: within the organisation only", "enum": [true] })
            }
            "max-age-days" => json!({ "type": "integer", "minimum": 1, "maximum": 36_600 }),
            _ => Value::Null,
        });
    limited["minProperties"] = json!(1);
    json!({ "anyOf": [one_of(names::STATES), limited] })
}

fn exception(name: &str) -> Value {
    match name {
        "who" => texts("role/NAME, user/NAME or an ARN"),
        "from" => texts("doors"),
        "at" => texts("areas; everywhere if none is given"),
        "why" => text("the reason"),
        "expires" => day("the first day on which it no longer holds"),
        _ => Value::Null,
    }
}
