//! Controls of articles in a charter: what is promised is held, where the printed policy fails it is told, and the page
//! says what the program does.

use xtask::sources::{Compiled, page, sources};

#[test]
fn every_control_holds_what_it_promises_and_the_printed_one_fails_where_it_is_said() {
    let sources = sources().expect("the file can be read");
    let mut unlike = Vec::new();
    let (mut asked, mut mended) = (0, 0);
    for control in &sources.control {
        let compiled = Compiled::new(control).expect("it can be planned");
        for request in &control.request {
            let answers = compiled.answers(request).expect("it can be asked");
            let expected = (request.charter.clone(), request.printed.clone());
            asked += 1;
            mended += usize::from(request.charter != request.printed);
            if answers != expected {
                unlike.push(format!("{}: {}: {answers:?}, not {expected:?}", control.id, request.says));
            }
        }
        assert!(!compiled.documents.is_empty(), "{} writes nothing", control.id);
    }
    assert!(unlike.is_empty(), "{}", unlike.join("\n"));
    assert!(asked > 40 && mended > 15, "{asked} asked, {mended} answered otherwise");
    let written = std::fs::read_to_string(xtask::tidy::root().join("docs/sources.md")).expect("it is there");
    assert_eq!(page(&sources).expect("it can be written"), written, "run `cargo xtask sources`");
}
