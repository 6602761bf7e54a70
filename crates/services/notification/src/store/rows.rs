//! Values in columns, for any kind of database.

use anyhow::Context as _;
use kit::database::StoreError;
use serde::Serialize;
use serde::de::DeserializeOwned;
use time::OffsetDateTime;

/// Microseconds since 1970, the precision of the databases.
pub(super) fn micros(moment: OffsetDateTime) -> i64 {
    // This service makes its times itself, so they fit into an i64.
    i64::try_from(moment.unix_timestamp_nanos() / 1000).unwrap_or(i64::MAX)
}

pub(super) fn moment(micros: i64) -> Result<OffsetDateTime, StoreError> {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1000)
        .with_context(|| format!("{micros} is no time"))
        .map_err(StoreError::Broken)
}

/// A text that a column can hold: PostgreSQL has no zero characters.
pub(super) fn storable(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

pub(super) fn json<T: Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value)
        .context("a value cannot be written as JSON")
        .map_err(StoreError::Broken)
}

pub(super) fn from_json<T: DeserializeOwned>(text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text)
        .with_context(|| format!("a column does not hold what was written: {text}"))
        .map_err(StoreError::Broken)
}

/// The word of an enum's variant in the API.
pub(super) fn word<T: Serialize>(value: &T) -> Result<String, StoreError> {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => Ok(word),
        other => Err(StoreError::Broken(anyhow::anyhow!("not a word: {other:?}"))),
    }
}

pub(super) fn from_word<T: DeserializeOwned>(word: &str) -> Result<T, StoreError> {
    T::deserialize(serde::de::value::StrDeserializer::<serde::de::value::Error>::new(word))
        .with_context(|| format!("`{word}` is not a word of ours"))
        .map_err(StoreError::Broken)
}

pub(super) fn number<T: TryFrom<i64>>(number: i64) -> Result<T, StoreError> {
    T::try_from(number).map_err(|_| StoreError::Broken(anyhow::anyhow!("{number} is out of range")))
}
