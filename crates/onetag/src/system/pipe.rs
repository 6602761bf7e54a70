//! Pipes that are read when something is in them.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::{Errno, ioctl_fionbio};

/// Makes reading an empty pipe an error, `WouldBlock`, instead of a wait. The other end
/// stays as it is.
pub(crate) fn make_non_blocking(pipe: impl AsFd) -> io::Result<()> {
    Ok(ioctl_fionbio(pipe, true)?)
}

/// Waits until something can be read, or the other end is closed.
pub(crate) fn wait_until_readable(pipe: BorrowedFd<'_>) -> io::Result<()> {
    let mut polled = [PollFd::from_borrowed_fd(pipe, PollFlags::IN)];
    loop {
        match poll(&mut polled, None) {
            Err(Errno::INTR) => {}
            polled => return Ok(polled.map(drop)?),
        }
    }
}
