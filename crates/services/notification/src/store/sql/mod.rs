//! The statements.
//!
//! Transactions that write exclude each other, also those of other processes:
//! a notification's phase follows from all of its deliveries.

pub(super) mod deliveries;
pub(super) mod notifications;
mod read;

use kit::database::{Migrations, Scripts};
use kit::{outbox, scripts};

/// The migrations, embedded. Ours move what an earlier version left to the
/// outbox, whose tables therefore come first.
pub static MIGRATIONS: &[Migrations] = &[
    outbox::MIGRATIONS,
    Migrations { table: "_sqlx_migrations", sqlite: SQLITE, postgres: POSTGRES },
];
const SQLITE: Scripts = scripts!(
    "../../../migrations/sqlite",
    "0001_notifications",
    "0002_receivers",
    "0003_leases",
    "0004_outbox"
);
const POSTGRES: Scripts = scripts!("../../../migrations/postgres", "0001_notifications");
