//! The compiled documents answer as the charter means: random charters, random requests, the evaluator between them.
//!
//! A request is asked by somebody whom every other policy allows everything, so that the answer is the fence's alone:
//! denied exactly where the charter refuses. Organisations also change after the charter was compiled.
//! `POSTERN_CASES` sets how many requests are asked; the long run has 100,000.

#[path = "common/organization.rs"]
mod common;

use charter::pack::Room;
use charter::{Model, Verdict, meaning};
use common::{Fence, organization, place};
use iam::action::Action;
use iam::answer::{Decision, Outcome};
use iam::context::Context;
use iam::principal::Principal;
use iam::{Completeness, Request, RequestParts, authorize};
use reference::{Piece, doors};

/// A small generator of random numbers (xorshift64*), so that a failure is named by its seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % sides
    }

    fn one<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        of[self.roll(of.len())]
    }

    fn some<'a>(&mut self, of: &[&'a str]) -> Vec<&'a str> {
        let first = self.one(of);
        let mut chosen: Vec<&str> = of.iter().copied().filter(|_| self.roll(3) == 0).collect();
        if chosen.is_empty() {
            chosen.push(first);
        }
        chosen
    }

    fn chance(&mut self, of: usize) -> bool {
        self.roll(of) == 0
    }
}

const MODELS: &str = "
  opus: { runtime: [anthropic.claude-opus-5-5], mantle: [anthropic.claude-opus-5-5] }
  claude: { runtime: ['anthropic.claude-*'], mantle: ['anthropic.claude-*'], ends: 2027-06-01 }
  nova: { runtime: ['amazon.nova-*', amazon.titan-embed-text-v2:0], mantle: [openai.gpt-oss-120b] }
  pro: { runtime: ['amazon.nova-pro-*', 'amazon.nova-?ite-v1:0'], mantle: ['openai.*'] }
  llama: { runtime: ['meta.llama*'], mantle: [meta.llama3] }
";
const NAMES: [&str; 5] = ["opus", "claude", "nova", "pro", "llama"];
const REGIONS: [&str; 5] = ["us-east-1", "us-west-2", "eu-central-1", "ap-southeast-2", "us-west-1"];

/// Doors with actions of services without Regions.
const WITHOUT_REGIONS: [&str; 5] =
    ["model-access", "bearer-keys", "static-credentials", "outbound-identity", "delegation"];
const CALLERS: [&str; 4] = ["role/app-*", "role/ml/trainer", "user/ann", "'*:root'"];
const AREAS: [&str; 6] =
    ["/", "/workloads", "/workloads/prod", "/workloads/dev", "ou-ab12-research", "333333333333"];
const WITH_RUNTIME: [&str; 13] = [
    "runtime",
    "runtime-responses",
    "async",
    "batch",
    "prompt-routers",
    "inference-profiles",
    "count-tokens",
    "evaluation",
    "prompt-optimization",
    "customization",
    "provisioned",
    "watermark-detection",
    "runtime",
];

fn charter(dice: &mut Dice) -> String {
    let mut text = format!("charter: 1\nmodels:{MODELS}areas:\n");
    let areas = dice.some(&AREAS);
    for (number, at) in areas.iter().enumerate() {
        text.push_str(&format!("  - at: {}\n", if number == 0 { "/" } else { at }));
        if number > 0 && *at == "/" {
            text = text.trim_end_matches("  - at: /\n").to_owned();
            continue;
        }
        let mut said: Vec<&str> = Vec::new();
        if dice.roll(4) > 0 {
            said = allow(dice, &mut text);
        }
        states(dice, &mut text, &said);
        if dice.chance(5) {
            text.push_str("    off: [nova-act, { service: aidevops, except: [role/ml/trainer] }]\n");
        } else if dice.chance(4) {
            text.push_str("    off:\n      - service: s3\n        resources: ['arn:aws:s3:::shared-*/*.ipynb', 'arn:aws:s3:::own/*']\n");
            if dice.chance(2) {
                text.push_str("        except: [role/ml/trainer]\n");
            }
        } else if dice.chance(4) {
            text.push_str("    off:\n      - service: s3\n        on: ['arn:aws:s3:::shared-*/*.tar.gz', 'arn:aws:s3:::own*']\n");
            if dice.chance(2) {
                text.push_str("        except: [role/ml/trainer]\n");
            }
        }
        if dice.chance(5) {
            text.push_str("    retention: [NONE, DEFAULT]\n");
        }
        if dice.chance(4) {
            let source = dice.one(&["'*@acme.example'", "['*@acme.example', ann]"]);
            let except = if dice.chance(2) { ", except: [role/ml/trainer]" } else { "" };
            text.push_str(&format!("    identity: {{ source: {source}{except} }}\n"));
        }
    }
    if dice.chance(3) {
        text.push_str("except:\n");
        for _ in 0..=dice.roll(2) {
            let from =
                dice.some(&["runtime", "bearer-keys", "claude-platform", "mcp", "import", "batch", "agents"]);
            text.push_str(&format!(
                "  - {{ who: [role/break-glass], from: [{}], why: incident, expires: {} }}\n",
                from.join(", "),
                dice.one(&["2027-01-31", "2026-01-01"]),
            ));
        }
    }
    if dice.chance(4) {
        text.push_str("fence: { keepers: [role/ml/trainer] }\n");
    }
    text
}

