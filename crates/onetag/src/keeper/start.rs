//! Starting the keeper of a run.

use std::fs::OpenOptions;
use std::os::fd::OwnedFd;
use std::os::unix::fs::OpenOptionsExt as _;
use std::os::unix::net::UnixListener;
use std::process::{Child, Command, Stdio};

use anyhow::Context as _;
use onetag_control::socket;

use super::{Attachment, Client};
use crate::run::ledger::{Ledger, Resource};
use crate::run::{FileLock, RunFolder};
use crate::system::own_executable;
use crate::system::tool::scrub;

/// The verb, in no help, that makes this program a keeper; the folder of the run
/// follows.
pub(crate) const KEEPER: &str = "keeper";

/// Starts the keeper and attaches to it.
///
/// The keeper is given what it holds as open files: the listening socket as its
/// standard input, so that it can be asked from the first moment on, and the
/// run's lock as its standard output, so that the lock passes from the harness
/// to the keeper without a moment in which nobody holds it.
pub(crate) fn start(
    folder: &RunFolder,
    ledger: &Ledger,
    lock: Option<&FileLock>,
) -> anyhow::Result<(Child, Attachment)> {
    let lock = lock.context("the run has a keeper already")?;
    let socket = folder.path().join(socket::NAME);
    ledger.own(Resource::File { path: socket.clone() })?;
    // Left by a keeper that was killed.
    let _ = std::fs::remove_file(&socket);
    let (path, _open) = socket::path(folder.path().as_std_path())
        .with_context(|| format!("cannot open {}", folder.path()))?;
    let listener = UnixListener::bind(path).with_context(|| format!("cannot make {socket}"))?;
    let log = OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(folder.log("keeper"))
        .context("cannot open the log of the keeper")?;
    // Before there is a keeper: were the harness killed in between, the keeper
    // would wait for it for ever. So it finds that the harness was there, and is
    // gone.
    let attachment = Client::connect(folder)?.request_attachment()?;
    let mut command = Command::new(own_executable().context("cannot find this program")?);
    scrub(&mut command);
    let child = command
        .arg(KEEPER)
        .arg(folder.path())
        .stdin(Stdio::from(OwnedFd::from(listener)))
        .stdout(Stdio::from(lock.share()?))
        .stderr(log)
        .spawn()
        .context("cannot start the keeper")?;
    // The command holds the harness's copies of the files until it is dropped.
    drop(command);
    Ok((child, attachment.confirmed()?))
}
