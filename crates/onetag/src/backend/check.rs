//! What `doctor` looks at.

use serde::Serialize;

use crate::error::{describe, hints};

/// One thing that a machine has or lacks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What was looked at, such as `podman`.
    pub name: String,
    /// Whether it will do.
    pub state: CheckState,
    /// What was found: a version, for example.
    pub found: String,
    /// What is wanted, where that is not said by the name.
    pub wanted: Option<String>,
    /// What to type or to change to mend it.
    pub mend: Option<String>,
}

/// Whether what was found will do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CheckState {
    /// It will.
    Ok,
    /// It will, with less than there could be.
    Warning,
    /// It will not.
    Failed,
}

impl Check {
    /// What will do.
    pub fn ok(name: &str, found: impl Into<String>) -> Check {
        let (name, found) = (name.to_owned(), found.into());
        Check { name, state: CheckState::Ok, found, wanted: None, mend: None }
    }

    /// What will do, with less than there could be.
    pub fn warning(name: &str, found: impl Into<String>) -> Check {
        Check { state: CheckState::Warning, ..Check::ok(name, found) }
    }

    /// What will not do.
    pub fn failed(name: &str, found: impl Into<String>) -> Check {
        Check { state: CheckState::Failed, ..Check::ok(name, found) }
    }

    /// What is wrong; the hints are what mends it.
    pub(crate) fn of_error(name: &str, error: &anyhow::Error) -> Check {
        let text = describe(error);
        let found = text.split("\nhint: ").next().unwrap_or_default();
        let check = Check::failed(name, found);
        match hints(error).join("\n") {
            hints if hints.is_empty() => check,
            hints => check.mend(hints),
        }
    }

    /// Says what is wanted.
    pub fn wanted(self, wanted: impl Into<String>) -> Check {
        Check { wanted: Some(wanted.into()), ..self }
    }

    /// Says what to type or to change.
    pub fn mend(self, mend: impl Into<String>) -> Check {
        Check { mend: Some(mend.into()), ..self }
    }
}
