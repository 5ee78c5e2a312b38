//! `postern check`: from paths to a report and an exit code.

use std::io::Write as _;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use postern::check::document::Kind;
use postern::check::finding::{Audience, Confidence};
use postern::check::rule::{self, Rule};
use postern::check::{self, Checked, DataSet, Options, files, report};
use postern::input::Complaint;
use postern::snapshot;

use crate::arguments::{CheckArguments, Reader, Report, Sureness};
use crate::exit::{Ended, Failure, complained, written};

/// Reads, checks, shows.
pub fn run(arguments: &CheckArguments) -> Result<Ended, Failure> {
    let mut out = anstream::stdout();
    if arguments.list_rules {
        for rule in rule::rules() {
            written(writeln!(out, "{:<40} {:<6} {}", rule.id, rule.severity.name(), rule.title))?;
        }
        return Ok(Ended::Fine);
    }
    let options = options(arguments)?;
    let given = files::read(&arguments.paths).map_err(complained)?;
    let by_name: Vec<String> =
        given.iter().filter(|one| one.by_name).map(|one| one.source.path.clone()).collect();
    let data_sets = data_sets(&arguments.paths)?;
    let checked = check::check_all(given.into_iter().map(|one| one.source).collect(), &data_sets, &options);
    nothing_to_check(&checked, &by_name)?;
    let text = match arguments.format {
        Report::Text => report::text(&checked),
        Report::Json => report::json(&checked),
        Report::Sarif => report::sarif(&checked),
        Report::Csv => report::csv(&checked),
    };
    written(write!(out, "{text}").and_then(|()| out.flush()))?;
    Ok(if checked.is_unreadable {
        Ended::Unreadable
    } else if checked.findings.is_empty() {
        Ended::Fine
    } else {
        Ended::Findings
    })
}

/// The snapshots among the paths: rules that need the whole of one are asked as well.
fn data_sets(paths: &[PathBuf]) -> Result<Vec<DataSet>, Failure> {
    paths
        .iter()
        .filter(|path| snapshot::is_one(path))
        .map(|path| {
            let estate = snapshot::open(path).map_err(complained)?;
            Ok(DataSet { path: path.display().to_string(), estate })
        })
        .collect()
}

fn options(arguments: &CheckArguments) -> Result<Options, Failure> {
    let mut complaints = Vec::new();
    let mut rules: Vec<&'static Rule> = Vec::new();
    for id in &arguments.rule {
        match rule::rule(id) {
            Some(rule) => rules.push(rule),
            None => complaints.push(
                Complaint::new("--rule", format!("there is no rule `{id}`"))
                    .hint("postern check --list-rules names them"),
            ),
        }
    }
    let day = match &arguments.as_of {
        Some(day) if is_day(day) => day.clone(),
        Some(day) => {
            complaints.push(
                Complaint::new("--as-of", format!("`{day}` is not a day")).hint("for example 2027-01-31"),
            );
            String::new()
        }
        None => today(),
    };
    if !complaints.is_empty() {
        return Err(complained(complaints));
    }
    Ok(Options {
        kind: arguments.kind.as_deref().and_then(Kind::named),
        rules,
        audience: match arguments.reader {
            Reader::Author => Audience::Author,
            Reader::Auditor => Audience::Auditor,
            Reader::Pedant => Audience::Pedant,
        },
        confidence: match arguments.confidence {
            Sureness::Low => Confidence::Low,
            Sureness::Medium => Confidence::Medium,
            Sureness::High => Confidence::High,
        },
        day,
    })
}

/// Somebody who names a file wants to hear that there is no policy in it.
fn nothing_to_check(checked: &Checked, by_name: &[String]) -> Result<(), Failure> {
    let complaint = |path: &String| {
        Complaint::new(path.clone(), "has no policy in it that can be recognised").hint(
            "a policy has `Statement`, a Bedrock policy `bedrock`; see postern check --help for what is read",
        )
    };
    if checked.sources.is_empty() {
        let complaint = Complaint::new("check", "there is nothing to check in what was named");
        return Err(complained(vec![complaint.hint("name a policy, a folder with policies, or a snapshot")]));
    }
    let complaints: Vec<Complaint> =
        checked.without_policy.iter().filter(|path| by_name.contains(path)).map(complaint).collect();
    if complaints.is_empty() { Ok(()) } else { Err(complained(complaints)) }
}

fn is_day(text: &str) -> bool {
    postern::plan::day(text).is_some()
}

/// The day it is, in UTC. The calendar is Howard Hinnant's "civil from days".
pub fn today() -> String {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let days = (seconds / 86_400) as i64 + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}
