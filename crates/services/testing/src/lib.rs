//! What the tests of services share.
//!
//! | module | what it has |
//! |---|---|
//! | [`database`] | an empty database of either kind, and tests that run on both |
//! | [`peer`] | a fake service with programmed answers |
//! | [`process`] | a service as a process, to kill and to start again |
//! | [`resources`] | the resources of a service, as its peers reach them |
//! | [`postgres`] | a PostgreSQL server from the machine's own binaries |

pub mod database;
pub mod peer;
pub mod postgres;
pub mod process;
pub mod resources;

pub use database::TestDatabase;
pub use peer::FakePeer;
pub use postgres::PostgresServer;
pub use process::Process;
pub use resources::Resources;
