//! The routes, without a socket.

mod away;
mod bench;
mod read;
mod surroundings;
mod write;
