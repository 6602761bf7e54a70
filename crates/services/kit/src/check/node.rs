//! One value of the input, with its path.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use serde_json::Value;

use super::{Object, Source, Violations};

/// One value of the input and its path. Every reading method returns `None`
/// after it has recorded a violation.
#[derive(Clone, Debug)]
pub struct Node<'v> {
    path: String,
    value: &'v Value,
    violations: &'v Violations,
}

impl<'v> Node<'v> {
    pub(super) fn root(value: &'v Value, violations: &'v Violations) -> Self {
        Self { path: String::new(), value, violations }
    }

    /// The raw value.
    #[must_use]
    pub fn value(&self) -> &'v Value {
        self.value
    }

    /// Any value without U+0000, which PostgreSQL cannot store.
    pub fn any(self) -> Option<Value> {
        if holds_nul(self.value) {
            return self.refuse("must not contain the character U+0000");
        }
        Some(self.value.clone())
    }

    /// Records a violation here.
    pub fn refuse<T>(&self, message: impl Into<String>) -> Option<T> {
        let path = if self.path.is_empty() { "$".to_owned() } else { self.path.clone() };
        self.violations.record(path, message.into());
        None
    }

    /// An object. `read` asks for its fields; any other field is a violation.
    pub fn object<T>(self, read: impl FnOnce(&mut Object<'v>) -> Option<T>) -> Option<T> {
        let Value::Object(fields) = self.value else {
            return self.refuse("must be an object");
        };
        let mut object = Object::new(self, fields);
        let result = read(&mut object);
        object.finish();
        result
    }

    /// An object like [`object`](Self::object) that may have further fields.
    pub fn open_object<T>(self, read: impl FnOnce(&mut Object<'v>) -> Option<T>) -> Option<T> {
        let Value::Object(fields) = self.value else {
            return self.refuse("must be an object");
        };
        read(&mut Object::new(self, fields))
    }

    /// Any value of at most `bytes` bytes, written as JSON without spaces, and
    /// of at most `levels` objects and arrays around the innermost value.
    pub fn json(self, bytes: usize, levels: usize) -> Option<Value> {
        let node = self.clone();
        let value = self.any()?;
        if depth(&value) > levels {
            return node.refuse(format!("must be nested at most {levels} levels deep"));
        }
        let size = value.to_string().len();
        if size > bytes {
            return node.refuse(format!("must have at most {bytes} bytes as JSON, has {size}"));
        }
        Some(value)
    }

    /// An array of `length` elements, each read with `read`.
    pub fn array<T>(
        self,
        length: RangeInclusive<usize>,
        read: impl Fn(Node<'v>) -> Option<T>,
    ) -> Option<Vec<T>> {
        let Value::Array(elements) = self.value else {
            return self.refuse("must be an array");
        };
        if !length.contains(&elements.len()) {
            return self.refuse(format!(
                "must have {} elements, has {}",
                bounds(&length),
                elements.len()
            ));
        }
        // Read all elements before checking for a failed one, so that the
        // violations of every element are listed.
        let read: Vec<Option<T>> = elements
            .iter()
            .enumerate()
            .map(|(index, value)| read(self.child(element_path(&self.path, index), value)))
            .collect();
        read.into_iter().collect()
    }

    /// An object with any keys: at most `length` entries, with keys of at most
    /// `key` characters. `read` gets the key too.
    pub fn map<T>(
        self,
        length: usize,
        key: usize,
        read: impl Fn(&str, Node<'v>) -> Option<T>,
    ) -> Option<BTreeMap<String, T>> {
        let Value::Object(fields) = self.value else {
            return self.refuse("must be an object");
        };
        if fields.len() > length {
            return self
                .refuse(format!("must have at most {length} entries, has {}", fields.len()));
        }
        let entries: Vec<Option<(String, T)>> = fields
            .iter()
            .map(|(name, value)| {
                let node = self.child(self.child_path(name), value);
                if name.is_empty() || name.chars().count() > key || name.contains('\0') {
                    return node.refuse(format!(
                        "must have a key of 1 to {key} characters without U+0000"
                    ));
                }
                Some((name.clone(), read(name, node)?))
            })
            .collect();
        entries.into_iter().collect()
    }

    pub(super) fn is_text(&self) -> bool {
        self.violations.source == Source::Text
    }

    pub(super) fn child(&self, path: String, value: &'v Value) -> Self {
        Self { path, value, violations: self.violations }
    }

    pub(super) fn child_path(&self, name: &str) -> String {
        child_path(&self.path, name)
    }

    pub(super) fn violations(&self) -> &'v Violations {
        self.violations
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

/// A range in words.
pub(super) fn bounds<T: std::fmt::Display + PartialEq>(range: &RangeInclusive<T>) -> String {
    if range.start() == range.end() {
        range.start().to_string()
    } else {
        format!("{} to {}", range.start(), range.end())
    }
}

/// How many arrays and objects are around the innermost value. The parser
/// limits the depth, so recursion is safe.
fn depth(value: &Value) -> usize {
    match value {
        Value::Array(elements) => 1 + elements.iter().map(depth).max().unwrap_or(0),
        Value::Object(fields) => 1 + fields.values().map(depth).max().unwrap_or(0),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}

fn holds_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(elements) => elements.iter().any(holds_nul),
        Value::Object(fields) => fields.iter().any(|(k, v)| k.contains('\0') || holds_nul(v)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}
