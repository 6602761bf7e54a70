//! The routes, without a socket.

mod bench;
mod read;
mod surroundings;
mod write;
