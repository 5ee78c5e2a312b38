//! `postern eval` as a program: lines in through a pipe, answers out, and the memory that takes.
//!
//! Peak memory and processor time are what Linux says of the process after the last line was written and before its
//! input ends; the program has one thread, so what is still in the pipe then is all that is missed.

use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What one run took.
pub struct Streamed {
    /// From start to end.
    pub took: Duration,
    /// Of the processor.
    pub processor: Duration,
    pub lines: usize,
    pub bytes_in: usize,
    /// Largest resident size, in KiB.
    pub peak_kib: u64,
}

impl Streamed {
    /// Lines answered per second of processor time.
    pub fn lines_per_second(&self) -> f64 {
        self.lines as f64 / self.processor.as_secs_f64()
    }

    /// Millions of bytes read per second of processor time.
    pub fn megabytes_per_second(&self) -> f64 {
        self.bytes_in as f64 / 1e6 / self.processor.as_secs_f64()
    }
}

/// Writes this many lines, each appended by `write`, and reads every answer.
///
/// # Errors
/// A program that fails, or answers more or fewer lines, or answers `error`.
pub fn stream(postern: &Path, lines: usize, write: impl Fn(usize, &mut Vec<u8>)) -> Result<Streamed, String> {
    let complain = |error: std::io::Error| format!("{}: {error}", postern.display());
    let mut child = Command::new(postern)
        .args(["eval", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(complain)?;
    let (Some(mut input), Some(mut output)) = (child.stdin.take(), child.stdout.take()) else {
        return Err("no pipes".to_owned());
    };
    let start = Instant::now();
    let reader = std::thread::spawn(move || -> std::io::Result<(usize, bool)> {
        let mut buffer = vec![0; 1 << 16];
        let (mut answered, mut first) = (0, Vec::new());
        loop {
            let read = output.read(&mut buffer)?;
            if read == 0 {
                return Ok((answered, String::from_utf8_lossy(&first).contains("\"decision\":\"error\"")));
            }
            if first.is_empty() {
                first.extend_from_slice(&buffer[..read]);
            }
            answered += buffer[..read].iter().filter(|byte| **byte == b'\n').count();
        }
    });
    let mut chunk = Vec::with_capacity(1 << 17);
    let mut bytes_in = 0;
    for number in 0..lines {
        write(number, &mut chunk);
        if chunk.len() >= 1 << 16 || number + 1 == lines {
            input.write_all(&chunk).map_err(complain)?;
            bytes_in += chunk.len();
            chunk.clear();
        }
    }
    let peak_kib = peak_kib(child.id())?;
    let processor = processor_time(&child.id().to_string())?;
    drop(input);
    let (answered, errors) =
        reader.join().map_err(|_| "the reader panicked".to_owned())?.map_err(complain)?;
    let took = start.elapsed();
    let status = child.wait().map_err(complain)?;
    if !status.success() || answered != lines || errors {
        return Err(format!("{}: {status}, {answered} of {lines} answers", postern.display()));
    }
    Ok(Streamed { took, processor, lines, bytes_in, peak_kib })
}

/// Largest resident size so far of a running process, in KiB.
pub fn peak_kib(process: u32) -> Result<u64, String> {
    let path = format!("/proc/{process}/status");
    let status = std::fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
    status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:")?.split_whitespace().next()?.parse().ok())
        .ok_or_else(|| format!("{path}: no peak size"))
}

/// What a process, or `thread-self`, has had of a processor; waiting for one does not count.
pub fn processor_time(process: &str) -> Result<Duration, String> {
    let path = format!("/proc/{process}/schedstat");
    let text = std::fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
    let nanoseconds = text.split(' ').next().and_then(|first| first.parse().ok());
    nanoseconds.map(Duration::from_nanos).ok_or_else(|| format!("{path}: no time"))
}
