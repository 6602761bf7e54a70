//! Where the keeper of a run listens.

use std::fs::File;
use std::io;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

/// The name of the socket in the run folder.
pub const NAME: &str = "keeper.sock";

/// The path of the socket in the run folder `folder`, to bind or connect to, and
/// what has to stay open while it is used.
///
/// An address of a Unix socket holds about 100 bytes (`sun_path` in unix(7)),
/// which a path below a target folder easily exceeds. On Linux it goes through
/// the open folder instead, which is always short. Elsewhere it is the plain
/// path.
///
/// # Errors
/// When the folder cannot be opened.
pub fn path(folder: &Path) -> io::Result<(PathBuf, File)> {
    let open = File::open(folder)?;
    #[cfg(target_os = "linux")]
    let folder = {
        use std::os::fd::AsRawFd as _;
        PathBuf::from(format!("/proc/self/fd/{}", open.as_raw_fd()))
    };
    Ok((folder.join(NAME), open))
}

/// Connects to the keeper of the run in `folder`.
///
/// # Errors
/// When nobody listens there.
pub fn connect(folder: &Path) -> io::Result<UnixStream> {
    let (path, _open) = path(folder)?;
    UnixStream::connect(path)
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn a_folder_with_a_long_path_will_do() {
        let base = tempfile::tempdir().expect("a folder");
        let folder = base.path().join("x".repeat(200));
        std::fs::create_dir(&folder).expect("a longer one");
        let (path, _open) = path(&folder).expect("a path");
        let _listener = UnixListener::bind(path).expect("bound");
        connect(&folder).expect("connected");
    }
}
