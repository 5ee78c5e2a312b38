//! `postern eval` and `postern compare` on a file or standard input, one line at a time, in constant memory.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read as _, Write as _};
use std::path::Path;

use crate::arguments::{CompareArguments, EvalArguments};
use crate::exit::{Ended, Failure, written};

/// Longest line that is read, in bytes.
const LINE_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// What answers a line, and one that is too long to be read.
type Answers = (fn(&[u8]) -> String, fn(u64) -> String);

/// Answers every case of the input.
pub fn run(arguments: &EvalArguments) -> Result<Ended, Failure> {
    lines(&arguments.file, (postern::eval::answer_line, postern::eval::line_too_long))
}

/// Answers every pair of the input.
pub fn compare(arguments: &CompareArguments) -> Result<Ended, Failure> {
    lines(&arguments.file, (postern::compare::answer_line, postern::compare::line_too_long))
}

fn lines(file: &Path, answers: Answers) -> Result<Ended, Failure> {
    if file == Path::new("-") {
        return answer_all(io::stdin().lock(), answers);
    }
    let opened = File::open(file)
        .map_err(|error| Failure::Input(format!("cannot open `{}`: {error}", file.display())))?;
    answer_all(BufReader::with_capacity(1 << 16, opened), answers)
}

fn answer_all(mut input: impl BufRead, (answer, too_long): Answers) -> Result<Ended, Failure> {
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
            written(writeln!(output, "{}", too_long(LINE_BYTES_MAX)))?;
            continue;
        }
        let case = line.trim_ascii();
        if !case.is_empty() {
            written(writeln!(output, "{}", answer(case)))?;
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
