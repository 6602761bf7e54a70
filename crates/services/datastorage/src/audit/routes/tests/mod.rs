//! The routes, without a socket.

mod away;
mod read;
mod surroundings;
mod write;
