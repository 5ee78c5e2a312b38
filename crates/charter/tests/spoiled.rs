//! Charters with one thing wrong: the line, what is underlined, what is said, what to do.

#[path = "common/organization.rs"]
mod common;

use charter::{Day, Diagnostic, Level, Model, syntax};
use common::organization;
use iam::json::Place;

const GOOD: &str = "\
charter: 1
data-classes: [public, internal]
models:
  claude:
    runtime: [anthropic.claude-opus-5-5]
    mantle: [anthropic.claude-opus-5-5]
    data: [public, internal]
    review_by: 2027-03-01
  nova: { runtime: ['amazon.nova-*'], data: [public] }
areas:
  - at: /
    doors: { claude-platform: closed, bearer-keys: short-term, others: unmanaged }
  - at: /workloads/prod
    data: internal
    within: [us-east-1, us-east-2, us-west-2]
    allow:
      - models: [claude]
        through: [runtime, batch]
        scope: geo
        regions: [us-east-1]
        callers: [role/app-*]
    doors:
      import: { only: [role/importer] }
    off: [nova-act]
  - at: ou-ab12-devdev11
    allow:
      - { models: [nova], through: [runtime], regions: [us-east-1], ends: 2027-06-30 }
except:
  - who: [role/break-glass]
    from: [bearer-keys]
    why: incident response
    expires: 2027-01-31
fence: { keepers: [role/admin] }
";

fn found(text: &str) -> Vec<Diagnostic> {
    let today = Day::parse("2026-11-26");
    let syntax = match syntax::read(text) {
        Ok(syntax) => syntax,
        Err(wrong) => return wrong,
    };
    match Model::new(&syntax, &organization(false), today.as_ref()) {
        Ok((_, warnings)) => warnings,
        Err(wrong) => wrong,
    }
}

#[test]
fn nothing_is_wrong_with_the_good_one() {
    assert_eq!(found(GOOD), []);
}

/// Replaces one text of the good charter; then this is said, of this text, with this advice.
#[track_caller]
fn spoiled(replace: &str, by: &str, underlined: &str, message: &str, hint: &str) {
    assert_eq!(GOOD.matches(replace).count(), 1, "{replace:?} stands in the charter once");
    let text = GOOD.replace(replace, by);
    let all = found(&text);
    let told: Vec<String> = all
        .iter()
        .map(|each| {
            let place = Place::of(&text, each.at.start);
            format!(
                "{place} {:?}: {} ({})",
                text[each.at.clone()].lines().next().unwrap_or_default(),
                each.message,
                each.hint.as_deref().unwrap_or("no hint")
            )
        })
        .collect();
    let is = |each: &Diagnostic| {
        text[each.at.clone()].starts_with(underlined)
            && each.message.contains(message)
            && each.hint.as_deref().unwrap_or("no hint").contains(hint)
    };
    assert!(all.iter().any(is), "expected {underlined:?}: {message} ({hint})\nfound {told:#?}");
    // The place is where the change was made, or one line off where a block is meant.
    let line = GOOD[..GOOD.find(replace).unwrap()].matches('\n').count() + 1;
    let near = |each: &Diagnostic| {
        Place::of(&text, each.at.start).line.abs_diff(line) <= by.matches('\n').count().max(8)
    };
    assert!(all.iter().filter(|each| is(each)).all(near), "{told:#?}");
}

#[test]
fn things_that_stay_in_use_are_of_the_service() {
    let off = |resource: &str| format!("off: [{{ service: nova-act, resources: ['{resource}'] }}]");
    let other = "arn:aws:s3:::own/*";
    spoiled(
        "off: [nova-act]",
        &off(other),
        &format!("'{other}"),
        "nothing of `nova-act`",
        "arn:aws:nova-act",
    );
    spoiled("off: [nova-act]", &off("own/*"), "'own/*", "six parts", "arn:aws:nova-act");
}

