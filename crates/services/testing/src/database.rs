//! An empty database of either kind.

use std::path::Path;
use std::sync::OnceLock;

use tempfile::TempDir;

use crate::postgres::PostgresServer;

/// An empty database, and a folder for what else a test keeps.
#[derive(Debug)]
pub struct TestDatabase {
    url: String,
    folder: TempDir,
}

impl TestDatabase {
    /// A file of SQLite that does not exist yet.
    ///
    /// # Panics
    ///
    /// When there is no temporary folder.
    #[must_use]
    pub fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let url = format!("sqlite://{}", folder.path().join("test.db").display());
        Self { url, folder }
    }

    /// A new database of the PostgreSQL of this test process, which is started
    /// for the first one.
    ///
    /// # Panics
    ///
    /// When it cannot be made; the message says what to install.
    #[must_use]
    pub fn postgres() -> Self {
        static SERVER: OnceLock<PostgresServer> = OnceLock::new();
        let server = SERVER.get_or_init(PostgresServer::start);
        Self::on(server)
    }

    /// A new database of this server.
    ///
    /// # Panics
    ///
    /// When it cannot be made.
    #[must_use]
    pub fn on(server: &PostgresServer) -> Self {
        Self { url: server.create_database(), folder: tempfile::tempdir().expect("a folder") }
    }

    /// The database as `DATABASE_URL`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Whether it is a PostgreSQL.
    #[must_use]
    pub fn is_postgres(&self) -> bool {
        self.url.starts_with("postgres:")
    }

    /// A folder that is removed with the database.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

/// Makes two tests of each function: `name::sqlite` and `name::postgres`. They
/// need tokio's macros.
///
/// ```
/// use testing::{TestDatabase, on_both_databases};
///
/// on_both_databases! {
///     async fn it_is_named(database: TestDatabase) {
///         assert!(!database.url().is_empty());
///     }
/// }
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! on_both_databases {
    ($(
        $(#[$attribute:meta])*
        async fn $name:ident($database:ident: $type:ty) $body:block
    )*) => {$(
        $(#[$attribute])*
        mod $name {
            #[allow(unused_imports, reason = "a test may need nothing")]
            use super::*;

            async fn test($database: $type) $body

            #[tokio::test]
            async fn sqlite() {
                test(<$type>::sqlite()).await;
            }

            #[tokio::test]
            async fn postgres() {
                test(<$type>::postgres()).await;
            }
        }
    )*};
}
