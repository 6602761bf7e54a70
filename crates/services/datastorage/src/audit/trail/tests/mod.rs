//! The trail task on a real database and a real folder.

mod fixture;
mod group;
mod order;
mod refused;
