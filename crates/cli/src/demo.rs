//! `postern demo`.

use std::io::Write as _;

use crate::arguments::{DemoArguments, Format};
use crate::exit::{Ended, Failure, complained, written};

/// Tells the story.
pub fn run(arguments: &DemoArguments) -> Result<Ended, Failure> {
    let told = match arguments.format {
        Format::Text => postern::demo::text(crate::doors::threads()),
        Format::Json => postern::demo::json(),
    };
    written(write!(anstream::stdout(), "{}", told.map_err(complained)?))?;
    Ok(Ended::Fine)
}
