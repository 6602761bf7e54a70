//! The types and priorities of notifications.

use kit::{FromInput, Node};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a notification is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
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

impl Kind {
    const ALL: [(&'static str, Self); 5] = [
        ("escalation", Self::Escalation),
        ("simple", Self::Simple),
        ("status-update", Self::StatusUpdate),
        ("approval", Self::Approval),
        ("manual-review", Self::ManualReview),
    ];

    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        Self::ALL[self as usize].0
    }
}

impl Priority {
    const ALL: [(&'static str, Self); 4] = [
        ("critical", Self::Critical),
        ("high", Self::High),
        ("medium", Self::Medium),
        ("low", Self::Low),
    ];

    /// 0 is the most urgent.
    #[must_use]
    pub fn rank(self) -> i64 {
        self as i64
    }

    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        Self::ALL[self as usize].0
    }
}

impl FromInput for Kind {
    fn read(node: Node<'_>) -> Option<Self> {
        node.one_of(&Self::ALL)
    }
}

impl FromInput for Priority {
    fn read(node: Node<'_>) -> Option<Self> {
        node.one_of(&Self::ALL)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_of_the_api() {
        for (index, (word, kind)) in Kind::ALL.into_iter().enumerate() {
            assert_eq!((kind as usize, kind.word()), (index, word));
            assert_eq!(serde_json::to_value(kind).expect("JSON"), word);
        }
        for (index, (word, priority)) in Priority::ALL.into_iter().enumerate() {
            assert_eq!((priority as usize, priority.word()), (index, word));
            assert_eq!(serde_json::to_value(priority).expect("JSON"), word);
        }
    }
}
