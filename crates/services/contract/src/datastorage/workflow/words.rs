//! The vocabularies of the catalog.

use crate::datastorage::words::words;

words! {
    /// How urgent a remediation is.
    Priority {
        /// At once.
        P0 = "P0",
        /// Soon.
        P1 = "P1",
        /// In turn.
        P2 = "P2",
        /// When there is nothing else.
        P3 = "P3",
    }
}

words! {
    /// Whether a version of a workflow may be used.
    WorkflowStatus {
        /// It may be chosen and run.
        Active = "active",
        /// It must not be chosen for now.
        Disabled = "disabled",
        /// It is being phased out and must not be chosen any more.
        Deprecated = "deprecated",
        /// It is kept for the record only.
        Archived = "archived",
    }
}

words! {
    /// The type of a workflow's parameter.
    ParameterType {
        /// Text.
        String = "string",
        /// A whole number.
        Integer = "integer",
        /// A number.
        Number = "number",
        /// `true` or `false`.
        Boolean = "boolean",
    }
}

words! {
    /// What a step of a workflow does.
    StepType {
        /// Sends an HTTP request.
        Http = "http",
        /// Waits.
        Wait = "wait",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_reads_back_as_itself() {
        for word in Priority::WORDS {
            assert_eq!(word.parse::<Priority>().expect("a listed word").as_str(), *word);
        }
        for word in WorkflowStatus::WORDS {
            assert_eq!(word.parse::<WorkflowStatus>().expect("a listed word").as_str(), *word);
        }
        for word in ParameterType::WORDS {
            assert_eq!(word.parse::<ParameterType>().expect("a listed word").as_str(), *word);
        }
        for word in StepType::WORDS {
            assert_eq!(word.parse::<StepType>().expect("a listed word").as_str(), *word);
        }
    }
}
