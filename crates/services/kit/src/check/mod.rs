//! Reading input strictly and listing *all* violations.
//!
//! Serde stops at the first mistake. Here a request is parsed to a
//! [`serde_json::Value`] first; then [`FromInput`] walks it with [`Node`] and
//! [`Object`], which collect every broken rule under its path. Fields that were
//! not asked for are violations too.
//!
//! ```
//! use kit::{FromInput, Node};
//!
//! struct Greeting {
//!     name: String,
//!     volume: i64,
//! }
//!
//! impl FromInput for Greeting {
//!     fn read(node: Node<'_>) -> Option<Self> {
//!         node.object(|object| {
//!             let name = object.required("name", Node::label);
//!             let volume = object.optional("volume", |node| node.integer(0..=11));
//!             Some(Self { name: name?, volume: volume?.unwrap_or(5) })
//!         })
//!     }
//! }
//!
//! let input = serde_json::json!({ "volume": 12, "tone": "warm" });
//! let violations = kit::check::from_json::<Greeting>(&input).err().unwrap();
//! let fields: Vec<_> = violations.iter().map(|v| v.field.as_str()).collect();
//! assert_eq!(fields, ["name", "volume", "tone"]);
//! ```

mod node;
mod object;
mod scalars;
#[cfg(test)]
mod tests;

use std::cell::RefCell;

use serde_json::Value;

use crate::problem::Violation;

pub use node::Node;
#[cfg(feature = "toml")]
pub(crate) use node::{child_path, element_path};
pub use object::Object;

/// A value that can be read from a request.
pub trait FromInput: Sized {
    /// Reads the value. Returns `None` if it recorded a violation.
    fn read(node: Node<'_>) -> Option<Self>;
}

/// Reads `T` from a request body.
///
/// # Errors
///
/// All rules that the body breaks, in the order of the checks.
pub fn from_json<T: FromInput>(value: &Value) -> Result<T, Vec<Violation>> {
    collect(value, Source::Body)
}

/// Reads `T` from an object of strings, such as a query. Numbers and booleans
/// are read from their text.
///
/// # Errors
///
/// All rules that the query breaks.
pub fn from_text<T: FromInput>(value: &Value) -> Result<T, Vec<Violation>> {
    collect(value, Source::Text)
}

/// The violations that are collected while a request is read.
#[derive(Debug)]
pub struct Violations {
    found: RefCell<Vec<Violation>>,
    source: Source,
}

/// Whether numbers are JSON numbers or text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Body,
    Text,
}

impl Violations {
    fn record(&self, field: String, message: String) {
        self.found.borrow_mut().push(Violation { field, message });
    }
}

fn collect<T: FromInput>(value: &Value, source: Source) -> Result<T, Vec<Violation>> {
    let violations = Violations { found: RefCell::default(), source };
    let read = T::read(Node::root(value, &violations));
    let mut found = violations.found.into_inner();
    match read {
        Some(read) if found.is_empty() => Ok(read),
        _ => {
            if found.is_empty() {
                // A reader that returns `None` without a violation has a bug;
                // the caller still gets a refusal and not a panic.
                found.push(Violation { field: "$".into(), message: "is not valid".into() });
            }
            Err(found)
        }
    }
}