#[test]
fn what_is_wrong_with_the_form_is_told_where_it_is() {
    spoiled("charter: 1", "charter: 2", "2", "version of the language", "charter: 1");
    spoiled("charter: 1\n", "", "", "`charter: 1` is missing", "version");
    spoiled("models:\n  claude", "modles:\n  claude", "modles", "has no `modles`", "`models`");
    spoiled("review_by: 2027-03-01", "review_by: 2027-13-01", "2027-13-01", "not a day", "YYYY-MM-DD");
    spoiled(
        "runtime: [anthropic.claude-opus-5-5]\n    ",
        "runtime: []\n    ",
        "[]",
        "list is empty",
        "no hint",
    );
    spoiled("scope: geo", "scope: world", "world", "no scope", "in-region, geo or global");
    spoiled(
        "bearer-keys: short-term",
        "bearer-keys: shortterm",
        "shortterm",
        "cannot be `shortterm`",
        "short-term",
    );
    spoiled("import: { only: [role/importer] }", "import: {}", "{}", "says nothing", "closed");
    spoiled(
        "import: { only: [role/importer] }",
        "import: { onyl: [role/importer] }",
        "onyl",
        "has no `onyl`",
        "only",
    );
    spoiled("    expires: 2027-01-31\n", "", "w", "`expires` is missing", "no hint");
    spoiled("    why: incident response\n", "", "w", "`why` is missing", "no hint");
    spoiled("        through: [runtime, batch]\n", "", "m", "no `through`", "through: [runtime]");
    spoiled("keepers: [role/admin]", "keeper: [role/admin]", "keeper", "has no `keeper`", "keepers");
    spoiled(
        "callers: [role/app-*]",
        "callers: [role/app-*, role/app-*]",
        "role/app-*",
        "named twice",
        "no hint",
    );
    spoiled("off: [nova-act]", "off: nova-act", "nova-act", "`off` is a list", "no hint");
    spoiled("    within: [us-east-1", "\t within: [us-east-1", "", "not valid YAML", "no hint");
}

#[test]
fn names_that_nothing_has_are_told_with_the_nearest() {
    spoiled("models: [claude]", "models: [cluade]", "cluade", "no model `cluade`", "claude");
    spoiled("through: [runtime, batch]", "through: [runtime, bacth]", "bacth", "no door `bacth`", "batch");
    spoiled("regions: [us-east-1]\n", "regions: [us-esat-1]\n", "us-esat-1", "no Region", "us-east-1");
    spoiled(
        "/workloads/prod",
        "/workloads/prdo",
        "/workloads/prdo",
        "has no `/workloads/prdo`",
        "/workloads/prod",
    );
    spoiled("off: [nova-act]", "off: [nova-atc]", "nova-atc", "no service", "nova-act");
    spoiled(
        "data: [public, internal]",
        "data: [public, interal]",
        "interal",
        "no data class",
        "public, internal",
    );
    spoiled("callers: [role/app-*]", "callers: [app-*]", "app-*", "names no principal", "role/");
    spoiled(
        "[role/break-glass]",
        "['arn:aws:sts::222222222222:assumed-role/x/y']",
        "'arn:",
        "known by its role",
        "ARN of the role",
    );
    spoiled("['amazon.nova-*']", "['Amazon.nova-*']", "'Amazon", "no model id has a `A`", "a-z");
    spoiled("['amazon.nova-*']", "['us.amazon.nova-*']", "'us.", "is an inference profile", "amazon.nova-*");
    spoiled(
        "['amazon.nova-*']",
        "['arn:aws:bedrock:*::foundation-model/amazon.nova-*']",
        "'arn:",
        "this is an ARN",
        "amazon.nova-*",
    );
    spoiled(
        "['amazon.nova-*']",
        "['amazon.nowa-*']",
        "'amazon.nowa-*'",
        "matches no listed model",
        "spelling",
    );
    spoiled(
        "import: { only: [role/importer] }",
        "import: { resources: [model/x] }",
        "model/x",
        "takes no `model/x`",
        "takes no resources",
    );
}

