//! Which signals a workflow is for.

use std::fmt;
use std::str::FromStr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::ToSchema;

use super::{Priority, schema};
use crate::datastorage::Severity;

/// The value of a label that a workflow is for: any, written as `*`, or one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum LabelPattern<T> {
    /// Any value.
    Any,
    /// Only this value; upper and lower case differ.
    Only(T),
}

/// The labels that every classified signal has, and that every workflow must
/// name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Labels {
    /// The kind of signal: `OOMKilled`.
    #[schema(schema_with = schema::wanted_text)]
    pub signal_type: LabelPattern<String>,
    /// How bad it is.
    #[schema(schema_with = schema::wanted_severity)]
    pub severity: LabelPattern<Severity>,
    /// What is affected: `deployment`.
    #[schema(schema_with = schema::wanted_text)]
    pub component: LabelPattern<String>,
    /// Where: `production`.
    #[schema(schema_with = schema::wanted_text)]
    pub environment: LabelPattern<String>,
    /// How urgent it is.
    #[schema(schema_with = schema::wanted_priority)]
    pub priority: LabelPattern<Priority>,
}

impl<T> LabelPattern<T> {
    /// The one value, if it is not any.
    pub fn only(&self) -> Option<&T> {
        match self {
            Self::Any => None,
            Self::Only(value) => Some(value),
        }
    }
}

impl<T: fmt::Display> fmt::Display for LabelPattern<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("*"),
            Self::Only(value) => value.fmt(f),
        }
    }
}

impl<T: FromStr> FromStr for LabelPattern<T> {
    type Err = T::Err;

    fn from_str(text: &str) -> Result<Self, T::Err> {
        if text == "*" { Ok(Self::Any) } else { text.parse().map(Self::Only) }
    }
}

impl<T: fmt::Display> Serialize for LabelPattern<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, T: FromStr<Err: fmt::Display>> Deserialize<'de> for LabelPattern<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_star_is_any_and_everything_else_is_a_value() {
        let labels = json!({
            "signal_type": "*",
            "severity": "high",
            "component": "a*",
            "environment": "",
            "priority": "*",
        });
        let read: Labels = serde_json::from_value(labels.clone()).expect("labels");
        assert_eq!(read.signal_type, LabelPattern::Any);
        assert_eq!(read.severity.only(), Some(&Severity::High));
        assert_eq!(read.component, LabelPattern::Only("a*".to_owned()));
        assert_eq!(serde_json::to_value(read).expect("serializable"), labels);
    }

    #[test]
    fn a_word_that_is_not_in_the_vocabulary_is_refused() {
        let error =
            "warning".parse::<LabelPattern<Severity>>().expect_err("a signal's word, not ours");
        assert_eq!(error.to_string(), "`warning` is none of critical, high, medium, low");
    }
}
