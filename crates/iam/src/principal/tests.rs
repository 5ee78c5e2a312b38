//! Who is who, and whom a principal element names.

use super::{Principal, PrincipalElement, PrincipalMatch, PrincipalValue};
use crate::action::Action;
use crate::assumption::{Assumption, Readings};
use crate::context::{Context, Key, Values};
use crate::request::{Completeness, Request, RequestParts};
use crate::truth::{Ledger, Truth};

const ACCOUNT: &str = "111122223333";
const USER: &str = "arn:aws:iam::111122223333:user/team/ann";
const ROLE: &str = "arn:aws:iam::111122223333:role/team/app";
const SESSION: &str = "arn:aws:sts::111122223333:assumed-role/app/job-7";
const FEDERATED_USER: &str = "arn:aws:sts::111122223333:federated-user/bob";
const ROOT: &str = "arn:aws:iam::111122223333:root";

fn session() -> Principal {
    Principal::parse(SESSION).unwrap().with_role(ROLE).unwrap()
}

fn parse(arn: &str) -> Principal {
    Principal::parse(arn).unwrap()
}

fn service() -> Principal {
    Principal::Service { name: "sagemaker.amazonaws.com".to_owned() }
}

fn federated() -> Principal {
    Principal::Federated { provider: "accounts.google.com".to_owned() }
}

fn request(principal: Principal, userid: Option<&str>) -> Request {
    let mut context = Context::new();
    if let Some(userid) = userid {
        context.insert("aws:userid", vec![userid.to_owned()]).unwrap();
    }
    Request::new(RequestParts {
        principal,
        action: Action::parse("s3:GetObject").unwrap(),
        resource: "arn:aws:s3:::b/x".to_owned(),
        resource_account: None,
        context,
        completeness: Completeness::Complete,
    })
}

/// How the value names the caller: `direct`, `limited`, `account`, several of them, or `no`.
fn named(value: PrincipalValue, request: &Request) -> String {
    let mut ledger = Ledger::default();
    let found = PrincipalElement::new(vec![value], false).matches(request, &mut ledger);
    assert!(ledger.touched().is_empty());
    let ways = [("direct", found.direct()), ("limited", found.limited()), ("account", found.account())];
    let open = ways.iter().any(|(_, truth)| *truth == Truth::Open);
    let held: Vec<&str> = ways.iter().filter(|(_, truth)| truth.is_true()).map(|(way, _)| *way).collect();
    match (open, held.is_empty()) {
        (true, _) => "open".to_owned(),
        (false, true) => "no".to_owned(),
        (false, false) => held.join(" "),
    }
}

#[track_caller]
fn check(aws: &str, principal: Principal, expected: &str) {
    let request = request(principal, None);
    assert_eq!(named(PrincipalValue::aws(aws), &request), expected, "{aws} for {}", request.principal());
}

#[test]
fn an_account_names_everyone_in_it_and_leaves_the_rest_to_identity_policies() {
    for principal in [parse(USER), parse(ROLE), session(), parse(FEDERATED_USER), parse(ROOT)] {
        check(ACCOUNT, principal.clone(), "account");
        check(ROOT, principal.clone(), "account");
        check("444455556666", principal, "no");
    }
    check(ACCOUNT, Principal::Anonymous, "no");
    check(ACCOUNT, service(), "no");
}

#[test]
fn an_arn_names_the_identity_and_a_role_its_sessions() {
    check(USER, parse(USER), "direct");
    check(USER, parse("arn:aws:iam::111122223333:user/ann"), "no");
    check(&USER.replace("ann", "Ann"), parse(USER), "no");
    check(ROLE, parse(ROLE), "limited");
    check(ROLE, session(), "limited");
    check(SESSION, session(), "direct");
    check(&SESSION.replace("job-7", "job-8"), session(), "no");
    check("arn:aws:iam::111122223333:role/app", parse(SESSION), "limited");
    check(ROLE, parse(SESSION), "no");
    check(FEDERATED_USER, parse(FEDERATED_USER), "direct");
    check(USER, parse(FEDERATED_USER).with_user(USER).unwrap(), "limited");
    check(USER, parse(FEDERATED_USER), "no");
    check("arn:aws:iam::111122223333:role/team/*", parse(ROLE), "no");
}

