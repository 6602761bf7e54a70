//! The environment as a test finds it in its own process.

use std::collections::BTreeMap;

use crate::{Environment, Error, keys};

/// What to do when a test runs without an environment.
const RUN_IT: &str =
    "run the suite through `cargo xtask e2e <suite>`, or keep one up with `cargo xtask up <suite>`";

impl Environment {
    /// Reads the variables of this process, which the hook has set.
    ///
    /// # Errors
    ///
    /// When they are not there or are not a run's; the error names the first
    /// such variable and says how to run the suite. Also when they are not those that
    /// the harness wrote for the run.
    pub fn from_process() -> Result<Self, Error> {
        let environment = Self::from_vars(std::env::vars_os().filter_map(|(key, value)| {
            Some((key.into_string().ok()?, value.into_string().ok()?))
        }))?;
        // Whoever could read the file once its run is over is told so by the services.
        let file = std::env::var_os(keys::ENV_FILE).map(std::fs::read_to_string);
        match file {
            Some(Ok(text)) => environment.compared_with(&text),
            _ => Ok(environment),
        }
    }

    /// Nextest lets the setup script that runs last have its way; so what was written
    /// for the run is compared with what reached the test.
    pub(crate) fn compared_with(self, text: &str) -> Result<Self, Error> {
        let file = Self::parse(text)?;
        let lines: BTreeMap<_, _> = file.lines().collect();
        let other = self.lines().find(|(key, value)| lines.get(key) != Some(value));
        let Some((key, value)) = other else { return Ok(self) };
        let what = match lines.get(&key) {
            Some(expected) => format!("`{value}`, but the run has `{expected}`"),
            None => format!("`{value}`, which the run does not have"),
        };
        Err(Error::new(what).key(key).with_hint(
            "another setup script of .config/nextest.toml sets it: let it set other variables",
        ))
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
