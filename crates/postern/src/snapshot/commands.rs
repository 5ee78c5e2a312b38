//! `postern snapshot commands`: a script of AWS CLI calls that writes a snapshot.
//!
//! What is the same in every script stands in `collect.sh`; the calls come from the table of calls, so that script,
//! reader and permissions follow one list. Nothing is called from here. Follows `docs/snapshot.md`.

use std::fmt::Write as _;

use iam::arn::AccountId;
use observe::calls::{Call, From, Parameter, Scope, calls, command};

use crate::input::Complaint;

/// What is always the same.
const FRAME: &str = include_str!("collect.sh");

/// Longest name of a role with its path, in characters.
///
/// Source: IAM User Guide, "IAM and AWS STS quotas", character limits: 64 for the name, 512 for the path.
const ROLE_CHARS_MAX: usize = 64 + 512;

/// Which snapshot a script makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    regions: Vec<String>,
    role: Option<String>,
    accounts: Vec<AccountId>,
}

impl Wanted {
    /// Regions, the role to assume in other accounts, and which other accounts; none means all.
    ///
    /// # Errors
    /// A complaint for each part that cannot be what it is meant for.
    pub fn new(regions: &[String], role: Option<&str>, accounts: &[String]) -> Result<Self, Vec<Complaint>> {
        let mut complaints = Vec::new();
        let mut complain = |flag: &str, problem: String, hint: &str| {
            complaints.push(Complaint::new(flag, problem).hint(hint));
        };
        if regions.is_empty() {
            complain("--region", "no Region is given".to_owned(), "for example --region us-east-1");
        }
        for region in regions.iter().filter(|region| !is_region(region)) {
            complain("--region", format!("`{region}` is not the name of a Region"), "for example us-east-1");
        }
        if let Some(role) = role.filter(|role| !is_role(role)) {
            let problem = format!("`{role}` is not the name of a role");
            complain(
                "--role",
                problem,
                "without `role/` before it, with its path if it has one: audit/reader",
            );
        }
        let mut known = Vec::new();
        for account in accounts {
            match AccountId::new(account) {
                Ok(account) => known.push(account),
                Err(error) => complain("--account", error.to_string(), "for example 111122223333"),
            }
        }
        if complaints.is_empty() {
            let role = role.map(str::to_owned);
            Ok(Self { regions: once(regions), role, accounts: once(&known) })
        } else {
            Err(complaints)
        }
    }

    /// The role that is assumed in other accounts.
    pub fn role(&self) -> Option<&str> {
        self.role.as_deref()
    }

    /// The partition of its Regions, as far as one of them is known.
    pub fn partition(&self) -> &'static str {
        let of_region = |region: &String| reference::partition_of_region(region);
        self.regions.iter().find_map(of_region).unwrap_or("aws")
    }

    /// Regions that the reference does not know: new ones, or slips of the pen.
    pub fn unknown_regions(&self) -> impl Iterator<Item = &str> {
        let is_known = |region: &&str| reference::partition_of_region(region).is_some();
        self.regions.iter().map(String::as_str).filter(move |region| !is_known(region))
    }
}

/// Every value once, in the order in which they came.
fn once<T: Clone + PartialEq>(values: &[T]) -> Vec<T> {
    let mut all: Vec<T> = Vec::with_capacity(values.len());
    for value in values {
        if !all.contains(value) {
            all.push(value.clone());
        }
    }
    all
}

fn is_region(text: &str) -> bool {
    let is_taken = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    text.starts_with(|first: char| first.is_ascii_lowercase())
        && text != "global"
        && text.bytes().all(is_taken)
}

/// The name of a role, with its path where it has one.
fn is_role(text: &str) -> bool {
    let is_taken = |byte: u8| byte.is_ascii_alphanumeric() || b"+=,.@_-/".contains(&byte);
    let ends = text.starts_with(['/', '-']) || text.ends_with('/');
    !text.is_empty() && text.len() <= ROLE_CHARS_MAX && !ends && text.bytes().all(is_taken)
}

