//! JSON as text.

use std::fmt::{Display, Write as _};

use crate::ToJson;

/// A document that is being written.
#[derive(Debug)]
pub struct Writer {
    text: String,
    /// How deep what is written stands; none on one line.
    depth: Option<usize>,
}

/// An object that is being written; [`Object::end`] closes it.
#[derive(Debug)]
#[must_use = "an object has to be closed"]
pub struct Object<'a>(Items<'a>);

/// Elements or fields between two brackets.
#[derive(Debug)]
struct Items<'a> {
    writer: &'a mut Writer,
    any: bool,
}

impl Writer {
    pub(crate) fn compact() -> Writer {
        Writer { text: String::new(), depth: None }
    }

    pub(crate) fn pretty() -> Writer {
        Writer { text: String::new(), depth: Some(0) }
    }

    pub(crate) fn finish(self) -> String {
        self.text
    }

    /// Writes something as it stands: a number, `true`, `false` or `null`.
    pub(crate) fn literal(&mut self, literal: impl Display) {
        // Nothing is shorter than the memory that there is.
        let _ = write!(self.text, "{literal}");
    }

    /// Writes a string.
    pub fn string(&mut self, text: &str) {
        self.text.push('"');
        for character in text.chars() {
            match character {
                '"' => self.text.push_str("\\\""),
                '\\' => self.text.push_str("\\\\"),
                '\n' => self.text.push_str("\\n"),
                '\r' => self.text.push_str("\\r"),
                '\t' => self.text.push_str("\\t"),
                '\u{8}' => self.text.push_str("\\b"),
                '\u{c}' => self.text.push_str("\\f"),
                '\0'..='\u{1f}' => self.literal(format_args!("\\u{:04x}", u32::from(character))),
                _ => self.text.push(character),
            }
        }
        self.text.push('"');
    }

    /// Begins an object.
    pub fn object(&mut self) -> Object<'_> {
        Object(self.open('{'))
    }

    /// Writes an array.
    pub fn array(&mut self, elements: &mut dyn Iterator<Item = &dyn ToJson>) {
        let mut items = self.open('[');
        for element in elements {
            items.next();
            element.to_json(items.writer);
        }
        items.close(']');
    }

    fn open(&mut self, bracket: char) -> Items<'_> {
        self.text.push(bracket);
        self.depth = self.depth.map(|depth| depth + 1);
        Items { writer: self, any: false }
    }

    fn new_line(&mut self) {
        if let Some(depth) = self.depth {
            self.text.push('\n');
            self.text.extend(std::iter::repeat_n("  ", depth));
        }
    }
}

impl Object<'_> {
    /// Writes one field.
    pub fn field(&mut self, name: &str, value: &dyn ToJson) {
        self.0.next();
        let writer = &mut *self.0.writer;
        writer.string(name);
        writer.text.push_str(if writer.depth.is_some() { ": " } else { ":" });
        value.to_json(writer);
    }

    /// Closes the object.
    pub fn end(self) {
        self.0.close('}');
    }
}

impl Items<'_> {
    fn next(&mut self) {
        if self.any {
            self.writer.text.push(',');
        }
        self.any = true;
        self.writer.new_line();
    }

    fn close(self, bracket: char) {
        self.writer.depth = self.writer.depth.map(|depth| depth - 1);
        if self.any {
            self.writer.new_line();
        }
        self.writer.text.push(bracket);
    }
}