/// Rows of an allow-list; says which doors they go through.
fn allow(dice: &mut Dice, text: &mut String) -> Vec<&'static str> {
    text.push_str("    allow:\n");
    let mut said = Vec::new();
    for _ in 0..=dice.roll(3) {
        let models = dice.some(&NAMES);
        let mantle = dice.chance(3);
        let through = match mantle {
            true => dice.some(&["mantle", "mantle-customization"]),
            false => {
                let mut all = dice.some(&WITH_RUNTIME);
                all.push("runtime");
                all.sort_unstable();
                all.dedup();
                all
            }
        };
        text.push_str(&format!(
            "      - models: [{}]\n        through: [{}]\n",
            models.join(", "),
            through.join(", ")
        ));
        if !mantle && dice.roll(3) > 0 {
            text.push_str(&format!("        scope: {}\n", dice.one(&["in-region", "geo", "global"])));
        }
        if dice.chance(2) {
            text.push_str(&format!("        regions: [{}]\n", dice.some(&REGIONS).join(", ")));
        }
        if dice.chance(3) {
            text.push_str(&format!("        callers: [{}]\n", dice.some(&CALLERS[..3]).join(", ")));
        }
        if dice.chance(5) {
            text.push_str("        ends: 2026-12-01\n");
        }
        said.extend(through);
    }
    said
}

fn states(dice: &mut Dice, text: &mut String, said: &[&str]) {
    let mut lines = String::new();
    for door in doors() {
        if said.contains(&door.id.as_str()) || !dice.chance(4) {
            continue;
        }
        let state = match (door.id.as_str(), dice.roll(6)) {
            ("bearer-keys", 0 | 1) => "short-term".to_owned(),
            ("bearer-keys", 2 | 3) => "{ max-age-days: 30 }".to_owned(),
            ("imported-models", 0) => {
                "{ resources: [imported-model/abcdef*], only: [role/app-*] }".to_owned()
            }
            ("sharing", 0 | 1) => "{ inside: true }".to_owned(),
            ("sharing", 2) => "{ only: [role/ml/trainer], inside: true }".to_owned(),
            ("agents", 0) => "{ resources: ['agent-alias/ABC*'] }".to_owned(),
            (_, 0 | 1) => "closed".to_owned(),
            (_, 2) if dice.chance(2) => "list-only".to_owned(),
            (_, 2 | 3) => "open".to_owned(),
            (_, 4) => "unmanaged".to_owned(),
            (_, _) if dice.chance(2) && !WITHOUT_REGIONS.contains(&door.id.as_str()) => {
                format!("{{ regions: [{}] }}", dice.some(&REGIONS).join(", "))
            }
            (_, _) => format!("{{ only: [{}] }}", dice.some(&CALLERS[..3]).join(", ")),
        };
        lines.push_str(&format!("      {}: {state}\n", door.id));
    }
    if dice.chance(2) {
        lines.push_str("      others: unmanaged\n");
    } else if dice.chance(3) {
        lines.push_str(&format!("      others: {{ regions: [{}] }}\n", dice.some(&REGIONS).join(", ")));
    }
    if !lines.is_empty() {
        text.push_str("    doors:\n");
        text.push_str(&lines);
    }
}

