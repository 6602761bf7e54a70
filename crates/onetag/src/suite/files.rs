//! The files that one call of nextest reads and writes.

use anyhow::Context as _;
use camino::{Utf8Path, Utf8PathBuf};
use tempfile::TempDir;

use super::PROFILE;
use crate::build::NextestInputs;
use crate::keeper::TURN_TIMEOUT;
use crate::run::{write_file, write_json};
use crate::workspace::Suite;

/// A folder for one call of nextest, which is removed after it.
///
/// Several commands may wait to test the same kept run, each with what it built.
pub(super) struct NextestFiles {
    path: Utf8PathBuf,
    _folder: TempDir,
}

impl NextestFiles {
    /// Makes the folder in `parent`, and writes the list of test binaries.
    pub(super) fn create(parent: &Utf8Path, inputs: &NextestInputs) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("nextest-").tempdir_in(parent);
        let folder = folder.with_context(|| format!("cannot make a folder in {parent}"))?;
        let path = folder.path().to_owned().try_into();
        let path = path.context("the path of the target folder is not UTF-8")?;
        let files = NextestFiles { path, _folder: folder };
        write_json(&files.binaries(), &inputs.binaries)?;
        Ok(files)
    }

    /// For `--binaries-metadata`.
    pub(super) fn binaries(&self) -> Utf8PathBuf {
        self.path.join("binaries.json")
    }

    /// Where nextest writes its report.
    pub(super) fn junit(&self) -> Utf8PathBuf {
        self.path.join("junit.xml")
    }

    /// Writes the configuration for `--tool-config-file`: where the report goes, and
    /// the hook for every test of the suite, run by this program.
    pub(super) fn write_tool_config(
        &self,
        suite: &Suite,
        program: &str,
    ) -> anyhow::Result<Utf8PathBuf> {
        let (path, command) = (self.path.join("nextest.toml"), [program, "hook", &suite.name]);
        let filter = suite.binaries_filterset();
        let text = tool_config(&self.junit(), &hook_script(suite), &command, &filter);
        write_file(&path, text.as_bytes())?;
        Ok(path)
    }
}

/// What nextest calls the hook that `e2e` and `test` bring: scripts of a tool are
/// named so (nextest documentation, tool configuration).
pub(super) fn hook_script(suite: &Suite) -> String {
    format!("@tool:onetag:{}", suite.name)
}

/// The hook waits for its turn on the run, reads a file and asks the keeper; a minute
/// more, and it hangs.
fn tool_config(junit: &Utf8Path, script: &str, command: &[&str], filter: &str) -> String {
    let command: Vec<_> = command.iter().map(|word| toml_string(word)).collect();
    let (script, command) = (toml_string(script), command.join(", "));
    // Else nextest makes the folder `target` in the root, whatever cargo builds into.
    let store = junit.parent().unwrap_or(junit);
    format!(
        "[store]\n\
         dir = {}\n\
         \n\
         [profile.{PROFILE}.junit]\n\
         path = {}\n\
         \n\
         [scripts.setup.{script}]\n\
         command = [{command}]\n\
         slow-timeout = {{ period = \"60s\", terminate-after = {} }}\n\
         \n\
         [[profile.{PROFILE}.scripts]]\n\
         filter = {}\n\
         setup = {script}\n",
        toml_string(store.as_str()),
        toml_string(junit.as_str()),
        TURN_TIMEOUT.as_secs() / 60 + 1,
        toml_string(filter),
    )
}

/// A basic string of TOML.
fn toml_string(text: &str) -> String {
    // JSON's escapes are a subset of TOML's.
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tool_configuration_adds_the_hook() {
        let command = ["/a \"b\"/xtask", "hook", "alpha"];
        let script = "@tool:onetag:alpha";
        let text = tool_config("/t/junit.xml".into(), script, &command, "binary_id(=e2e::alpha)");
        let table: toml::Table = toml::from_str(&text).unwrap();
        assert_eq!(table["profile"]["e2e"]["junit"]["path"].as_str(), Some("/t/junit.xml"));
        let hook = &table["scripts"]["setup"][script];
        let words: Vec<_> = hook["command"].as_array().unwrap().iter().collect();
        assert_eq!(words, command.map(toml::Value::from).iter().collect::<Vec<_>>());
        let rule = &table["profile"]["e2e"]["scripts"][0];
        assert_eq!(rule["filter"].as_str(), Some("binary_id(=e2e::alpha)"));
        assert_eq!(rule["setup"].as_str(), Some(script));
    }
}
