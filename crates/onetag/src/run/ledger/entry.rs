//! What stands in a ledger, one JSON object a line.

use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::build::image::Digest;
use crate::run::{Origin, RunId};
use crate::system::ProcessId;

/// The format that this version of the harness writes.
///
/// Every version writes the first line and that of its keeper so that all others can
/// read [`Head`] and the keeper's process in them, and end the run.
pub(crate) const VERSION: u32 = 2;

/// What any version can read of the first line of a ledger.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Head {
    /// The first format had none.
    #[serde(default = "first")]
    pub(crate) version: u32,
    pub(crate) consumer: String,
    pub(crate) workspace: Utf8PathBuf,
    #[serde(default)]
    origin: Value,
}

impl Head {
    /// Where the run was minted; the first format did not say.
    pub(crate) fn origin(&self) -> Option<Origin> {
        serde_json::from_value(self.origin.clone()).ok()
    }
}

fn first() -> u32 {
    1
}

/// One line of a ledger.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(tag = "entry", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum Entry {
    /// The first line: whose ledger this is.
    Run {
        /// Of the format of this ledger, [`VERSION`].
        version: u32,
        run_id: RunId,
        consumer: String,
        backend: String,
        workspace: Utf8PathBuf,
        origin: Origin,
    },
    /// Something is about to be made, and is removed by teardown.
    Owned { resource: Resource },
    /// Something of somebody else is used, and is never removed.
    Borrowed {
        resource: Resource,
        /// The command that did so.
        by: ProcessId,
    },
    /// What was borrowed by this command is not used any more.
    Returned { resource: Resource, by: ProcessId },
    /// Something that was made is gone again.
    Gone { resource: Resource },
    /// A service did not end when it was asked to, and was killed after this time.
    Killed { service: String, seconds: f64 },
    /// From here on the run outlives the harness.
    Kept,
    /// The teardown of the run began; it is kept no longer.
    TearingDown,
}

/// Something that a run makes or uses.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum Resource {
    /// A folder with all that is in it.
    Folder { path: Utf8PathBuf },
    /// One file.
    File { path: Utf8PathBuf },
    /// A process of the harness, and what it leads.
    Process { role: Role, name: String, id: ProcessId },
    /// Something of the backend's.
    Backend(BackendResource),
    /// An executable in the executable cache, by the digest of its bytes.
    CachedExecutable { digest: Digest },
    /// A folder with the files of a service, by the digest of all of them.
    CachedFiles { digest: Digest },
}

/// Something that a backend makes for a run, in its own words.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct BackendResource {
    /// What it is, such as `process` or `container`.
    pub what: String,
    /// What people call it; mostly the service that it is for.
    pub name: String,
    /// What the backend finds it by.
    pub id: serde_json::Value,
}

impl BackendResource {
    /// Something that a backend makes.
    pub fn new(what: &str, name: &str, id: serde_json::Value) -> BackendResource {
        BackendResource { what: what.to_owned(), name: name.to_owned(), id }
    }
}

impl Resource {
    pub(super) fn tool(name: &str, id: &ProcessId) -> Resource {
        Resource::Process { role: Role::Tool, name: name.to_owned(), id: id.clone() }
    }
}

/// What a process is to the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Role {
    /// The process that keeps the run.
    Keeper,
    /// A command of the harness, such as cargo; it leads a session of its own.
    Tool,
}
