//! `postern snapshot`: the script that makes one, and the policy it needs.

use std::io::Write as _;

use postern::snapshot::commands::{self, Wanted};
use postern::snapshot::permissions;

use crate::arguments::{CommandsArguments, SnapshotArguments, SnapshotStep};
use crate::exit::{Ended, Failure, complained, written};

/// Region whose partition is meant where a policy is asked for without one.
const ANY_REGION: &str = "us-east-1";

/// Writes the script or the policy.
pub fn run(arguments: &SnapshotArguments) -> Result<Ended, Failure> {
    match &arguments.step {
        SnapshotStep::Commands(arguments) => commands(arguments),
    }
}

fn commands(arguments: &CommandsArguments) -> Result<Ended, Failure> {
    let regions = match arguments.region.as_slice() {
        [] => vec![ANY_REGION.to_owned()],
        regions => regions.to_vec(),
    };
    let wanted = Wanted::new(&regions, arguments.role.as_deref(), &arguments.account).map_err(complained)?;
    let text = if arguments.policy {
        permissions::policy(wanted.role(), wanted.partition())
    } else {
        commands::script(&wanted)
    };
    written(write!(std::io::stdout(), "{text}"))?;
    for region in wanted.unknown_regions() {
        written(writeln!(anstream::stderr(), "note: `{region}` is no Region that is known here"))?;
    }
    Ok(Ended::Fine)
}
