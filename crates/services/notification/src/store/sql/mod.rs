//! The statements.
//!
//! Transactions that write exclude each other, also those of other processes:
//! a notification's phase follows from all of its deliveries.

pub(super) mod deliveries;
pub(super) mod notifications;
pub(super) mod outbox;
mod read;

use kit::database::Migrations;
use sqlx::migrate::Migrator;

/// The migrations, embedded.
pub(super) static MIGRATIONS: Migrations = Migrations { sqlite: &SQLITE, postgres: &POSTGRES };
static SQLITE: Migrator = sqlx::migrate!("./migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("./migrations/postgres");
