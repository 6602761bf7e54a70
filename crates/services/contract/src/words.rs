//! Enums whose variants are words: in JSON, in columns, in queries.

use std::error::Error;
use std::str::FromStr;

use strum::VariantNames;

/// An enum whose variants are words. Its derives are those of serde and strum,
/// with the same spelling.
pub trait Words:
    Copy + FromStr<Err: Error + Send + Sync + 'static> + Into<&'static str> + VariantNames
{
    /// The word on the wire and in the database.
    fn as_str(self) -> &'static str {
        self.into()
    }
}

impl<T> Words for T where
    T: Copy + FromStr<Err: Error + Send + Sync + 'static> + Into<&'static str> + VariantNames
{
}

/// A word that is not in the vocabulary.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{word}` is none of {}", known.join(", "))]
pub struct UnknownWord {
    word: String,
    known: &'static [&'static str],
}

impl UnknownWord {
    pub(crate) fn of<T: VariantNames>(word: &str) -> Self {
        Self { word: word.to_owned(), known: T::VARIANTS }
    }
}
