//! Resources: a service is its [`Rules`], and everything else is here.
//!
//! `POST` stores a [spec](contract::resource::Spec), a background
//! [worker](crate::work) moves its phases one [`Step`] at a time, and `GET` shows
//! spec and status. A step and the audit events that tell of it are stored in one
//! transaction, which fails if the resource has changed meanwhile.
//!
//! | module | what it has |
//! |---|---|
//! | `rules` | what a service decides |
//! | `step` | what a step comes to |
//! | `store` | creating, finding, changing, deleting resources |
//! | `row`, `rows` | the statements that change a resource, and that find some |
//! | `queue` | the resources whose next step is due |
//! | `routes` | the HTTP interface |
//! | `describe` | its description, for the document |

mod describe;
mod queue;
mod routes;
mod row;
mod rows;
mod rules;
mod step;
mod store;
#[cfg(test)]
mod tests;

use crate::database::Migrations;
use crate::scripts;

pub use row::Row;
pub use rows::Rows;
pub use rules::Rules;
pub use step::{Next, Step};
pub use store::{Created, Resources};

/// The tables of resources.
pub const MIGRATIONS: Migrations = Migrations {
    table: "_resource_migrations",
    sqlite: scripts!("../../migrations/resource/sqlite", "0001_resource"),
    postgres: scripts!("../../migrations/resource/postgres", "0001_resource"),
};
