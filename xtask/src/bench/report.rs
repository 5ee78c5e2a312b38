//! BENCHMARKS.md: the numbers, the machine, the day, and what they were to reach.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use super::peer::PACKAGE;
use super::workload::Workload;

/// One line of the table.
pub struct Row {
    pub work: String,
    pub ours: String,
    pub peer: String,
    /// How many times better ours is.
    pub ratio: Option<f64>,
    pub reach: String,
    /// Whether that was reached, where something was set.
    pub met: Option<bool>,
}

/// What is to be written.
pub struct Report {
    requests: usize,
    statements: usize,
    load: String,
    rows: Vec<Row>,
    first_uses: Vec<(String, f64)>,
}

impl Report {
    /// Nothing measured yet.
    pub fn new(workload: &Workload) -> Self {
        let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
        let load = load.split(' ').next().unwrap_or_default().to_owned();
        Self {
            requests: workload.requests.len(),
            statements: workload.statements,
            load,
            rows: Vec::new(),
            first_uses: Vec::new(),
        }
    }

    /// Adds a line, and shows it.
    pub fn add(&mut self, row: Row) {
        println!("{}", row.text());
        self.rows.push(row);
    }

    /// Adds what the first use of each table takes.
    pub fn first_uses(&mut self, uses: Vec<(String, f64)>) {
        self.first_uses = uses;
    }

    /// Writes the page.
    pub fn write(&self, path: &Path) -> Result<(), String> {
        std::fs::write(path, self.text()?).map_err(|error| format!("{}: {error}", path.display()))?;
        println!("written to {}", path.display());
        Ok(())
    }

    fn text(&self) -> Result<String, String> {
        let cores = std::thread::available_parallelism().map_or(0, usize::from);
        let mut text = format!(
            "# Benchmarks\n\n\
             Written by `cargo xtask bench` on {}: {}, {cores} cores, load {} at the start; {}, Node.js {}.\n\
             The peer is `{PACKAGE}`, fetched for the run. Before anything was timed both answered {} distinct\n\
             requests under {} statements; every decision and every list of determining statements was equal.\n\
             Ours and the peer's were measured in turns in one run; the numbers are medians. Rates count time that\n\
             a process had of a processor, so that other work on the machine matters less; starts and ends are by\n\
             the clock. Ready requests stand side by side in memory; no answer is kept for a later request.\n\n\
             | work | ours | peer | ratio | to reach | reached |\n|---|---|---|---|---|---|\n",
            said_by("date", &["+%Y-%m-%d"])?,
            processor(),
            self.load,
            said_by("rustc", &["--version"])?,
            said_by("node", &["--version"])?,
            count(self.requests as f64),
            self.statements,
        );
        for row in &self.rows {
            let _ = writeln!(text, "{}", row.text());
        }
        text.push_str(
            "\nFirst look-up in each table of the reference, in a fresh process, in this order:\n\n",
        );
        text.push_str("| table | ms |\n|---|---|\n");
        for (table, milliseconds) in &self.first_uses {
            let _ = writeln!(text, "| {table} | {milliseconds:.2} |");
        }
        Ok(text)
    }
}

impl Row {
    /// The line as it stands in the table.
    pub fn text(&self) -> String {
        let ratio = self.ratio.map_or("–".to_owned(), |ratio| format!("{} ×", count(ratio)));
        let met = match self.met {
            Some(true) => "yes",
            Some(false) => "no",
            None => "–",
        };
        let Self { work, ours, peer, reach, .. } = self;
        format!("| {work} | {ours} | {peer} | {ratio} | {reach} | {met} |")
    }
}

/// A number without decimals, with commas between the thousands; below ten with one decimal.
pub fn count(number: f64) -> String {
    if number < 10.0 {
        return format!("{number:.1}");
    }
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn processor() -> String {
    let cpuinfo = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpuinfo.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    model.map_or("unknown processor".to_owned(), |(_, name)| name.trim().to_owned())
}

fn said_by(program: &str, arguments: &[&str]) -> Result<String, String> {
    let output =
        Command::new(program).args(arguments).output().map_err(|error| format!("{program}: {error}"))?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

#[cfg(test)]
mod tests {
    //! How numbers read.

    use super::count;

    #[test]
    fn thousands_are_parted() {
        assert_eq!(count(1_234_567.4), "1,234,567");
        assert_eq!(count(123_456.0), "123,456");
        assert_eq!(count(999.0), "999");
        assert_eq!(count(3.26), "3.3");
    }
}
