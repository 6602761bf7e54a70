//! Reads nextest's filterset language.
//!
//! From tightest to loosest: parentheses; `not`, `!`; `and`, `&`, `-`;
//! `or`, `|`, `+`. Binary operators bind from left to right. Space is spaces and
//! line ends.

use std::fmt;

use super::expression::{Expression, Property};
use super::matcher::Matcher;
use crate::workspace::suggest;

/// Where a text is no filterset, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FiltersetError {
    text: String,
    /// Byte offset.
    at: usize,
    message: String,
}

impl fmt::Display for FiltersetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { text, at, message } = self;
        let (before, after) = text.split_at(*at);
        if after.is_empty() {
            return write!(f, "the filterset `{text}` ends too early: {message}");
        }
        let column = before.chars().count() + 1;
        write!(
            f,
            "the filterset `{text}` is wrong at character {column}: {message}"
        )
    }
}

impl std::error::Error for FiltersetError {}

/// How deep parentheses and negations may nest, so that no text overflows the
/// stack.
const MAX_DEPTH: usize = 100;

const PREDICATES: [&str; 12] = [
    "all",
    "binary",
    "binary_id",
    "default",
    "deps",
    "group",
    "kind",
    "none",
    "package",
    "platform",
    "rdeps",
    "test",
];

