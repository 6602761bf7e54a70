//! Writing to stderr and stdout. A closed or full stream changes no exit code, so
//! errors of these writes are ignored.

use std::io::Write as _;

/// Writes all of it to stderr at once.
pub(super) fn write_stderr(bytes: &[u8]) {
    let mut stderr = std::io::stderr().lock();
    let _ = stderr.write_all(bytes).and_then(|()| stderr.flush());
}

/// Writes data to stdout.
pub(crate) fn write_stdout(bytes: &[u8]) {
    let mut stdout = std::io::stdout().lock();
    let _ = stdout.write_all(bytes).and_then(|()| stdout.flush());
}
