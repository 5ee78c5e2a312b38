//! `postern who`: from flags to a question about everybody.

use std::collections::BTreeMap;
use std::io::Write as _;

use postern::render;
use postern::stack::{Data, Extent};
use postern::who::{self, Ask};

use crate::arguments::{DoorsArguments, Table, WhoArguments};
use crate::ask;
use crate::doors;
use crate::exit::{Ended, Failure, complained, written};

/// Asks and shows.
pub fn run(arguments: &WhoArguments) -> Result<Ended, Failure> {
    if arguments.model.is_some() || arguments.door.is_some() {
        return doors::run(&DoorsArguments {
            snapshot: arguments.snapshot.clone(),
            door: arguments.door.clone(),
            model: arguments.model.clone(),
            models: false,
            account: arguments.resource_account.clone(),
            format: arguments.format,
        });
    }
    let mut context = BTreeMap::new();
    let mut complaints = Vec::new();
    ask::context(&arguments.context, &mut context, &mut complaints);
    if !complaints.is_empty() {
        return Err(complained(complaints));
    }
    let asked = Ask {
        actions: arguments.action.clone(),
        resource: arguments.resource.clone(),
        resource_account: arguments.resource_account.clone(),
        context,
    };
    let data = Data::read(&arguments.snapshot, Extent::Everything)
        .map_err(|complaint| complained(vec![complaint]))?;
    let found = who::who(&data, &asked).map_err(complained)?;
    let text = match arguments.format {
        Table::Text => render::who(&found),
        Table::Json => who::json(&found),
        Table::Csv => who::csv(&found),
    };
    let mut out = anstream::stdout();
    written(write!(out, "{text}").and_then(|()| out.flush()))?;
    Ok(Ended::Fine)
}
