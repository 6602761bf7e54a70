//! The writer on a real database and a real folder.

mod bench;
mod figures;
mod group;
mod order;
mod refused;
