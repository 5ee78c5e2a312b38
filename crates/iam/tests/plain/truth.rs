//! The three answers an atom of a policy can give to a complete request, and how they combine.
//!
//! `Unsupported` is kept apart from `False`: a statement whose meaning is not known is never read as one that does
//! not match. It does not decide requests. Follows Kleene's strong logic: a conjunction with a false member is false
//! whatever the others are.

/// What one atom, or one whole statement, says about the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Truth {
    True,
    False,
    /// The text has no documented meaning for this request; the reason is for people.
    Unsupported(String),
}

impl Truth {
    pub fn of(holds: bool) -> Truth {
        if holds { Truth::True } else { Truth::False }
    }

    pub fn not(self) -> Truth {
        match self {
            Truth::True => Truth::False,
            Truth::False => Truth::True,
            Truth::Unsupported(reason) => Truth::Unsupported(reason),
        }
    }

    /// True when every member is; false as soon as one is false.
    pub fn all(members: Vec<Truth>) -> Truth {
        if members.contains(&Truth::False) {
            return Truth::False;
        }
        for member in members {
            if let Truth::Unsupported(reason) = member {
                return Truth::Unsupported(reason);
            }
        }
        Truth::True
    }

    /// True as soon as one member is; false when every one is false.
    pub fn any(members: Vec<Truth>) -> Truth {
        Truth::all(members.into_iter().map(Truth::not).collect()).not()
    }
}
