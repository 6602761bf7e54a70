//! The errors of this crate that can be mended by whoever sees them.

/// An error with a hint: what to type, or to change, to mend it. It displays
/// without the hint.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct HintedError {
    message: String,
    hint: String,
}

impl HintedError {
    pub(crate) fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { message: message.into(), hint: hint.into() }
    }

    /// What to type, or to change, to mend it.
    pub fn hint(&self) -> &str {
        &self.hint
    }
}
