//! What the first look-up in each table of the reference costs, in a process that has done nothing else.

use std::process::Command;
use std::time::Instant;

/// Makes the program print its own first uses; for its own use.
pub const OPTION: &str = "--first-use";

/// How many processes are measured.
const PROCESSES: usize = 21;

/// One line for each table: its name and milliseconds.
pub fn print() -> Result<(), String> {
    for (table, look_up) in TABLES {
        let start = Instant::now();
        let found = look_up();
        let milliseconds = start.elapsed().as_secs_f64() * 1e3;
        if !found {
            return Err(format!("the table of {table} does not answer"));
        }
        println!("{table}\t{milliseconds}");
    }
    Ok(())
}

/// A table, and a look-up in it that says whether it found anything.
type LookUp = (&'static str, fn() -> bool);

/// In the order in which they are asked; a table that another one needs is paid for by the first.
const TABLES: [LookUp; 13] = [
    ("services", || reference::service("bedrock").is_some()),
    ("actions", || reference::action("bedrock", "InvokeModel").is_some()),
    ("resource types", || reference::resource_type("bedrock", "foundation-model").is_some()),
    ("condition keys", || reference::condition_key("bedrock", "bedrock:ServiceTier").is_some()),
    ("global keys", || reference::global_key("aws:PrincipalArn").is_some()),
    ("keys of an action", || reference::action_carries("bedrock", "InvokeModel", "bedrock:ServiceTier")),
    ("models", || reference::model("amazon.nova-pro-v1:0").is_some()),
    ("profiles", || reference::profile("us.amazon.nova-pro-v1:0").is_some()),
    ("Regions", || reference::region("us-east-1").is_some()),
    ("managed policies", || {
        reference::managed_policy("arn:aws:iam::aws:policy/AdministratorAccess").is_some()
    }),
    ("quotas", || reference::quota("scp-characters-api").is_some()),
    ("denial sentences", || !reference::denial_sentences().is_empty()),
    ("refusals", || !reference::refusals().is_empty()),
];

/// Median milliseconds of each table over many processes.
pub fn median_of_many() -> Result<Vec<(String, f64)>, String> {
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut samples: Vec<(String, Vec<f64>)> =
        TABLES.iter().map(|(table, _)| ((*table).to_owned(), Vec::new())).collect();
    for _ in 0..PROCESSES {
        let output =
            Command::new(&own).args(["bench", OPTION]).output().map_err(|error| error.to_string())?;
        let text = String::from_utf8_lossy(&output.stdout);
        for (line, (table, values)) in text.lines().zip(&mut samples) {
            let value = line.strip_prefix(table.as_str()).and_then(|rest| rest.trim().parse().ok());
            values.push(value.ok_or_else(|| format!("`{line}` is not the time of `{table}`"))?);
        }
    }
    Ok(samples.into_iter().map(|(table, mut values)| (table, super::median(&mut values))).collect())
}
