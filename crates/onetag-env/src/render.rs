//! From an [`Environment`] to the text of its file.

use std::fmt::Write as _;

use crate::{Environment, Error};

impl Environment {
    /// The text of the file, in the order of [`lines`](Environment::lines).
    ///
    /// # Errors
    ///
    /// When a value has a character that not every reader of the file takes
    /// literally, or would be refused by [`parse`](Environment::parse).
    pub fn render(&self) -> Result<String, Error> {
        self.check()?;
        let mut text = String::new();
        for (key, value) in self.lines() {
            writeln!(text, "{key}={value}").expect("writing to a string does not fail");
        }
        Ok(text)
    }
}
