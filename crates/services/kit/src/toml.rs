//! TOML documents, validated as strictly as requests. All violations are listed,
//! each with its position.
//!
//! ```
//! use kit::check::Schema;
//! use kit::toml::Document;
//!
//! #[derive(Debug, serde::Deserialize, utoipa::ToSchema)]
//! struct Greeting {
//!     #[schema(minimum = 0, maximum = 11)]
//!     volume: i64,
//! }
//!
//! let document = Document::parse("# loud\nvolume = 12").unwrap();
//! let error = document.read::<Greeting>(&Schema::of::<Greeting>()).unwrap_err();
//! assert_eq!(
//!     error.to_string(),
//!     "line 2, column 1: volume must be a whole number from 0 to 11"
//! );
//! ```

use std::collections::BTreeMap;

use ::toml::Spanned;
use ::toml::de::{DeTable, DeValue};
use anyhow::anyhow;
use serde::de::DeserializeOwned;
use serde_json::{Map, Number, Value};

use crate::check::{self, Schema};
use crate::problem::Violation;

/// A TOML document with valid syntax.
#[derive(Clone, Debug)]
pub struct Document {
    value: Value,
    /// The position of each value, by its path as violations have it.
    positions: BTreeMap<String, Position>,
}

/// Line and column, both from 1; columns count characters.
#[derive(Clone, Copy, Debug)]
struct Position {
    line: usize,
    column: usize,
}

impl Document {
    /// Reads a text as TOML 1.1.
    ///
    /// # Errors
    ///
    /// The first mistake in the syntax, with its position.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        let table = DeTable::parse(text).map_err(|error| {
            let position = Position::of(text, error.span().map_or(0, |span| span.start));
            anyhow!("{position}: {}", error.message())
        })?;
        let mut positions = BTreeMap::new();
        let value = Reader { text, positions: &mut positions }.table("", table.get_ref());
        Ok(Self { value, positions })
    }

    /// Reads `T` from the document.
    ///
    /// # Errors
    ///
    /// All rules of the schema that the document breaks, in one line.
    pub fn read<T: DeserializeOwned>(&self, schema: &Schema) -> anyhow::Result<T> {
        schema.read(self.value.clone()).map_err(|violations| self.refusal(&violations))
    }

    /// The error for these violations, each with its position. A missing value
    /// has the position of its parent.
    #[must_use]
    pub fn refusal(&self, violations: &[Violation]) -> anyhow::Error {
        let one = |Violation { field, message }: &Violation| match self.position(field) {
            Some(position) => format!("{position}: {field} {message}"),
            None => format!("{field} {message}"),
        };
        anyhow!(violations.iter().map(one).collect::<Vec<_>>().join("; "))
    }

    fn position(&self, path: &str) -> Option<Position> {
        let mut paths = std::iter::successors(Some(path), |path| parent(path));
        paths.find_map(|path| self.positions.get(path).copied())
    }
}

/// The path of a value's parent.
fn parent(path: &str) -> Option<&str> {
    path.rfind(['.', '[']).map(|end| &path[..end])
}

impl Position {
    fn of(text: &str, offset: usize) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let line = before.rsplit('\n').next().unwrap_or_default();
        Self { line: before.matches('\n').count() + 1, column: line.chars().count() + 1 }
    }
}

impl std::fmt::Display for Position {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// Converts TOML to JSON and records the position of each value.
struct Reader<'t> {
    text: &'t str,
    positions: &'t mut BTreeMap<String, Position>,
}

impl Reader<'_> {
    fn table(&mut self, path: &str, table: &DeTable<'_>) -> Value {
        let mut fields = Map::new();
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            let path = check::child_path(path, name);
            self.note(&path, key.span().start);
            fields.insert(name.to_owned(), self.value(&path, value));
        }
        Value::Object(fields)
    }

    fn value(&mut self, path: &str, value: &Spanned<DeValue<'_>>) -> Value {
        match value.get_ref() {
            DeValue::String(text) => Value::from(text.as_ref()),
            DeValue::Boolean(boolean) => Value::from(*boolean),
            // A number that JSON cannot represent stays text, which no rule for
            // numbers accepts.
            DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
                .map_or_else(|_| Value::from(number.as_str()), Value::from),
            DeValue::Float(number) => (number.as_str().parse().ok())
                .and_then(Number::from_f64)
                .map_or_else(|| Value::from(number.as_str()), Value::from),
            DeValue::Datetime(moment) => Value::from(moment.to_string()),
            DeValue::Array(elements) => {
                let elements = elements.iter().enumerate().map(|(index, element)| {
                    let path = check::element_path(path, index);
                    self.note(&path, element.span().start);
                    self.value(&path, element)
                });
                Value::Array(elements.collect())
            }
            DeValue::Table(table) => self.table(path, table),
        }
    }

    fn note(&mut self, path: &str, offset: usize) {
        self.positions.insert(path.to_owned(), Position::of(self.text, offset));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn violation(field: &str) -> Violation {
        Violation { field: field.to_owned(), message: "is odd".to_owned() }
    }

    #[test]
    fn a_document_reads_like_the_same_json() {
        let text = "a = 'x'\nb = [1, 0x10, 1.5]\n[c]\nd.e = true\n[[f]]\ng = 2026-01-31T12:00:00Z";
        let value = Document::parse(text).expect("good TOML").value;
        let expected = serde_json::json!({
            "a": "x", "b": [1, 16, 1.5], "c": { "d": { "e": true } },
            "f": [{ "g": "2026-01-31T12:00:00Z" }],
        });
        assert_eq!(value, expected);
    }

    #[test]
    fn every_violation_has_the_position_of_what_it_is_about() {
        let text = "a = 1\n[b]\n  \"ü\" = [\n    10,\n    { c = 2 },\n  ]\n";
        let document = Document::parse(text).expect("good TOML");
        let fields = ["a", "b.ü[1].c", "b.ü[1].missing", "b.x.y", "z", "$"];
        let error = document.refusal(&fields.map(violation)).to_string();
        insta::assert_snapshot!(error.replace("; ", "\n"), @r"
        line 1, column 1: a is odd
        line 5, column 7: b.ü[1].c is odd
        line 5, column 5: b.ü[1].missing is odd
        line 2, column 2: b.x.y is odd
        z is odd
        $ is odd
        ");
    }

    #[test]
    fn a_mistake_in_the_syntax_has_a_position() {
        let refusal = |text| Document::parse(text).expect_err("not TOML").to_string();
        insta::assert_snapshot!(refusal("a = 1\nb = [2,\n"), @"line 2, column 8: unclosed array, expected `]`");
        insta::assert_snapshot!(refusal("a = 1\na = 2\n"), @"line 2, column 1: duplicate key");
        insta::assert_snapshot!(refusal("a = b\n"), @"line 1, column 5: string values must be quoted, expected literal string");
    }

    #[test]
    fn numbers_that_json_does_not_have_stay_text() {
        let document = Document::parse("a = nan\nb = 99999999999999999999").expect("good TOML");
        assert_eq!(document.value, serde_json::json!({ "a": "nan", "b": "99999999999999999999" }));
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "([a-b=\\[\\]{}.,\"'\n #]|\\PC){0,60}") {
            let _ = Document::parse(&text);
        }
    }
}
