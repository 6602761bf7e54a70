//! The databases of all services of the run, which a suite stops and starts together,
//! as one server.

use camino::Utf8PathBuf;

use super::sqlite::WriteLock;

/// The write locks that the keeper holds.
#[derive(Debug, Default)]
pub(super) struct Databases {
    held: Vec<WriteLock>,
    /// A suite has stopped them, or waits until they are.
    stopped: bool,
}

impl Databases {
    /// Whether they are stopped, or about to be.
    pub(super) fn are_stopped(&self) -> bool {
        self.stopped
    }

    /// Takes the write locks that are not held yet; returns the first database that
    /// another process is writing to.
    pub(super) fn stop(
        &mut self,
        databases: &[Utf8PathBuf],
    ) -> anyhow::Result<Option<Utf8PathBuf>> {
        self.stopped = true;
        for database in databases {
            if self.held.iter().any(|lock| lock.database == *database) {
                continue;
            }
            match WriteLock::try_take(database)? {
                Some(lock) => self.held.push(lock),
                None => return Ok(Some(database.clone())),
            }
        }
        Ok(None)
    }

    /// Releases all write locks.
    pub(super) fn restore(&mut self) {
        *self = Databases::default();
    }
}
