//! Fields of an object.

use serde_json::{Map, Value};

use super::Node;

/// An object being read. It remembers which fields were asked for.
#[derive(Debug)]
pub struct Object<'v> {
    node: Node<'v>,
    fields: &'v Map<String, Value>,
    known: Vec<&'static str>,
}

impl<'v> Object<'v> {
    pub(super) fn new(node: Node<'v>, fields: &'v Map<String, Value>) -> Self {
        Self { node, fields, known: Vec::new() }
    }

    /// A field that must be present and not null.
    pub fn required<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(Node<'v>) -> Option<T>,
    ) -> Option<T> {
        match self.field(name) {
            Some(node) => read(node),
            None => {
                let message =
                    if self.fields.contains_key(name) { "must not be null" } else { "is required" };
                self.refuse(name, message)
            }
        }
    }

    /// A field that may be absent or null, which is the inner `None`. The outer
    /// `None` means that it was present and broke a rule.
    pub fn optional<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(Node<'v>) -> Option<T>,
    ) -> Option<Option<T>> {
        match self.field(name) {
            Some(node) => read(node).map(Some),
            None => Some(None),
        }
    }

    /// A known field that must be absent here, even if it is null; `message`
    /// says why.
    pub fn forbidden(&mut self, name: &'static str, message: &str) {
        self.known.push(name);
        if self.fields.contains_key(name) {
            self.refuse::<()>(name, message);
        }
    }

    /// Records a violation of a field, for rules that span several fields.
    pub fn refuse<T>(&self, name: &str, message: impl Into<String>) -> Option<T> {
        let path = self.node.child_path(name);
        self.node.violations().record(path, message.into());
        None
    }

    fn field(&mut self, name: &'static str) -> Option<Node<'v>> {
        self.known.push(name);
        let value = self.fields.get(name).filter(|value| !value.is_null())?;
        Some(self.node.child(self.node.child_path(name), value))
    }

    /// Records a violation for every field that was not asked for.
    pub(super) fn finish(self) {
        for name in self.fields.keys() {
            if !self.known.contains(&name.as_str()) {
                self.refuse::<()>(name, "is not a known field");
            }
        }
    }
}
