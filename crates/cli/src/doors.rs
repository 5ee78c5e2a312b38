//! `postern doors`.

use std::io::Write as _;
use std::mem::ManuallyDrop;

use postern::doors::{Through, map, models, through, unlisted, who_runs};
use postern::input::Complaint;
use postern::reach::{Reach, door_asks};
use postern::render::doors as render;
use postern::snapshot::{self, Estate};

use crate::arguments::{DoorsArguments, Table};
use crate::exit::{Ended, Failure, complained, written};

/// Shows the map, or one door.
pub fn run(arguments: &DoorsArguments) -> Result<Ended, Failure> {
    // The process ends soon; to take a large estate apart would only cost time.
    let estate = ManuallyDrop::new(snapshot::open(&arguments.snapshot).map_err(complained)?);
    let reach = ManuallyDrop::new(Reach::new(&estate));
    named(arguments, &estate)?;
    let text = match (&arguments.door, &arguments.model) {
        (None, None) if arguments.models => {
            let models = models(&reach, threads());
            match arguments.format {
                Table::Text => render::models(&models),
                Table::Json => render::models_json(&models),
                Table::Csv => render::models_csv(&models),
            }
        }
        (None, None) => {
            let map = map(&reach, threads());
            match arguments.format {
                Table::Text => render::map(&map),
                Table::Json => render::map_json(&map),
                Table::Csv => render::map_csv(&map),
            }
        }
        (Some(id), _) => {
            let doors = door_asks();
            let Some(door) = doors.iter().find(|each| each.door.id == *id) else {
                let known: Vec<&str> = doors.iter().map(|each| each.door.id.as_str()).collect();
                let complaint = Complaint::new("--door", format!("there is no door `{id}`"));
                return Err(complained(vec![complaint.hint(format!("there are {}", known.join(", ")))]));
            };
            let found = of_account(&reach, through(&reach, &reach.steps(), door), arguments);
            match arguments.format {
                Table::Text => render::through(&reach, door.door, &found),
                Table::Json => render::through_json(&reach, "door", id, &found),
                Table::Csv => render::through_csv(&reach, &found),
            }
        }
        (None, Some(model)) => {
            let found = of_account(&reach, who_runs(&reach, &reach.steps(), model), arguments);
            match arguments.format {
                Table::Text => render::model(&reach, model, &found),
                Table::Json => render::through_json(&reach, "model", model, &found),
                Table::Csv => render::through_csv(&reach, &found),
            }
        }
    };
    written(write!(anstream::stdout(), "{text}"))?;
    Ok(Ended::Fine)
}

/// What was named has to be there; nobody is let through in an account that does not exist.
fn named(arguments: &DoorsArguments, estate: &Estate) -> Result<(), Failure> {
    if let Some(id) = &arguments.account {
        let known: Vec<&str> = estate.accounts().iter().map(|account| account.id.as_str()).collect();
        let complaint = |message: String, hint: String| {
            Err(complained(vec![Complaint::new("--account", message).hint(hint)]))
        };
        if !known.contains(&id.as_str()) {
            return complaint(
                format!("the data set has no account `{id}`"),
                format!("there are {}", known.join(", ")),
            );
        }
        if arguments.door.is_none() && arguments.model.is_none() {
            return complaint(
                "is of use with --door or --model only".to_owned(),
                "--door ID, or --model ID".to_owned(),
            );
        }
    }
    if let Some((model, hint)) = arguments.model.as_ref().and_then(|model| Some((model, unlisted(model)?))) {
        let message = format!("warning: no catalogue has the model `{model}`; it is asked as it is spelled");
        // The answer stands without it.
        let _ = writeln!(anstream::stderr(), "{}", Complaint::new("--model", message).hint(hint));
    }
    Ok(())
}

/// Those of the account that was asked for, or all.
fn of_account(reach: &Reach<'_>, mut found: Vec<Through>, arguments: &DoorsArguments) -> Vec<Through> {
    if let Some(account) = &arguments.account {
        let accounts = reach.estate.accounts();
        found.retain(|one| accounts[reach.people[one.person].account].id.as_str() == account);
    }
    found
}

/// How many threads there are to work on.
pub fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}
