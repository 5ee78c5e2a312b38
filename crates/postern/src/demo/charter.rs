//! The last part of the demo: one declared list, the fence it becomes, and the map turning from red to green.
//!
//! `examples/acme-charter.yaml` is read as any charter would be.

use std::fmt::Write as _;
use std::path::Path;

use iam::estate::Estate;

use crate::doors::{self, Cell, State};
use crate::input::{Complaint, read_file};
use crate::plan;
use crate::reach::Reach;
use crate::render;

/// The charter of the example, as seen from the repository.
pub const CHARTER: &str = "examples/acme-charter.yaml";
/// Longest charter, in bytes.
const CHARTER_BYTES_MAX: u64 = 1024 * 1024;

/// How many people are let through each door, in all accounts, and in how many accounts it is open or not known.
pub struct Openness {
    doors: Vec<(&'static str, usize, usize)>,
}

/// How open the doors of an estate are.
pub fn openness(estate: &Estate, threads: usize) -> Openness {
    let reach = Reach::new(estate);
    let map = doors::map(&reach, threads);
    let of = |door: usize| {
        let cells: Vec<&Cell> = map.cells.iter().map(|cells| &cells[door]).collect();
        let is_open = |cell: &&&Cell| matches!(cell.state, State::Open | State::Unknown);
        let people = cells.iter().map(|cell| cell.open + cell.depends + cell.unknown).sum();
        (map.doors[door].id.as_str(), people, cells.iter().filter(is_open).count())
    };
    Openness { doors: (0..map.doors.len()).map(of).collect() }
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
    let before = openness(estate, threads);
    let after = plan.organization_after(&estate.organizations()[0]);
    estate.replace_organization(after);
    let after = openness(estate, threads);
    let lines = text.lines().filter(|line| !line.trim_start().starts_with('#')).count();
    let characters: usize = plan.documents.iter().map(|each| each.text.chars().count()).sum();
    let statements: usize = plan.documents.iter().map(|each| each.document.statements.len()).sum();
    let _ = writeln!(
        out,
        "{lines} lines of {CHARTER} become {} service control policies with {statements} statements in\n\
         {characters} characters. Who gets through, and in how many of the accounts:\n",
        plan.documents.len()
    );
    let _ = writeln!(out, "  {:<30} {:>16} {:>16}", "door", "before", "after");
    for ((door, people, accounts), (_, people_after, accounts_after)) in before.doors.iter().zip(&after.doors)
    {
        if people == people_after {
            continue;
        }
        let cell = |people: usize, accounts: usize| format!("{people} in {accounts}");
        let _ = writeln!(
            out,
            "  {door:<30} {} {}",
            render::judged(false, format!("{:>16}", cell(*people, *accounts))),
            render::judged(accounts_after <= &1, format!("{:>16}", cell(*people_after, *accounts_after)))
        );
    }
    let unmanaged: std::collections::BTreeSet<&str> =
        plan.open_doors.iter().filter(|open| !open.managed).map(|open| open.door).collect();
    let _ = writeln!(
        out,
        "\n  What stays open stands in the management account, which no such policy reaches, or is approved, or\n  \
         belongs to the {} doors that this charter leaves unmanaged in some area. No service control policy sees:",
        unmanaged.len()
    );
    for beyond in reference::beyond_doors() {
        let _ = writeln!(out, "    {}", render::dimmed(&beyond.title));
    }
    Ok(out)
}
