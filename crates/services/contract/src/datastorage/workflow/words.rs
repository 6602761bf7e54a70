//! The vocabularies of the catalog.

use crate::words;

words! {
    /// How urgent a remediation is.
    pub enum Priority in "PascalCase" {
        /// At once.
        P0,
        /// Soon.
        P1,
        /// In turn.
        P2,
        /// When there is nothing else.
        P3,
    }

    /// Whether a version of a workflow may be used.
    pub enum WorkflowStatus in "lowercase" {
        /// It may be chosen and run.
        Active,
        /// It must not be chosen for now.
        Disabled,
        /// It is being phased out and must not be chosen any more.
        Deprecated,
        /// It is kept for the record only.
        Archived,
    }

    /// The type of a workflow's parameter.
    pub enum ParameterType in "lowercase" {
        /// Text.
        String,
        /// A whole number.
        Integer,
        /// A number.
        Number,
        /// `true` or `false`.
        Boolean,
    }

    /// What a step of a workflow does.
    pub enum StepType in "lowercase" {
        /// Sends an HTTP request.
        Http,
        /// Waits.
        Wait,
    }
}
