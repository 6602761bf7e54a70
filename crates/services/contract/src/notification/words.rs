//! The types and priorities of notifications.

use serde::{Deserialize, Serialize};
use strum::{Display, EnumString, IntoStaticStr, VariantNames};
use utoipa::ToSchema;

/// What a notification is about.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    ToSchema,
    Display,
    EnumString,
    IntoStaticStr,
    VariantNames,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Kind {
    /// Somebody is needed.
    Escalation,
    /// A simple message.
    #[default]
    Simple,
    /// Something has changed.
    StatusUpdate,
    /// A decision is asked for.
    Approval,
    /// Automation has given up.
    ManualReview,
}

/// How urgent a notification is.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    ToSchema,
    Display,
    EnumString,
    IntoStaticStr,
    VariantNames,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum Priority {
    /// Before everything else.
    Critical,
    /// Soon.
    High,
    /// In turn.
    #[default]
    Medium,
    /// When there is nothing else.
    Low,
}

impl Priority {
    /// 0 is the most urgent.
    #[must_use]
    pub fn rank(self) -> i64 {
        self as i64
    }
}
