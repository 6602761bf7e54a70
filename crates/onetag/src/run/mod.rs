//! A run: its identity, its folder, and the one function that mints.

mod files;
mod folder;
mod id;
mod layout;
pub(crate) mod ledger;
mod lock;
mod mint;
mod origin;
mod partial;

pub(crate) use files::{make_folder, read_json, remove, write_file, write_json};
pub use folder::RunFolder;
pub(crate) use id::RUN_ID;
pub use id::{Reference, RunId, Tag};
pub(crate) use layout::Layout;
pub(crate) use lock::{FileLock, Hold};
pub(crate) use mint::Brand;
pub(crate) use mint::mint;
pub use mint::{MintedRun, Run};
pub(crate) use origin::Origin;
pub(crate) use partial::{is_abandoned, partial, remove_partial};
