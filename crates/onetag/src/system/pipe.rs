//! Pipes that are read when something is in them.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
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

/// Waits until nobody can read what is written to a stream, for this long at most; says
/// whether that is so. A signal ends the wait.
pub(crate) fn wait_until_closed(stream: BorrowedFd<'_>, limit: Duration) -> io::Result<bool> {
    // Errors are told without being asked for (poll(2)).
    told_within(stream, PollFlags::empty(), limit)
}

/// Waits until a stream takes what is written to it, up to 4 KiB, for this long at most;
/// says whether it does, be it with an error. A signal ends the wait.
pub(crate) fn wait_until_writable(stream: BorrowedFd<'_>, limit: Duration) -> io::Result<bool> {
    told_within(stream, PollFlags::OUT, limit)
}

fn told_within(stream: BorrowedFd<'_>, flags: PollFlags, limit: Duration) -> io::Result<bool> {
    let mut polled = [PollFd::from_borrowed_fd(stream, flags)];
    let limit = Timespec::try_from(limit).map_err(io::Error::other)?;
    match poll(&mut polled, Some(&limit)) {
        Err(Errno::INTR) => Ok(false),
        told => Ok(told? > 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pipe_that_nobody_reads_is_closed() {
        let (reader, writer) = io::pipe().unwrap();
        assert!(!wait_until_closed(writer.as_fd(), Duration::from_millis(1)).unwrap());
        drop(reader);
        assert!(wait_until_closed(writer.as_fd(), Duration::from_secs(60)).unwrap());
        assert!(wait_until_writable(writer.as_fd(), Duration::from_secs(60)).unwrap());
    }

    #[test]
    fn a_pipe_that_is_full_takes_nothing() {
        let (reader, writer) = io::pipe().unwrap();
        make_non_blocking(&writer).unwrap();
        let wait = || wait_until_writable(writer.as_fd(), Duration::from_millis(1)).unwrap();
        assert!(wait());
        while io::Write::write(&mut &writer, &[0; 4096]).is_ok() {}
        assert!(!wait());
        drop(reader);
    }
}
