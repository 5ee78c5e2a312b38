//! Items as file names, the same way on every system.

use std::path::PathBuf;

/// The characters besides letters and digits that stay as they are.
pub(crate) const PLAIN: &str = "-_.+=,@";

/// The name of the file for an item, without its extension.
///
/// Letters, digits and [`PLAIN`] stay; every other byte becomes `%` and two hexadecimal capitals, and so does a dot at
/// the beginning.
pub(crate) fn of_item(item: &str) -> String {
    let mut name = String::with_capacity(item.len());
    for (at, byte) in item.bytes().enumerate() {
        let is_plain = byte.is_ascii_alphanumeric() || PLAIN.as_bytes().contains(&byte);
        if is_plain && !(at == 0 && byte == b'.') {
            name.push(char::from(byte));
        } else {
            name.push_str(&format!("%{byte:02X}"));
        }
    }
    name
}

/// The file with the answer to a call, from the folder of its Region.
pub(crate) fn of_call(call: &str, items: &[&str]) -> PathBuf {
    let mut path = PathBuf::from(call);
    items.iter().for_each(|item| path.push(of_item(item)));
    let mut name = path.into_os_string();
    name.push(".json");
    name.into()
}

#[cfg(test)]
mod tests {
    //! Items and their files.

    use super::*;

    #[test]
    fn every_item_has_a_name_that_every_system_takes() {
        assert_eq!(of_item("ada@acme.example"), "ada@acme.example");
        assert_eq!(of_item("arn:aws:s3:::a/b"), "arn%3Aaws%3As3%3A%3A%3Aa%2Fb");
        assert_eq!(of_item("50%"), "50%25");
        assert_eq!(of_item("é"), "%C3%A9");
        assert_eq!(of_item(".."), "%2E.");
    }

    #[test]
    fn a_call_for_two_parameters_has_a_folder_for_the_first() {
        assert_eq!(of_call("iam.ListRoles", &[]), PathBuf::from("iam.ListRoles.json"));
        assert_eq!(of_call("a.B", &["x.y", "3"]), PathBuf::from("a.B/x.y/3.json"));
    }
}