const ACCOUNTS: [&str; 6] =
    ["222222222222", "333333333333", "444444444444", "555555555555", "666666666666", "777777777777"];
const IDS: [&str; 14] = [
    "anthropic.claude-opus-5-5",
    "anthropic.claude-haiku-4-5-20251001-v1:0",
    "amazon.nova-pro-v1:0",
    "amazon.nova-lite-v1:0:24k",
    "amazon.titan-embed-text-v2:0",
    "meta.llama3-1-8b-instruct-v1:0",
    "mistral.mistral-large",
    "deepseek.v3.2",
    "anthropic.claude-x:abcdefghijkl:1",
    "amazon.nova-pro-v1:0:200k",
    "evil.model:abcdefghijkl:inference-profile",
    "evil.model:abcdefghijkl:imported-model/abcdefghijkl",
    "openai.gpt-oss-120b-1:0",
    "anthropic.claude",
];

/// A request such as AWS makes: keys only where the action carries them.
fn request(dice: &mut Dice, later: bool) -> (String, Request) {
    let account = if later { dice.one(&ACCOUNTS) } else { dice.one(&ACCOUNTS[..5]) };
    let region = dice.one(&[
        "us-east-1",
        "us-east-1",
        "us-east-2",
        "us-west-2",
        "eu-central-1",
        "unspecified",
        "global",
    ]);
    let door = &doors()[dice.roll(doors().len())];
    let action = &door.actions[dice.roll(door.actions.len())];
    let (service, mut name) = (action.service.as_str(), action.name.clone());
    if dice.chance(3) && service == "bedrock" {
        name = "InvokeModel".to_owned();
    }
    let (service, name) = match dice.roll(12) {
        0 => *dice.one(&[
            &("s3", "GetObject"),
            &("s3", "PutObject"),
            &("s3", "ListAllMyBuckets"),
            &("bedrock", "ListFoundationModels"),
            &("bedrock", "GetImportedModel"),
            &("ec2", "RunInstances"),
            &("iam", "CreateRole"),
            &("organizations", "DetachPolicy"),
            &("aws-external-anthropic", "ListWorkspaces"),
            &("nova-act", "ListWorkflowRuns"),
        ]),
        1 => ("bedrock", "InvokeModelWithBidirectionalStream"),
        2 => ("bedrock", dice.one(&["InvokeModel", "InvokeModelWithResponseStream"])),
        _ => (service, name.as_str()),
    };
    let types: Vec<&str> = reference::action(service, name)
        .map(|known| known.resource_types().map(|each| each.name).collect())
        .unwrap_or_default();
    let resource = match types.is_empty() {
        true if name.starts_with("InvokeModel") => "foundation-model",
        true => "*",
        false if types.contains(&"foundation-model") && dice.chance(2) => "foundation-model",
        false => types[dice.roll(types.len())],
    };
    let arn = arn(dice, service, resource, region, account);
    let principal = match dice.roll(6) {
        0 => format!("arn:aws:iam::{account}:user/ann"),
        1 => format!("arn:aws:iam::{account}:role/ml/trainer"),
        2 => format!("arn:aws:iam::{account}:role/break-glass"),
        3 => format!("arn:aws:iam::{account}:root"),
        _ => format!("arn:aws:iam::{account}:role/app-shop"),
    };
    let mut context = Context::new();
    let mut put = |name: &str, value: &str| {
        context.insert(name, vec![value.to_owned()]).unwrap();
    };
    put("aws:RequestedRegion", region);
    put(
        "aws:CurrentTime",
        dice.one(&[
            "2026-11-26T10:00:00Z",
            "2026-12-01T00:00:00Z",
            "2027-03-01T00:00:00Z",
            "2027-07-01T00:00:00Z",
        ]),
    );
    put("aws:PrincipalOrgID", "o-abc1234567");
    put("aws:PrincipalOrgPaths", &place(&organization(later), account).1);
    if dice.chance(9) {
        put("aws:ViaAWSMCPService", "true");
    }
    if dice.chance(2) {
        put("aws:SourceIdentity", dice.one(&["ann@acme.example", "ann", "ann@elsewhere.example"]));
    }
    let carries = |key: &str| reference::action_carries(service, name, key);
    for key in ["ram:RequestedAllowsExternalPrincipals", "ram:AllowsExternalPrincipals"] {
        if carries(key) && dice.roll(3) > 0 {
            put(key, dice.one(&["true", "false"]));
        }
    }
    if name.starts_with("InvokeModel") && resource == "foundation-model" && dice.chance(2) {
        let source = dice.one(&["us-east-1", "us-west-2", "eu-central-1", "ap-southeast-2"]);
        let kind = dice
            .one(&["inference-profile/us.anthropic.claude-opus-5-5", "application-inference-profile/abc"]);
        put("bedrock:InferenceProfileArn", &format!("arn:aws:bedrock:{source}:{account}:{kind}"));
    }
    if name.starts_with("InvokeModel") && resource == "project" && dice.roll(8) > 0 {
        let id = dice.one(&IDS);
        let profile = format!("arn:aws:bedrock:{region}:{account}:inference-profile/us.{id}");
        let model = format!("arn:aws:bedrock:{region}::foundation-model/{id}");
        put("bedrock:ModelArn", if dice.chance(3) { &profile } else { &model });
    }
    if carries("bedrock-mantle:Model") && dice.roll(8) > 0 {
        let id = dice.one(&[
            "anthropic.claude-opus-5-5",
            "openai.gpt-oss-120b",
            "openai.gpt-oss-20b",
            "meta.llama3",
            "x.y",
        ]);
        put("bedrock-mantle:Model", id);
    }
    for service in ["bedrock", "bedrock-mantle", "aws-external-anthropic", "sagemaker"] {
        let key = format!("{service}:BearerTokenType");
        if carries(&key) {
            put(&key, dice.one(&["SHORT_TERM", "LONG_TERM"]));
        }
        let key = format!("{service}:DataRetentionMode");
        if carries(&key) && dice.roll(3) > 0 {
            put(&key, dice.one(&["NONE", "ALL"]));
        }
    }
    if carries("iam:ServiceSpecificCredentialServiceName") {
        let service = dice.one(&["bedrock.amazonaws.com", "codecommit.amazonaws.com"]);
        put("iam:ServiceSpecificCredentialServiceName", service);
        if carries("iam:ServiceSpecificCredentialAgeDays") && dice.chance(2) {
            put("iam:ServiceSpecificCredentialAgeDays", dice.one(&["30", "31", "7"]));
        }
    }
    let request = Request::new(RequestParts {
        principal: Principal::parse(&principal).unwrap(),
        action: Action::parse(&format!("{service}:{name}")).unwrap(),
        resource: arn,
        resource_account: None,
        context,
        completeness: Completeness::Complete,
    });
    (account.to_owned(), request)
}

