//! Strings, numbers, and types that are written as strings.

use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use serde_json::Value;
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};
use uuid::Uuid;

use super::Node;
use super::node::bounds;
use crate::schema::TERM_LENGTH;

/// The longest DNS label (RFC 1035, section 2.3.4).
const LABEL_LENGTH: usize = 63;

impl<'v> Node<'v> {
    /// A string of `length` characters, without U+0000, which PostgreSQL cannot
    /// store.
    pub fn string(self, length: RangeInclusive<usize>) -> Option<String> {
        self.text(length).map(str::to_owned)
    }

    /// A lower-case DNS label (RFC 1123): letters, digits and inner hyphens, at
    /// most 63 of them. Names of resources have this form.
    pub fn label(self) -> Option<String> {
        let node = self.clone();
        let text = self.text(1..=LABEL_LENGTH)?;
        let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if !text.chars().all(inner) || text.starts_with('-') || text.ends_with('-') {
            return node.refuse(
                "must be a lower-case DNS label: a-z, 0-9 and '-', with no '-' at either end",
            );
        }
        Some(text.to_owned())
    }

    /// One of the given words.
    pub fn one_of<T: Copy>(self, choices: &[(&str, T)]) -> Option<T> {
        let found =
            self.value().as_str().and_then(|text| choices.iter().find(|(word, _)| *word == text));
        match found {
            Some((_, choice)) => Some(*choice),
            None => {
                let words: Vec<_> = choices.iter().map(|(word, _)| *word).collect();
                self.refuse(format!("must be one of {}", words.join(", ")))
            }
        }
    }

    /// A word of a vocabulary, for types that parse their words.
    pub fn word<T: FromStr>(self, words: &[&str]) -> Option<T> {
        let known = self.value().as_str().and_then(|text| text.parse().ok());
        known.or_else(|| self.refuse(format!("must be one of {}", words.join(", "))))
    }

    /// A whole number in the range. `3.0` is one as well (JSON Schema, 2020-12,
    /// section 6.1.1).
    pub fn integer(self, range: RangeInclusive<i64>) -> Option<i64> {
        let number = match self.value() {
            Value::String(text) if self.is_text() => text.parse().ok(),
            value => value.as_i64().or_else(|| value.as_f64().and_then(whole)),
        };
        match number {
            Some(number) if range.contains(&number) => Some(number),
            _ => self.refuse(format!("must be a whole number from {}", bounds(&range))),
        }
    }

    /// A number in the range.
    pub fn number(self, range: RangeInclusive<f64>) -> Option<f64> {
        let number = match self.value() {
            Value::String(text) if self.is_text() => text.parse().ok(),
            value => value.as_f64(),
        };
        match number {
            Some(number) if range.contains(&number) => Some(number),
            _ => self.refuse(format!("must be a number from {}", bounds(&range))),
        }
    }

    /// `true` or `false`.
    pub fn boolean(self) -> Option<bool> {
        let boolean = match self.value() {
            Value::String(text) if self.is_text() => text.parse().ok(),
            value => value.as_bool(),
        };
        boolean.or_else(|| self.refuse("must be true or false"))
    }

    /// A UUID.
    pub fn uuid(self) -> Option<Uuid> {
        self.parse(1..=45, |text| Uuid::parse_str(text).map_err(|_| "must be a UUID".to_owned()))
    }

    /// A point in time, RFC 3339, in UTC.
    pub fn timestamp(self) -> Option<OffsetDateTime> {
        self.parse(1..=TERM_LENGTH, |text| {
            // A time in the last hours of 9999 can lie beyond the calendar in
            // UTC.
            OffsetDateTime::parse(text, &Rfc3339)
                .ok()
                .and_then(|moment| moment.checked_to_offset(UtcOffset::UTC))
                .ok_or_else(|| "must be a time like 2026-01-31T12:00:00Z (RFC 3339)".to_owned())
        })
    }

    /// A duration like `50ms` or `30s`.
    pub fn duration(self) -> Option<Duration> {
        self.parse(1..=TERM_LENGTH, crate::duration::parse)
    }

    /// A string that `parse` understands; its error is the violation's message.
    pub fn parse<T>(
        self,
        length: RangeInclusive<usize>,
        parse: impl FnOnce(&'v str) -> Result<T, String>,
    ) -> Option<T> {
        let node = self.clone();
        let text = self.text(length)?;
        parse(text).map_or_else(|message| node.refuse(message), Some)
    }

    fn text(self, length: RangeInclusive<usize>) -> Option<&'v str> {
        let Value::String(text) = self.value() else {
            return self.refuse("must be a string");
        };
        if !length.contains(&text.chars().count()) {
            return self.refuse(format!("must have {} characters", bounds(&length)));
        }
        if text.contains('\0') {
            return self.refuse("must not contain the character U+0000");
        }
        Some(text)
    }
}

/// A number without a fraction that a float can hold exactly.
#[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
fn whole(number: f64) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    (number.fract() == 0.0 && number.abs() <= EXACT).then_some(number as i64)
}