#[test]
fn a_role_may_be_in_any_session() {
    check("arn:aws:sts::111122223333:assumed-role/app/job-7", parse(ROLE), "open");
    check("arn:aws:sts::111122223333:assumed-role/other/job-7", parse(ROLE), "no");
    check("arn:aws:sts::444455556666:assumed-role/app/job-7", parse(ROLE), "no");
}

#[test]
fn a_star_names_everyone() {
    for principal in [parse(USER), session(), parse(ROOT), Principal::Anonymous, service(), federated()] {
        check("*", principal, "direct");
    }
}

#[test]
fn unique_ids_are_compared_with_the_user_id() {
    let asked = |id: &str, principal: Principal, userid: Option<&str>| {
        named(PrincipalValue::aws(id), &request(principal, userid))
    };
    assert_eq!(asked("AIDAEXAMPLE", parse(USER), Some("AIDAEXAMPLE")), "direct");
    assert_eq!(asked("AROAEXAMPLE", session(), Some("AROAEXAMPLE:job-7")), "limited");
    assert_eq!(asked("AROAEXAMPL", session(), Some("AROAEXAMPLE:job-7")), "no");
    assert_eq!(asked("AROAEXAMPLE", session(), None), "no");
    assert_eq!(asked("AROAEXAMPLE:job-7", session(), Some("AROAEXAMPLE:job-7")), "no", "no unique id");
}

#[test]
fn services_and_providers_are_named_under_their_own_kind() {
    let asked = |value, principal| named(value, &request(principal, None));
    let sagemaker = || PrincipalValue::Service("sagemaker.amazonaws.com".to_owned());
    assert_eq!(asked(sagemaker(), service()), "direct");
    assert_eq!(asked(sagemaker(), session()), "no");
    assert_eq!(asked(PrincipalValue::Service("s3.amazonaws.com".to_owned()), service()), "no");
    assert_eq!(asked(PrincipalValue::Federated("accounts.google.com".to_owned()), federated()), "direct");
    assert_eq!(asked(PrincipalValue::Federated("www.amazon.com".to_owned()), federated()), "no");
    assert_eq!(asked(PrincipalValue::CanonicalUser("79a5".to_owned()), session()), "open");
    assert_eq!(asked(PrincipalValue::CanonicalUser("79a5".to_owned()), Principal::Anonymous), "no");
}

/// Whether `NotPrincipal` with these values concerns the caller, under each reading of who is listed.
#[track_caller]
fn concerns(values: &[&str], principal: Principal, specific: bool, all: bool) {
    let request = request(principal, None);
    for (reading, expected) in [specific, all].into_iter().enumerate() {
        let readings = Readings::default().with(Assumption::NotPrincipal, reading as u8);
        let element =
            PrincipalElement::new(values.iter().map(|text| PrincipalValue::aws(text)).collect(), true);
        let found = element.matches(&request, &mut Ledger::new(readings)).any().is_true();
        assert_eq!(found, expected, "{values:?} on {} under reading {reading}", request.principal());
    }
}

#[test]
fn not_principal_spares_who_is_listed() {
    concerns(&[USER, ACCOUNT], parse(USER), false, false);
    concerns(&[USER], parse(USER), false, true);
    concerns(&[ACCOUNT], parse(USER), true, true);
    concerns(&[SESSION, ROLE, ACCOUNT], session(), false, false);
    concerns(&[ROLE, ACCOUNT], session(), false, true);
    concerns(&[ROOT], parse(ROOT), false, false);
    concerns(&["*"], session(), false, false);
    concerns(&[USER], Principal::Anonymous, true, true);
    concerns(&[USER], service(), true, true);
}

#[test]
fn a_principal_is_the_arn_of_someone_who_makes_requests() {
    #[track_caller]
    fn refused(text: &str, message: &str) {
        assert_eq!(Principal::parse(text).unwrap_err().to_string(), message);
    }
    refused("ann", "`ann` is not a principal: an ARN has 6 parts separated by `:`, found 1");
    refused(
        "arn:aws:iam::1:user/ann",
        "`arn:aws:iam::1:user/ann` is not a principal: `1` is not a 12-digit account id",
    );
    for text in [
        "arn:aws:iam::111122223333:group/g",
        "arn:aws:iam::111122223333:user/",
        "arn:aws:sts::111122223333:assumed-role/app",
        "arn:aws:sts::111122223333:assumed-role/app/",
        "arn:aws:iam::111122223333:root/x",
    ] {
        refused(
            text,
            &format!(
                "`{text}` makes no requests; a principal is a user, role, assumed-role session, federated-user session or root"
            ),
        );
    }
}

