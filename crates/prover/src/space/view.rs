//! Keys that follow from the resource or from who asks: what their values say of the ARN.

use reference::Characters;

use crate::language::{ANY, Found, NO_COLON, Pattern, Token, find};
use crate::who::OF_PATH;

/// A key that says something of the resource or of who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    PrincipalArn,
    PrincipalAccount,
    UserName,
    Region,
    ResourceAccount,
}

impl View {
    pub fn is_of_principal(self) -> bool {
        matches!(self, Self::PrincipalArn | Self::PrincipalAccount | Self::UserName)
    }

    /// The ARNs of which the key says what a pattern matches.
    pub fn embed(self, pattern: Pattern) -> Vec<Pattern> {
        let between = |front: &str, back: &str| {
            let mut whole = Pattern::default();
            whole.push_glob(front, NO_COLON);
            // A value has no colon, as the part of an ARN that it is has none.
            whole.tokens.extend(pattern.tokens.iter().map(|token| match token {
                Token::One(of) if *of == ANY => Token::One(NO_COLON),
                Token::Run(of) if *of == ANY => Token::Run(NO_COLON),
                other => *other,
            }));
            whole.push_glob(back, ANY);
            whole
        };
        match self {
            Self::PrincipalArn => vec![pattern],
            Self::PrincipalAccount => vec![between("arn:*:*:*:", ":*")],
            Self::UserName => {
                let no_slash = |token: &Token| match token {
                    Token::One(of) if *of == ANY => Token::One(NAME),
                    Token::Run(of) if *of == ANY => Token::Run(NAME),
                    other => *other,
                };
                ["arn:*:*:*:*:user/", "arn:*:*:*:*:user/*/"]
                    .map(|front| {
                        let mut whole = Pattern::default();
                        let (start, path) = front.split_once("user/").unwrap_or((front, ""));
                        whole.push_glob(start, NO_COLON);
                        whole.push("user/");
                        whole.push_glob(path, ANY);
                        whole.tokens.extend(pattern.tokens.iter().map(no_slash));
                        whole
                    })
                    .into()
            }
            Self::Region => {
                let mut all = vec![between("arn:*:*:", ":*:*")];
                let of_none = find(&[vec![pattern.clone()], vec![Pattern::exact(WITHOUT_REGION)]], &[]);
                if of_none != Found::Nothing {
                    let mut whole = Pattern::default();
                    whole.push_glob("arn:*:*:", NO_COLON);
                    whole.push_glob(":*:*", ANY);
                    all.push(whole);
                }
                all
            }
            Self::ResourceAccount => vec![between("arn:*:*:*:", ":*")],
        }
    }
}

/// What names of users are made of: whatever is no path.
const NAME: Characters = Characters { ascii: OF_PATH.ascii & !(1 << b'/' as u128), beyond_ascii: false };

/// What `aws:RequestedRegion` says of a foundation model that is in no Region (Amazon Bedrock User Guide, "Global
/// cross-Region inference").
pub const WITHOUT_REGION: &str = "unspecified";
