//! The file as a stream of fields, with a place for what is wrong.

use iam::estate::Reason;
use jiter::{Jiter, JiterError, Peek};

use crate::documents::{Raw, decoded};
use crate::folder::damaged;

/// What is wrong with a file.
#[derive(Debug)]
pub(super) enum Fault {
    /// Not JSON from beginning to end; where, in bytes.
    Syntax {
        offset: usize,
        problem: String,
    },
    /// A value of another type than the field has.
    Type {
        expected: &'static str,
        offset: usize,
    },
    /// A field that AWS always gives is missing.
    Lacks(&'static str),
    /// An ARN stands there twice.
    Twice(String),
    /// What should be an ARN is none.
    NotAnArn(String),
    /// An ARN of another account.
    Foreign(String),
    OnePage,
}

impl Fault {
    /// The reason why nothing of the file is known.
    pub(super) fn reason(self, bytes: &[u8]) -> Reason {
        match self {
            Self::Syntax { offset, problem } => damaged(bytes, offset, problem),
            Self::Type { expected, offset } => damaged(bytes, offset, format!("{expected} is expected")),
            Self::Lacks(field) => Reason::Shape { problem: format!("an entry without `{field}`") },
            Self::Twice(arn) => Reason::Shape { problem: format!("`{arn}` stands there twice") },
            Self::NotAnArn(text) => Reason::Shape { problem: format!("`{text}` is not an ARN") },
            Self::Foreign(arn) => Reason::Foreign { found: format!("`{arn}`") },
            Self::OnePage => Reason::OnePage,
        }
    }
}

macro_rules! fields {
    ($($field:ident),* $(,)?) => {
        /// The fields of the answer that are read.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Field {
            $($field,)*
            /// Any other.
            Other,
        }

        impl Field {
            fn of(name: &str) -> Self {
                match name {
                    $(stringify!($field) => Self::$field,)*
                    _ => Self::Other,
                }
            }
        }
    };
}

fields!(
    Arn,
    AssumeRolePolicyDocument,
    AttachedManagedPolicies,
    CreateDate,
    Document,
    GroupDetailList,
    GroupId,
    GroupList,
    GroupName,
    GroupPolicyList,
    InstanceProfileList,
    IsDefaultVersion,
    IsTruncated,
    Key,
    LastUsedDate,
    Marker,
    MaxSessionDuration,
    NextToken,
    PermissionsBoundary,
    PermissionsBoundaryArn,
    Policies,
    PolicyArn,
    PolicyDocument,
    PolicyName,
    PolicyVersionList,
    RoleDetailList,
    RoleId,
    RoleLastUsed,
    RoleName,
    RolePolicyList,
    Tags,
    UserDetailList,
    UserId,
    UserName,
    UserPolicyList,
    Value,
);

/// The file, up to where it has been read.
pub(super) struct Stream<'a> {
    jiter: Jiter<'a>,
    bytes: &'a [u8],
}

impl<'a> Stream<'a> {
    /// A file from its beginning.
    pub(super) fn new(bytes: &'a [u8]) -> Result<Self, Fault> {
        match std::str::from_utf8(bytes) {
            Ok(_) => Ok(Self { jiter: Jiter::new(bytes), bytes }),
            Err(error) => {
                let problem = "the text is not valid UTF-8".to_owned();
                Err(Fault::Syntax { offset: error.valid_up_to(), problem })
            }
        }
    }

    /// Nothing but white space is left.
    pub(super) fn finish(mut self) -> Result<(), Fault> {
        self.jiter.finish().map_err(syntax)
    }

    /// The fields of an object, one after another; `false` for null.
    pub(super) fn object(
        &mut self,
        mut each: impl FnMut(&mut Self, Field) -> Result<(), Fault>,
    ) -> Result<bool, Fault> {
        match self.peek()? {
            Peek::Object => {}
            Peek::Null => return self.null(),
            _ => return Err(self.wrong_type("an object")),
        }
        let mut seen: u64 = 0;
        let mut next = self.jiter.known_object().map_err(syntax)?.map(Field::of);
        while let Some(field) = next {
            let bit = 1 << field as u64;
            if field != Field::Other && seen & bit != 0 {
                let problem = format!("`{field:?}` is given twice in one object");
                return Err(Fault::Syntax { offset: self.jiter.current_index(), problem });
            }
            seen |= bit;
            each(self, field)?;
            next = self.jiter.next_key().map_err(syntax)?.map(Field::of);
        }
        Ok(true)
    }

    /// The items of a list, one after another; `false` for null.
    pub(super) fn list(
        &mut self,
        mut each: impl FnMut(&mut Self) -> Result<(), Fault>,
    ) -> Result<bool, Fault> {
        match self.peek()? {
            Peek::Array => {}
            Peek::Null => return self.null(),
            _ => return Err(self.wrong_type("a list")),
        }
        let mut next = self.jiter.known_array().map_err(syntax)?;
        while next.is_some() {
            each(self)?;
            next = self.jiter.array_step().map_err(syntax)?;
        }
        Ok(true)
    }

    /// A string; `None` for null.
    pub(super) fn text(&mut self) -> Result<Option<String>, Fault> {
        match self.peek()? {
            Peek::String => Ok(Some(self.jiter.known_str().map_err(syntax)?.to_owned())),
            Peek::Null => self.null().map(|_| None),
            _ => Err(self.wrong_type("a string")),
        }
    }

    /// A boolean; `None` for null.
    pub(super) fn flag(&mut self) -> Result<Option<bool>, Fault> {
        match self.peek()? {
            peek @ (Peek::True | Peek::False) => self.jiter.known_bool(peek).map(Some).map_err(syntax),
            Peek::Null => self.null().map(|_| None),
            _ => Err(self.wrong_type("a boolean")),
        }
    }

    /// A whole number that is not negative; `None` for anything else.
    pub(super) fn number(&mut self) -> Result<Option<u32>, Fault> {
        let start = self.jiter.current_index();
        self.skip()?;
        let text = std::str::from_utf8(&self.bytes[start..self.jiter.current_index()]).unwrap_or_default();
        Ok(text.trim().parse().ok())
    }

    /// A policy document; `None` for null.
    pub(super) fn document(&mut self) -> Result<Option<Raw>, Fault> {
        let peek = self.peek()?;
        let start = self.jiter.current_index();
        match peek {
            Peek::Object => {
                self.jiter.known_skip(peek).map_err(syntax)?;
                Ok(Some(Raw::Object { start, end: self.jiter.current_index() }))
            }
            Peek::String => {
                let text = decoded(self.jiter.known_str().map_err(syntax)?);
                Ok(Some(Raw::Quoted { start, text }))
            }
            Peek::Null => self.null().map(|_| None),
            _ => Err(self.wrong_type("a policy document")),
        }
    }

    /// Whatever stands here, unread.
    pub(super) fn skip(&mut self) -> Result<(), Fault> {
        self.jiter.next_skip().map_err(syntax)
    }

    fn peek(&mut self) -> Result<Peek, Fault> {
        self.jiter.peek().map_err(syntax)
    }

    fn null(&mut self) -> Result<bool, Fault> {
        self.jiter.known_null().map(|()| false).map_err(syntax)
    }

    fn wrong_type(&self, expected: &'static str) -> Fault {
        Fault::Type { expected, offset: self.jiter.current_index() }
    }
}

fn syntax(error: JiterError) -> Fault {
    Fault::Syntax { offset: error.index, problem: format!("not valid JSON: {}", error.error_type) }
}
