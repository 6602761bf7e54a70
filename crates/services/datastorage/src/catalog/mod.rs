//! The workflow catalog: taking versions in, keeping them, finding what fits.
//!
//! A version of a workflow is created once and never changed but for its
//! status. The version of a name that was created last is its latest, whatever
//! its status. A search finds workflows whose latest version is active: who
//! disables the latest version takes the workflow out of the search, and no
//! older version takes its place, since it was replaced for a reason. Its way
//! back is to be created again, as a new version.
//!
//! | module | what it does |
//! |---|---|
//! | [`routes`] | the HTTP interface |
//! | [`input`] | reads a workflow from a request and lists every violation |
//! | [`change`] | reads what is to be changed of a version |
//! | [`filter`] | reads filters and page of a list |
//! | [`search`] | reads the signal that a workflow is wanted for |
//! | [`content`] | the one form in which content is kept and hashed |
//! | [`score`] | how well a workflow fits a signal, and the order of what fits |
//! | [`search_event`] | the audit event of a search |
//! | [`records`] | what the catalog asks of a database |
//! | `sqlite` | the same on SQLite |

pub mod change;
pub mod content;
pub mod filter;
pub mod input;
pub mod records;
pub mod routes;
pub mod score;
pub mod search;
pub mod search_event;
mod sqlite;
#[cfg(test)]
mod testing;
