//! What is known of the things that signals are about.

use axum::extract::State;
use contract::Endpoint as _;
use contract::signalprocessing::{
    GetInventory, InventoryEntry, NamespaceEntry, PutInventory, PutNamespace, Target,
};
use kit::database::column::{json, to_json};
use kit::database::{Database, StoreError};
use kit::{Json, Path, Problem, Violation};
use serde::Serialize;
use serde::de::DeserializeOwned;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The stored inventory. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Inventory {
    database: Database,
}

impl Inventory {
    /// The inventory in this database.
    #[must_use]
    pub fn new(database: Database) -> Self {
        Self { database }
    }

    /// The routes and their description.
    pub fn routes(self) -> OpenApiRouter {
        OpenApiRouter::new()
            .routes(routes!(put, get))
            .routes(routes!(put_namespace))
            .with_state(self)
    }

    /// What is known of a thing.
    ///
    /// # Errors
    ///
    /// See [`StoreError`].
    pub async fn entry(&self, target: &Target) -> Result<Option<InventoryEntry>, StoreError> {
        self.read([&target.namespace, &target.kind, &target.name]).await
    }

    /// What is known of a namespace.
    ///
    /// # Errors
    ///
    /// See [`StoreError`].
    pub async fn namespace(&self, name: &str) -> Result<Option<NamespaceEntry>, StoreError> {
        self.read([name, "", ""]).await
    }

    async fn read<T: DeserializeOwned>(&self, key: [&str; 3]) -> Result<Option<T>, StoreError> {
        let mut snapshot = self.database.snapshot().await?;
        let mut query = sqlx::query(
            "SELECT entry FROM inventory WHERE namespace = $1 AND kind = $2 AND name = $3",
        );
        for part in key {
            query = query.bind(part);
        }
        let row = query.fetch_optional(&mut *snapshot).await?;
        row.map(|row| json(&row, "entry")).transpose()
    }

    async fn write(&self, key: [&str; 3], entry: &impl Serialize) -> Result<(), StoreError> {
        let mut transaction = self.database.begin().await?;
        let mut query = sqlx::query(
            "INSERT INTO inventory (namespace, kind, name, entry) VALUES ($1, $2, $3, $4)
             ON CONFLICT (namespace, kind, name) DO UPDATE SET entry = excluded.entry",
        );
        for part in key {
            query = query.bind(part);
        }
        query.bind(to_json(entry)?).execute(&mut *transaction).await?;
        Ok(transaction.commit().await?)
    }
}

/// Writes what is known of a thing, in place of what was known before.
#[utoipa::path(put, path = PutInventory::PATH, tag = "inventory",
    params(
        ("namespace" = String, Path, description = "Its namespace"),
        ("kind" = String, Path, description = "What it is, in lower case"),
        ("name" = String, Path, description = "Its name"),
    ),
    request_body = InventoryEntry,
    responses((status = 200, body = InventoryEntry)))]
async fn put(
    State(inventory): State<Inventory>,
    Path((namespace, kind, name)): Path<(String, String, String)>,
    Json(entry): Json<InventoryEntry>,
) -> Result<Json<InventoryEntry>, Problem> {
    inventory.write(checked([&namespace, &kind, &name])?, &entry).await?;
    Ok(Json(entry))
}

/// What is known of a thing.
#[utoipa::path(get, path = GetInventory::PATH, tag = "inventory",
    params(
        ("namespace" = String, Path, description = "Its namespace"),
        ("kind" = String, Path, description = "What it is, in lower case"),
        ("name" = String, Path, description = "Its name"),
    ),
    responses((status = 200, body = InventoryEntry), (status = 404, body = Problem)))]
async fn get(
    State(inventory): State<Inventory>,
    Path((namespace, kind, name)): Path<(String, String, String)>,
) -> Result<Json<InventoryEntry>, Problem> {
    let entry = inventory.read(checked([&namespace, &kind, &name])?).await?;
    let missing = || Problem::not_found(format_args!("{namespace}/{kind}/{name}"));
    entry.map(Json).ok_or_else(missing)
}

/// Writes what is known of a namespace, in place of what was known before.
#[utoipa::path(put, path = PutNamespace::PATH, tag = "inventory",
    params(("namespace" = String, Path, description = "The namespace")),
    request_body = NamespaceEntry,
    responses((status = 200, body = NamespaceEntry)))]
async fn put_namespace(
    State(inventory): State<Inventory>,
    Path(name): Path<String>,
    Json(entry): Json<NamespaceEntry>,
) -> Result<Json<NamespaceEntry>, Problem> {
    inventory.write(checked([&name, "", ""])?, &entry).await?;
    Ok(Json(entry))
}

/// The parts of a path, which must be names that a database can hold.
fn checked(parts: [&str; 3]) -> Result<[&str; 3], Problem> {
    if parts.iter().any(|part| part.len() > 253 || part.contains('\0')) {
        let message = "must have at most 253 bytes, and no NUL".to_owned();
        return Err(Problem::validation(vec![Violation { field: "path".to_owned(), message }]));
    }
    Ok(parts)
}
