//! A small seeded source of choices, the same on every machine.
//!
//! It is no source of secrets. Follows Marsaglia, "Xorshift RNGs" (2003), with a multiplication at the end.

/// Choices that depend on the seed alone.
#[derive(Clone, Debug)]
pub struct Random {
    state: u64,
}

impl Random {
    pub fn new(seed: u64) -> Random {
        Random { state: seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1 }
    }

    fn next(&mut self) -> u64 {
        self.state ^= self.state >> 12;
        self.state ^= self.state << 25;
        self.state ^= self.state >> 27;
        self.state.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// A number below `bound`, which is at least one.
    pub fn below(&mut self, bound: usize) -> usize {
        let bound = bound.max(1) as u64;
        ((self.next() >> 16) % bound) as usize
    }

    /// True in `percent` of a hundred calls.
    pub fn percent(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One member of a list that is not empty.
    pub fn one_of<T: Clone>(&mut self, members: &[T]) -> T {
        members[self.below(members.len())].clone()
    }

    /// The text with each letter in upper or lower case.
    pub fn any_case(&mut self, text: &str) -> String {
        text.chars()
            .map(
                |letter| {
                    if self.percent(50) { letter.to_ascii_uppercase() } else { letter.to_ascii_lowercase() }
                },
            )
            .collect()
    }
}
