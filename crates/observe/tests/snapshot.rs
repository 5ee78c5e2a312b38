//! A snapshot tells what AWS said, and nothing that it did not say.

mod small;

use std::collections::BTreeMap;

use iam::arn::AccountId;
use iam::estate::{
    Account, Document, Estate, FactKind, Known, KnownLayers, Membership, Reason, ResourceKind, Via,
};
use iam::{Action, Completeness, Decision, Layer, Outcome, Principal, Request, RequestParts};
use observe::{DataSet, Depth};
use small::{MANAGEMENT, MEMBER, STAND_ALONE, Small};

fn account<'a>(estate: &'a Estate, id: &str) -> &'a Account {
    estate.account(&AccountId::new(id).unwrap()).unwrap()
}

fn known<T>(known: Known<T>) -> T {
    known.result().unwrap_or_else(|why| panic!("{why}"))
}

/// What a principal may do on a resource under everything that is known, and what is missing besides.
fn asked(estate: &Estate, principal: &str, action: &str, resource: &str) -> (Decision, Vec<Layer>) {
    let principal = Principal::parse(principal).unwrap();
    let (context, _) = estate.principal_context(&principal);
    let layers = KnownLayers::new(
        estate.principal_side(&principal).expect("the principal is there"),
        estate.resource_side(resource).expect("the resource is there"),
    );
    let request = Request::new(RequestParts {
        principal,
        action: Action::parse(action).unwrap(),
        resource: resource.to_owned(),
        resource_account: estate.owner(resource),
        context,
        completeness: Completeness::Complete,
    });
    match iam::authorize(&request, layers.at_most()).outcome {
        Outcome::Decided(decision) => (decision, layers.missing().iter().map(|(layer, _)| *layer).collect()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_organisation_stands_as_it_was_told() {
    let estate = Small::new("organisation").estate(Depth::Everything);
    let [organization] = estate.organizations() else { panic!("one organisation") };
    assert_eq!(
        (organization.id.as_ref(), organization.management_account.as_str()),
        ("o-small12345", MANAGEMENT)
    );
    let tree: Vec<String> = organization
        .nodes()
        .iter()
        .map(|node| {
            let known = |attached: &Known<Vec<_>>| attached.as_ref().result().ok().map(Vec::len);
            let counts: Vec<usize> = node.attached.values().filter_map(known).collect();
            format!("{} {} {counts:?}", node.id, self::known(node.path.clone()))
        })
        .collect();
    assert_eq!(
        tree,
        [
            "r-ab12 o-small12345/r-ab12/ [1, 1, 0]",
            "111111111111 o-small12345/r-ab12/ [1, 0, 0]",
            "ou-ab12-models11 o-small12345/r-ab12/ou-ab12-models11/ [3, 0, 1]",
            "222222222222 o-small12345/r-ab12/ou-ab12-models11/ [1, 0, 0]",
        ]
    );
    assert_eq!(account(&estate, STAND_ALONE).membership, Known::Known(Membership::StandAlone));
    assert!(matches!(account(&estate, MEMBER).membership, Known::Known(Membership::Member { .. })));
}

#[test]
fn scps_apply_to_members_and_pass_the_management_account_by() {
    let estate = Small::new("scps").estate(Depth::Everything);
    let model = "arn:aws:bedrock:us-east-1::foundation-model/x.y";
    let may = |account: &str| {
        let role = format!("arn:aws:iam::{account}:role/app");
        asked(&estate, &role, "bedrock:InvokeModel", model)
    };
    assert_eq!(may(MEMBER), (Decision::ExplicitDeny, vec![]));
    assert_eq!(may(MANAGEMENT), (Decision::Allow, vec![]));
    assert_eq!(may(STAND_ALONE), (Decision::Allow, vec![]));
}

#[test]
fn a_users_policies_are_its_own_and_its_groups() {
    let estate = Small::new("users").estate(Depth::Everything);
    let user = known(account(&estate, MEMBER).user("arn:aws:iam::222222222222:user/eve")).unwrap();
    let policies = known(user.identity.policies.clone());
    let names: Vec<(&str, &Via)> = policies.iter().map(|each| (each.name.as_ref(), &each.via)).collect();
    let group = Via::Group("team".into());
    assert_eq!(names, [("own", &Via::Own), ("IAMUserChangePassword", &group)]);
    assert!(policies[1].missing().is_none(), "the reference has the text of an AWS managed policy");
    let credentials = known(user.service_credentials.clone());
    assert_eq!(
        (credentials[0].service.as_ref(), credentials[0].expires.is_none()),
        ("bedrock.amazonaws.com", true)
    );
    assert_eq!(known(user.access_keys.clone()).len(), 1);
}

#[test]
fn equal_documents_are_one_policy_in_every_account() {
    let estate = Small::new("equal").estate(Depth::Principals);
    let side = |account: &str| {
        let principal = Principal::parse(&format!("arn:aws:iam::{account}:role/app")).unwrap();
        estate.principal_side(&principal).unwrap()
    };
    let policy = |account: &str| known(side(account).identity)[0].policy().map(std::sync::Arc::as_ptr);
    assert_eq!(policy(MEMBER), policy(STAND_ALONE));
    assert_ne!(side(MEMBER).key(), side(STAND_ALONE).key(), "only one of them is under SCPs");
    assert_eq!(side(STAND_ALONE).key(), side(STAND_ALONE).key());
}

#[test]
fn resources_come_with_policy_tags_and_facts() {
    let estate = Small::new("resources").estate(Depth::Everything);
    let member = account(&estate, MEMBER);
    let guardrails = known(member.resources_of(ResourceKind::Guardrail, "us-east-1"));
    let [guardrail] = guardrails.as_slice() else { panic!("one guardrail") };
    assert!(known(guardrail.policy.clone()).is_some());
    assert_eq!(known(guardrail.tags.clone())[0].key.as_ref(), "team");
    let alias = known(member.resources_of(ResourceKind::AgentAlias, "us-east-1"))[0].clone();
    assert_eq!(
        alias.arn.as_ref(),
        "arn:aws:bedrock:us-east-1:222222222222:agent-alias/AGENT00001/ALIAS00001"
    );
    assert_eq!(known(alias.facts(FactKind::RoutesTo))[0].as_ref(), "3");
    assert_eq!(
        known(alias.facts(FactKind::ServiceRole))[0].as_ref(),
        "arn:aws:iam::222222222222:role/agent",
        "of the version that the alias routes to, not of the draft"
    );
    let (owner, bucket) = estate.resource("arn:aws:s3:::small-weights/model.bin").unwrap();
    assert_eq!((owner.id.as_str(), bucket.name.as_deref()), (MEMBER, Some("small-weights")));
    assert!(known(bucket.policy.as_ref()).is_none(), "AWS said that there is none");
    assert!(known(bucket.public_access_block.clone()).is_some_and(|block| block.restrict_public_buckets));
}

#[test]
fn a_refused_call_is_unknown_and_says_so() {
    let estate = Small::new("refused").estate(Depth::Everything);
    let why = account(&estate, MEMBER).listed(ResourceKind::KnowledgeBase, "us-east-1");
    assert_eq!(
        why.missing().unwrap().to_string(),
        "222222222222/us-east-1: `bedrock-agent list-knowledge-bases` was denied (`AccessDeniedException`)"
    );
    let never = account(&estate, MEMBER).listed(ResourceKind::Harness, "us-east-1");
    assert_eq!(never.missing().unwrap().reason, Reason::NeverAsked);
    let elsewhere = account(&estate, MEMBER).listed(ResourceKind::Guardrail, "eu-west-1");
    assert_eq!(elsewhere.missing().unwrap().reason, Reason::NeverAsked);
}

#[test]
fn what_a_question_did_not_need_is_unknown_because_it_was_not_read() {
    let estate = Small::new("unread").estate(Depth::Principals);
    let why = account(&estate, MEMBER).listed(ResourceKind::Guardrail, "us-east-1");
    assert_eq!(why.missing().unwrap().reason, Reason::NotRead);
    assert!(account(&estate, MEMBER).resources.is_empty());
}

/// What is missing, after a change to the small snapshot.
#[track_caller]
fn missing_after(name: &str, change: impl FnOnce(&Small), expected: &str) -> Estate {
    let small = Small::new(name);
    change(&small);
    let estate = small.estate(Depth::Everything);
    let said: Vec<String> = estate.missing().iter().map(ToString::to_string).collect();
    assert!(said.iter().any(|line| line == expected), "{expected}\nis not among\n{}", said.join("\n"));
    estate
}

#[test]
fn every_gap_is_told_with_its_reason() {
    let details = "accounts/222222222222/global/iam.GetAccountAuthorizationDetails.json";
    let estate = missing_after(
        "gap-gone",
        |small| small.remove(details),
        "222222222222: `iam get-account-authorization-details` was never asked",
    );
    assert!(account(&estate, MEMBER).roles.missing().is_some());
    missing_after(
        "gap-lost",
        |small| {
            small.remove(details);
            small.say_ok(MEMBER, "global", "iam.GetAccountAuthorizationDetails");
        },
        "222222222222: `iam get-account-authorization-details` was answered, and the file is not there (accounts/222222222222/global/iam.GetAccountAuthorizationDetails.json)",
    );
    missing_after(
        "gap-cut",
        |small| small.write(details, "{\"UserDetailList\": [\n  {\"Arn\": "),
        "222222222222: `iam get-account-authorization-details` is damaged at 2:11: not valid JSON: EOF while parsing a value (accounts/222222222222/global/iam.GetAccountAuthorizationDetails.json)",
    );
    missing_after(
        "gap-page",
        |small| small.write(details, "{\"UserDetailList\": [], \"IsTruncated\": true}"),
        "222222222222: `iam get-account-authorization-details` holds one page of several (accounts/222222222222/global/iam.GetAccountAuthorizationDetails.json)",
    );
    missing_after(
        "gap-foreign",
        |small| small.copy("accounts/333333333333/global/iam.GetAccountAuthorizationDetails.json", details),
        "222222222222: `iam get-account-authorization-details` belongs elsewhere: `arn:aws:iam::333333333333:role/app` (accounts/222222222222/global/iam.GetAccountAuthorizationDetails.json)",
    );
    missing_after(
        "gap-policy",
        |small| small.remove("accounts/111111111111/global/organizations.DescribePolicy/p-deny00001.json"),
        "111111111111: `organizations describe-policy` of `p-deny00001` was never asked",
    );
    missing_after(
        "gap-manifest",
        |small| small.write("accounts/222222222222/manifest.json", "{\"snapshot\": 1,"),
        "222222222222: `the manifest` is damaged at 1:15: not valid JSON (accounts/222222222222/manifest.json)",
    );
    missing_after(
        "gap-stranger",
        |small| small.write("accounts/notes/x.json", "{}"),
        "`the folder of an account` belongs elsewhere: `notes` is not an account id (accounts/notes)",
    );
    let estate = missing_after(
        "gap-dispute",
        |small| {
            let own = "accounts/222222222222/global/organizations.DescribeOrganization.json";
            small.write(own, &small::organization("o-other12345", STAND_ALONE));
        },
        "222222222222: `the account's place in its organisation` belongs elsewhere: `o-small12345` lists the account, which says that it is in `o-other12345`",
    );
    assert!(account(&estate, MEMBER).membership.missing().is_some());
    missing_after(
        "gap-bare",
        |small| {
            let targets =
                "accounts/111111111111/global/organizations.ListTargetsForPolicy/p-FullAWSAccess.json";
            small.write(targets, "{\"Targets\": []}");
        },
        "111111111111: `organizations list-policies` of `SERVICE_CONTROL_POLICY` has another shape than AWS answers: no SCP is attached to `r-ab12`, and AWS allows no such node (accounts/111111111111/global/organizations.ListPolicies/SERVICE_CONTROL_POLICY.json)",
    );
}

#[test]
fn an_answer_about_something_else_is_not_used() {
    let file = "accounts/111111111111/global/organizations.DescribePolicy/p-deny00001.json";
    let other = |summary: &'static str| {
        move |small: &Small| {
            let text = String::from_utf8(small.read(file)).unwrap();
            small.write(
                file,
                &text.replacen('{', &format!(r#"{{"Policy":{{"PolicySummary":{summary},"#), 1).replacen(
                    r#""Policy":{"Content""#,
                    r#""Content""#,
                    1,
                ),
            );
        }
    };
    let estate = missing_after(
        "foreign-policy",
        other(r#"{"Id":"p-more000001"}"#),
        "111111111111: `organizations describe-policy` of `p-deny00001` belongs elsewhere: `p-more000001` (accounts/111111111111/global/organizations.DescribePolicy/p-deny00001.json)",
    );
    let role = Principal::parse("arn:aws:iam::222222222222:role/app").unwrap();
    let layers = KnownLayers::new(estate.principal_side(&role).unwrap(), estate.resource_side("*").unwrap());
    assert!(layers.missing().iter().any(|(layer, _)| *layer == Layer::Scp));
    missing_after(
        "foreign-organisation",
        other(
            r#"{"Id":"p-deny00001","Arn":"arn:aws:organizations::999999999999:policy/o-other12345/service_control_policy/p-deny00001"}"#,
        ),
        "111111111111: `organizations describe-policy` of `p-deny00001` belongs elsewhere: `arn:aws:organizations::999999999999:policy/o-other12345/service_control_policy/p-deny00001` (accounts/111111111111/global/organizations.DescribePolicy/p-deny00001.json)",
    );
    let agent = "accounts/222222222222/us-east-1/bedrock-agent.GetAgent/AGENT00001.json";
    missing_after(
        "foreign-agent",
        |small| {
            let text = String::from_utf8(small.read(agent)).unwrap();
            small.write(agent, &text.replacen("AGENT00001", "AGENT00002", 1));
        },
        "222222222222/us-east-1: `bedrock-agent get-agent` of `AGENT00001` belongs elsewhere: `AGENT00002` (accounts/222222222222/us-east-1/bedrock-agent.GetAgent/AGENT00001.json)",
    );
}

#[test]
fn the_example_holds_no_answer_about_something_else() {
    let acme = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/acme");
    let estate = observe::open(&acme, Depth::Everything).unwrap();
    let said: Vec<String> = estate.missing().iter().map(ToString::to_string).collect();
    assert!(!said.iter().any(|line| line.contains("belongs elsewhere")), "{}", said.join("\n"));
}

#[test]
fn an_unknown_scp_leaves_a_denial_by_another_standing() {
    let small = Small::new("other-denial");
    small.remove("accounts/111111111111/global/organizations.DescribePolicy/p-more000001.json");
    let estate = small.estate(Depth::Everything);
    let model = "arn:aws:bedrock:us-east-1::foundation-model/x.y";
    let role = "arn:aws:iam::222222222222:role/app";
    let denied = asked(&estate, role, "bedrock:InvokeModel", model);
    assert_eq!(denied, (Decision::ExplicitDeny, vec![Layer::Scp]));
    let open = asked(&estate, role, "bedrock:ListFoundationModels", "*");
    assert_eq!(open, (Decision::Allow, vec![Layer::Scp]), "the missing SCP may deny it");
}

#[test]
fn a_path_is_known_for_what_it_is() {
    let small = Small::new("kinds");
    assert_eq!(observe::data_set(small.path()), Ok(DataSet::Snapshot));
    let details = small.path().join("accounts/333333333333/global/iam.GetAccountAuthorizationDetails.json");
    assert_eq!(observe::data_set(&details), Ok(DataSet::AccountDetails));
    let estate = observe::open(&details, Depth::Everything).unwrap();
    assert_eq!(known(account(&estate, STAND_ALONE).roles.clone()).len(), 1);
    assert!(account(&estate, STAND_ALONE).membership.missing().is_some());
    let error = observe::open(&small.path().join("accounts"), Depth::Everything).unwrap_err().to_string();
    assert!(error.ends_with("is neither a snapshot nor a store of iam-collect"), "{error}");
    let manifest = small.path().join("accounts/333333333333/manifest.json");
    let error = observe::open(&manifest, Depth::Everything).unwrap_err().to_string();
    assert!(error.ends_with("it names no user, group or role"), "{error}");
}

/// Everything an estate says, by what it says it of; `None` where it is unknown.
fn sayings(estate: &Estate) -> BTreeMap<String, Option<String>> {
    let mut sayings = BTreeMap::new();
    let mut say = |what: String, value: Option<String>| {
        sayings.insert(what, value);
    };
    fn debug<T: std::fmt::Debug>(known: &Known<T>) -> Option<String> {
        known.as_ref().result().ok().map(|value| format!("{value:?}"))
    }
    for organization in estate.organizations() {
        let id = &organization.id;
        say(format!("{id} enabled"), debug(&organization.enabled));
        say(format!("{id} delegation"), debug(&organization.resource_policy));
        for policy in &organization.policies {
            say(format!("{id} {} text", policy.id), debug(&policy.text));
            let statements = |document: &Known<Document>| document.as_ref().map(|each| each.policy.clone());
            let document = policy.document.as_ref().map(statements);
            say(format!("{id} {} document", policy.id), document.as_ref().and_then(debug));
        }
        for node in organization.nodes() {
            say(format!("{id} {} path", node.id), debug(&node.path));
            for (kind, attached) in &node.attached {
                say(format!("{id} {} {kind}", node.id), debug(attached));
            }
        }
    }
    for account in estate.accounts() {
        let id = &account.id;
        let organization =
            estate.organization_of(account).map(|found| found.map(|(o, n)| (o.id.clone(), n.id.clone())));
        say(format!("{id} membership"), debug(&organization));
        say(format!("{id} block"), debug(&account.public_access_block));
        say(format!("{id} outbound"), debug(&account.outbound_web_identity));
        say(format!("{id} policies"), debug(&account.policies));
        let names = |names: Vec<String>| names.join(" ");
        let users = account
            .users
            .as_ref()
            .map(|users| names(users.iter().map(|user| user.identity.arn.to_string()).collect()));
        say(format!("{id} users"), debug(&users));
        let roles = account
            .roles
            .as_ref()
            .map(|roles| names(roles.iter().map(|role| role.identity.arn.to_string()).collect()));
        say(format!("{id} roles"), debug(&roles));
        for user in account.users.as_ref().result().into_iter().flatten() {
            let arn = &user.identity.arn;
            say(
                format!("{arn} policies"),
                debug(&user.identity.policies).filter(|text| !text.contains("Unknown(")),
            );
            say(format!("{arn} keys"), debug(&user.access_keys));
            say(format!("{arn} credentials"), debug(&user.service_credentials));
        }
        for role in account.roles.as_ref().result().into_iter().flatten() {
            let arn = &role.identity.arn;
            say(
                format!("{arn} policies"),
                debug(&role.identity.policies).filter(|text| !text.contains("Unknown(")),
            );
            say(
                format!("{arn} boundary"),
                debug(&role.identity.boundary).filter(|text| !text.contains("Unknown(")),
            );
            say(format!("{arn} trust"), debug(&role.trust));
        }
        for (name, region) in &account.regions {
            for kind in region.listed.keys() {
                let arns = account
                    .resources_of(*kind, name)
                    .map(|all| all.iter().map(|each| each.arn.clone()).collect::<Vec<_>>());
                say(format!("{id} {name} {kind}"), debug(&arns));
            }
            say(format!("{id} {name} enforced"), debug(&region.enforced_guardrails));
            say(format!("{id} {name} logging"), debug(&region.invocation_logging));
            say(format!("{id} {name} shares"), debug(&region.shares));
        }
        for resource in &account.resources {
            let arn = format!("{} {}", resource.arn, resource.kind);
            say(format!("{arn} policy"), debug(&resource.policy));
            say(format!("{arn} tags"), debug(&resource.tags));
            say(format!("{arn} facts"), debug(&resource.facts));
            say(format!("{arn} block"), debug(&resource.public_access_block));
        }
    }
    sayings
}

/// Whatever is left of a snapshot says nothing that the whole does not say.
#[track_caller]
fn says_no_more(part: &Estate, whole: &BTreeMap<String, Option<String>>, what: &str) {
    for (of, value) in sayings(part) {
        if let Some(value) = value {
            let expected = whole.get(&of).and_then(Option::as_ref);
            assert_eq!(Some(&value), expected, "{what} makes this of {of}");
        }
    }
}

#[test]
fn a_file_cut_off_anywhere_never_says_anything_else() {
    let whole = sayings(&Small::new("cut").estate(Depth::Everything));
    let cut = |name: &str, files: &[(&str, &str)]| {
        let small = Small::new(name);
        for (path, content) in files {
            let bytes = small.read(path);
            for length in 0..bytes.len() {
                small.write_bytes(path, &bytes[..length]);
                let what = format!("{path} cut off after {length} bytes");
                says_no_more(&small.estate(Depth::Everything), &whole, &what);
            }
            small.write(path, content);
        }
    };
    let (first, second) = small::files().split_at(small::files().len() / 2);
    std::thread::scope(|scope| {
        scope.spawn(|| cut("cut-first", first));
        cut("cut-second", second);
    });
}

#[test]
fn a_missing_file_never_says_anything_else() {
    let small = Small::new("missing");
    let whole = sayings(&small.estate(Depth::Everything));
    for (path, content) in small::files() {
        small.remove(path);
        says_no_more(&small.estate(Depth::Everything), &whole, &format!("{path} missing"));
        small.write(path, content);
    }
}

#[test]
fn an_empty_object_never_says_anything_else() {
    // An empty answer is what AWS says of lists that it may leave out; everywhere else it is another shape.
    let may_be_empty = [
        "ListBuckets",
        "GetModelInvocationLoggingConfiguration",
        "bedrock.GetResourcePolicy",
        "ListTagsForResource",
    ];
    let small = Small::new("empty");
    let whole = sayings(&small.estate(Depth::Everything));
    for (path, content) in small::files() {
        if may_be_empty.iter().any(|name| path.contains(name)) {
            continue;
        }
        small.write(path, "{}");
        says_no_more(&small.estate(Depth::Everything), &whole, &format!("{path} empty"));
        small.write(path, content);
    }
}