#[test]
fn contradictions_are_told_with_both_places() {
    spoiled(
        "through: [runtime, batch]",
        "through: [batch]",
        "batch",
        "runs `claude` as a direct call does",
        "add `runtime`",
    );
    spoiled("models: [claude]", "models: [nova]", "nova", "not cleared for `internal`", "`internal`");
    spoiled(
        "through: [runtime, batch]",
        "through: [mantle]",
        "geo",
        "called Region only",
        "leave `scope` out",
    );
    spoiled("      import: {", "      batch: closed\n      import: {", "batch", "said twice", "keep one");
    spoiled("scope: geo", "scope: global", "global", "outside the Regions of the area", "in-region");
    spoiled(
        "within: [us-east-1, us-east-2, us-west-2]",
        "within: [us-west-2]",
        "us-east-1",
        "outside the Regions",
        "no hint",
    );
    spoiled("ou-ab12-devdev11", "ou-ab12-prodprod", "ou-ab12-prodprod", "an area already", "one area");
    spoiled(
        "through: [runtime], ",
        "through: [runtime, import], ",
        "import",
        "cannot tell models apart",
        "under `doors`",
    );
    spoiled("through: [runtime], ", "through: [mantle], ", "nova", "has no ids for `mantle`", "no hint");
    spoiled(
        "import: {",
        "claude-platform: short-term\n      import: {",
        "short-term",
        "has no keys",
        "bearer-keys",
    );
}

#[test]
fn what_has_aged_is_a_warning() {
    for (replace, by, message) in [
        ("review_by: 2027-03-01", "review_by: 2026-11-01", "was to be reviewed"),
        ("expires: 2027-01-31", "expires: 2026-11-26", "exception ended"),
        ("nova: {", "old: { runtime: ['anthropic.claude-v2*'] }\n  nova: {", "allowed nowhere"),
    ] {
        let all = found(&GOOD.replace(replace, by));
        assert!(all.iter().any(|each| each.message.contains(message)), "{message}: {all:#?}");
        assert!(all.iter().all(|each| each.level == Level::Warning), "{all:#?}");
    }
}

/// An escape makes a name longer than its text.
#[test]
fn places_are_inside_the_text_whatever_names_hold() {
    for text in [
        "\"\\N\\N\\N\\N\\N\\N\": x",
        "? \"a\\\n  b\"\n: x",
        "é: 1",
        "charter: 1\nareas: [{ \"\\L\\L\\L\\L\": y",
    ] {
        for each in found(text) {
            assert!(text.get(each.at.clone()).is_some(), "{text:?}: {each:?}");
        }
    }
}

#[test]
fn everything_wrong_is_told_at_once() {
    let text = GOOD
        .replace("models: [claude]", "models: [cluade]")
        .replace("role/importer", "importer")
        .replace("off: [nova-act]", "off: [nova-atc]")
        .replace("us-west-2]", "us-west-9]");
    let errors = found(&text).into_iter().filter(|each| each.level == Level::Error).count();
    assert_eq!(errors, 4);
}

/// The good charter with a guardrail at the root.
fn guarded(replace: &str, by: &str) -> Vec<Diagnostic> {
    let text = GOOD
        .replace(
            "areas:\n  - at: /\n",
            "guardrails:\n  baseline:\n    existing:\n      us-east-1: 'arn:aws:bedrock:us-east-1:111111111111:guardrail/abc:2'\n\
             areas:\n  - at: /\n    guardrail: baseline\n",
        );
    assert_eq!(text.matches(replace).count(), 1, "{replace:?} stands in the charter once");
    found(&text.replace(replace, by))
}

#[test]
fn what_is_wrong_with_guardrails_is_told() {
    assert_eq!(guarded("charter: 1", "charter: 1"), []);
    let wrong = |replace: &str, by: &str, message: &str, level: Level| {
        let all = guarded(replace, by);
        let is = |each: &Diagnostic| each.message.contains(message) && each.level == level;
        assert!(all.iter().any(is), "{message}: {all:#?}");
    };
    let version = "arn:aws:bedrock:us-east-1:111111111111:guardrail/abc:2";
    wrong(version, "arn:aws:bedrock:us-east-1:111111111111:guardrail/abc", "no version", Level::Error);
    wrong(version, "arn:aws:bedrock:us-east-1:111111111111:guardrail/abc:DRAFT", "`DRAFT`", Level::Error);
    wrong(version, "arn:aws:bedrock:us-west-2:111111111111:guardrail/abc:2", "is in us-west-2", Level::Error);
    wrong(
        version,
        "arn:aws:bedrock:us-east-1:222222222222:guardrail/abc:2",
        "is of 222222222222",
        Level::Error,
    );
    wrong("      us-east-1: '", "      us-aest-1: '", "no Region `us-aest-1`", Level::Error);
    wrong("guardrail: baseline", "guardrail: basline", "no guardrail `basline`", Level::Error);
    wrong("    guardrail: baseline\n", "", "enforced nowhere", Level::Warning);
    wrong(
        "guardrail: baseline",
        "guardrail: { enforce: baseline, except: ['amazon.nova-*'] }",
        "no id of a model",
        Level::Error,
    );
    wrong(
        "guardrail: baseline",
        "guardrail: { enforce: baseline, except: [amazon.none] }",
        "no listed model",
        Level::Warning,
    );
    wrong("guardrail: baseline", "guardrail: { enforce: baseline, system: some }", "how much", Level::Error);
    wrong(
        "guardrail: baseline",
        "guardrail: { except: [amazon.none] }",
        "`enforce` is missing",
        Level::Error,
    );
    wrong(
        "guardrail: baseline",
        "guardrail: { enforce: baseline, except: [deepseek.v3.2] }",
        "is not known",
        Level::Warning,
    );
    wrong("from: [bearer-keys]", "from: [bearer-keys, runtime]", "in any Region", Level::Warning);
    // Calls that would run without one.
    let rows = "        regions: [us-east-1]\n        callers";
    wrong(
        rows,
        "        regions: [us-east-1, us-west-2]\n        callers",
        "without a guardrail in us-west-2",
        Level::Error,
    );
    wrong(rows, "        callers", "in any Region", Level::Error);
}

