//! Services, actions, resource types and condition keys, from the Service Authorization Reference as JSON.
//!
//! Descriptions and scenarios are left out of the files; everything else is kept as printed.

use std::path::Path;

use serde_json::Value;

use super::Files;
use super::new_doors::Descriptions;

/// Writes `services.tsv`, `actions.tsv`, `resource_types.tsv`, `condition_keys.tsv` and `global_keys.tsv`.
pub fn generate(folder: &Path, files: &mut Files) -> Result<(), String> {
    let data = folder.join("package/data");
    let names = super::read_json(&data.join("serviceNames.json"))?;
    let with_rcp = strings(&super::read_json(&data.join("rcpSupportedServices.json"))?);
    let (mut services, mut actions) = (Vec::new(), Vec::new());
    let (mut resource_types, mut keys) = (Vec::new(), Vec::new());

    for service in strings(&super::read_json(&data.join("services.json"))?) {
        let rcp = if with_rcp.contains(&service) { "rcp" } else { "" };
        services.push(format!("{service}\t{}\t{rcp}", text(&names[&service], "a service name")?));
        for action in each(&data, "actions", &service)? {
            actions.push(action_line(&service, &action)?);
        }
        for resource in each(&data, "resourceTypes", &service)? {
            let name = text(&resource["key"], "a resource type")?;
            let templates: Vec<String> = text(&resource["arn"], "an ARN template")?
                .split(',')
                .map(|template| template.trim().to_owned())
                .collect();
            let keys = joined(strings(&resource["conditionKeys"]))?;
            resource_types.push(format!("{service}\t{name}\t{}\t{keys}", joined(templates)?));
        }
        for key in each(&data, "conditionKeys", &service)? {
            let name = text(&key["key"], "a condition key")?;
            keys.push(format!("{service}\t{name}\t{}", text(&key["type"], "a key type")?));
        }
    }

    files.insert("services.tsv", super::sorted(services)?);
    files.insert("actions.tsv", super::sorted(actions)?);
    files.insert("resource_types.tsv", super::sorted(resource_types)?);
    files.insert("condition_keys.tsv", super::sorted(keys)?);
    files.insert("global_keys.tsv", super::sorted(global_keys(folder)?)?);
    Ok(())
}

/// What the package says of actions and condition keys in words; where it says nothing there is no entry.
pub fn descriptions(folder: &Path) -> Result<Descriptions, String> {
    let data = folder.join("package/data");
    let mut found = Descriptions::new();
    for service in strings(&super::read_json(&data.join("services.json"))?) {
        for (kind, file, name) in
            [("actions", "actions.tsv", "name"), ("conditionKeys", "condition_keys.tsv", "key")]
        {
            for record in each(&data, kind, &service)? {
                if let Some(words) = record["description"].as_str() {
                    found.insert(
                        (file, format!("{service} {}", text(&record[name], "a name")?)),
                        words.to_owned(),
                    );
                }
            }
        }
    }
    Ok(found)
}

fn action_line(service: &str, action: &Value) -> Result<String, String> {
    let name = text(&action["name"], "an action")?;
    let mut levels: Vec<&str> = text(&action["accessLevel"], "an access level")?.split(", ").collect();
    levels.sort_unstable();
    let mut resources = Vec::new();
    for (resource, entries) in by_name(&action["resourceTypes"])? {
        let required = entries.iter().any(|entry| entry["required"] == Value::Bool(true));
        let all = |field: &str| joined(entries.iter().flat_map(|entry| strings(&entry[field])).collect());
        let mut entry = format!("{resource}{}", if required { "!" } else { "" });
        let (keys, dependents) = (all("conditionKeys")?, all("dependentActions")?);
        if !keys.is_empty() || !dependents.is_empty() {
            entry.push_str(&format!("|{keys}"));
        }
        if !dependents.is_empty() {
            entry.push_str(&format!("|{dependents}"));
        }
        resources.push(entry);
    }
    Ok(format!(
        "{service}\t{name}\t{}\t{}\t{}\t{}",
        levels.join(","),
        resources.join(";"),
        joined(strings(&action["conditionKeys"]))?,
        joined(strings(&action["dependentActions"]))?
    ))
}

/// Entries of one name are merged: the reference prints a type twice where keys or dependent actions differ.
fn by_name(resources: &Value) -> Result<std::collections::BTreeMap<&str, Vec<&Value>>, String> {
    let mut found = std::collections::BTreeMap::<&str, Vec<&Value>>::new();
    for entry in resources.as_array().into_iter().flatten() {
        let name = text(&entry["name"], "a resource type of an action")?;
        plain(name)?;
        found.entry(name).or_default().push(entry);
    }
    Ok(found)
}

/// The package gives the global keys only as JavaScript: objects with `key: '…'` and `type: '…'`, one field a line.
fn global_keys(folder: &Path) -> Result<Vec<String>, String> {
    let script = super::read(&folder.join("package/dist/cjs/globalConditionKeys.js"))?;
    let quoted = |line: &str, field: &str| {
        let value = line.trim().strip_prefix(field)?.strip_prefix(": '")?;
        value.split('\'').next().map(str::to_owned)
    };
    let mut lines: Vec<String> = ALSO_GLOBAL.iter().map(|(name, kind)| format!("{name}\t{kind}")).collect();
    let mut name = None;
    for line in script.lines() {
        if let Some(key) = quoted(line, "key") {
            name = Some(key.replace("/tag-key", "/${TagKey}"));
        }
        if let (Some(kind), Some(key)) = (quoted(line, "type"), &name) {
            let known = lines
                .iter()
                .any(|line| line.split('\t').next().is_some_and(|other| other.eq_ignore_ascii_case(key)));
            if !known {
                lines.push(format!("{key}\t{kind}"));
            }
            name = None;
        }
    }
    if lines.len() <= ALSO_GLOBAL.len() {
        return Err("the package lists no global condition keys".to_owned());
    }
    Ok(lines)
}

/// Global keys AWS documents that the package lacks.
///
/// Source: AWS CloudTrail User Guide, "CloudTrail userIdentity element", `signInSessionArn`.
const ALSO_GLOBAL: [(&str, &str); 1] = [("aws:SignInSessionArn", "ARN")];

fn each(data: &Path, kind: &str, service: &str) -> Result<Vec<Value>, String> {
    match super::read_json(&data.join(kind).join(format!("{service}.json")))? {
        Value::Object(records) => Ok(records.into_iter().map(|(_, record)| record).collect()),
        _ => Err(format!("the {kind} of `{service}` are no object")),
    }
}

fn text<'a>(value: &'a Value, what: &str) -> Result<&'a str, String> {
    value.as_str().ok_or_else(|| format!("{what} is missing"))
}

fn strings(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(|each| each.as_str().map(str::to_owned)).collect()
}

/// Sorted without duplicates, separated by commas.
fn joined(mut names: Vec<String>) -> Result<String, String> {
    names.sort_by_cached_key(|name| name.to_ascii_lowercase());
    names.dedup();
    for name in &names {
        plain(name)?;
    }
    Ok(names.join(","))
}

/// A name must not hold a separator of the files.
fn plain(name: &str) -> Result<(), String> {
    match name.contains([',', ';', '|', '!', '\t', '\n']) {
        true => Err(format!("`{name}` holds a separator")),
        false => Ok(()),
    }
}
