//! `cargo xtask schema`: writes the JSON Schema of the charter.

use charter::schema::schema;
use xtask::tidy;

/// Runs the task with the arguments after its name.
pub fn run(arguments: &[String]) -> Result<(), String> {
    if !arguments.is_empty() {
        return Err("`schema` takes no options".to_owned());
    }
    let path = tidy::root().join("docs/charter.schema.json");
    let text = serde_json::to_string_pretty(&schema()).map_err(|error| error.to_string())? + "\n";
    std::fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
    println!("docs/charter.schema.json");
    Ok(())
}
