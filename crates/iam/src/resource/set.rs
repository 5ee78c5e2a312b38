//! A set of resources, for requests that leave open which resource is meant.
//!
//! A set is an ARN template of the Service Authorization Reference with some of its placeholders filled in. A policy's
//! pattern covers all of the set, none of it, or some. It is said to cover all only if it does so part by part of the
//! ARN, which holds under every reading of `*` across colons and of letter case; and none only if no text is in both,
//! case ignored, however far wildcards run. In between it is open, so that what is settled about a set is settled for
//! each of its resources. Where the reference knows what ids look like, the parts before the id are compared one by one:
//! the ids that may hold colons are model ids, which AWS makes, and none holds an account and a type between colons.

use reference::{Characters, Piece, Template};

use super::Token;
use crate::truth::Truth;

/// A set of resources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceSet {
    elements: Vec<Element>,
    /// The reference knows what may stand in every run.
    ids_are_known: bool,
}

/// One element of a set's description.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Element {
    Is(char),
    /// Any text of these characters.
    Run(Characters),
}

/// Everything but a colon: what stands in the parts of an ARN before the fifth.
const WITHIN_PART: Characters = Characters { ascii: !(1 << b':' as u128), beyond_ascii: true };
const ANYTHING: Characters = Characters { ascii: u128::MAX, beyond_ascii: true };

impl ResourceSet {
    /// The resources of a template, its placeholders filled in where `filled` gives a text for their name.
    pub fn of_template<'a>(template: Template, filled: impl Fn(&str) -> Option<&'a str>) -> Self {
        let mut elements = Vec::new();
        let mut ids_are_known = true;
        for piece in template.pieces() {
            match piece {
                Piece::Literal(text) => elements.extend(text.chars().map(Element::Is)),
                Piece::Placeholder { name, ids } => match filled(name) {
                    Some(text) => elements.extend(text.chars().map(Element::Is)),
                    None if colons(&elements) < 5 => elements.push(Element::Run(WITHIN_PART)),
                    None => {
                        ids_are_known &= ids.specific;
                        // Other texts that may stand there are not all of these characters.
                        let only_these = ids.literals.is_empty();
                        elements.push(Element::Run(if only_these { ids.characters } else { ANYTHING }));
                    }
                },
            }
        }
        Self { elements, ids_are_known }
    }

    /// All resources of a service in a partition, whatever their type.
    pub fn of_service(partition: &str, service: &str) -> Self {
        let is = |text: String| text.chars().map(Element::Is).collect::<Vec<_>>();
        let mut elements = is(format!("arn:{partition}:{service}:"));
        let part = [Element::Run(WITHIN_PART), Element::Is(':')];
        elements.extend(part.iter().chain(&part));
        elements.push(Element::Run(ANYTHING));
        Self { elements, ids_are_known: false }
    }

    /// The resources that a pattern with `*` and `?` names; a `?` is taken for any text, so that there may be more.
    pub fn of_pattern(pattern: &str) -> Self {
        let mut elements = Vec::new();
        for character in pattern.chars() {
            elements.push(match character {
                '*' | '?' if colons(&elements) < 5 => Element::Run(WITHIN_PART),
                '*' | '?' => Element::Run(ANYTHING),
                other => Element::Is(other),
            });
        }
        Self { elements, ids_are_known: false }
    }

    /// The description as an ARN pattern, to be shown.
    pub fn pattern(&self) -> String {
        let spelled = |element: &Element| match element {
            Element::Is(character) => *character,
            Element::Run(_) => '*',
        };
        self.elements.iter().map(spelled).collect()
    }

    /// Whether a policy's pattern covers all of them, none, or it depends.
    pub(super) fn within(&self, pattern: &[Token]) -> Truth {
        if self.is_disjoint(pattern) {
            Truth::False
        } else if self.is_covered_by_parts(pattern) {
            Truth::True
        } else {
            Truth::Open
        }
    }

    fn is_covered_by_parts(&self, pattern: &[Token]) -> bool {
        let pattern: Vec<_> = pattern.splitn(6, |token| *token == Token::Text(':')).collect();
        let own: Vec<_> = self.elements.splitn(6, |element| *element == Element::Is(':')).collect();
        pattern.len() == 6
            && own.len() == 6
            && pattern.iter().zip(own).all(|(pattern, part)| covers(pattern, part))
    }

    fn is_disjoint(&self, pattern: &[Token]) -> bool {
        let pattern_parts: Vec<_> = pattern.splitn(6, |token| *token == Token::Text(':')).collect();
        let own: Vec<_> = self.elements.splitn(6, |element| *element == Element::Is(':')).collect();
        let have_parts = pattern_parts.len() == 6 && own.len() == 6;
        let apart = || pattern_parts.iter().zip(&own).any(|(pattern, part)| !meet(pattern, part));
        if have_parts && self.ids_are_known { apart() } else { !meet(pattern, &self.elements) }
    }
}

