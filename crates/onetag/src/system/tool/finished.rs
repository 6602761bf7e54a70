//! How a command ended.

use std::process::ExitStatus;

use anyhow::bail;

/// A command that ended by itself.
#[derive(Debug)]
pub(crate) struct Finished {
    /// The command as one could type it.
    pub(crate) line: String,
    pub(crate) status: ExitStatus,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
}

impl Finished {
    /// An error with what the command said, unless it succeeded.
    pub(crate) fn success(self) -> anyhow::Result<Finished> {
        if self.status.success() {
            return Ok(self);
        }
        let said = String::from_utf8_lossy(&self.stderr);
        let said = said.trim();
        let how = self.ended();
        if said.is_empty() {
            bail!("`{}` {how}", self.line)
        } else {
            bail!("`{}` {how}: {said}", self.line)
        }
    }

    /// How it ended, in words.
    pub(crate) fn ended(&self) -> String {
        use std::os::unix::process::ExitStatusExt as _;
        match (self.status.code(), self.status.signal()) {
            (Some(code), _) => format!("ended with code {code}"),
            (None, Some(signal)) => {
                format!("was ended by {}", crate::system::signals::name(signal))
            }
            (None, None) => "ended in an unknown way".to_owned(),
        }
    }
}
