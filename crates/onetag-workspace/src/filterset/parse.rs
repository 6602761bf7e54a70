//! Reads nextest's filterset language.
//!
//! From tightest to loosest: parentheses; `not`, `!`; `and`, `&`, `-`;
//! `or`, `|`, `+`. Binary operators bind from left to right. Space is spaces and
//! line ends.

use super::cursor::{Cursor, FiltersetError};
use super::expression::{Expression, Property};
use super::matcher::Matcher;
use crate::suggest;

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
    let cursor = Cursor::new(text);
    let mut parser = Parser { cursor, depth: 0 };
    let expression = parser.union()?;
    let mut cursor = parser.cursor;
    cursor.skip_space();
    if cursor.rest().is_empty() {
        return Ok(expression);
    }
    Err(cursor.error(match cursor.word() {
        "AND" | "OR" => "operators are written in lower case",
        _ => "expected an operator or the end",
    }))
}

struct Parser<'a> {
    cursor: Cursor<'a>,
    depth: usize,
}

impl Parser<'_> {
    fn union(&mut self) -> Result<Expression, FiltersetError> {
        let mut parts = vec![self.intersection()?];
        while self.cursor.operator("or") || self.cursor.operator("|") || self.cursor.operator("+") {
            parts.push(self.intersection()?);
        }
        Ok(one_or(parts, Expression::Any))
    }

    fn intersection(&mut self) -> Result<Expression, FiltersetError> {
        let mut parts = vec![self.unary()?];
        loop {
            if self.cursor.operator("and") || self.cursor.operator("&") {
                parts.push(self.unary()?);
            } else if self.cursor.operator("-") {
                parts.push(Expression::Not(Box::new(self.unary()?)));
            } else {
                return Ok(one_or(parts, Expression::All));
            }
        }
    }

    fn unary(&mut self) -> Result<Expression, FiltersetError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.cursor.error("too many parentheses and negations inside each other"));
        }
        let expression = if self.cursor.operator("not") || self.cursor.operator("!") {
            Expression::Not(Box::new(self.unary()?))
        } else if self.cursor.operator("(") {
            let inside = self.union()?;
            self.cursor.expect(")")?;
            inside
        } else {
            self.predicate()?
        };
        self.depth -= 1;
        Ok(expression)
    }

    fn predicate(&mut self) -> Result<Expression, FiltersetError> {
        self.cursor.skip_space();
        let name = self.cursor.word();
        if name.is_empty() {
            return Err(self.cursor.error(if self.cursor.rest().starts_with(['&', '|']) {
                "the operators `&` and `|` are written once"
            } else {
                "expected a predicate, for example `binary_id(…)`"
            }));
        }
        if !PREDICATES.contains(&name) {
            let hint = suggest::hint(name, "predicates", PREDICATES);
            return Err(self.cursor.error(format!("there is no predicate `{name}`\n{hint}")));
        }
        self.cursor.take(name);
        self.cursor.expect("(")?;
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
        self.cursor.expect(")")?;
        Ok(expression)
    }

    /// A matcher; `default` makes it from a text without a prefix.
    fn matcher(&mut self, default: fn(String) -> Matcher) -> Result<Matcher, FiltersetError> {
        self.cursor.skip_space();
        if self.cursor.take("/") {
            return self.cursor.regex().map(|()| Matcher::Undecided);
        }
        let make = if self.cursor.take("=") {
            Matcher::Equal
        } else if self.cursor.take("~") {
            Matcher::Contains
        } else if self.cursor.take("#") {
            Matcher::glob
        } else {
            default
        };
        Ok(make(self.cursor.string()?))
    }
}

fn one_or(mut parts: Vec<Expression>, many: fn(Vec<Expression>) -> Expression) -> Expression {
    if parts.len() == 1 { parts.swap_remove(0) } else { many(parts) }
}
