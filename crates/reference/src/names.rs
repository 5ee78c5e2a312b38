//! A list of names inside an embedded line.
//!
//! Allocates nothing; the names keep the order of the file, which is sorted.

/// Names separated by commas in an embedded line; possibly none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Names {
    text: &'static str,
}

impl Names {
    pub(crate) const fn new(text: &'static str) -> Self {
        Self { text }
    }

    /// The names in order.
    pub fn iter(self) -> impl Iterator<Item = &'static str> + Clone {
        self.text.split(',').filter(|name| !name.is_empty())
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.text.is_empty()
    }

    /// Whether `name` is among them, letters compared without case.
    pub fn contains(self, name: &str) -> bool {
        self.iter().any(|each| each.eq_ignore_ascii_case(name))
    }
}