#[test]
fn what_is_outside_a_programme_is_refused_and_what_is_not_known_is_said() {
    let with = |area: &str, model: &str, doors: &str| {
        let text = format!(
            "charter: 1\nmodels: {{ claude: {{ runtime: [anthropic.claude-opus-5-5]{model} }} }}\nareas:\n  - at: /\n    doors: {{ {doors} }}\n{area}"
        );
        let all = found(&text);
        all.iter().map(|each| (each.level, each.message.clone())).collect::<Vec<_>>()
    };
    let area = "  - at: /workloads/prod\n    compliance: hipaa\n    allow:\n      - { models: [claude], through: [runtime] }\n";
    // Closed but for what Bedrock runs, and of a model of which it is said.
    assert_eq!(with(area, ", compliance: [hipaa]", "claude-platform: closed"), []);
    let all = with(area, "", "claude-platform: closed");
    assert!(
        matches!(&all[..], [(Level::Warning, message)] if message.contains("whether `claude`")),
        "{all:?}"
    );
    let all = with(area, ", compliance: [hipaa]", "claude-platform: open");
    assert!(
        matches!(&all[..], [(Level::Error, message)] if message.contains("outside the scope of hipaa")),
        "{all:?}"
    );
    // What nobody manages is open too.
    let all = with(area, ", compliance: [hipaa]", "claude-platform: unmanaged, nova-act: open");
    let is =
        |level: Level, text: &str| all.iter().any(|(of, message)| *of == level && message.contains(text));
    assert!(
        is(Level::Error, "`claude-platform` is outside") && is(Level::Warning, "of hipaa: nova-act"),
        "{all:?}"
    );
    let all = with("", ", compliance: [hippa]", "claude-platform: closed");
    assert!(
        all.iter().any(|(level, message)| *level == Level::Error && message.contains("no programme `hippa`")),
        "{all:?}"
    );
    // It holds below too.
    let below = "    compliance: [hipaa]\n  - at: /workloads/prod\n    doors: { claude-platform: { only: [role/x] } }\n";
    let all = with(below, "", "claude-platform: closed");
    assert!(
        all.iter().any(|(level, message)| *level == Level::Error && message.contains("`/workloads/prod`")),
        "{all:?}"
    );
}

/// A charter with one role, in which one text is replaced.
#[track_caller]
fn spoiled_role(role: &str, underlined: &str, message: &str) {
    let lines = format!(
        "models:\n  claude: {{ runtime: [anthropic.claude-opus-5-5] }}\nroles:\n  one: {role}\nareas:\n  - at: /\n    roles: \
         [one]\n    allow:\n      - {{ models: [claude], through: [runtime] }}\n    doors: {{ others: unmanaged }}\n"
    );
    spoiled_line(&lines, underlined, message);
}