/// The script.
pub fn script(wanted: &Wanted) -> String {
    let mut text = String::with_capacity(FRAME.len() + 32 * 1024);
    for line in FRAME.lines() {
        match line {
            "#: settings" => settings(wanted, &mut text),
            "#: calls" => every_call(&mut text),
            line => {
                text.push_str(line);
                text.push('\n');
            }
        }
    }
    text
}

fn settings(wanted: &Wanted, text: &mut String) {
    let accounts: Vec<&str> = wanted.accounts.iter().map(AccountId::as_str).collect();
    let _ = writeln!(text, "regions=({})", wanted.regions.join(" "));
    let _ = writeln!(text, "role={}", quoted(wanted.role.as_deref().unwrap_or_default()));
    let _ = writeln!(text, "accounts=({})", accounts.join(" "));
    let _ = writeln!(text, "made_by='postern snapshot commands {}'", env!("CARGO_PKG_VERSION"));
}

/// One function a scope, with the calls in the order of the table.
fn every_call(text: &mut String) {
    let functions = [
        (Scope::Account, "account_calls"),
        (Scope::Organization, "organization_calls"),
        (Scope::Region, "region_calls"),
    ];
    for (number, (scope, function)) in functions.into_iter().enumerate() {
        let between = if number == 0 { "" } else { "\n" };
        let _ = writeln!(text, "{between}{function}() {{");
        for call in calls().iter().filter(|call| call.scope == scope) {
            let _ = writeln!(text, "  # {}", call.purpose);
            one_call(call, text);
        }
        text.push_str("}\n");
    }
}

/// One call, for all of its items.
fn one_call(call: &Call, text: &mut String) {
    match call.each.as_slice() {
        [] => made(call, "  ", &[], text),
        [one] if grows(call, one) => level_by_level(call, one, text),
        [one] => {
            each(one, "item", None, "  ", text);
            made(call, "    ", &[(one, "item")], text);
            text.push_str("  done\n");
        }
        [one, other, ..] => {
            each(one, "first", None, "  ", text);
            text.push_str("    encode \"$first\"\n");
            each(other, "second", Some(call), "    ", text);
            made(call, "      ", &[(one, "first"), (other, "second")], text);
            text.push_str("    done\n  done\n");
        }
    }
}

/// Whether values come from the answers to the call itself.
fn grows(call: &Call, parameter: &Parameter) -> bool {
    parameter.from.iter().any(|From(from, _)| *from == call.name())
}

/// A call that is made for what it has answered itself: the units below a unit.
fn level_by_level(call: &Call, parameter: &Parameter, text: &mut String) {
    let name = call.name();
    let (own, others): (Vec<&From>, Vec<&From>) = parameter.from.iter().partition(|from| from.0 == name);
    let _ = writeln!(text, "  gather {}", gathered(&others, None));
    text.push_str("  queue=(${found[@]+\"${found[@]}\"})\n");
    text.push_str("  for ((at = 0; at < ${#queue[@]}; at++)); do\n    item=${queue[at]}\n");
    made(call, "    ", &[(parameter, "item")], text);
    text.push_str("    encode \"$item\"\n");
    let _ = writeln!(text, "    gather {}", gathered(&own, Some("encoded")));
    text.push_str("    queue+=(${found[@]+\"${found[@]}\"})\n  done\n");
}

/// The head of a loop over the values of a parameter; those of a second one come from the answer for the first, whose
/// file is named in `encoded`.
fn each(parameter: &Parameter, variable: &str, within: Option<&Call>, indent: &str, text: &mut String) {
    if parameter.from.is_empty() {
        let _ = writeln!(text, "{indent}for {variable} in {}; do", parameter.values.join(" "));
        return;
    }
    let from: Vec<&From> = parameter.from.iter().collect();
    let _ = writeln!(text, "{indent}gather {}", gathered(&from, within.map(|_| "encoded")));
    let _ = writeln!(text, "{indent}for {variable} in ${{found[@]+\"${{found[@]}}\"}}; do");
    for skipped in &parameter.skip {
        let _ = writeln!(text, "{indent}  [[ ${variable} != {} ]] || continue", quoted(skipped));
    }
}

