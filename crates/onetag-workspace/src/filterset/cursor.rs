//! A place in the text of a filterset, and what can be read from there.

use std::fmt;

/// Where a text is no filterset, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FiltersetError {
    text: String,
    /// Byte offset.
    at: usize,
    message: String,
}

impl fmt::Display for FiltersetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { text, at, message } = self;
        let (before, after) = text.split_at(*at);
        if after.is_empty() {
            return write!(f, "the filterset `{text}` ends too early: {message}");
        }
        let column = before.chars().count() + 1;
        write!(f, "the filterset `{text}` is wrong at character {column}: {message}")
    }
}

impl std::error::Error for FiltersetError {}

/// A text and how far it has been read.
pub(super) struct Cursor<'a> {
    text: &'a str,
    /// Byte offset.
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// Takes `operator` if it comes next; a word only as a whole.
    pub(super) fn operator(&mut self, operator: &str) -> bool {
        self.skip_space();
        let word = self.word();
        (word.is_empty() || word == operator) && self.take(operator)
    }

    /// Takes `token`, which must come next.
    pub(super) fn expect(&mut self, token: &str) -> Result<(), FiltersetError> {
        self.skip_space();
        if self.take(token) { Ok(()) } else { Err(self.error(format!("expected `{token}`"))) }
    }

    /// Takes `token` if it comes next.
    pub(super) fn take(&mut self, token: &str) -> bool {
        let is_next = self.rest().starts_with(token);
        if is_next {
            self.at += token.len();
        }
        is_next
    }

    pub(super) fn skip_space(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches([' ', '\n', '\r']).len();
    }

    /// The letters, digits and underscores that come next, not taken.
    pub(super) fn word(&self) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        &rest[..end]
    }

    /// What has not been read yet.
    pub(super) fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// The error `message` about this place.
    pub(super) fn error(&self, message: impl Into<String>) -> FiltersetError {
        FiltersetError { text: self.text.to_owned(), at: self.at, message: message.into() }
    }

    /// Takes the rest of a regular expression: up to a slash that has no
    /// backslash before it.
    pub(super) fn regex(&mut self) -> Result<(), FiltersetError> {
        let mut escaped = false;
        for (at, c) in self.rest().char_indices() {
            if c == '/' && !escaped {
                self.at += at + 1;
                return Ok(());
            }
            escaped = c == '\\';
        }
        Err(self.error("the regular expression has no closing `/`"))
    }

    /// Takes a text up to `)` or `,`, space at its end included.
    pub(super) fn string(&mut self) -> Result<String, FiltersetError> {
        let mut string = String::new();
        while let Some(c) = self.rest().chars().next().filter(|c| !matches!(c, ')' | ',')) {
            if c == '\\' {
                string.push(self.escape()?);
            } else {
                string.push(c);
                self.at += c.len_utf8();
            }
        }
        if string.is_empty() {
            return Err(self.error("expected a name"));
        }
        Ok(string)
    }

    fn escape(&mut self) -> Result<char, FiltersetError> {
        let escaped = &self.rest()[1..];
        let simple = escaped.chars().next().and_then(|c| match c {
            'n' => Some('\n'),
            'r' => Some('\r'),
            't' => Some('\t'),
            'b' => Some('\u{08}'),
            'f' => Some('\u{0c}'),
            '\\' | '/' | ')' | ',' => Some(c),
            _ => None,
        });
        if let Some(c) = simple {
            self.at += 2;
            return Ok(c);
        }
        // `\u{7FFF}`, one to six digits.
        let code = escaped.strip_prefix("u{").and_then(|code| code.split_once('}')).map(|it| it.0);
        let digits = code.filter(|code| {
            (1..=6).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_hexdigit())
        });
        let c = digits.and_then(|it| char::from_u32(u32::from_str_radix(it, 16).ok()?));
        let (Some(c), Some(code)) = (c, code) else {
            return Err(self.error("unknown escape, a backslash itself is written `\\\\`"));
        };
        self.at += r"\u{}".len() + code.len();
        Ok(c)
    }
}
