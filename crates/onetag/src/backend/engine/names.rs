//! Changes to the names of podman's images, one at a time.
//!
//! podman before 4.8 reads the names of an image and then writes them all, without what
//! it removes or with what it adds (containers/podman#17515): of two such calls at once
//! the later one undoes the other. Runs that have the same bytes name the same image, so
//! a name that one of them removed would come back, and stay.

use std::time::Duration;

use super::client::Client;
use crate::run::{FileLock, Hold};

/// How long others may be at it: an image that is loaded may be large.
const OTHERS: Duration = Duration::from_secs(100);

/// Changes names of images while no other run does. What rewrites them goes alone; what
/// only adds one goes together with others that do.
///
/// The lock is on the folder where podman keeps images, which all of its callers have in
/// common; podman itself does not take it. One that is elsewhere, or somebody else's, can
/// be no lock. docker's daemon puts calls in order by itself.
pub(super) fn changing<T>(
    client: &Client,
    hold: Hold,
    work: impl FnOnce() -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let folder = client.pinned.info.folder.as_ref();
    let _lock = folder.map(|folder| FileLock::of_folder(folder, hold, OTHERS)).transpose()?;
    work()
}