/// The arguments of `gather`: calls and members, each once.
fn gathered(from: &[&From], of: Option<&str>) -> String {
    let mut pairs: Vec<String> = Vec::new();
    for from in from {
        let call = match of {
            Some(variable) => format!("\"{}/${variable}\"", from.0),
            None => from.0.clone(),
        };
        let pair = format!("{call} {}", from.member());
        if !pairs.contains(&pair) {
            pairs.push(pair);
        }
    }
    pairs.join(" ")
}

/// The call itself, and what is kept of its answer for later calls.
fn made(call: &Call, indent: &str, items: &[(&Parameter, &str)], text: &mut String) {
    let variables: Vec<String> = items.iter().map(|(_, variable)| format!("\"${variable}\"")).collect();
    let _ = writeln!(text, "{indent}items=({})", variables.join(" "));
    let absent = match call.absent.as_slice() {
        [] => String::new(),
        codes => format!(" {} ", codes.join(" ")),
    };
    let mut line = format!("{indent}call {} {} {}", call.name(), quoted(&absent), command(&call.name()));
    for argument in &call.arguments {
        match argument.as_str() {
            "{account}" => line.push_str(" \"$account\""),
            argument => {
                let _ = write!(line, " {argument}");
            }
        }
    }
    for (parameter, variable) in items {
        let _ = write!(line, " {}=\"${variable}\"", parameter.flag);
    }
    let _ = writeln!(text, "{line}");
    for (place, only) in needed(call) {
        let place = quoted(&place);
        match only {
            Some(item) => {
                let _ = writeln!(text, "{indent}[[ $item != {} ]] || pick {place}", quoted(&item));
            }
            None => {
                let _ = writeln!(text, "{indent}pick {place}");
            }
        }
    }
}

/// What other calls take from the answers to this one: its place, and the item for which alone it is taken.
fn needed(call: &Call) -> Vec<(String, Option<String>)> {
    let name = call.name();
    let all = calls().iter().flat_map(|other| &other.each).flat_map(|parameter| &parameter.from);
    let mut needed: Vec<(String, Option<String>)> = all
        .filter_map(|From(from, place)| {
            let (of, item) = match from.split_once('/') {
                Some((of, item)) => (of, Some(item.to_owned())),
                None => (from.as_str(), None),
            };
            (of == name).then(|| (place.clone(), item))
        })
        .collect();
    needed.sort();
    needed.dedup();
    needed
}

/// A text as one word of the shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    //! The script has every call, and takes no text for code.

    use super::*;

    fn wanted(role: Option<&str>, accounts: &[&str]) -> Result<Wanted, Vec<Complaint>> {
        let accounts: Vec<String> = accounts.iter().map(|account| (*account).to_owned()).collect();
        Wanted::new(&["us-east-1".to_owned(), "eu-west-1".to_owned()], role, &accounts)
    }

    #[test]
    fn every_call_of_the_table_is_made() {
        let script = script(&wanted(None, &[]).unwrap());
        for call in calls() {
            let line = format!("call {} ", call.name());
            assert_eq!(script.matches(&line).count(), 1, "{}", call.name());
        }
        assert!(!script.contains("\n#: "), "every place is filled");
    }

    #[test]
    fn what_would_be_code_is_refused() {
        let problems = |wanted: Result<Wanted, Vec<Complaint>>| {
            wanted.unwrap_err().iter().map(|complaint| complaint.message.clone()).collect::<Vec<_>>()
        };
        assert_eq!(
            problems(wanted(Some("a'; true; '"), &["1", "111122223333"])),
            ["`a'; true; '` is not the name of a role", "`1` is not a 12-digit account id"]
        );
        assert_eq!(problems(wanted(Some("role/"), &[])), ["`role/` is not the name of a role"]);
        let region = |text: &str| problems(Wanted::new(&[text.to_owned()], None, &[]));
        assert_eq!(region("$(true)"), ["`$(true)` is not the name of a Region"]);
        assert_eq!(region("global"), ["`global` is not the name of a Region"]);
        assert_eq!(problems(Wanted::new(&[], None, &[])), ["no Region is given"]);
        assert!(wanted(Some("audit/reader"), &["111122223333"]).is_ok());
    }
}
