//! The workflow catalog.

#[path = "catalog/lists.rs"]
mod lists;
#[path = "catalog/search.rs"]
mod search;
#[path = "catalog/status.rs"]
mod status;
#[path = "catalog/support.rs"]
mod support;
#[path = "catalog/trail.rs"]
mod trail;
#[path = "catalog/versions.rs"]
mod versions;
#[path = "catalog/violations.rs"]
mod violations;
