//! For unit tests: the spool's database, as another process sees it.

use std::path::Path;

use kit::database::column::from_microseconds;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, SqliteConnection};
use time::OffsetDateTime;

use super::queue::FILE;

/// Opens the database of the spool in this folder.
pub(crate) async fn open_spool(folder: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(folder.join(FILE));
    options.connect().await.expect("opened")
}

/// The dead letters: time of acceptance, event, reason.
pub(crate) async fn dead_letters(
    spool: &mut SqliteConnection,
) -> Vec<(OffsetDateTime, String, String)> {
    let query = "SELECT accepted_at, event, reason FROM dead_letters ORDER BY id";
    let rows: Vec<(i64, String, String)> =
        sqlx::query_as(query).fetch_all(spool).await.expect("rows");
    rows.into_iter()
        .map(|(accepted_at, event, reason)| {
            (from_microseconds(accepted_at).expect("a time"), event, reason)
        })
        .collect()
}
