//! Durations as people write them in configuration and requests: `50ms`, `30s`.

use std::time::Duration;

/// The longest duration accepted. Larger ones are mistakes, and adding them to
/// a point in time could overflow.
pub const LONGEST: Duration = Duration::from_secs(366 * 24 * 60 * 60);

/// Reads `50ms`, `30s`, `5m`, `1h 30m`, `7d`.
///
/// # Errors
///
/// Says what is wrong in a form that fits behind the name of the value.
pub fn parse(text: &str) -> Result<Duration, String> {
    let duration = humantime::parse_duration(text)
        .map_err(|_| "is not a duration; write it like 50ms, 30s or 5m".to_owned())?;
    if duration > LONGEST {
        return Err("is longer than 366 days".to_owned());
    }
    Ok(duration)
}

/// Writes a duration the way [`parse`] reads it.
#[must_use]
pub fn format(duration: Duration) -> String {
    humantime::format_duration(duration).to_string()
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

    proptest! {
        #[test]
        fn what_is_written_can_be_read(milliseconds in 0..=31_622_400_000_u64) {
            let duration = Duration::from_millis(milliseconds);
            prop_assert_eq!(parse(&format(duration)), Ok(duration));
        }

        #[test]
        fn no_text_panics(text in ".{0,40}") {
            let _ = parse(&text);
        }
    }
}
