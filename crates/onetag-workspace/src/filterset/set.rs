//! A filterset as the rest of the harness sees it.

use std::fmt;

use super::cursor::FiltersetError;
use super::expression::Expression;
use super::parse::parse;
use crate::test_target::TestTarget;

/// A parsed filterset. It displays as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filterset {
    text: String,
    expression: Expression,
}

/// How much of a test binary a filterset selects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Selection {
    /// Every test in it.
    Yes,
    /// No test in it.
    No,
    /// That depends on its tests, or on what only nextest knows.
    Maybe,
}

impl Filterset {
    /// Reads `text`.
    ///
    /// What stands inside a regular expression is not looked at.
    ///
    /// # Errors
    ///
    /// The first place where `text` is no filterset.
    pub fn parse(text: &str) -> Result<Self, FiltersetError> {
        Ok(Self { text: text.to_owned(), expression: parse(text)? })
    }

    /// The tests that both filtersets select.
    pub fn and(&self, other: &Self) -> Self {
        Self {
            text: format!("({self}) & ({other})"),
            expression: Expression::All(vec![self.expression.clone(), other.expression.clone()]),
        }
    }

    /// How much of `target` is selected.
    pub fn selection(&self, target: &TestTarget) -> Selection {
        self.expression.selection(target)
    }

    /// The names that the filterset looks for, for suggestions when it finds
    /// none of them.
    pub(crate) fn names(&self) -> Vec<&str> {
        let mut names = Vec::new();
        self.expression.collect_names(&mut names);
        names
    }
}

impl fmt::Display for Filterset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
