//! Building a statement from parts.

use std::fmt::{Display, Write as _};

use sqlx::any::AnyArguments;
use sqlx::query::Query;
use sqlx::{Any, Arguments as _, AssertSqlSafe, Encode, Type};

/// A statement whose parts depend on the request. Values are bound, never part
/// of the text.
///
/// sqlx's own builder writes `?` for parameters of the `Any` driver, which
/// PostgreSQL does not read.
#[derive(Default)]
pub struct Statement {
    text: String,
    arguments: AnyArguments,
}

impl Statement {
    /// A statement that begins with this text.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self { text: text.to_owned(), arguments: AnyArguments::default() }
    }

    /// Appends text.
    pub fn push(&mut self, text: impl Display) -> &mut Self {
        // Writing to a string cannot fail.
        let _ = write!(self.text, "{text}");
        self
    }

    /// Appends a parameter with this value.
    ///
    /// # Panics
    ///
    /// When the value cannot be encoded, which no number and no text does.
    pub fn bind<'a>(&mut self, value: impl Encode<'a, Any> + Type<Any>) -> &mut Self {
        self.arguments.add(value).expect("numbers and texts can be encoded");
        let number = self.arguments.len();
        self.push('$').push(number)
    }

    /// The statement, ready to run.
    pub fn build(self) -> Query<'static, Any, AnyArguments> {
        sqlx::query_with(AssertSqlSafe(self.text), self.arguments)
    }
}
