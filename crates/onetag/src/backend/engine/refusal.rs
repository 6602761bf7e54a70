//! What engines say when they do not do what they are asked to.

use anyhow::anyhow;

use super::dialect::Dialect;
use crate::error::Attach as _;
use crate::system::tail::printable;
use crate::system::tool::Finished;

/// What an engine said when it did not do what it was asked to.
#[derive(Debug, thiserror::Error)]
#[error("`{line}` {ended}: {said}")]
pub(super) struct Refusal {
    line: String,
    ended: String,
    pub(super) said: String,
}

impl Refusal {
    pub(super) fn of(dialect: &'static Dialect, finished: &Finished) -> anyhow::Error {
        let said = String::from_utf8_lossy(&finished.stderr);
        let lines = said.lines().map(str::trim).filter(|line| {
            // podman's warnings, which it writes at each call.
            !line.is_empty() && !line.starts_with("time=\"")
        });
        let said = lines.collect::<Vec<_>>().join("; ");
        let said = ["Error: ", "Error response from daemon: ", "docker: "]
            .iter()
            .fold(said.as_str(), |said, prefix| said.strip_prefix(prefix).unwrap_or(said));
        let said = printable(said, SAID);
        let hint = hint(dialect, &said);
        // The line of `run` is long, and says nothing that is not known.
        let line: String = finished.line.chars().take(LINE).collect();
        let error = anyhow!(Refusal { line, ended: finished.ended(), said });
        match hint {
            Some(hint) => error.hint(hint),
            None => error,
        }
    }
}

/// How many bytes of what an engine says are shown.
const SAID: usize = 2000;

/// How much of a command is shown.
const LINE: usize = 120;

fn hint(dialect: &Dialect, said: &str) -> Option<String> {
    let said = said.to_lowercase();
    let has = |words: &str| said.contains(words);
    if has("permission denied") && has("sock") {
        let program = dialect.program;
        return Some(format!("become a member of the group `{program}`, or run a rootless engine"));
    }
    if has("cannot connect")
        || has("connection refused")
        || has("no such file or directory") && has("sock")
    {
        return Some(dialect.start.to_owned());
    }
    if has("no space left") {
        return Some(format!(
            "make room where the engine keeps its images; `{} system df` shows it",
            dialect.program
        ));
    }
    None
}

/// Whether an engine said that what it was asked about is not there.
pub(super) fn is_absent(error: &anyhow::Error) -> bool {
    let Some(Refusal { said, .. }) = error.downcast_ref() else { return false };
    let said = said.to_lowercase();
    // podman 4.3, podman 5, docker 20.10, docker 29.
    ["no such", "image not known", "network not found", "no container with name", "unable to find"]
        .iter()
        .any(|words| {
            said.contains(words) || said.starts_with("network") && said.ends_with("not found")
        })
        && !said.contains("sock")
}
