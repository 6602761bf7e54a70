//! The routes, without a socket.

mod read;
mod surroundings;
mod write;
