//! The vocabularies of an audit event.

use crate::words;

words! {
    /// Which part of the pipeline an event is about.
    pub enum Category in "lowercase" {
        /// Signals and their deduplication.
        Gateway,
        /// Messages to people and webhooks.
        Notification,
        /// Root cause analysis.
        Analysis,
        /// Enrichment and classification of signals.
        SignalProcessing,
        /// Workflows: the catalog and its searches, executions.
        Workflow,
        /// Life cycle of a remediation request.
        Orchestration,
        /// DataStorage's own actions.
        Storage,
    }

    /// How the action ended.
    pub enum Outcome in "lowercase" {
        /// It did what it should.
        Success,
        /// It did not.
        Failure,
        /// It has not ended yet.
        Pending,
    }

    /// How bad it is, in the words that are used inside the pipeline.
    pub enum Severity in "lowercase" {
        /// Someone has to act now.
        Critical,
        /// Someone has to act soon.
        High,
        /// Worth a look.
        Medium,
        /// For the record.
        Low,
    }
}

#[cfg(test)]
mod tests {
    use serde::Serialize;

    use super::*;
    use crate::datastorage::{ParameterType, Priority, StepType, WorkflowStatus};
    use crate::notification::{ChannelType, Kind, Phase};
    use crate::words::Words;

    /// Every word in the order of the documentation, and that JSON and columns
    /// spell it the same way.
    fn words<T: Words + Serialize>() -> String {
        for word in T::VARIANTS {
            let value: T = word.parse().expect("a listed word");
            assert_eq!(value.as_str(), *word);
            assert_eq!(serde_json::to_value(value).expect("serializable"), *word);
        }
        T::VARIANTS.join(" ")
    }

    #[test]
    fn every_word_reads_back_as_itself() {
        insta::assert_snapshot!(words::<Category>(), @"gateway notification analysis signalprocessing workflow orchestration storage");
        insta::assert_snapshot!(words::<Outcome>(), @"success failure pending");
        insta::assert_snapshot!(words::<Severity>(), @"critical high medium low");
        insta::assert_snapshot!(words::<Priority>(), @"P0 P1 P2 P3");
        insta::assert_snapshot!(words::<WorkflowStatus>(), @"active disabled deprecated archived");
        insta::assert_snapshot!(words::<ParameterType>(), @"string integer number boolean");
        insta::assert_snapshot!(words::<StepType>(), @"http wait");
        insta::assert_snapshot!(words::<Kind>(), @"escalation simple status-update approval manual-review");
        insta::assert_snapshot!(words::<ChannelType>(), @"console log file slack webhook");
        insta::assert_snapshot!(words::<Phase>(), @"Pending Sending Retrying Sent PartiallySent Failed");
        insta::assert_snapshot!(words::<crate::notification::Priority>(), @"critical high medium low");
    }

    #[test]
    fn an_unknown_word_is_answered_with_the_known_ones() {
        let error = "warning".parse::<Severity>().expect_err("a signal's word, not ours");
        assert_eq!(error.to_string(), "`warning` is none of critical, high, medium, low");
    }
}
