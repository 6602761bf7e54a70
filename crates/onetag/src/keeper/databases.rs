//! The store of the run, as far as it can be taken away: the databases of all
//! services, as one server would hold them.

use camino::Utf8PathBuf;

use super::sqlite::WriteLock;

/// The write locks that the keeper holds.
#[derive(Debug, Default)]
pub(super) struct Databases {
    held: Vec<WriteLock>,
    /// Whether somebody wants them, or has them.
    stopped: bool,
}

impl Databases {
    /// Whether the store is away, or about to be.
    pub(super) fn are_stopped(&self) -> bool {
        self.stopped
    }

    /// Takes what is not held yet; says which database somebody is writing to, if
    /// there is one.
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

    /// Lets go of everything.
    pub(super) fn restore(&mut self) {
        *self = Databases::default();
    }
}