#[test]
fn roles_with_one_thing_wrong() {
    let studio = "{ studio: consumption, models: [claude], regions: [us-east-1] }";
    let without = |what: &str| studio.replace(what, "");
    spoiled_role("{ models: [claude] }", "one", "does not say what it is for");
    spoiled_role("{ studio: consumption, job: batch }", "one", "is for several things: studio, job");
    spoiled_role("{ studio: lounge }", "lounge", "`studio` cannot be `lounge`");
    spoiled_role(&without(", models: [claude]"), "consumption", "has no `models`");
    spoiled_role(&without(", regions: [us-east-1]"), "consumption", "has no `regions`");
    spoiled_role(&studio.replace("claude", "clod"), "clod", "there is no model `clod`");
    spoiled_role(&studio.replace("us-east-1", "us-east-9"), "us-east-9", "there is no Region");
    spoiled_role(&studio.replace(" }", ", read: [bucket] }"), "bucket", "`read` does not belong");
    spoiled_role("{ job: import }", "import", "has no `read`");
    spoiled_role("{ job: import, read: [Bucket_Name] }", "Bucket_Name", "names no bucket");
    spoiled_role("{ job: customization, read: [acme-in] }", "customization", "has no `write`");
    let bundle = "{ duties: [audit-read], trust: { saml: okta } }";
    spoiled_role("{ duties: [audit-read] }", "[audit-read]", "has no `trust`");
    spoiled_role(&bundle.replace("audit-read", "audit"), "audit", "there is no duty `audit`");
    spoiled_role(
        &bundle.replace("audit-read", "model-admin, invoke"),
        "model-admin",
        "who runs models in production should not choose",
    );
    spoiled_role(
        &bundle.replace("audit-read", "log-admin, key-admin"),
        "log-admin",
        "should not be able to hide",
    );
    spoiled_role(&bundle.replace("audit-read", "invoke"), "[invoke]", "has no `through`");
    spoiled_role(
        "{ duties: [invoke], models: [claude], through: [import], regions: [us-east-1], trust: { saml: okta } }",
        "import",
        "no action of the duty `invoke` goes through `import`",
    );
    spoiled_role(
        &bundle.replace("{ duties", "{ services: [bedrok], duties"),
        "bedrok",
        "no action of `bedrok` is classified",
    );
    spoiled_role(
        &bundle.replace("saml: okta", "saml: okta, service: a"),
        "{ saml",
        "sessions come from one place",
    );
    spoiled_role("{ duties: [audit-read], trust: okta }", "okta", "`trust` is a mapping");
    spoiled_role(
        &bundle.replace("saml: okta", "tags: { a: [b] }"),
        "{ tags",
        "does not say where sessions come from",
    );
    spoiled_role(&bundle.replace("saml: okta", "accounts: ['12']"), "'12'", "`12` is no account");
    spoiled_role(
        &bundle.replace("saml: okta", "accounts: ['999999999999']"),
        "'999999999999'",
        "is outside the organisation",
    );
    spoiled_role(&bundle.replace("saml: okta", "service: lambda"), "lambda", "is no service principal");
    spoiled_role(
        &bundle.replace("saml: okta", "oidc: a.example, audience: x, subjects: ['*']"),
        "'*'",
        "whoever the provider knows",
    );
    spoiled_role(
        &bundle.replace("saml: okta", "oidc: a.example, audience: x"),
        "{ oidc",
        "`subjects` is missing",
    );
    spoiled_role(
        &bundle.replace("{ duties", "{ passes: [other], duties"),
        "other",
        "there is no role `other`",
    );
    spoiled_role(
        &bundle.replace("{ duties", "{ passes: [one], duties"),
        "one",
        "is not handed to Amazon Bedrock",
    );
}

#[track_caller]
fn spoiled_line(line: &str, underlined: &str, message: &str) {
    let text = format!("charter: 1\n{line}");
    let all = found(&text);
    let is_it =
        |each: &&Diagnostic| each.message.contains(message) && text[each.at.clone()].starts_with(underlined);
    assert!(all.iter().any(|each| is_it(&each)), "{all:#?}");
    let mut errors = all.iter().filter(|each| each.level == Level::Error);
    assert!(errors.all(|each| each.hint.is_some() || each.also.is_some()), "{all:#?}");
}

