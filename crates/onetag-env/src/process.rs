//! The environment as a test finds it in its own process.

use crate::{Environment, Error};

/// What to do when a test runs without an environment.
const RUN_IT: &str =
    "run the suite through `cargo xtask e2e <suite>`, or keep one up with `cargo xtask up <suite>`";

impl Environment {
    /// Reads the variables of this process, which the hook has set.
    ///
    /// # Errors
    ///
    /// When they are not there or are not a run's; the error names the first
    /// such variable and says how to run the suite.
    pub fn from_process() -> Result<Self, Error> {
        Self::from_vars(
            std::env::vars_os().filter_map(|(key, value)| {
                Some((key.into_string().ok()?, value.into_string().ok()?))
            }),
        )
    }

    /// Like [`from_process`](Environment::from_process), on any variables.
    ///
    /// ```
    /// let nothing = onetag_env::Environment::from_vars([]);
    /// assert!(nothing.unwrap_err().to_string().contains("cargo xtask e2e <suite>"));
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`from_process`](Environment::from_process).
    pub fn from_vars(variables: impl IntoIterator<Item = (String, String)>) -> Result<Self, Error> {
        Self::from_values(&variables.into_iter().collect()).map_err(|error| error.with_hint(RUN_IT))
    }
}
