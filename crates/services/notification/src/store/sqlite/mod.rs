//! SQLite.

pub(super) mod deliveries;
pub(super) mod notifications;
pub(super) mod outbox;
mod read;

/// The migrations, embedded.
pub(super) static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!("./migrations/sqlite");
