//! The JSON documents of onetag: reading, writing, and errors that name the key.
//!
//! A type is a record of its fields, one of several words, or one of several
//! kinds of records. One line behind its definition says so:
//!
//! ```
//! use onetag_json::{record, tagged, words};
//!
//! #[derive(Debug, PartialEq)]
//! struct Parcel {
//!     weight: u32,
//!     note: Option<String>,
//!     stamps: Vec<Stamp>,
//! }
//! record!(Parcel { weight as "weight-in-grams", note, stamps or default });
//!
//! #[derive(Debug, PartialEq)]
//! enum Stamp {
//!     Plain,
//!     Special,
//! }
//! words!(Stamp { Plain as "plain", Special as "special" });
//!
//! #[derive(Debug, PartialEq)]
//! enum News {
//!     Sent { parcel: Parcel },
//!     Lost,
//! }
//! tagged!(News by "news" { Sent as "sent" { parcel }, Lost as "lost" {} });
//!
//! let sent = r#"{"news":"sent","parcel":{"weight-in-grams":5,"stamps":["plain"]}}"#;
//! let parcel = Parcel { weight: 5, note: None, stamps: vec![Stamp::Plain] };
//! assert_eq!(onetag_json::from_str::<News>(sent).unwrap(), News::Sent { parcel });
//! assert_eq!(onetag_json::to_string(&News::Lost), r#"{"news":"lost"}"#);
//!
//! let error = onetag_json::from_str::<Parcel>(r#"{"weight-in-grams":5,"stamps":["torn"]}"#);
//! assert_eq!(
//!     error.unwrap_err().to_string(),
//!     "stamps[0]: unknown value `torn`, expected one of `plain`, `special`"
//! );
//! ```
//!
//! What is written implements `Serialize`, what is read [`FromJson`], both by
//! declarative macros: everybody waits for a cold build of the harness, and
//! `serde`'s derive macro, what that is made of, and the code that it writes took
//! 11 s of processor time of it. Text is read and written by `serde_json`.

mod error;
mod fields;
mod macros;
mod types;

pub use error::{Error, Problem};
pub use fields::Fields;
#[doc(hidden)]
pub use serde_core;
pub use serde_core::{Serialize, Serializer};
pub use serde_json::Value;
pub use types::FromJson;

/// Reads a document.
///
/// # Errors
///
/// When the bytes are no JSON, or JSON of another form.
pub fn from_slice<T: FromJson>(bytes: &[u8]) -> Result<T, Error> {
    let value = serde_json::from_slice(bytes);
    T::from_json(value.map_err(|error| Error::other(format!("no JSON: {error}")))?)
}

/// Reads a document.
///
/// # Errors
///
/// When the text is no JSON, or JSON of another form.
pub fn from_str<T: FromJson>(text: &str) -> Result<T, Error> {
    from_slice(text.as_bytes())
}

/// Writes a document on one line, without any space.
///
/// # Panics
///
/// When a map has keys that are no text, which no type of ours has.
pub fn to_string(document: &impl Serialize) -> String {
    serde_json::to_string(document).expect("records, words and containers can be written")
}

/// Writes a document for people: a line for each key and each element, indented
/// by two spaces. There is no line feed at its end.
///
/// # Panics
///
/// As [`to_string`].
pub fn to_string_pretty(document: &impl Serialize) -> String {
    serde_json::to_string_pretty(document).expect("records, words and containers can be written")
}

#[cfg(test)]
mod tests;
