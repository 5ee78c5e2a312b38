//! The workspace keeps its own rules.

#[test]
fn the_workspace_is_tidy() {
    let found = xtask::tidy::violations(xtask::tidy::root()).unwrap();
    let lines: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert!(lines.is_empty(), "{}", lines.join("\n"));
}
