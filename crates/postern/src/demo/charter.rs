//! The last part of the demo: one declared list, the fence it becomes, and the map turning from red to green.
//!
//! `examples/acme-charter.yaml` is read as any charter would be.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use iam::estate::Estate;

use crate::input::{Complaint, read_file};
use crate::plan;
use crate::plan::effect::{self, Standings};
use crate::reach::Level;
use crate::render;

/// The charter of the example, as seen from the repository.
pub const CHARTER: &str = "examples/acme-charter.yaml";
/// Longest charter, in bytes.
const CHARTER_BYTES_MAX: u64 = 1024 * 1024;

/// To how many people a door is not closed, and in how many accounts they are.
fn through(standings: &Standings, door: usize) -> (usize, usize) {
    let levels = standings.people.iter().zip(&standings.to_doors);
    let passed = levels.filter(|(_, levels)| levels[door] != Level::Closed);
    let accounts: Vec<&str> = passed.map(|((account, _), _)| account.as_str()).collect();
    let different: BTreeSet<&str> = accounts.iter().copied().collect();
    (accounts.len(), different.len())
}

/// What the charter of the example writes and changes.
///
/// # Errors
/// Complaints when the charter cannot be used.
pub fn text(estate: &mut Estate, day: &str, threads: usize) -> Result<String, Vec<Complaint>> {
    let mut out = String::new();
    let bytes = read_file(Path::new(CHARTER), CHARTER_BYTES_MAX).map_err(|complaint| vec![complaint])?;
    let text = String::from_utf8_lossy(&bytes);
    let plan = plan::plan(CHARTER, &text, estate, plan::day(day).as_ref())?;
    let (before, after) = effect::before_and_after(&plan, estate, threads);
    let lines = text.lines().filter(|line| !line.trim_start().starts_with('#')).count();
    let characters: usize = plan.documents.iter().map(|each| each.text.chars().count()).sum();
    let statements: usize = plan.documents.iter().map(|each| each.document.statements.len()).sum();
    let _ = writeln!(
        out,
        "{lines} lines of {CHARTER} become {} service control policies with {statements} statements in\n\
         {characters} characters. Who gets through by what it may do itself, and\nin how many of the accounts:\n",
        plan.documents.len()
    );
    let _ = writeln!(out, "  {:<30} {:>16} {:>16}", "door", "before", "after");
    for (number, door) in before.doors.iter().enumerate() {
        let ((people, accounts), (people_after, accounts_after)) =
            (through(&before, number), through(&after, number));
        if people == people_after {
            continue;
        }
        let cell = |people: usize, accounts: usize| format!("{people} in {accounts}");
        let _ = writeln!(
            out,
            "  {:<30} {} {}",
            door.id,
            render::judged(false, format!("{:>16}", cell(people, accounts))),
            render::judged(accounts_after <= 1, format!("{:>16}", cell(people_after, accounts_after)))
        );
    }
    let unmanaged: BTreeSet<&str> =
        plan.open_doors.iter().filter(|open| !open.managed).map(|open| open.door).collect();
    let left = match unmanaged.len() {
        0 => "or is approved.".to_owned(),
        count => format!(
            "or is approved, or\n  belongs to the {count} doors that this charter leaves unmanaged in some area."
        ),
    };
    let _ = writeln!(
        out,
        "\n  What stays open stands in the management account, which no such policy reaches, {left}\n  No service \
         control policy sees:"
    );
    for beyond in reference::beyond_doors() {
        let _ = writeln!(out, "    {}", render::dimmed(&beyond.title));
    }
    Ok(out)
}