fn arn(dice: &mut Dice, service: &str, kind: &str, region: &str, account: &str) -> String {
    if kind == "*" {
        return "*".to_owned();
    }
    let service = if kind == "foundation-model" { "bedrock" } else { service };
    let found = reference::resource_type(service, kind).and_then(|found| found.templates().next());
    let template = found.expect("the type is listed");
    let mut text = String::new();
    for piece in template.pieces() {
        match piece {
            Piece::Literal(literal) => text.push_str(literal),
            Piece::Placeholder { name, ids } => match name {
                "Partition" => text.push_str("aws"),
                "Region" if (region == "unspecified" || region == "global") && kind == "foundation-model" => {
                }
                "Region" if region == "unspecified" || region == "global" => text.push_str("us-east-1"),
                "Region" => text.push_str(region),
                "Account" => text.push_str(account),
                _ if kind == "foundation-model" => text.push_str(dice.one(&IDS)),
                _ if kind == "imported-model" => text.push_str(dice.one(&["abcdef123456", "bbcdef123456"])),
                "BucketName" => text.push_str(dice.one(&["shared-us-east-1", "own", "other"])),
                "ObjectName" => text.push_str(dice.one(&["a/b.ipynb", "weights.tar.gz"])),
                _ if kind == "agent-alias" => text.push_str(dice.one(&["ABCDEFGHIJ", "BBCDEFGHIJ"])),
                _ => text.push_str(&ids.example),
            },
        }
    }
    text
}

