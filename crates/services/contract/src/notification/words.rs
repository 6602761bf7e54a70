//! The types and priorities of notifications.

use crate::words;

words! {
    /// What a notification is about.
    #[derive(Default)]
    pub enum Kind in "kebab-case" {
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
    #[derive(Default)]
    pub enum Priority in "lowercase" {
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
}

impl Priority {
    /// 0 is the most urgent.
    #[must_use]
    pub fn rank(self) -> i64 {
        self as i64
    }
}
