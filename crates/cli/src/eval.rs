//! `postern eval` on a file or standard input, one line at a time, in constant memory.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read as _, Write as _};
use std::path::Path;

use crate::arguments::EvalArguments;
use crate::exit::{Ended, Failure, written};

/// Longest line that is read, in bytes.
const LINE_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// Answers every line of the input.
pub fn run(arguments: &EvalArguments) -> Result<Ended, Failure> {
    if arguments.file == Path::new("-") {
        return answer_all(io::stdin().lock());
    }
    let file = File::open(&arguments.file)
        .map_err(|error| Failure::Input(format!("cannot open `{}`: {error}", arguments.file.display())))?;
    answer_all(BufReader::with_capacity(1 << 16, file))
}

fn answer_all(mut input: impl BufRead) -> Result<Ended, Failure> {
    let mut output = BufWriter::with_capacity(1 << 16, io::stdout().lock());
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = (&mut input).take(LINE_BYTES_MAX).read_until(b'\n', &mut line);
        let read = read.map_err(|error| Failure::Io(format!("cannot read the input: {error}")))?;
        if read == 0 {
            return written(output.flush()).map(|()| Ended::Fine);
        }
        if read as u64 == LINE_BYTES_MAX && line.last() != Some(&b'\n') {
            skip_line(&mut input)?;
            written(writeln!(output, "{}", postern::eval::line_too_long(LINE_BYTES_MAX)))?;
            continue;
        }
        let case = line.trim_ascii();
        if !case.is_empty() {
            written(writeln!(output, "{}", postern::eval::answer_line(case)))?;
        }
    }
}

/// Reads on to the end of a line that is too long to be kept.
fn skip_line(input: &mut impl BufRead) -> Result<(), Failure> {
    loop {
        let buffer =
            input.fill_buf().map_err(|error| Failure::Io(format!("cannot read the input: {error}")))?;
        let (used, done) = match buffer.iter().position(|&byte| byte == b'\n') {
            Some(end) => (end + 1, true),
            None => (buffer.len(), buffer.is_empty()),
        };
        input.consume(used);
        if done {
            return Ok(());
        }
    }
}