/// Whether some text is in the set and matches the pattern.
fn meet(pattern: &[Token], elements: &[Element]) -> bool {
    let width = elements.len() + 1;
    // Whether the first tokens of the pattern and the first elements of the set can be one text.
    let mut can = vec![false; (pattern.len() + 1) * width];
    can[0] = true;
    for at in 0..can.len() {
        if !can[at] {
            continue;
        }
        let (token, element) = (pattern.get(at / width), elements.get(at % width));
        if token == Some(&Token::Star) {
            can[at + width] = true;
        }
        if let Some(Element::Run(_)) = element {
            can[at + 1] = true;
        }
        match (token, element) {
            (None, _) | (_, None) => {}
            (Some(Token::Star), Some(Element::Is(_))) => can[at + 1] = true,
            (Some(Token::Star), Some(Element::Run(_))) => {}
            (Some(Token::One), Some(Element::Is(_))) => can[at + width + 1] = true,
            (Some(Token::One), Some(Element::Run(_))) => can[at + width] = true,
            (Some(Token::Text(own) | Token::Value(own)), Some(Element::Is(other))) => {
                can[at + width + 1] |= own.eq_ignore_ascii_case(other);
            }
            (Some(Token::Text(own) | Token::Value(own)), Some(Element::Run(characters))) => {
                let cases = [*own, own.to_ascii_lowercase(), own.to_ascii_uppercase()];
                can[at + width] |= cases.iter().any(|case| characters.contains(*case));
            }
        }
    }
    can[can.len() - 1]
}

fn colons(elements: &[Element]) -> usize {
    elements.iter().filter(|element| **element == Element::Is(':')).count()
}

/// Whether a pattern matches every text of a part: only a `*` of the pattern takes in a run of the set.
fn covers(pattern: &[Token], part: &[Element]) -> bool {
    let width = part.len() + 1;
    let mut can = vec![false; (pattern.len() + 1) * width];
    can[0] = true;
    for at in 0..can.len() {
        if !can[at] {
            continue;
        }
        match (pattern.get(at / width), part.get(at % width)) {
            (None, _) => {}
            (Some(Token::Star), element) => {
                can[at + width] = true;
                if element.is_some() {
                    can[at + 1] = true;
                }
            }
            (Some(Token::One), Some(Element::Is(_))) => can[at + width + 1] = true,
            (Some(Token::Text(own) | Token::Value(own)), Some(Element::Is(other))) => {
                can[at + width + 1] |= own == other;
            }
            (Some(Token::One | Token::Text(_) | Token::Value(_)), Some(Element::Run(_)) | None) => {}
        }
    }
    can[can.len() - 1]
}

#[cfg(test)]
mod tests {
    //! What is settled about a set, and what is not.

    use super::*;
    use crate::glob::Glob;
    use crate::resource::tokens;
    use crate::variable::Resolved;
    use proptest::prelude::*;

    fn custom_models() -> ResourceSet {
        let template =
            reference::resource_type("bedrock", "custom-model").unwrap().templates().next().unwrap();
        ResourceSet::of_template(template, |name| match name {
            "Partition" => Some("aws"),
            "Account" => Some("111122223333"),
            _ => None,
        })
    }

    #[track_caller]
    fn check(pattern: &str, expected: Truth) {
        let found = custom_models().within(&tokens(&[Resolved::Pattern(pattern)]));
        assert_eq!(found, expected, "{pattern}");
    }

    #[test]
    fn a_template_is_shown_as_a_pattern() {
        assert_eq!(custom_models().pattern(), "arn:aws:bedrock:*:111122223333:custom-model/*");
        assert_eq!(ResourceSet::of_service("aws", "sqs").pattern(), "arn:aws:sqs:*:*:*");
    }

    #[test]
    fn a_pattern_covers_all_some_or_none() {
        check("arn:aws:bedrock:*:111122223333:custom-model/*", Truth::True);
        check("arn:aws:bedrock:*:*:*", Truth::True);
        check("arn:aws:bedrock:*:????????????:*", Truth::True);
        check("arn:aws:bedrock:us-east-1:111122223333:custom-model/*", Truth::Open);
        check("arn:aws:bedrock:*:111122223333:custom-model/approved-*", Truth::Open);
        check("arn:aws:bedrock:*::foundation-model/*", Truth::False);
        check("arn:aws:bedrock:*", Truth::Open);
        check("arn:aws:bedrock:*:111122223333:imported-model/*", Truth::False);
        check("arn:aws:s3:::*", Truth::False);
    }

    #[test]
    fn letter_case_and_running_across_colons_leave_it_open() {
        check("arn:AWS:bedrock:*:111122223333:custom-model/*", Truth::Open);
        check("arn:aws:*:custom-model/*", Truth::Open);
    }

    proptest! {
        #[test]
        fn what_is_settled_holds_for_every_text(
            policy in "arn:a:[b*?]{0,2}:[*?:]{0,2}[ab*?:]{0,4}",
            set in prop::collection::vec(prop_oneof![3 => prop::char::range('a', 'b').prop_map(Some), 1 => Just(None)], 0..4),
            fill in prop::collection::vec("[ab:]{0,3}", 4),
            region in "[b]{0,2}",
        ) {
            // `arn:a:b:` any region `::` a mixture of letters and runs.
            let mut elements: Vec<Element> = "arn:a:b:".chars().map(Element::Is).collect();
            elements.push(Element::Run(WITHIN_PART));
            elements.extend("::".chars().map(Element::Is));
            let mut text = format!("arn:a:b:{region}::");
            for (element, fill) in set.iter().zip(&fill) {
                match element {
                    Some(letter) => {
                        elements.push(Element::Is(*letter));
                        text.push(*letter);
                    }
                    None => {
                        elements.push(Element::Run(ANYTHING));
                        text.push_str(fill);
                    }
                }
            }
            let found = ResourceSet { elements, ids_are_known: false }.within(&tokens(&[Resolved::Pattern(&policy)]));
            match found {
                Truth::True => prop_assert!(Glob::new(&policy).matches(&text), "{text}"),
                Truth::False => prop_assert!(!Glob::new(&policy).matches(&text), "{text}"),
                Truth::Open => {}
            }
        }
    }
}
