//! `postern oracle`: the script, and what came of it.

use std::io::Write as _;
use std::path::Path;

use postern::input;
use postern::oracle;

use crate::arguments::{Format, OracleArguments, OracleStep};
use crate::exit::{Ended, Failure, complained, written};

/// Longest file of cases or answers, in bytes.
const FILE_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// Writes the script, or compares.
pub fn run(arguments: &OracleArguments) -> Result<Ended, Failure> {
    match &arguments.step {
        OracleStep::Script { cases } => {
            let script = oracle::script(&read(cases)?);
            written(write!(std::io::stdout(), "{}", script.text))?;
            let mut err = anstream::stderr();
            written(writeln!(err, "{} cases asked, {} skipped", script.asked, script.skipped.len()))?;
            for (id, reason) in &script.skipped {
                written(writeln!(err, "  skipped {id}: {reason}"))?;
            }
            Ok(Ended::Fine)
        }
        OracleStep::Compare { cases, answers, format } => {
            let comparison = oracle::compare(&read(cases)?, &read(answers)?);
            let text = if *format == Format::Json { comparison.json() } else { comparison.text() };
            written(write!(anstream::stdout(), "{text}"))?;
            Ok(if comparison.differs() { Ended::Findings } else { Ended::Fine })
        }
    }
}

fn read(path: &Path) -> Result<String, Failure> {
    let bytes = input::read_file(path, FILE_BYTES_MAX).map_err(|complaint| complained(vec![complaint]))?;
    String::from_utf8(bytes).map_err(|_| Failure::Input(format!("{}: is not valid UTF-8", path.display())))
}
