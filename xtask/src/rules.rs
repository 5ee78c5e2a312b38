//! `cargo xtask rules`: writes the pages of the rules of `postern check`.
//!
//! What the pages say stands with the rules; a test compares them.

use postern::check::page;
use postern::check::rule::rules;

use xtask::tidy;

/// Runs the task with the arguments after its name.
pub fn run(arguments: &[String]) -> Result<(), String> {
    if !arguments.is_empty() {
        return Err("`rules` takes no options".to_owned());
    }
    let folder = tidy::root().join("docs/rules");
    let complain = |error: std::io::Error| format!("{}: {error}", folder.display());
    if folder.is_dir() {
        std::fs::remove_dir_all(&folder).map_err(complain)?;
    }
    std::fs::create_dir_all(&folder).map_err(complain)?;
    let mut count = 0;
    for rule in rules() {
        std::fs::write(folder.join(rule.page()), page::page(rule)).map_err(complain)?;
        count += 1;
    }
    std::fs::write(folder.join("README.md"), page::index()).map_err(complain)?;
    println!("{count} pages in docs/rules");
    Ok(())
}
