//! The JSON documents of onetag: reading, writing, and errors that name the key.
//!
//! A type is a record of its fields, one of several words, or one of several
//! kinds of records. One line behind its definition says so:
//!
//! ```
//! use onetag_json::{FromJson, ToJson, record, tagged, words};
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
//! It is not `serde`, because everybody waits for a cold build of the harness:
//! `serde_json` and what it needs, and the derive macro with what that is made
//! of, took 15 s of processor time of it, and the code that the macro wrote
//! another 3 s. Nothing here is generic over a format. Tests compare what is read
//! and written with `serde_json`.

mod error;
mod fields;
mod macros;
mod parse;
mod types;
mod value;
mod write;

pub use error::{Error, Problem};
pub use fields::Fields;
pub use types::{FromJson, ToJson};
pub use value::Value;
pub use write::{Object, Writer};

/// Reads a document.
///
/// # Errors
///
/// When the bytes are no JSON, or JSON of another form.
pub fn from_slice<T: FromJson>(bytes: &[u8]) -> Result<T, Error> {
    let text = std::str::from_utf8(bytes).map_err(|error| Error::other(error.to_string()))?;
    from_str(text)
}

/// Reads a document.
///
/// # Errors
///
/// When the text is no JSON, or JSON of another form.
pub fn from_str<T: FromJson>(text: &str) -> Result<T, Error> {
    T::from_json(parse::parse(text)?)
}

/// Writes a document on one line, without any space.
pub fn to_string(document: &dyn ToJson) -> String {
    let mut writer = Writer::compact();
    document.to_json(&mut writer);
    writer.finish()
}

/// Writes a document for people: a line for each key and each element, indented
/// by two spaces. There is no line feed at its end.
pub fn to_string_pretty(document: &dyn ToJson) -> String {
    let mut writer = Writer::pretty();
    document.to_json(&mut writer);
    writer.finish()
}

#[cfg(test)]
mod tests;
