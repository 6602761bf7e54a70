//! Schemas of the types that [`check`](crate::check) reads, for annotations:
//! `#[schema(value_type = kit::schema::Label)]`.
//!
//! The document and the reader use the same limits.

use std::ops::RangeInclusive;

use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{Object, ObjectBuilder, Schema, SchemaType, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::duration;

/// The longest text that is read as a duration or a time.
pub(crate) const TERM_LENGTH: usize = 64;

/// A lower-case DNS label, as [`Node::label`](crate::Node::label) reads it.
#[derive(Debug)]
pub enum Label {}

/// A duration, as [`Node::duration`](crate::Node::duration) reads it.
#[derive(Debug)]
pub enum DurationText {}

/// A text of `length` characters, as [`Node::string`](crate::Node::string)
/// reads it.
#[must_use]
pub fn text(length: RangeInclusive<usize>) -> ObjectBuilder {
    string().min_length(Some(*length.start())).max_length(Some(*length.end()))
}

/// At most `entries` entries, as [`Node::map`](crate::Node::map) reads them.
#[must_use]
pub fn map(entries: usize, key: ObjectBuilder, value: ObjectBuilder) -> Object {
    ObjectBuilder::new()
        .max_properties(Some(entries))
        .property_names(Some(Schema::from(key)))
        .additional_properties(Some(Schema::from(value)))
        .build()
}

impl ToSchema for Label {}

impl PartialSchema for Label {
    fn schema() -> RefOr<Schema> {
        string()
            .description(Some("A lower-case DNS label (RFC 1123)"))
            .pattern(Some("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"))
            .into()
    }
}

impl ToSchema for DurationText {}

impl PartialSchema for DurationText {
    fn schema() -> RefOr<Schema> {
        text(1..=TERM_LENGTH)
            .description(Some("A duration: `50ms`, `30s`, `1h 30m`"))
            .pattern(Some(duration::PATTERN))
            .into()
    }
}

fn string() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(SchemaType::new(Type::String))
}
