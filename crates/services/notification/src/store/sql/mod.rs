//! The statements.
//!
//! Transactions that write exclude each other, also those of other processes:
//! a notification's phase follows from all of its deliveries.

pub(super) mod deliveries;
pub(super) mod notifications;
mod read;

use kit::database::Migrations;
use kit::outbox;
use sqlx::migrate::Migrator;

/// The migrations, embedded. Ours move what an earlier version left to the
/// outbox, whose tables therefore come first.
pub static MIGRATIONS: &[Migrations] = &[
    outbox::MIGRATIONS,
    Migrations { table: "_sqlx_migrations", sqlite: &SQLITE, postgres: &POSTGRES },
];
static SQLITE: Migrator = sqlx::migrate!("./migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("./migrations/postgres");
