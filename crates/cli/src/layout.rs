//! `postern fmt`: charters laid out as all are.

use std::fs;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use postern::input::{Complaint, read_file};
use postern::plan;

use crate::arguments::LayoutArguments;
use crate::exit::{Ended, Failure, complained, written};
use crate::plan::CHARTER_BYTES_MAX;

/// Lays every charter out, or none where one of them cannot be.
pub fn run(arguments: &LayoutArguments) -> Result<Ended, Failure> {
    let mut wrong: Vec<Complaint> = Vec::new();
    let mut charters: Vec<(&Path, String, String)> = Vec::new();
    for path in &arguments.charters {
        let text = match read(path) {
            Ok(text) => text,
            Err(complaint) => {
                wrong.push(complaint);
                continue;
            }
        };
        match plan::laid_out(&path.display().to_string(), &text) {
            Ok(formatted) => charters.push((path, text, formatted)),
            Err(complaint) => wrong.push(complaint),
        }
    }
    if !wrong.is_empty() {
        return Err(complained(wrong));
    }
    let mut out = anstream::stdout();
    let mut is_other = false;
    for (path, text, formatted) in &charters {
        let is_pipe = *path == Path::new("-");
        let is_same = text == formatted;
        is_other |= !is_same;
        if is_pipe && !arguments.check {
            written(out.write_all(formatted.as_bytes()))?;
        } else if !is_same && arguments.check {
            written(writeln!(out, "{}: is laid out differently; postern fmt changes that", path.display()))?;
        } else if !is_same {
            replace(path, formatted)?;
            written(writeln!(out, "{}: laid out", path.display()))?;
        }
    }
    Ok(if arguments.check && is_other { Ended::Findings } else { Ended::Fine })
}

fn read(path: &Path) -> Result<String, Complaint> {
    let origin = path.display().to_string();
    let bytes = match path == Path::new("-") {
        true => {
            let mut bytes = Vec::new();
            let most = CHARTER_BYTES_MAX + 1;
            let read = std::io::stdin().lock().take(most).read_to_end(&mut bytes);
            read.map_err(|error| Complaint::new(&origin, format!("cannot be read: {error}")))?;
            if bytes.len() as u64 == most {
                return Err(Complaint::new(&origin, format!("is longer than {CHARTER_BYTES_MAX} bytes")));
            }
            bytes
        }
        false => read_file(path, CHARTER_BYTES_MAX)?,
    };
    String::from_utf8(bytes)
        .map_err(|_| Complaint::new(&origin, "is not valid UTF-8").hint("save the file as UTF-8"))
}

/// Puts a text in the place of a file: whole, or not at all.
fn replace(path: &Path, text: &str) -> Result<(), Failure> {
    let failed = |error: std::io::Error| Failure::Io(format!("{}: {error}", path.display()));
    // A link stays one.
    let path = fs::canonicalize(path).map_err(failed)?;
    let mut beside = path.clone().into_os_string();
    beside.push(".postern-fmt");
    let beside = PathBuf::from(beside);
    let whole = fs::write(&beside, text)
        .and_then(|()| fs::set_permissions(&beside, fs::metadata(&path)?.permissions()))
        .and_then(|()| fs::rename(&beside, &path));
    whole.inspect_err(|_| drop(fs::remove_file(&beside))).map_err(failed)
}