pub(super) fn parse(text: &str) -> Result<Expression, FiltersetError> {
    let mut parser = Parser {
        text,
        at: 0,
        depth: 0,
    };
    let expression = parser.union()?;
    parser.skip_space();
    if parser.rest().is_empty() {
        return Ok(expression);
    }
    Err(parser.error(match parser.word() {
        "AND" | "OR" => "operators are written in lower case",
        _ => "expected an operator or the end",
    }))
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn union(&mut self) -> Result<Expression, FiltersetError> {
        let mut parts = vec![self.intersection()?];
        while self.operator("or") || self.operator("|") || self.operator("+") {
            parts.push(self.intersection()?);
        }
        Ok(one_or(parts, Expression::Any))
    }

    fn intersection(&mut self) -> Result<Expression, FiltersetError> {
        let mut parts = vec![self.unary()?];
        loop {
            if self.operator("and") || self.operator("&") {
                parts.push(self.unary()?);
            } else if self.operator("-") {
                parts.push(Expression::Not(Box::new(self.unary()?)));
            } else {
                return Ok(one_or(parts, Expression::All));
            }
        }
    }

    fn unary(&mut self) -> Result<Expression, FiltersetError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.error("too many parentheses and negations inside each other"));
        }
        let expression = if self.operator("not") || self.operator("!") {
            Expression::Not(Box::new(self.unary()?))
        } else if self.operator("(") {
            let inside = self.union()?;
            self.expect(")")?;
            inside
        } else {
            self.predicate()?
        };
        self.depth -= 1;
        Ok(expression)
    }

    fn predicate(&mut self) -> Result<Expression, FiltersetError> {
        self.skip_space();
        let name = self.word();
        if name.is_empty() {
            return Err(self.error(if self.rest().starts_with(['&', '|']) {
                "the operators `&` and `|` are written once"
            } else {
                "expected a predicate, for example `binary_id(…)`"
            }));
        }
        if !PREDICATES.contains(&name) {
            let hint = suggest::hint(name, "predicates", PREDICATES);
            return Err(self.error(format!("there is no predicate `{name}`\n{hint}")));
        }
        self.at += name.len();
        self.expect("(")?;
        let expression = match name {
            "all" => Expression::All(Vec::new()),
            "none" => Expression::Any(Vec::new()),
            "default" => Expression::Undecided,
            "binary_id" => Expression::Binary(Property::BinaryId, self.matcher(Matcher::glob)?),
            "binary" => Expression::Binary(Property::Name, self.matcher(Matcher::glob)?),
            "package" => Expression::Binary(Property::Package, self.matcher(Matcher::glob)?),
            "kind" => Expression::Binary(Property::Kind, self.matcher(Matcher::Equal)?),
            _ => {
                self.matcher(|_| Matcher::Undecided)?;
                Expression::Undecided
            }
        };
        self.expect(")")?;
        Ok(expression)
    }

    /// A matcher; `default` makes it from a text without a prefix.
    fn matcher(&mut self, default: fn(String) -> Matcher) -> Result<Matcher, FiltersetError> {
        self.skip_space();
        if self.take("/") {
            return self.regex();
        }
        let make = if self.take("=") {
            Matcher::Equal
        } else if self.take("~") {
            Matcher::Contains
        } else if self.take("#") {
            Matcher::glob
        } else {
            default
        };
        Ok(make(self.string()?))
    }

    /// The rest of a regular expression: up to a slash that has no backslash
    /// before it.
    fn regex(&mut self) -> Result<Matcher, FiltersetError> {
        let mut escaped = false;
        for (at, c) in self.rest().char_indices() {
            if c == '/' && !escaped {
                self.at += at + 1;
                return Ok(Matcher::Undecided);
            }
            escaped = c == '\\';
        }
        Err(self.error("the regular expression has no closing `/`"))
    }

    /// A text up to `)` or `,`, space at its end included.
    fn string(&mut self) -> Result<String, FiltersetError> {
        let mut string = String::new();
        while let Some(c) = self
            .rest()
            .chars()
            .next()
            .filter(|c| !matches!(c, ')' | ','))
        {
            if c == '\\' {
                string.push(self.escape()?);
            } else {
                string.push(c);
                self.at += c.len_utf8();
            }
        }
        if string.is_empty() {
            return Err(self.error("expected a name"));
        }
        Ok(string)
    }

    fn escape(&mut self) -> Result<char, FiltersetError> {
        let escaped = &self.rest()[1..];
        let simple = escaped.chars().next().and_then(|c| match c {
            'n' => Some('\n'),
            'r' => Some('\r'),
            't' => Some('\t'),
            'b' => Some('\u{08}'),
            'f' => Some('\u{0c}'),
            '\\' | '/' | ')' | ',' => Some(c),
            _ => None,
        });
        if let Some(c) = simple {
            self.at += 2;
            return Ok(c);
        }
        // `\u{7FFF}`, one to six digits.
        let code = escaped
            .strip_prefix("u{")
            .and_then(|code| code.split_once('}'))
            .map(|it| it.0);
        let digits = code.filter(|code| {
            (1..=6).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_hexdigit())
        });
        let c = digits.and_then(|it| char::from_u32(u32::from_str_radix(it, 16).ok()?));
        let (Some(c), Some(code)) = (c, code) else {
            return Err(self.error("unknown escape, a backslash itself is written `\\\\`"));
        };
        self.at += r"\u{}".len() + code.len();
        Ok(c)
    }

    /// Takes `operator` if it comes next; a word only as a whole.
    fn operator(&mut self, operator: &str) -> bool {
        self.skip_space();
        let word = self.word();
        (word.is_empty() || word == operator) && self.take(operator)
    }

    fn expect(&mut self, token: &str) -> Result<(), FiltersetError> {
        self.skip_space();
        if self.take(token) {
            Ok(())
        } else {
            Err(self.error(format!("expected `{token}`")))
        }
    }

    fn take(&mut self, token: &str) -> bool {
        let is_next = self.rest().starts_with(token);
        if is_next {
            self.at += token.len();
        }
        is_next
    }

    fn skip_space(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches([' ', '\n', '\r']).len();
    }

    /// The letters, digits and underscores that come next, not taken.
    fn word(&self) -> &'a str {
        let rest = self.rest();
        let end = rest
            .find(|c: char| !c.is_alphanumeric() && c != '_')
            .unwrap_or(rest.len());
        &rest[..end]
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn error(&self, message: impl Into<String>) -> FiltersetError {
        FiltersetError {
            text: self.text.to_owned(),
            at: self.at,
            message: message.into(),
        }
    }
}

fn one_or(mut parts: Vec<Expression>, many: fn(Vec<Expression>) -> Expression) -> Expression {
    if parts.len() == 1 {
        parts.swap_remove(0)
    } else {
        many(parts)
    }
}
