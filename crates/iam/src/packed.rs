//! Short texts held in a few words, so that comparing two of them follows no pointer.
//!
//! Two packed texts are equal exactly when the texts are. What does not fit is compared as text by the caller.

const WORDS: usize = 3;
/// Longest text that fits, in bytes: as long as nearly every service prefix.
const BYTES_MAX: usize = 8 * WORDS;

/// A text of at most [`BYTES_MAX`] bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Packed([u64; WORDS]);

impl Packed {
    /// `None` for a text that does not fit, or that holds the byte which fills the rest.
    pub fn new(text: &str) -> Option<Self> {
        if text.len() > BYTES_MAX || text.contains('\0') {
            return None;
        }
        let byte = |at: usize| text.as_bytes().get(at).copied().unwrap_or(0);
        let word = |number: usize| u64::from_le_bytes(std::array::from_fn(|at| byte(8 * number + at)));
        Some(Self(std::array::from_fn(word)))
    }

    /// Its first eight bytes.
    #[inline]
    pub fn start(self) -> u64 {
        self.0[0]
    }
}

#[cfg(test)]
mod tests {
    //! What fits, and what is told apart.

    use super::*;

    #[test]
    fn texts_that_fit_are_equal_exactly_when_they_are() {
        let pack = |text: &str| Packed::new(text);
        assert_eq!(pack("bedrock"), pack("bedrock"));
        assert_ne!(pack("bedrock"), pack("bedrock-mantle"));
        assert_ne!(pack("aaaaaaaaaaaaaaaaaaaaaaab"), pack("aaaaaaaaaaaaaaaaaaaaaaac"));
        assert_ne!(pack(""), pack("a"));
        assert!(pack("aaaaaaaaaaaaaaaaaaaaaaaa").is_some());
        assert!(pack("aaaaaaaaaaaaaaaaaaaaaaaaa").is_none(), "one byte too long");
        assert!(pack("a\0").is_none(), "it would be taken for the text without it");
    }
}
