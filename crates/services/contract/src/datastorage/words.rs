//! The vocabularies of an audit event, and the macro that defines one.

use std::fmt;

/// Defines an enum whose variants are lower-case words in JSON. Validation,
/// documentation and parsing share its list of words.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $word:tt,)+ }) => {
        $(#[$meta])*
        #[derive(
            Clone,
            Copy,
            Debug,
            PartialEq,
            Eq,
            Hash,
            serde::Serialize,
            serde::Deserialize,
            utoipa::ToSchema,
        )]
        pub enum $name {
            $($(#[$doc])* #[serde(rename = $word)] $variant,)+
        }

        impl $name {
            /// Every word, in the order of the documentation.
            pub const WORDS: &[&str] = &[$($word),+];

            /// The word on the wire and in the database.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::datastorage::UnknownWord;

            fn from_str(word: &str) -> Result<Self, $crate::datastorage::UnknownWord> {
                match word {
                    $($word => Ok(Self::$variant),)+
                    _ => Err($crate::datastorage::UnknownWord::new(word, Self::WORDS)),
                }
            }
        }
    };
}

pub(crate) use words;

words! {
    /// Which part of the pipeline an event is about.
    Category {
        /// Signals and their deduplication.
        Gateway = "gateway",
        /// Messages to people and webhooks.
        Notification = "notification",
        /// Root cause analysis.
        Analysis = "analysis",
        /// Enrichment and classification of signals.
        SignalProcessing = "signalprocessing",
        /// Workflows: the catalog and its searches, executions.
        Workflow = "workflow",
        /// Life cycle of a remediation request.
        Orchestration = "orchestration",
        /// DataStorage's own actions.
        Storage = "storage",
    }
}

words! {
    /// How the action ended.
    Outcome {
        /// It did what it should.
        Success = "success",
        /// It did not.
        Failure = "failure",
        /// It has not ended yet.
        Pending = "pending",
    }
}

words! {
    /// How bad it is, in the words that are used inside the pipeline.
    Severity {
        /// Someone has to act now.
        Critical = "critical",
        /// Someone has to act soon.
        High = "high",
        /// Worth a look.
        Medium = "medium",
        /// For the record.
        Low = "low",
    }
}

/// A word that is not in the vocabulary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownWord {
    word: String,
    known: &'static [&'static str],
}

impl UnknownWord {
    pub(crate) fn new(word: &str, known: &'static [&'static str]) -> Self {
        Self { word: word.to_owned(), known }
    }
}

impl fmt::Display for UnknownWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is none of {}", self.word, self.known.join(", "))
    }
}

impl std::error::Error for UnknownWord {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_reads_back_as_itself() {
        for word in Category::WORDS {
            let category: Category = word.parse().expect("a listed word");
            assert_eq!(category.as_str(), *word);
            assert_eq!(serde_json::to_value(category).expect("serializable"), *word);
        }
        for word in Outcome::WORDS {
            assert_eq!(word.parse::<Outcome>().expect("a listed word").as_str(), *word);
        }
        for word in Severity::WORDS {
            assert_eq!(word.parse::<Severity>().expect("a listed word").as_str(), *word);
        }
    }

    #[test]
    fn an_unknown_word_is_answered_with_the_known_ones() {
        let error = "warning".parse::<Severity>().expect_err("a signal's word, not ours");
        assert_eq!(error.to_string(), "`warning` is none of critical, high, medium, low");
    }
}
