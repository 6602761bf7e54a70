//! Values in columns, written and read the same way by every service: ids,
//! words and JSON as text, times as microseconds since 1970, yes and no as 1 and
//! 0.
//!
//! A column that cannot be read was not written by us, which is
//! [`StoreError::Broken`].

use std::str::FromStr;

use anyhow::Context as _;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::Row as _;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Row, StoreError};

type Cause = anyhow::Error;

/// A UUID.
///
/// # Errors
/// When the column holds something else.
pub fn uuid(row: &Row, name: &str) -> Result<Uuid, StoreError> {
    read(row, name, |text| Ok(Uuid::parse_str(text)?))
}

/// A UUID, or nothing.
///
/// # Errors
/// When the column holds something else.
pub fn optional_uuid(row: &Row, name: &str) -> Result<Option<Uuid>, StoreError> {
    read_optional(row, name, |text| Ok(Uuid::parse_str(text)?))
}

/// A word of a vocabulary.
///
/// # Errors
/// When the column holds something else.
pub fn word<T>(row: &Row, name: &str) -> Result<T, StoreError>
where
    T: FromStr<Err: std::error::Error + Send + Sync + 'static>,
{
    read(row, name, |text| Ok(text.parse()?))
}

/// A word of a vocabulary, or nothing.
///
/// # Errors
/// When the column holds something else.
pub fn optional_word<T>(row: &Row, name: &str) -> Result<Option<T>, StoreError>
where
    T: FromStr<Err: std::error::Error + Send + Sync + 'static>,
{
    read_optional(row, name, |text| Ok(text.parse()?))
}

/// A value that was written with [`to_json`].
///
/// # Errors
/// When the column holds something else.
pub fn json<T: DeserializeOwned>(row: &Row, name: &str) -> Result<T, StoreError> {
    read(row, name, |text| Ok(serde_json::from_str(text)?))
}

/// A value that was written with [`to_json`], or nothing.
///
/// # Errors
/// When the column holds something else.
pub fn optional_json<T: DeserializeOwned>(row: &Row, name: &str) -> Result<Option<T>, StoreError> {
    read_optional(row, name, |text| Ok(serde_json::from_str(text)?))
}

/// A text that a column can hold: PostgreSQL has no zero characters.
#[must_use]
pub fn storable(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

/// A point in time that was written with [`microseconds`].
///
/// # Errors
/// When the column holds something else.
pub fn moment(row: &Row, name: &str) -> Result<OffsetDateTime, StoreError> {
    from_microseconds(row.try_get(name)?)
}

/// A point in time, or nothing.
///
/// # Errors
/// When the column holds something else.
pub fn optional_moment(row: &Row, name: &str) -> Result<Option<OffsetDateTime>, StoreError> {
    let microseconds: Option<i64> = row.try_get(name)?;
    microseconds.map(from_microseconds).transpose()
}

/// A number of any integer type.
///
/// # Errors
/// When the column holds something else, or a number out of range.
pub fn number<T: TryFrom<i64>>(row: &Row, name: &str) -> Result<T, StoreError> {
    let number: i64 = row.try_get(name)?;
    in_range(number, name)
}

/// A number of any integer type, or nothing.
///
/// # Errors
/// When the column holds something else, or a number out of range.
pub fn optional_number<T: TryFrom<i64>>(row: &Row, name: &str) -> Result<Option<T>, StoreError> {
    let number: Option<i64> = row.try_get(name)?;
    number.map(|number| in_range(number, name)).transpose()
}

/// Yes or no, stored as 1 or 0: SQLite has no other type for it.
///
/// # Errors
/// When the column holds something else.
pub fn flag(row: &Row, name: &str) -> Result<bool, StoreError> {
    Ok(number::<i64>(row, name)? != 0)
}

/// The time so many microseconds after 1970.
///
/// # Errors
/// When it lies beyond the calendar.
pub fn from_microseconds(microseconds: i64) -> Result<OffsetDateTime, StoreError> {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(microseconds) * 1000)
        .with_context(|| format!("{microseconds} is no time"))
        .map_err(StoreError::Broken)
}

/// Microseconds since 1970; a year of at most four digits is always in range.
#[must_use]
pub fn microseconds(moment: OffsetDateTime) -> i64 {
    i64::try_from(moment.unix_timestamp_nanos() / 1000).unwrap_or(i64::MAX)
}

/// A value as JSON.
///
/// # Errors
/// When the value cannot be written as JSON, which is a bug.
pub fn to_json<T: Serialize + ?Sized>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value)
        .context("a value cannot be written as JSON")
        .map_err(StoreError::Broken)
}

fn in_range<T: TryFrom<i64>>(number: i64, name: &str) -> Result<T, StoreError> {
    let number = T::try_from(number).ok().with_context(|| damaged(name));
    number.map_err(StoreError::Broken)
}

fn read<T>(
    row: &Row,
    name: &str,
    parse: impl FnOnce(&str) -> Result<T, Cause>,
) -> Result<T, StoreError> {
    parse(row.try_get(name)?).with_context(|| damaged(name)).map_err(StoreError::Broken)
}

fn read_optional<T>(
    row: &Row,
    name: &str,
    parse: impl FnOnce(&str) -> Result<T, Cause>,
) -> Result<Option<T>, StoreError> {
    let text: Option<&str> = row.try_get(name)?;
    text.map(parse).transpose().with_context(|| damaged(name)).map_err(StoreError::Broken)
}

fn damaged(name: &str) -> String {
    format!("column {name} holds what was never written")
}
