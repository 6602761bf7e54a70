//! What stands in a ledger, one JSON object a line.

use camino::Utf8PathBuf;
use onetag_json::{tagged, words};

use crate::image::Digest;
use crate::run::RunId;
use crate::sys::ProcessId;

/// One line of a ledger.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Entry {
    /// The first line: whose ledger this is.
    Run { run_id: RunId, consumer: String, backend: String, workspace: Utf8PathBuf },
    /// Something is about to be made, and is removed by teardown.
    Owned { resource: Resource },
    /// Something of somebody else is used, and is never removed.
    Borrowed { resource: Resource },
    /// Something that was made is gone again.
    Gone { resource: Resource },
    /// From here on the run outlives the harness.
    Kept,
    /// The teardown of the run began; it is kept no longer.
    TearingDown,
}
tagged!(strict Entry by "entry" {
    Run as "run" { run_id, consumer, backend, workspace },
    Owned as "owned" { resource },
    Borrowed as "borrowed" { resource },
    Gone as "gone" { resource },
    Kept as "kept" {},
    TearingDown as "tearing-down" {},
});

/// Something that a run makes or uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Resource {
    /// A folder with all that is in it.
    Folder { path: Utf8PathBuf },
    /// One file.
    File { path: Utf8PathBuf },
    /// A process, and where it leads one, its group.
    Process { role: Role, name: String, id: ProcessId },
    /// A port of 127.0.0.1, bound by the keeper.
    Lease { service: String, port: u16 },
    /// An executable in the store, by the digest of its bytes.
    Stored { digest: Digest },
}
tagged!(strict Resource by "kind" {
    Folder as "folder" { path },
    File as "file" { path },
    Process as "process" { role, name, id },
    Lease as "lease" { service, port },
    Stored as "stored" { digest },
});

/// What a process is to the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// The parent of the services.
    Keeper,
    /// A service; it leads a group of its own.
    Service,
    /// A command of the harness, such as cargo; it leads a group of its own.
    Tool,
}
words!(Role { Keeper as "keeper", Service as "service", Tool as "tool" });