#[test]
fn other_controls_with_one_thing_wrong() {
    let area = |field: &str| format!("areas:\n  - at: /\n    {field}\n");
    spoiled_line(&area("roles: [nobody]"), "nobody", "there is no role `nobody`");
    spoiled_line(&area("identity: { except: [role/a] }"), "{", "`identity` has no `source`");
    spoiled_line(&area("identity: { source: a, except: [ann] }"), "ann", "names no principal");
    spoiled_line(&area("buckets: [{ names: [a_b], readers: [role/a] }]"), "a_b", "no bucket is called");
    spoiled_line(&area("buckets: [{ names: [abc] }]"), "{", "the row has no `readers`");
    spoiled_line(&area("budget: { usd: 0, notify: [a@b] }"), "0", "whole number of US dollars");
    spoiled_line(&area("budget: { usd: 5, notify: [ann] }"), "ann", "is no address");
    spoiled_line(&area("budget: { usd: 5 }"), "{", "`notify` is missing");
    spoiled_line(&area("doors: { agents: { inside: true } }"), "{", "`agents` shares nothing");
    spoiled_line(
        &area("off: [{ service: s3, on: ['arn:aws:s3:::a'], resources: ['arn:aws:s3:::b'] }]"),
        "[",
        "off on some things, or on all but some",
    );
    spoiled_line(&area("off: [s3, { service: s3, on: ['arn:aws:s3:::a'] }]"), "s3", "`s3` is off twice");
    let guardrail =
        |fields: &str| format!("guardrails: {{ g: {{ {fields} }} }}\nareas:\n  - at: /\n    guardrail: g\n");
    let made = |fields: &str| guardrail(&format!("regions: [us-east-1], {fields}"));
    spoiled_line(&guardrail("words: [a]"), "g", "has no versions, and is made nowhere");
    spoiled_line(&guardrail("regions: [us-east-1]"), "us-east-1", "`g` looks for nothing");
    spoiled_line(&made("prompt-attack: strong"), "strong", "`strong` is no strength");
    spoiled_line(&made("pii: { EMAILS: block }"), "EMAILS", "is no kind of personal information");
    spoiled_line(&made("pii: { EMAIL: hide }"), "hide", "is no way to treat it");
    spoiled_line(&made("pii: EMAIL"), "EMAIL", "`pii` is a mapping of names to texts");
    spoiled_line(&made("grounding: 1.5"), "1.5", "`1.5` is no score");
    spoiled_line(&made("profanity: some"), "some", "`profanity` is true or false");
    spoiled_line(&made("words: [a], profile: eu"), "eu", "no guardrail profile `eu` is in us-east-1");
    spoiled_line(
        &guardrail(
            "existing: { us-east-1: 'arn:aws:bedrock:us-east-1:111111111111:guardrail/a:1' }, message: No",
        ),
        "g",
        "says what it looks for, and is made nowhere",
    );
    spoiled_line(&made("topics: { 'a/b': c }"), "'a/", "is no name that AWS takes");
    spoiled_line(&made(&format!("message: {}", "x".repeat(501))), "xxx", "this has 501 characters");
    let hub = |account: &str, doors: &str| {
        format!(
            "hubs:\n  h: {{ account: '{account}', regions: [us-east-1], models: [m], share: [/] }}\nareas:\n  - {{ at: /, \
             doors: {{ {doors} }} }}\n"
        )
    };
    spoiled_line(&hub("222222222222", ""), "/", "`h` is shared with `/`, where it is refused");
    spoiled_line(&hub("222222222222", "others: unmanaged"), "/", "the public hub stays open");
    spoiled_line(&hub("999999999999", "others: unmanaged"), "'999999999999'", "is outside the organisation");
    // Under a guardrail everybody has to be let apply it.
    let guarded = "guardrails:\n  g: { existing: { us-east-1: 'arn:aws:bedrock:us-east-1:111111111111:guardrail/a:1' } }\n\
                   models: { c: { runtime: [anthropic.claude-opus-5-5] } }\nareas:\n  - at: /\n    guardrail: g\n    allow: [{ \
                   models: [c], through: [runtime], regions: [us-east-1] }]\n    doors: { guardrails: DOOR }\n";
    spoiled_line(&guarded.replace("DOOR", "closed"), "closed", "and not everybody may apply it there");
    spoiled_line(
        &guarded.replace("DOOR", "{ only: [role/a] }"),
        "{ only",
        "and not everybody may apply it there",
    );
    for door in ["open", "{ resources: ['guardrail/a'] }"] {
        assert_eq!(found(&format!("charter: 1\n{}", guarded.replace("DOOR", door))), [], "{door}");
    }
}
