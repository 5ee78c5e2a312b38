//! `managed_policies.tsv`: the AWS managed policies, from the dump moto ships.
//!
//! The dump is a JSON text inside a Python file; documents are minified, their members sorted as the dump has them.

use std::path::Path;

use super::Files;

/// Writes the file.
pub fn generate(folder: &Path, files: &mut Files) -> Result<(), String> {
    let script = super::read(&folder.join("moto/iam/aws_managed_policies.py"))?;
    let dump = script.split("\"\"\"").nth(1).ok_or("the dump of managed policies is not where it was")?;
    if dump.contains('\\') && serde_json::from_str::<serde_json::Value>(dump).is_err() {
        return Err("the dump of managed policies uses Python escapes".to_owned());
    }
    let policies: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(dump).map_err(|error| format!("the dump of managed policies: {error}"))?;
    let mut lines = Vec::new();
    for (name, policy) in &policies {
        let field =
            |field: &str| policy[field].as_str().ok_or_else(|| format!("policy `{name}` has no `{field}`"));
        let path = field("Path")?.trim_start_matches('/');
        let document = policy["Document"].to_string();
        lines.push(format!(
            "{path}{name}\t{}\t{}\t{}\t{}\t{document}",
            field("DefaultVersionId")?,
            field("CreateDate")?,
            field("UpdateDate")?,
            document.chars().count(),
        ));
    }
    files.insert("managed_policies.tsv", super::sorted(lines)?);
    Ok(())
}