/// How many requests are asked in all.
fn cases() -> usize {
    std::env::var("POSTERN_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(2_000)
}

#[test]
fn the_fence_denies_what_the_charter_refuses_and_nothing_else() {
    const REQUESTS: usize = 40;
    let (before, after) = (organization(false), organization(true));
    let (mut asked, mut refused, mut admitted, mut packed, mut seed) = (0, 0, 0, 0, 0_u64);
    while asked < cases() {
        seed += 1;
        let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        let text = charter(&mut dice);
        let model: Model = match common::model(&text) {
            Ok(model) => model,
            Err(wrong) => panic!("seed {seed}: {wrong:#?}\n{text}"),
        };
        let fences = match charter::compile(&model) {
            Ok(fences) => fences,
            Err(wrong) => panic!("seed {seed}: {wrong:#?}\n{text}"),
        };
        // As it is compiled, or as it is packed where there is little room.
        let room = Room {
            characters_max: *dice.one(&[&4_000, &6_000, &10_240]),
            documents_max: before.nodes().iter().map(|node| (node.id.clone(), 1 + dice.roll(8))).collect(),
        };
        let fence = match charter::pack(&fences, &before, &room) {
            Ok(documents) if dice.roll(3) > 0 => {
                for document in &documents {
                    assert!(
                        document.text().chars().count() <= room.characters_max,
                        "seed {seed}: {} of {}",
                        document.text().chars().count(),
                        room.characters_max
                    );
                }
                packed += 1;
                Fence::packed(&documents)
            }
            Ok(_) | Err(_) => Fence::new(&fences),
        };
        for _ in 0..REQUESTS {
            let later = dice.chance(4);
            let (account, request) = request(&mut dice, later);
            let (chain, _) = place(if later { &after } else { &before }, &account);
            let verdict = meaning(&model, &chain, &request);
            let expected = match &verdict {
                Verdict::NotGoverned | Verdict::Admitted => Decision::Allow,
                Verdict::Refused(_) => Decision::ExplicitDeny,
            };
            let spelled = charter::spelled::levels(&model, &chain);
            let by_levels = authorize(&request, &common::by_levels(&spelled)).outcome;
            let is_allowed = expected == Decision::Allow;
            assert!(
                matches!(&by_levels, Outcome::Decided(decision) if (*decision == Decision::Allow) == is_allowed),
                "seed {seed}\n{text}\n{} on {} in {account} ({chain:?})\n{:?}\nmeaning: {verdict:?}\nspelled: {by_levels:?}",
                request.action(),
                request.resource().as_str(),
                request.context(),
            );
            let answer = authorize(&request, &fence.layers(&chain));
            asked += 1;
            refused += usize::from(expected == Decision::ExplicitDeny);
            admitted += usize::from(verdict == Verdict::Admitted);
            if answer.outcome != Outcome::Decided(expected) {
                let deciding: Vec<String> = answer
                    .determining
                    .iter()
                    .filter_map(|at| {
                        let own =
                            fences.iter().find(|fence| fence.node.as_ref() == chain[at.level as usize])?;
                        own.statements.get(at.statement as usize).map(charter::compile::Statement::text)
                    })
                    .collect();
                let keys: Vec<String> = request
                    .context()
                    .iter()
                    .map(|(name, values)| format!("  {name} = {}", values.to_vec().join(", ")))
                    .collect();
                panic!(
                    "seed {seed}\n{text}\n{} on {} in {account} ({chain:?})\n{}\nmeaning: {verdict:?}\nfence: {:?}\n{}",
                    request.action(),
                    request.resource().as_str(),
                    keys.join("\n"),
                    answer.outcome,
                    deciding.join("\n"),
                );
            }
        }
    }
    assert!(packed > 5, "{packed} were packed");
    // Neither side is hardly ever asked.
    assert!(
        refused * 5 > asked && admitted * 12 > asked,
        "{refused} refused, {admitted} admitted of {asked}"
    );
}