#[test]
fn a_session_belongs_to_the_role_of_its_name() {
    let issuer = |role: &str| parse(SESSION).with_role(role).map_err(|error| error.to_string());
    assert!(issuer(ROLE).is_ok());
    for role in [&ROLE.replace("app", "other"), &ROLE.replace("1111", "4444"), USER, "x"] {
        assert_eq!(issuer(role), Err(format!("`{role}` cannot have issued the session `{SESSION}`")));
    }
    assert!(parse(USER).with_role(ROLE).is_err());
    assert!(parse(FEDERATED_USER).with_user(ROLE).is_err());
    assert!(parse(FEDERATED_USER).with_user("arn:aws:iam::444455556666:user/team/ann").is_err());
}

#[test]
fn the_principal_fixes_keys_and_a_given_value_wins() {
    #[track_caller]
    fn fixed(principal: Principal, key: &str, expected: Option<&str>) {
        let request = request(principal, None);
        let found = match request.values(&Key::new(key)) {
            Values::Present(values) => Some(values.to_vec().join(",")),
            Values::Absent | Values::Unknown => None,
        };
        assert_eq!(found.as_deref(), expected, "{key} of {}", request.principal());
    }
    fixed(session(), "aws:PrincipalArn", Some(ROLE));
    fixed(parse(SESSION), "aws:PrincipalArn", Some("arn:aws:iam::111122223333:role/app"));
    fixed(parse(FEDERATED_USER), "aws:PrincipalArn", Some(FEDERATED_USER));
    fixed(Principal::Anonymous, "aws:PrincipalArn", None);
    fixed(parse(USER), "aws:username", Some("ann"));
    fixed(session(), "aws:username", None);
    fixed(parse(FEDERATED_USER), "aws:userid", Some("111122223333:bob"));
    fixed(parse(ROOT), "aws:userid", Some(ACCOUNT));
    fixed(session(), "aws:PrincipalType", Some("AssumedRole"));
    fixed(parse(ROOT), "aws:PrincipalType", Some("Account"));
    fixed(service(), "aws:PrincipalIsAWSService", Some("true"));
    fixed(session(), "aws:PrincipalIsAWSService", None);
    fixed(service(), "aws:PrincipalAccount", None);
    let given = request(parse(ROOT), Some("x"));
    assert_eq!(given.values(&Key::new("AWS:UserId")), Values::Present(crate::context::ValueList::One("x")));
}

#[test]
fn the_ways_to_be_named_are_kept_apart() {
    const TRUTHS: [Truth; 3] = [Truth::False, Truth::Open, Truth::True];
    let named = |account: Truth, limited: Truth, direct: Truth| {
        let by_arn = PrincipalMatch::of_limited(limited).or(PrincipalMatch::of_direct(direct));
        PrincipalMatch::of_account(account).or(by_arn)
    };
    let ways = |found: PrincipalMatch| [found.account(), found.limited(), found.direct()];
    for account in TRUTHS {
        for limited in TRUTHS {
            for direct in TRUTHS {
                let found = named(account, limited, direct);
                assert_eq!(ways(found), [account, limited, direct]);
                assert_eq!(found.any(), account.or(limited).or(direct), "{found:?}");
                for rest in TRUTHS {
                    assert_eq!(ways(found.and(rest)), [account, limited, direct].map(|one| one.and(rest)));
                    let other = named(rest, rest, rest);
                    assert_eq!(ways(found.or(other)), [account, limited, direct].map(|one| one.or(rest)));
                }
            }
        }
    }
}

#[test]
fn an_element_keeps_its_values() {
    let values = vec![PrincipalValue::aws(USER), PrincipalValue::Everyone];
    assert_eq!(PrincipalElement::new(values.clone(), true).values(), values);
}
