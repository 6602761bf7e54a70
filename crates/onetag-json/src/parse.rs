//! From text to values (RFC 8259).

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::{Error, Value};

/// How deep arrays and objects may be nested, so that no text can use up the
/// stack.
const DEPTH: usize = 128;

/// Reads a text that consists of one value.
pub(crate) fn parse(text: &str) -> Result<Value, Error> {
    let mut parser = Parser { text, at: 0, depth: 0 };
    let value = parser.value().and_then(|value| match parser.peek() {
        None => Ok(value),
        Some(_) => Err("something follows the end"),
    });
    value.map_err(|message| parser.error(message))
}

struct Parser<'a> {
    text: &'a str,
    /// How many bytes were read; always between two characters.
    at: usize,
    depth: usize,
}

type Parsed<T> = Result<T, &'static str>;

impl Parser<'_> {
    fn error(&self, message: &str) -> Error {
        let before = &self.text[..self.at];
        let line = before.matches('\n').count() + 1;
        let column = self.at - before.rfind('\n').map_or(0, |at| at + 1) + 1;
        Error::other(format!("no JSON: {message} at line {line} column {column}"))
    }

    /// The next byte that is no space, which stays.
    fn peek(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = bytes.get(self.at) {
            self.at += 1;
        }
        bytes.get(self.at).copied()
    }

    /// Passes over this byte if it is the next.
    fn passes(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    fn value(&mut self) -> Parsed<Value> {
        match self.peek() {
            Some(b'{') => self.nested(Self::object),
            Some(b'[') => self.nested(Self::array),
            Some(b'"') => self.string().map(Value::String),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(_) => self.word(),
            None => Err("the end comes too early"),
        }
    }

    fn nested(&mut self, inner: fn(&mut Self) -> Parsed<Value>) -> Parsed<Value> {
        if self.depth == DEPTH {
            return Err("too deep a nesting");
        }
        self.depth += 1;
        self.at += 1;
        let value = inner(self);
        self.depth -= 1;
        value
    }

    fn object(&mut self) -> Parsed<Value> {
        let mut fields = BTreeMap::new();
        if self.passes(b'}') {
            return Ok(Value::Object(fields));
        }
        loop {
            if self.peek() != Some(b'"') {
                return Err("expected a key");
            }
            let key = self.string()?;
            if !self.passes(b':') {
                return Err("expected `:`");
            }
            let value = self.value()?;
            match fields.entry(key) {
                Entry::Vacant(entry) => entry.insert(value),
                Entry::Occupied(_) => return Err("a key for the second time"),
            };
            if self.passes(b'}') {
                return Ok(Value::Object(fields));
            }
            if !self.passes(b',') {
                return Err("expected `,` or `}`");
            }
        }
    }

    fn array(&mut self) -> Parsed<Value> {
        let mut elements = Vec::new();
        if self.passes(b']') {
            return Ok(Value::Array(elements));
        }
        loop {
            elements.push(self.value()?);
            if self.passes(b']') {
                return Ok(Value::Array(elements));
            }
            if !self.passes(b',') {
                return Err("expected `,` or `]`");
            }
        }
    }

    fn word(&mut self) -> Parsed<Value> {
        let words =
            [("null", Value::Null), ("true", Value::Bool(true)), ("false", Value::Bool(false))];
        for (word, value) in words {
            if self.text[self.at..].starts_with(word) {
                self.at += word.len();
                return Ok(value);
            }
        }
        Err("expected a value")
    }

    fn number(&mut self) -> Parsed<Value> {
        let start = self.at;
        self.at += usize::from(self.is_next(b"-"));
        if self.is_next(b"0") {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.is_next(b".") {
            self.at += 1;
            self.digits()?;
        }
        if self.is_next(b"eE") {
            self.at += 1;
            self.at += usize::from(self.is_next(b"+-"));
            self.digits()?;
        }
        Ok(Value::Number(self.text[start..self.at].to_owned()))
    }

    fn is_next(&self, bytes: &[u8]) -> bool {
        self.text.as_bytes().get(self.at).is_some_and(|byte| bytes.contains(byte))
    }

    fn digits(&mut self) -> Parsed<()> {
        let start = self.at;
        while self.is_next(b"0123456789") {
            self.at += 1;
        }
        if self.at > start { Ok(()) } else { Err("expected a digit") }
    }

    fn string(&mut self) -> Parsed<String> {
        self.at += 1;
        let mut string = String::new();
        loop {
            let rest = &self.text[self.at..];
            let plain = rest
                .bytes()
                .position(|byte| matches!(byte, b'"' | b'\\' | ..b' '))
                .ok_or("a string without an end")?;
            string.push_str(&rest[..plain]);
            self.at += plain;
            match rest.as_bytes()[plain] {
                b'"' => {
                    self.at += 1;
                    return Ok(string);
                }
                b'\\' => string.push(self.escaped()?),
                _ => return Err("a control character in a string"),
            }
        }
    }

    /// The character that a backslash and what follows it stand for.
    fn escaped(&mut self) -> Parsed<char> {
        let escape = self.text.as_bytes().get(self.at + 1).ok_or("a string without an end")?;
        let character = match escape {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.unicode(),
            _ => return Err("an unknown escape"),
        };
        self.at += 2;
        Ok(character)
    }

    /// One `\uXXXX`, or two that stand for one character (RFC 8259, section 7).
    fn unicode(&mut self) -> Parsed<char> {
        const LONE: &str = "half of a surrogate pair";
        let first = self.unit()?;
        let code = match first {
            0xd800..0xdc00 if self.text[self.at..].starts_with("\\u") => {
                let second = self.unit()?;
                if !(0xdc00..0xe000).contains(&second) {
                    return Err(LONE);
                }
                0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00)
            }
            _ => first,
        };
        char::from_u32(code).ok_or(LONE)
    }

    fn unit(&mut self) -> Parsed<u32> {
        let digits = self.text.get(self.at + 2..self.at + 6).unwrap_or_default();
        if digits.len() < 4 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err("expected four hexadecimal digits");
        }
        self.at += 6;
        u32::from_str_radix(digits, 16).map_err(|_| "expected four hexadecimal digits")
    }
}
