//! The store of the run, as far as it can be taken away: the databases of all
//! services, as one server would hold them.

use camino::Utf8PathBuf;

use super::sqlite::WriteLock;

/// The write locks that the keeper holds.
#[derive(Debug, Default)]
pub(super) struct Store {
    held: Vec<WriteLock>,
    /// Whether somebody wants them, or has them.
    away: bool,
}

impl Store {
    /// Whether the store is away, or about to be.
    pub(super) fn is_away(&self) -> bool {
        self.away
    }

    /// Takes what is not held yet; says which database somebody is writing to, if
    /// there is one.
    pub(super) fn take(
        &mut self,
        databases: &[Utf8PathBuf],
    ) -> anyhow::Result<Option<Utf8PathBuf>> {
        self.away = true;
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
    pub(super) fn give_back(&mut self) {
        *self = Store::default();
    }
}
