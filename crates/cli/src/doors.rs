//! `postern doors`.

use std::io::Write as _;

use postern::doors::{map, through};
use postern::input::Complaint;
use postern::reach::{Reach, door_asks};
use postern::render::doors as render;
use postern::snapshot;

use crate::arguments::{DoorsArguments, Table};
use crate::exit::{Ended, Failure, complained, written};

/// Shows the map, or one door.
pub fn run(arguments: &DoorsArguments) -> Result<Ended, Failure> {
    let estate = snapshot::open(&arguments.snapshot).map_err(complained)?;
    let reach = Reach::new(&estate);
    let text = match &arguments.door {
        None => {
            let map = map(&reach, threads());
            match arguments.format {
                Table::Text => render::map(&map),
                Table::Json => render::map_json(&map),
                Table::Csv => render::map_csv(&map),
            }
        }
        Some(id) => {
            let doors = door_asks();
            let Some(door) = doors.iter().find(|each| each.door.id == *id) else {
                let known: Vec<&str> = doors.iter().map(|each| each.door.id.as_str()).collect();
                let complaint = Complaint::new("--door", format!("there is no door `{id}`"));
                return Err(complained(vec![complaint.hint(format!("there are {}", known.join(", ")))]));
            };
            let steps = reach.steps();
            let mut found = through(&reach, &steps, door);
            if let Some(account) = &arguments.account {
                found.retain(|one| {
                    let of = reach.people[one.person].account;
                    estate.accounts()[of].id.as_str() == account
                });
            }
            match arguments.format {
                Table::Text => render::through(&reach, door.door, &found),
                Table::Json => render::through_json(&reach, door.door, &found),
                Table::Csv => render::through_csv(&reach, &found),
            }
        }
    };
    written(write!(anstream::stdout(), "{text}"))?;
    Ok(Ended::Fine)
}

fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}
