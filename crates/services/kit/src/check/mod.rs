//! Reading input strictly and listing *all* violations.
//!
//! Serde stops at the first mistake. Here a value is validated first, with the
//! very schema that the OpenAPI document publishes, and then read with serde.
//! Rules that a schema cannot express are code of the service, which lists what
//! they find in [`Violations`].
//!
//! | module | what it does |
//! |---|---|
//! | `schema` | compiles schemas and reads values with them |
//! | `operations` | the schemas of the document, by operation |
//! | `fit` | what is done to a value before it is validated |
//! | `limits` | keywords of our own |
//! | `errors` | turns the validator's errors into violations |
//! | `message` | the messages of all violations |
//!
//! ```
//! use kit::check::Schema;
//!
//! #[derive(Debug, serde::Deserialize, utoipa::ToSchema)]
//! struct Greeting {
//!     #[schema(max_length = 20)]
//!     name: String,
//!     #[schema(minimum = 0, maximum = 11)]
//!     volume: Option<i64>,
//! }
//!
//! let input = serde_json::json!({ "volume": 12, "tone": "warm" });
//! let violations = Schema::of::<Greeting>().read::<Greeting>(input).unwrap_err();
//! let lines: Vec<_> = violations.iter().map(|v| format!("{} {}", v.field, v.message)).collect();
//! assert_eq!(lines, [
//!     "name is required",
//!     "tone is not a known field",
//!     "volume must be a whole number from 0 to 11",
//! ]);
//! ```

mod errors;
mod fit;
mod limits;
mod message;
mod operations;
mod schema;
#[cfg(test)]
mod tests;

use serde::Serialize;

use crate::problem::Violation;

pub(crate) use operations::Operations;
pub use schema::Schema;

/// The violations of rules that a schema cannot express.
#[derive(Debug, Default)]
pub struct Violations(Vec<Violation>);

impl Violations {
    /// Adds a violation; `message` is read after the field's path.
    pub fn refuse(&mut self, field: impl Into<String>, message: impl Into<String>) {
        self.0.push(Violation { field: field.into(), message: message.into() });
    }

    /// Refuses a value of more than `bytes` bytes, as JSON without spaces, or with
    /// more than `levels` objects and arrays around the innermost value.
    pub fn limit_json(&mut self, field: &str, value: &impl Serialize, bytes: usize, levels: usize) {
        let value = serde_json::to_value(value).unwrap_or_default();
        let size = limits::bytes(&value);
        if limits::levels(&value) > levels {
            self.refuse(field, format!("must be nested at most {levels} levels deep"));
        } else if size > bytes {
            self.refuse(field, format!("must have at most {bytes} bytes as JSON, has {size}"));
        }
    }

    /// Whether no rule was broken.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many violations there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The value, if no rule was broken.
    ///
    /// # Errors
    ///
    /// All violations.
    pub fn or<T>(self, value: T) -> Result<T, Vec<Violation>> {
        if self.0.is_empty() { Ok(value) } else { Err(self.0) }
    }
}

/// The path of a field.
pub(crate) fn child_path(parent: &str, name: &str) -> String {
    if parent.is_empty() { name.to_owned() } else { format!("{parent}.{name}") }
}

/// The path of an element.
pub(crate) fn element_path(parent: &str, index: usize) -> String {
    format!("{parent}[{index}]")
}
