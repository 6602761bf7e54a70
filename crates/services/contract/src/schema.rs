//! Schemas of texts with a form of their own, for annotations:
//! `#[schema(value_type = contract::schema::Label)]`.
//!
//! `x-message` is what a value is told that does not have the form; it is read
//! after the field's name.

use serde_json::json;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;
use utoipa::{PartialSchema, ToSchema};

use crate::duration;

/// A text that has the form of a schema.
macro_rules! text {
    ($(#[$doc:meta])* $name:ident: $schema:expr) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub enum $name {}

        impl ToSchema for $name {}

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                from_json($schema).into()
            }
        }
    };
}

text! {
    /// A lower-case DNS label (RFC 1123). Names of resources have this form.
    Label: json!({
        "type": "string",
        "description": "A lower-case DNS label (RFC 1123)",
        "minLength": 1,
        "maxLength": 63,
        "pattern": LABEL,
        "x-message": LABEL_MESSAGE,
    })
}

text! {
    /// A duration, as [`duration::parse`] reads it.
    DurationText: json!({
        "type": "string",
        "description": "A duration: `50ms`, `30s`, `1h 30m`",
        "minLength": 1,
        "maxLength": 64,
        "pattern": duration::PATTERN,
        "x-message": duration::FORM,
    })
}

text! {
    /// The address of an HTTP server.
    HttpUrl: json!({
        "type": "string",
        "description": "An http or https URL",
        "minLength": 1,
        "maxLength": 2000,
        "format": "uri",
        "pattern": "^[Hh][Tt][Tt][Pp][Ss]?://",
        "x-message": "must be an http or https URL",
    })
}

/// The form of a [`Label`].
pub(crate) const LABEL: &str = "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$";

/// What a value is told that is no [`Label`].
pub(crate) const LABEL_MESSAGE: &str =
    "must be a lower-case DNS label: a-z, 0-9 and '-', with no '-' at either end";

/// A map with any keys: at most `entries`, with keys of 1 to `key` characters and
/// texts of at most `text` characters.
#[must_use]
pub fn texts(entries: usize, key: usize, text: usize) -> Schema {
    from_json(json!({
        "type": "object",
        "maxProperties": entries,
        "propertyNames": { "type": "string", "minLength": 1, "maxLength": key },
        "additionalProperties": { "type": "string", "maxLength": text },
    }))
}

/// A schema that is written as JSON.
///
/// # Panics
///
/// If it is none.
#[must_use]
pub fn from_json(schema: serde_json::Value) -> Schema {
    serde_json::from_value(schema).expect("it is a schema")
}
