//! Changes to the names of podman's images, one at a time.
//!
//! podman before 4.8 reads the names of an image and then writes them all, without what
//! it removes or with what it adds (containers/podman#17515): of two such calls at once
//! the later one undoes the other. Runs that have the same bytes name the same image, so
//! a name that one of them removed would come back, and stay.

use std::fs::{File, TryLockError};
use std::time::Duration;

use anyhow::Context as _;

use super::client::Client;
use crate::system::signals::Interrupt;
use crate::system::wait::{self, Poll};

/// How long others may be at it: an image that is loaded may be large.
const OTHERS: Duration = Duration::from_secs(100);

/// How names are changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// One is added, whatever else there is.
    Add,
    /// All that were read are written.
    Rewrite,
}

/// Changes names of images while nobody else does: rewriting goes alone, adding goes
/// beside adding.
///
/// The lock is on the folder where podman keeps images, which all of its callers have in
/// common; podman itself does not take it. docker's daemon puts calls in order by itself.
pub(super) fn changing<T>(
    client: &Client,
    change: Change,
    work: impl FnOnce() -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let folder = client.pinned.info.images.as_ref();
    // One that is elsewhere, or somebody else's, can be no lock.
    let Some(file) = folder.and_then(|folder| File::open(folder).ok()) else { return work() };
    wait::until("changing names of images", OTHERS, &Interrupt::default(), || {
        let taken = match change {
            Change::Add => file.try_lock_shared(),
            Change::Rewrite => file.try_lock(),
        };
        match taken {
            Ok(()) => Ok(Poll::Ready(())),
            Err(TryLockError::WouldBlock) => {
                Ok(Poll::Pending("another run changes names of images".to_owned()))
            }
            Err(TryLockError::Error(error)) => {
                Err(error).context("cannot lock the folder of images")
            }
        }
    })?;
    work()
}
