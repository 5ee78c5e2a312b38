//! Any text as a charter: read or refused with places inside the text; what is read keeps its places too.

#![no_main]

use charter::syntax;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    match syntax::read(text) {
        Ok(read) => {
            for found in charter::model::check(&read, None) {
                assert!(found.at.start <= found.at.end && found.at.end <= text.len());
            }
        }
        Err(wrong) => {
            assert!(!wrong.is_empty());
            for found in wrong {
                assert!(found.at.start <= found.at.end && found.at.end <= text.len(), "{found:?}");
            }
        }
    }
});
