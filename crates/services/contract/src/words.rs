//! Enums whose variants are words: in JSON, in columns, in queries.

use std::str::FromStr;

use strum::VariantNames;

/// An enum whose variants are words, declared with
/// [`words!`](crate::words!).
pub trait Words: Copy + FromStr<Err = UnknownWord> + Into<&'static str> + VariantNames {
    /// The word on the wire and in the database.
    fn as_str(self) -> &'static str {
        self.into()
    }
}

impl<T: Copy + FromStr<Err = UnknownWord> + Into<&'static str> + VariantNames> Words for T {}

/// A word that is not in the vocabulary.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{word}` is none of {}", known.join(", "))]
pub struct UnknownWord {
    word: String,
    known: &'static [&'static str],
}

impl UnknownWord {
    /// That a word is none of `T`.
    pub fn of<T: VariantNames>(word: &str) -> Self {
        Self { word: word.to_owned(), known: T::VARIANTS }
    }
}

/// Declares enums whose variants are [`Words`](crate::Words), spelled the same in
/// JSON, columns, queries and the schema. The case is one that serde knows. Where
/// it is used there are serde, strum and utoipa.
///
/// ```
/// contract::words! {
///     /// How far it is.
///     #[derive(Default)]
///     pub enum Progress in "kebab-case" {
///         /// Nothing was done yet.
///         #[default]
///         NotBegun,
///         /// Nothing is left to do.
///         Done,
///     }
/// }
///
/// assert_eq!(Progress::default().to_string(), "not-begun");
/// ```
#[macro_export]
macro_rules! words {
    ($(
        $(#[$attribute:meta])*
        $vis:vis enum $name:ident in $case:tt { $($variants:tt)* }
    )+) => {$(
        $(#[$attribute])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[derive(::serde::Serialize, ::serde::Deserialize, ::utoipa::ToSchema)]
        #[derive(::strum::Display, ::strum::EnumString, ::strum::IntoStaticStr)]
        #[derive(::strum::VariantNames)]
        #[serde(rename_all = $case)]
        #[strum(
            serialize_all = $case,
            parse_err_ty = $crate::words::UnknownWord,
            parse_err_fn = $crate::words::UnknownWord::of::<Self>,
        )]
        $vis enum $name { $($variants)* }
    )+};
}
