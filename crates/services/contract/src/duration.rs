//! Durations as people write them in configuration and requests: `50ms`, `30s`.

use std::time::Duration;

/// The longest duration accepted. Larger ones are likely mistakes, and adding
/// them to a point in time could overflow.
pub const LONGEST: Duration = Duration::from_secs(366 * 24 * 60 * 60);

/// The form that [`parse`] reads, as a regular expression for the OpenAPI
/// document.
pub const PATTERN: &str = concat!(
    "^(0|([0-9]{1,9} *",
    "(nanos|nsec|ns|usec|us|µs|millis|msec|ms|seconds|second|secs|sec|s",
    "|minutes|minute|mins|min|m|hours|hour|hrs|hr|h|days|day|d",
    "|weeks|week|wks|wk|w|months|month|M|years|year|yrs|yr|y)",
    " *)+)$"
);

/// What a text is told that is no duration.
pub const FORM: &str = "is not a duration; write it like 50ms, 30s or 5m";

/// Reads `50ms`, `30s`, `5m`, `1h 30m`, `7d`.
///
/// # Errors
///
/// The message continues a sentence that begins with the name of the value.
pub fn parse(text: &str) -> Result<Duration, String> {
    let duration = read(text)?;
    if duration > LONGEST {
        return Err("is longer than 366 days".to_owned());
    }
    Ok(duration)
}

/// Reads a duration of any length.
fn read(text: &str) -> Result<Duration, String> {
    let duration = Some(text).filter(|text| has_form(text));
    Ok(duration.and_then(|text| humantime::parse_duration(text).ok()).ok_or(FORM)?)
}

/// Whether the text is numbers of at most nine digits, each with a unit.
///
/// Humantime accepts more forms (`1 0s` is ten seconds), and panics if a sum of
/// large numbers overflows.
fn has_form(text: &str) -> bool {
    if text == "0" {
        return true;
    }
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let unit = rest[digits..].trim_start_matches(' ');
        let behind = unit.trim_start_matches(char::is_alphabetic);
        if !(1..=9).contains(&digits) || unit.len() == behind.len() {
            return false;
        }
        rest = behind.trim_start_matches(' ');
    }
    true
}

/// Writes a duration the way [`parse`] reads it.
#[must_use]
pub fn format(duration: Duration) -> String {
    humantime::format_duration(duration).to_string()
}

/// Durations as the text that people write, for serde.
pub mod text {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer, de};

    /// Writes the text.
    ///
    /// # Errors
    ///
    /// Those of the serializer.
    pub fn serialize<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&super::format(*duration))
    }

    /// Reads the text.
    ///
    /// # Errors
    ///
    /// When it is no duration of at most 366 days.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        super::parse(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

/// Optional durations of any length as the text that people write, for serde.
pub mod as_text {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

    /// Writes the text.
    ///
    /// # Errors
    ///
    /// Those of the serializer.
    pub fn serialize<S: Serializer>(
        duration: &Option<Duration>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        duration.map(super::format).serialize(serializer)
    }

    /// Reads the text.
    ///
    /// # Errors
    ///
    /// When it is no duration.
    pub fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Duration>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        text.map(|text| super::read(&text)).transpose().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_number_without_unit_is_refused() {
        insta::assert_snapshot!(parse("5").unwrap_err(), @"is not a duration; write it like 50ms, 30s or 5m");
        insta::assert_snapshot!(parse("400d").unwrap_err(), @"is longer than 366 days");
    }

    #[test]
    fn a_sum_beyond_the_range_is_refused() {
        let text = "18446744073709551615s 1000000000ns";
        insta::assert_snapshot!(parse(text).unwrap_err(), @"is not a duration; write it like 50ms, 30s or 5m");
        insta::assert_snapshot!(parse("999999999y").unwrap_err(), @"is longer than 366 days");
    }

    proptest! {
        #[test]
        fn what_is_written_can_be_read(milliseconds in 0..=31_622_400_000_u64) {
            let duration = Duration::from_millis(milliseconds);
            prop_assert_eq!(parse(&format(duration)), Ok(duration));
        }

        #[test]
        fn what_is_read_is_what_is_documented(
            text in prop_oneof![&PATTERN[1..PATTERN.len() - 1], "[0-9 .smhd]{0,12}", ".{0,40}"],
        ) {
            let pattern = regex::Regex::new(PATTERN).unwrap();
            let is_read = parse(&text).err().as_deref() != Some(FORM);
            prop_assert_eq!(is_read, pattern.is_match(&text));
        }
    }
}
