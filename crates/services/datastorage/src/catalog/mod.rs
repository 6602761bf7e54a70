//! The workflow catalog: accepts versions, stores them, finds those that fit a
//! signal.
//!
//! A version of a workflow never changes after its creation, except for its
//! status. The latest version of a name is the one created last, whatever its
//! status. A search finds a workflow only if its latest version is active.
//! Disabling the latest version therefore removes the workflow from searches;
//! older versions do not replace it. To use an older version again, create it
//! as a new version.
//!
//! | module | what it does |
//! |---|---|
//! | [`routes`] | the HTTP interface |
//! | [`input`] | the rules for a workflow that its schema cannot express |
//! | `change` | the refusal of a change of anything but the status |
//! | `change_event` | the audit events of a new version and a status change |
//! | [`content`] | the canonical form of content, and its hash |
//! | [`score`] | scores how well workflows fit a signal, and ranks them |
//! | [`search_event`] | the audit event of a search |
//! | [`records`] | the operations of the catalog on a database |
//! | `sql` | the statements of these operations |

mod change;
mod change_event;
pub mod content;
pub mod input;
pub mod records;
pub mod routes;
pub mod score;
pub mod search_event;
mod sql;
#[cfg(test)]
mod testing;
