//! A condition on one label, in the syntax of Alertmanager: `team = storage`,
//! `environment != "prod"`, `region =~ "eu-.*"`, `region !~ "us-.*|ap-.*"`.

use std::collections::BTreeMap;

use regex::Regex;

/// The violation of a text that is not a matcher.
const FORM: &str = "must be a label, one of = != =~ !~, and a value, \
     which is quoted if it has blanks, like team = \"storage and backup\"";

/// How many characters a matcher may have.
const LENGTH: usize = 1000;

/// A condition on one label. A missing label has the empty value.
#[derive(Clone, Debug)]
pub(super) struct Matcher {
    label: String,
    operator: Operator,
    value: String,
    /// The value of `=~` and `!~`, anchored at both ends.
    regex: Option<Regex>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Operator {
    Equal,
    NotEqual,
    Match,
    NotMatch,
}

impl Matcher {
    pub(super) fn matches(&self, labels: &BTreeMap<String, String>) -> bool {
        let value = labels.get(&self.label).map_or("", String::as_str);
        let fits = match &self.regex {
            Some(regex) => regex.is_match(value),
            None => self.value == value,
        };
        fits == matches!(self.operator, Operator::Equal | Operator::Match)
    }

    /// Reads a matcher.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        if text.chars().count() > LENGTH {
            return Err(format!("must have at most {LENGTH} characters"));
        }
        // An operator begins with `=` or `!`, which labels do not contain.
        let at = text.find(['=', '!']).ok_or(FORM)?;
        let (label, rest) = text.split_at(at);
        let label = label.trim();
        let is_label = |c: char| c.is_ascii_alphanumeric() || "_-./".contains(c);
        if label.is_empty() || !label.chars().all(is_label) {
            return Err(FORM.to_owned());
        }
        // Longer operators first, since `=~` begins with `=`.
        let operators = [
            ("=~", Operator::Match),
            ("!~", Operator::NotMatch),
            ("!=", Operator::NotEqual),
            ("=", Operator::Equal),
        ];
        let (operator, value) = operators
            .into_iter()
            .find_map(|(sign, operator)| Some((operator, rest.strip_prefix(sign)?)))
            .ok_or(FORM)?;
        let value = unquote(value.trim()).ok_or(FORM)?;
        let regex = match operator {
            Operator::Equal | Operator::NotEqual => None,
            Operator::Match | Operator::NotMatch => Some(anchored(&value)?),
        };
        Ok(Self { label: label.to_owned(), operator, value, regex })
    }
}

/// Two matchers are equal if they are written the same way.
impl PartialEq for Matcher {
    fn eq(&self, other: &Self) -> bool {
        (&self.label, self.operator, &self.value) == (&other.label, other.operator, &other.value)
    }
}

/// A value in double quotes, where `\"`, `\\` and `\n` are escapes, or an
/// unquoted value without blanks and quotes.
fn unquote(text: &str) -> Option<String> {
    let Some(quoted) = text.strip_prefix('"') else {
        let bare = !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || c == '"');
        return bare.then(|| text.to_owned());
    };
    let mut value = String::new();
    let mut characters = quoted.chars();
    loop {
        match characters.next()? {
            '"' => return characters.next().is_none().then_some(value),
            '\\' => match characters.next()? {
                'n' => value.push('\n'),
                escaped @ ('"' | '\\') => value.push(escaped),
                // Other escapes belong to the regular expression.
                other => value.extend(['\\', other]),
            },
            character => value.push(character),
        }
    }
}

fn anchored(pattern: &str) -> Result<Regex, String> {
    // Check the pattern alone first: an extra `)` must not close our group.
    Regex::new(pattern).and_then(|_| Regex::new(&format!("^(?:{pattern})$"))).map_err(|error| {
        let reason = error.to_string();
        let reason = reason.lines().last().unwrap_or_default();
        format!("has no good regular expression: {}", reason.trim_start_matches("error: "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn matches(matcher: &str, value: Option<&str>) -> bool {
        let labels = value.map(|value| ("team".to_owned(), value.to_owned())).into_iter().collect();
        Matcher::parse(matcher).expect("a good matcher").matches(&labels)
    }

    #[test]
    fn a_label_that_is_not_there_is_empty() {
        for (matcher, a, b, none) in [
            ("team = a", true, false, false),
            ("team=\"a\"", true, false, false),
            ("team != a", false, true, true),
            ("team =~ a|c", true, false, false),
            ("team !~ \"a|c\"", false, true, true),
            ("team = \"\"", false, false, true),
            ("team != \"\"", true, true, false),
            ("team =~ \".*\"", true, true, true),
            ("team =~ \".+\"", true, true, false),
        ] {
            let found = [Some("a"), Some("b"), None].map(|value| matches(matcher, value));
            assert_eq!(found, [a, b, none], "{matcher}");
        }
    }

    #[test]
    fn a_regular_expression_matches_the_whole_value() {
        for (matcher, value, expected) in [
            ("team =~ a|bc", "abc", false),
            ("team =~ a|bc", "bc", true),
            ("team =~ b", "abc", false),
            ("team =~ \"a\\.c\"", "a.c", true),
            ("team =~ \"a\\.c\"", "abc", false),
            ("team =~ (?i)ABC", "abc", true),
        ] {
            assert_eq!(matches(matcher, Some(value)), expected, "{matcher} on {value}");
        }
    }

    #[test]
    fn quotes_hold_what_a_bare_value_cannot() {
        assert!(matches(r#"team = "a \"b\" \\ c""#, Some(r#"a "b" \ c"#)));
        assert!(matches(r#"team = "a\nb""#, Some("a\nb")));
        assert!(matches("team = a=b!c", Some("a=b!c")));
    }

    #[test]
    fn an_invalid_matcher_is_refused_with_the_expected_form() {
        for text in [
            "",
            "team",
            "= a",
            "team =",
            "team = a b",
            "team = \"a",
            "team = \"a\" b",
            "team ! a",
            "a team = b",
            "team = a\"",
            "tëam = a",
        ] {
            assert_eq!(Matcher::parse(text).expect_err("no matcher"), FORM, "{text}");
        }
        let refusal = |text| Matcher::parse(text).expect_err("no regular expression");
        insta::assert_snapshot!(refusal("team =~ ("), @"has no good regular expression: unclosed group");
        insta::assert_snapshot!(refusal("team =~ a)|(b"), @"has no good regular expression: unopened group");
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "(team|=|!|~|\"|\\\\| |[a-z(|)*]){0,12}") {
            let _ = Matcher::parse(&text);
        }

        #[test]
        fn a_pair_of_operators_never_agrees(value in "[a-c]{0,3}", seen in "[a-c]{0,3}") {
            let fits = |operator| matches(&format!("team {operator} \"{value}\""), Some(&seen));
            prop_assert_eq!(fits("="), value == seen);
            prop_assert_ne!(fits("="), fits("!="));
            prop_assert_ne!(fits("=~"), fits("!~"));
        }
    }
}
